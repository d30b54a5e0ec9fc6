#!/usr/bin/env bash
# Runs a command with a private PostgreSQL: its own temporary folder, a free port on loopback, gone afterwards.
#   scripts/with-postgres.sh COMMAND …
# The command finds the server in FORBEAR_TEST_DATABASE_URL. A server named there already is used as it is.
set -euo pipefail

if [ -n "${FORBEAR_TEST_DATABASE_URL:-}" ]; then
  exec "$@"
fi

say() { printf '%s\n' "$*" >&2; }

find_bin() {
  local dir
  for dir in "$(dirname "$(command -v initdb 2>/dev/null || echo /nowhere/x)")" /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql*/bin; do
    if [ -x "$dir/initdb" ] && [ -x "$dir/postgres" ]; then
      echo "$dir"
      return
    fi
  done
}

bin=$(find_bin)
if [ -z "$bin" ] && command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  say "PostgreSQL is missing; installing Debian's package …"
  # The package would start a server of its own; the tests bring theirs.
  mkdir -p /etc/postgresql-common/createcluster.d
  echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.d/forbear.conf
  (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql) >&2
  bin=$(find_bin)
fi
if [ -z "$bin" ]; then
  say "The tests need PostgreSQL 15 or newer (initdb and postgres), which was not found."
  say "Install it (Debian: apt-get install postgresql · macOS: brew install postgresql@17), or name a running server's"
  say "empty database in FORBEAR_TEST_DATABASE_URL=postgres://USER@HOST/DATABASE."
  exit 1
fi

folder=$(mktemp -d "${TMPDIR:-/tmp}/forbear-pg.XXXXXX")
as=(env)
if [ "$(id -u)" = 0 ]; then # initdb and postgres refuse to run as root
  id postgres >/dev/null 2>&1 || useradd --system --no-create-home postgres
  chown postgres "$folder"
  as=(setpriv --reuid=postgres "--regid=$(id -g postgres)" --clear-groups)
fi

cd "$folder"
"${as[@]}" "$bin/initdb" -D "$folder/data" -U forbear --auth=trust -E UTF8 --locale=C.UTF-8 --no-sync >"$folder/initdb.log" 2>&1 ||
  { cat "$folder/initdb.log" >&2; exit 1; }

pid=
stop() {
  if [ -n "$pid" ]; then
    kill -INT "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  fi
  rm -rf "$folder"
}
trap stop EXIT
trap 'exit 130' INT TERM

for _ in 1 2 3 4 5; do
  port=$((20000 + RANDOM % 20000))
  "${as[@]}" "$bin/postgres" -D "$folder/data" -p "$port" -k "$folder" -c listen_addresses=127.0.0.1 -c fsync=on \
    -c max_connections=200 -c shared_buffers=128MB >"$folder/postgres.log" 2>&1 &
  pid=$!
  for _ in $(seq 100); do
    if grep -q "ready to accept connections" "$folder/postgres.log"; then
      cd - >/dev/null
      status=0
      FORBEAR_TEST_DATABASE_URL="postgres://forbear@127.0.0.1:$port/postgres" "$@" || status=$?
      exit "$status"
    fi
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  wait "$pid" 2>/dev/null || true
  pid=
done
cat "$folder/postgres.log" >&2
say "PostgreSQL did not start; its log is above."
exit 1
