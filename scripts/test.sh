#!/usr/bin/env bash
# Everything that `make test` proves, in the order in which a failure is cheapest to see.
set -euo pipefail
cd "$(dirname "$0")/.."
step() { printf '\n== %s\n' "$*" >&2; }

scripts/need-rust.sh
step "building the guest modules"
scripts/build-rules.sh
step "building the host and its tests (the first time some minutes)"
cargo build --workspace --tests
cargo build -p forbear
step "testing on SQLite and on a private PostgreSQL"
if cargo nextest --version >/dev/null 2>&1; then
  scripts/with-postgres.sh cargo nextest run --workspace --no-fail-fast
else
  scripts/with-postgres.sh cargo test --workspace --no-fail-fast
fi
step "examples in the documentation"
cargo test -q --doc -p forbear-guest-sdk
if [ -x scripts/browser-tests.sh ]; then
  step "the pages, in a browser"
  scripts/browser-tests.sh
fi
