#!/usr/bin/env bash
# Restarts two instances behind nginx, one after the other, under load: no login may fail, no e-mail be lost, and each
# instance must end with 0. nginx tries nothing again (proxy_next_upstream off), so nothing is masked. As Kubernetes
# does, the script takes an instance out of the balancer when it says that it is not ready, not before.
# Takes about 20 s. Needs nginx besides what common.sh needs.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "$0")/common.sh"

rate=${RATE:-50}

publish
start_upstream 150
balancer=$(free_port)
ports=("$(free_port)" "$(free_port)")
instances=()

reload_nginx() {
  configure_nginx "$@"
  kill -HUP "$nginx_pid"
}

start_instance() {
  start_service "instance$1" "${ports[$1]}"
  instances[$1]=$service_pid
  await_url "http://127.0.0.1:${ports[$1]}/health/ready" "instance $1"
}

# restart <instance> <the other one>
restart() {
  local pid=${instances[$1]} address=http://127.0.0.1:${ports[$1]} status=200 code=0
  kill -TERM "$pid"
  while [[ $status == 200 ]]; do
    status=$(curl --silent --output /dev/null --write-out '%{http_code}' --max-time 30 "$address/health/ready") || true
    sleep 0.05
  done
  [[ $status == 503 ]] || fail "instance $1 stopped serving before it said that it is not ready: $status"
  reload_nginx "${ports[$2]}"
  wait "$pid" || code=$?
  [[ $code == 0 ]] || fail "instance $1 ended with $code"
  start_instance "$1"
  reload_nginx "${ports[@]}"
}

start_instance 0
start_instance 1
configure_nginx "${ports[@]}"
nginx -p "$work/nginx" -c "$work/nginx/nginx.conf" -e "$work/nginx/error.log" -g 'daemon off;' &
nginx_pid=$!
await_url "http://127.0.0.1:$balancer/health/live" nginx

# Until both are restarted. Each login and each e-mail on a connection of its own: the client's keep-alive to nginx is not what is tested.
node "$root/tests/scripts/load.mjs" "http://127.0.0.1:$balancer/ssc-login?email=customer{i}@example.com" "$rate" 600 --new-connections > "$work/logins.json" &
logins=$!
node "$root/tests/scripts/load.mjs" "http://127.0.0.1:$balancer/ssc-login/email" 10 600 --new-connections --post 'email=customer{i}%40example.com' > "$work/emails.json" &
emails=$!
pids+=("$logins" "$emails")
sleep 2
restart 0 1
restart 1 0
sleep 1
kill -TERM "$logins" "$emails"
wait "$logins" "$emails"

asked=$(json 'r.statuses[303] ?? 0' "$work/emails.json")
# What still waits is asked for at the stop.
kill -TERM "${instances[@]}"
for i in 0 1; do
  wait "${instances[$i]}" || fail "instance $i ended with $?"
done
sent=$(curl --silent "http://$upstream/counts" | sed -E 's/.*"email":([0-9]+).*/\1/')

echo "logins: $(cat "$work/logins.json")"
echo "e-mails: $(cat "$work/emails.json"), of which Firmhouse was asked for $sent"
failed=$(json 'r.sent - (r.statuses[302] ?? 0)' "$work/logins.json")
[[ $failed == 0 ]] || fail "$failed logins failed: $(tail -n 5 "$work/nginx/error.log")"
[[ $asked == $(json r.sent "$work/emails.json") ]] || fail "forms failed"
[[ $sent == "$asked" ]] || fail "$((asked - sent)) e-mails were lost"
echo "No login failed and no e-mail was lost."
