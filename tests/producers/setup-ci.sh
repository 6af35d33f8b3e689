#!/bin/sh
# Gets what the tests drive, on Debian or Ubuntu: a browser, promtool, proxies, a compiler for the native program, the languages that
# sign links. And starts a throw-away PostgreSQL.
# Usage: tests/producers/setup-ci.sh <file>; then: . <file>. The file stops the server again with: stop_postgresql
set -eu
out=${1:?the file to write the environment to}
here=$(cd "$(dirname "$0")" && pwd)
sudo=; [ "$(id -u)" = 0 ] || sudo=sudo

has() { command -v "$1" > /dev/null || [ -x "/usr/sbin/$1" ]; }

missing=
for program in caddy chromium clang curl faketime nginx openssl pgbouncer python3 ruby; do
  has "$program" || missing="$missing $program"
done
has llvm-objcopy || missing="$missing llvm"
has promtool || missing="$missing prometheus"
has node && has npm || missing="$missing nodejs npm"
has php || missing="$missing php-cli"
has psql && ls -d /usr/lib/postgresql/*/bin > /dev/null 2>&1 || missing="$missing postgresql"
if [ -n "$missing" ]; then
  $sudo apt-get update -qq
  # shellcheck disable=SC2086 # A list of words.
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $missing > /dev/null
fi

for modules in "$here/liquid" "$here/../firmhouse-sdk" "$here/../oidc-provider"; do
  npm ci --prefix "$modules" --no-audit --no-fund --ignore-scripts
done

# shellcheck source=/dev/null
if [ -f "$out" ] && (. "$out" && psql -X -w -c 'SELECT 1' > /dev/null 2>&1); then
  exit # It runs already.
fi

"$here/start-postgresql.sh" "$out"
