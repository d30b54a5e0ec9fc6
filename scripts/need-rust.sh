#!/usr/bin/env bash
# Says what is missing to build the host, and installs it where that is plain: a C compiler for SQLite, as root on Debian.
set -euo pipefail
say() { printf '%s\n' "$*" >&2; }

if ! command -v cargo >/dev/null; then
  say "Rust is missing: install rustup with stable Rust 1.95 or newer, and run this again."
  exit 1
fi
version=$(rustc --version | cut -d' ' -f2)
if [ "$(printf '%s\n1.95\n' "${version%%-*}" | sort -V | head -n1)" != 1.95 ]; then
  say "Rust 1.95 or newer is needed, this is $version: rustup update stable"
  exit 1
fi
if ! command -v cc >/dev/null; then
  if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    say "A C compiler is missing; installing Debian's gcc …"
    (apt-get update -qq && apt-get install -y -qq --no-install-recommends gcc libc6-dev) >&2
  else
    say "A C compiler is missing (SQLite is built from source). Debian: apt-get install gcc libc6-dev"
    exit 1
  fi
fi
