#!/usr/bin/env bash
# Offers three times what the service may ask of Firmhouse: 50 calls at once of 100 ms each are 500 logins a second.
# At least 90 % of that must be served, the rest be answered 503 with Retry-After at once, and memory stay bounded.
# A client that does not finish its headers is cut off meanwhile. Takes about 30 s.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "$0")/common.sh"

seconds=${SECONDS_OF_LOAD:-20}
capacity=500
most_mb=${MOST_MB:-256}

publish
start_upstream 100
port=$(free_port)
start_service service "$port" Firmhouse__MaxInFlight=50 Proxy__KnownProxies__0=127.0.0.1
await_url "http://127.0.0.1:$port/health/ready" "the service"
url="http://127.0.0.1:$port/ssc-login?email=customer{i}@example.com"

node "$root/tests/scripts/load.mjs" "$url" 100 3 > /dev/null

# shellcheck disable=SC2016 # JavaScript, not the shell
node -e '
  const started = Date.now();
  const socket = require("net").connect(Number(process.argv[1]), "127.0.0.1", () => socket.write("GET /health/live HTTP/1.1\r\nHost: x\r\nX-Slow: "));
  socket.on("data", data => process.stdout.write(`${data.toString().split("\r\n")[0]} `));
  socket.on("error", () => {});
  socket.on("close", () => console.log(`after ${Math.round((Date.now() - started) / 1000)} s`));
  setTimeout(() => { console.log("never"); process.exit(); }, 25000).unref();
' "$port" > "$work/slow.txt" &
slow=$!
pids+=("$slow")

: > "$work/rss.txt"
node "$root/tests/scripts/load.mjs" "$url" $((3 * capacity)) "$seconds" > "$work/load.json" &
load=$!
pids+=("$load")
while kill -0 "$load" 2> /dev/null; do
  resident >> "$work/rss.txt"
  echo >> "$work/rss.txt"
  sleep 0.5
done
wait "$load"
wait "$slow"

served=$(json 'Math.round((r.statuses[302] ?? 0) / r.seconds)' "$work/load.json")
highest=$(sort --numeric-sort "$work/rss.txt" | tail -n 1)
half=$(sed -n "$(($(wc -l < "$work/rss.txt") / 2))p" "$work/rss.txt")
last=$(tail -n 1 "$work/rss.txt")
echo "load: $(cat "$work/load.json")"
echo "offered $((3 * capacity))/s, served $served/s of $capacity/s; resident memory at most $highest MB, $half MB half way, $last MB at the end"
echo "a client that does not finish its headers: $(cat "$work/slow.txt")"
[[ $(json 'Object.keys(r.statuses).every(s => s === "302" || s === "503") && Object.keys(r.errors).length === 0' "$work/load.json") == true ]] || fail "an answer was none of the two"
[[ $(json r.withoutRetryAfter "$work/load.json") == 0 ]] || fail "a 503 says not when to try again"
((served * 100 >= capacity * 90)) || fail "less than 90 % of the capacity was served"
((highest <= most_mb)) || fail "more than $most_mb MB"
grep --quiet 'after 1[0-9] s' "$work/slow.txt" || fail "the slow client was not cut off"
