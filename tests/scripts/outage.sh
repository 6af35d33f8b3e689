#!/usr/bin/env bash
# Takes Firmhouse away, in two ways, and gives it back: how fast the answer is while the circuit is open, what the page
# offers, what readiness says, and how long healing takes. Takes about 40 s.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "$0")/common.sh"

rate=${RATE:-200}
slowest=${SLOWEST_MS:-50}

publish
start_upstream 20
port=$(free_port)
address=http://127.0.0.1:$port
start_service service "$port" Firmhouse__AttemptTimeout=00:00:01 Firmhouse__Timeout=00:00:02 Firmhouse__CircuitBreaker__BreakDuration=00:00:03 \
  Firmhouse__CircuitBreaker__SamplingDuration=00:00:05 Branding__SupportUrl=https://shop.example/help
await_url "$address/health/ready" "the service"

state() {
  curl --silent "$address/health/ready"
}

load() {
  node "$root/tests/scripts/load.mjs" "$address/ssc-login?email=customer{i}@example.com" "$1" "$2"
}

# check <name>: Firmhouse is down.
check() {
  load "$rate" 3 > /dev/null
  [[ $(state) == Degraded ]] || fail "readiness says $(state) while Firmhouse is down"
  load "$rate" 6 > "$work/$1.json"
  echo "$1, circuit open: $(cat "$work/$1.json")"
  [[ $(json 'Object.keys(r.statuses).every(s => s === "503" || s === "504") && Object.keys(r.errors).length === 0 && r.withoutRetryAfter === 0' "$work/$1.json") == true ]] \
    || fail "an answer was none of the two"
  [[ $(json "r.ms[503].p99 < $slowest" "$work/$1.json") == true ]] || fail "the 99th percentile is not below $slowest ms"
  curl --silent --output "$work/page.html" --header 'Accept: text/html' "$address/ssc-login?email=customer@example.com"
  grep --quiet 'href="https://shop.example/help"' "$work/page.html" || fail "the page offers no support"
}

# heal <name>: Firmhouse is back.
heal() {
  local started=$SECONDS
  while [[ $(curl --silent --output /dev/null --write-out '%{http_code}' "$address/ssc-login?email=customer@example.com") != 302 ]]; do
    ((SECONDS - started < 20)) || fail "it does not heal"
    sleep 0.1
  done
  echo "$1, healed after at most $((SECONDS - started + 1)) s"
  [[ $(state) == Healthy ]] || fail "readiness says $(state) though Firmhouse is back"
  load "$rate" 2 > "$work/healed.json"
  echo "$1, healed: $(cat "$work/healed.json")"
  [[ $(json 'r.statuses[302] === r.sent' "$work/healed.json") == true ]] || fail "logins fail after the outage"
}

load "$rate" 3 > "$work/before.json"
echo "before: $(cat "$work/before.json")"

echo "Firmhouse refuses every connection."
kill -KILL "$upstream_pid"
wait "$upstream_pid" 2> /dev/null || true
check refused
start_upstream 20 "${upstream#*:}"
heal refused

echo "Firmhouse takes every connection and answers nothing."
kill -STOP "$upstream_pid"
check silent
kill -CONT "$upstream_pid"
heal silent
