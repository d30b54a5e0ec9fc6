#!/usr/bin/env bash
# What a decision and a turn cost, on this machine, in one run.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --release -p forbear-tests --bin bench
scripts/with-postgres.sh target/release/bench "$@"
