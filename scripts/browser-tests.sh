#!/usr/bin/env bash
# Tries the pages in a browser, against a demo server of its own on a free port with a temporary folder.
#   scripts/browser-tests.sh
# FORBEAR_BIN names the server's program (else target/debug/forbear), FORBEAR_CHROMIUM the browser (else Debian's).
# The server needs the demo's modules in target/rules (make rules). Installs what is missing where it can, and says what
# it cannot; quiet when there is nothing to do.
set -euo pipefail
cd "$(dirname "$0")/.."
say() { printf '%s\n' "$*" >&2; }

# apt_install PROGRAM PACKAGE…: on Debian as root.
apt_install() {
  command -v apt-get >/dev/null && [ "$(id -u)" = 0 ] || return 1
  say "$1 is missing; installing Debian's package …"
  shift
  (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@") >&2
}

find_chromium() {
  local name
  for name in ${FORBEAR_CHROMIUM:-} chromium chromium-browser google-chrome google-chrome-stable \
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do
    command -v "$name" 2>/dev/null && return
  done
  return 1
}

node_is_new_enough() { [ "$(node --version 2>/dev/null | sed 's/^v\([0-9]*\).*/\1/')" -ge "$1" ] 2>/dev/null; }

if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  apt_install "Node.js" nodejs npm || true
fi
if ! node_is_new_enough 18 || ! command -v npm >/dev/null; then
  say "The browser tests need Node.js 18 or newer with npm. Debian: apt-get install nodejs npm · macOS: brew install node"
  exit 1
fi

chromium=$(find_chromium) || { apt_install "Chromium" chromium && chromium=$(find_chromium); } || {
  say "The browser tests need Chromium, which was not found. Debian: apt-get install chromium"
  say "A browser that lies elsewhere is named in FORBEAR_CHROMIUM."
  exit 1
}

installed=tests/browser/node_modules/.package-lock.json
if [ ! -f "$installed" ] || [ tests/browser/package-lock.json -nt "$installed" ]; then
  if ! log=$(cd tests/browser && npm ci --no-audit --no-fund 2>&1); then
    say "$log"
    say "The browser tests' two packages could not be installed; is the network there?"
    exit 1
  fi
  touch "$installed"
fi

forbear=${FORBEAR_BIN:-target/debug/forbear}
if [ ! -x "$forbear" ]; then
  say "$forbear is not there; build it with: cargo build -p forbear"
  exit 1
fi

folder=$(mktemp -d "${TMPDIR:-/tmp}/forbear-browser.XXXXXX")
pid=
stop() {
  if [ -n "$pid" ]; then
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  fi
  rm -rf "$folder"
}
trap stop EXIT
trap 'exit 130' INT TERM

# Port 0 is a free one; the server says which.
"$forbear" demo --data "$folder/data" --listen 127.0.0.1:0 >"$folder/server.log" 2>&1 &
pid=$!
url=
for _ in $(seq 600); do
  url=$(sed -n 's/.*\(http:\/\/127\.0\.0\.1:[0-9]*\)\/phone.*/\1/p' "$folder/server.log")
  [ -z "$url" ] || break
  kill -0 "$pid" 2>/dev/null || break
  sleep 0.1
done
if [ -z "$url" ]; then
  cat "$folder/server.log" >&2
  say "The demo did not start; what it said is above."
  exit 1
fi

mkdir "$folder/tmp"
status=0
TMPDIR="$folder/tmp" FORBEAR_URL=$url FORBEAR_CHROMIUM=$chromium node --test tests/browser/*.test.mjs || status=$?
[ "$status" = 0 ] || { say "The server said:"; tail -n 20 "$folder/server.log" >&2; }
exit "$status"
