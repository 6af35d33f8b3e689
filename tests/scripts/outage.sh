#!/usr/bin/env bash
# Firmhouse takes every connection and answers nothing: once the circuit is open, 95 of 100 customers must have their answer
# sooner than a login takes when all is well, none may find the replica unready, and logins work again when Firmhouse does.
# Takes about 25 s.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "$0")/common.sh"

rate=${RATE:-50}

publish
start_upstream 200
port=$(free_port)
address=http://127.0.0.1:$port
start_service service "$port" Firmhouse__AttemptTimeout=00:00:01 Firmhouse__Timeout=00:00:02 Firmhouse__CircuitBreaker__BreakDuration=00:00:03 \
  Firmhouse__CircuitBreaker__SamplingDuration=00:00:05
await_url "$address/health/ready" "the service"

# load <result> <seconds>: of customers who did not try before
load() {
  node "$root/tests/scripts/load.mjs" "$address/ssc-login?email=$1$SECONDS-{i}@example.com" "$rate" "$2" > "$work/$1.json"
}

# await_state <state>: what readiness says, under load; it must say so with 200.
await_state() {
  local i
  for ((i = 0; i < 30; i++)); do
    load waiting 1
    [[ $(curl --silent --fail "$address/health/ready") != "$1" ]] || return 0
  done
  fail "readiness never says $1, but: $(curl --silent "$address/health/ready")"
}

load well 4
echo "all is well: $(cat "$work/well.json")"
[[ $(json 'r.statuses[302] === r.sent' "$work/well.json") == true ]] || fail "logins fail before the outage"

kill -STOP "$upstream_pid"
await_state Degraded
load silent 8
echo "Firmhouse is silent, the circuit is open: $(cat "$work/silent.json")"
[[ $(json 'Object.keys(r.statuses).every(s => s === "503" || s === "504") && Object.keys(r.errors).length === 0 && r.withoutRetryAfter === 0' "$work/silent.json") == true ]] \
  || fail "an answer was none of the two, or a 503 says not when to try again"
normal=$(json 'r.ms[302].p50' "$work/well.json")
[[ $(json "r.ms.all.p95 < $normal" "$work/silent.json") == true ]] || fail "more than 5 % waited longer than a login takes ($normal ms)"

kill -CONT "$upstream_pid"
await_state Healthy
load healed 2
echo "healed: $(cat "$work/healed.json")"
[[ $(json 'r.statuses[302] === r.sent' "$work/healed.json") == true ]] || fail "logins fail after the outage"
