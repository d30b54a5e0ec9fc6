# make demo    two tenants to talk to, at http://127.0.0.1:8484/phone
# make test    everything, with a private PostgreSQL and a browser of its own
# make bench   what a decision and a turn cost
# make lint    formatting, clippy
# make rules   the guest modules, as target/rules/*.wasm

LISTEN ?= 127.0.0.1:8484
DATA   ?= data/demo

.PHONY: demo test bench lint rules build help
.DEFAULT_GOAL := help

help:
	@sed -n 's/^# //p' $(MAKEFILE_LIST)

build:
	@scripts/need-rust.sh
	cargo build -p forbear

rules:
	@scripts/need-rust.sh
	@scripts/build-rules.sh

demo: rules build
	target/debug/forbear demo --data $(DATA) --listen $(LISTEN)

test:
	@scripts/test.sh

bench: rules
	@scripts/bench.sh

lint:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
