#!/usr/bin/env bash
# Three replicas behind nginx with one PostgreSQL: they must admit 1,000 requests of one address exactly as one replica
# does; a link that logs in once must do so once, under 100 simultaneous clicks; a database that is stopped and started
# under load must cost no login, and less than 60 ms at the 99th percentile. Then it shows what the store costs a login.
# Takes about 90 s. Needs nginx, openssl and PostgreSQL besides what common.sh needs.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "$0")/common.sh"

rate=${RATE:-100}
seconds=${SECONDS_OF_LOAD:-15}

# A PostgreSQL of its own: a directory's socket instead of a port, and not as root, which it refuses.
bin=$(find /usr/lib/postgresql -maxdepth 2 -name bin | sort --version-sort | tail -n 1)
data=$work/postgresql
as=()
start_postgresql() {
  "${as[@]}" "$bin/pg_ctl" --pgdata="$data/cluster" --wait --log="$data/log" --options="-c listen_addresses='' -c unix_socket_directories='$data'" start > /dev/null
}
stop_postgresql() {
  "${as[@]}" "$bin/pg_ctl" --pgdata="$data/cluster" --wait --mode="$1" stop > /dev/null
}
end() {
  stop_postgresql immediate 2> /dev/null || true
  clean_up
}
mkdir "$data"
if [[ $(id -u) == 0 ]]; then
  chmod 711 "$work"
  chown postgres "$data"
  as=(runuser -u postgres --)
fi
cd "$data"
"${as[@]}" "$bin/initdb" --pgdata="$data/cluster" --username=ssc_login --auth=trust --encoding=UTF8 --locale=C.UTF-8 > /dev/null
trap end EXIT
start_postgresql
store="Host=$data;Database=postgres;Username=ssc_login"

publish
start_upstream 20
balancer=$(free_port)
ports=()

# start_replica <name> [<setting>…]: sets port and service_pid.
start_replica() {
  local name=$1
  shift
  port=$(free_port)
  start_service "$name" "$port" RateLimits__Enabled=true RateLimits__PerClient__Permits=1000000 \
    RateLimits__PerAddress__Permits=50 RateLimits__PerAddress__Window=10:00:00 "$@"
  await_url "http://127.0.0.1:$port/health/ready" "$name"
}

# await_store <name>: until the replica has said that it uses the store.
await_store() {
  local i
  for ((i = 0; i < 100; i++)); do
    grep --quiet 'shared store is ready' "$work/$1.log" && return
    sleep 0.1
  done
  fail "$1 does not use the store"
}

start_nginx() {
  configure_nginx "${ports[@]}"
  nginx -p "$work/nginx" -c "$work/nginx/nginx.conf" -e "$work/nginx/error.log" -g 'daemon off;' &
  nginx_pid=$!
  await_url "http://127.0.0.1:$balancer/health/live" nginx
}

# load <result> <port> <address> <rate> <seconds>
load() {
  node "$root/tests/scripts/load.mjs" "http://127.0.0.1:$2/ssc-login?email=$3@example.com" "$4" "$5" > "$work/$1.json"
}

start_replica alone
alone=$port
alone_pid=$service_pid
for i in 1 2 3; do
  start_replica "replica$i" ConnectionStrings__Postgres="$store"
  ports+=("$port")
done
for i in 1 2 3; do
  await_store "replica$i"
done
with_store=$port
with_store_pid=$service_pid
start_nginx

# Not the first requests after a start, whose code is still being compiled.
load warm "$alone" 'warm{i}' 50 3
load warm "$balancer" 'warm{i}' "$rate" 5

echo "1,000 requests of one address"
# On a machine that keeps requests waiting for more than the 50 ms which they give the store, replicas count by themselves,
# as they should: then the address of the next attempt shows what there is to see.
for attempt in 1 2 3; do
  load one "$alone" "one$attempt" 250 4
  load three "$balancer" "three$attempt" 250 4
  one=$(json 'r.statuses[302]' "$work/one.json")
  three=$(json 'r.statuses[302]' "$work/three.json")
  echo "  one replica admits $one, three with a store $three; the rest: $(json 'r.statuses[429]' "$work/one.json") and $(json 'r.statuses[429]' "$work/three.json") times 429; median $(json 'r.ms[429].p50' "$work/three.json") ms"
  [[ $one != "$three" ]] || break
  sleep 5
done
[[ $one == "$three" && $(json 'r.statuses[302] + r.statuses[429]' "$work/three.json") == 1000 ]] || fail "three replicas do not admit what one does: $(cat "$work/three.json")"

echo "a link that logs in once, under 100 simultaneous clicks"
# Three replicas without limits, which would answer half of the clicks.
secret=$(openssl rand -hex 32)
once=()
once_pids=()
for i in 1 2 3; do
  start_replica "once$i" ConnectionStrings__Postgres="$store" RateLimits__Enabled=false LoginLinks__Keys__once__Secret="$secret" LoginLinks__Keys__once__Once=true
  once+=("http://127.0.0.1:$port")
  once_pids+=("$service_pid")
  await_store "once$i"
done
expires=$(( $(date +%s) + 1800 ))
signature=$(printf 'ssc-login:v1:once:%s:jane@example.com' "$expires" | openssl dgst -sha256 -hmac "$secret" -r)
link="/ssc-login?email=jane%40example.com&exp=$expires&kid=once&sig=${signature%% *}"
node -e '
  const [link, ...replicas] = process.argv.slice(1);
  const clicks = Array.from({ length: 100 }, (_, i) => fetch(replicas[i % replicas.length] + link, { redirect: "manual" }));
  Promise.all(clicks).then(responses => {
    const statuses = {};
    for (const { status } of responses) {
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
    console.log(JSON.stringify({ statuses }));
  });' "$link" "${once[@]}" > "$work/clicks.json"
echo "  the clicks: $(cat "$work/clicks.json")"
[[ $(json '["302", "410", "503"].map(status => r.statuses[status] ?? 0).reduce((sum, n) => sum + n)' "$work/clicks.json") == 100 ]] || fail "a click was answered otherwise"
[[ $(json 'r.statuses[302]' "$work/clicks.json") == 1 ]] || fail "the link did not log in once"
[[ $(curl --silent --output /dev/null --write-out '%{http_code}' "${once[0]}$link") == 410 ]] || fail "the link is not used up"
kill "${once_pids[@]}"

echo "the database down in mid-run, at $rate logins a second"
load calm "$balancer" 'calm{i}' "$rate" "$seconds"
load away "$balancer" 'away{i}' "$rate" "$seconds" &
loading=$!
pids+=("$loading")
sleep 3
stop_postgresql fast
sleep 4
start_postgresql
wait "$loading"
calm=$(json 'r.ms[302].p99' "$work/calm.json")
away=$(json 'r.ms[302].p99' "$work/away.json")
echo "  with the database: $(cat "$work/calm.json")"
echo "  stopped after 3 s, started after 7 s: $(cat "$work/away.json")"
echo "  the 99th percentile: $calm ms and $away ms"
[[ $(json 'Object.keys(r.statuses).join() === "302" && Object.keys(r.errors).length === 0' "$work/away.json") == true ]] || fail "a login was lost"
awk -v calm="$calm" -v away="$away" 'BEGIN { exit !(away < calm + 60) }' || fail "the 99th percentile grew by 60 ms or more"
for i in 1 2 3; do
  grep --quiet 'shared store is down' "$work/replica$i.log" || fail "replica $i did not say that the store is down"
  grep --quiet 'shared store is back' "$work/replica$i.log" || fail "replica $i did not go back to the store"
  if grep --quiet '"Level":"Error"' "$work/replica$i.log"; then fail "an Error in the log of replica $i: $(grep --max-count=1 '"Level":"Error"' "$work/replica$i.log")"; fi
done

echo "what the store costs a login, at $rate logins a second and 20 ms for Firmhouse's answer"
# Each twice, in turns, so that a busy machine is seen: the second time counts.
for _ in 1 2; do
  for name in without with; do
    [[ $name == without ]] && port=$alone pid=$alone_pid || port=$with_store pid=$with_store_pid
    before=$(cpu_ms "$pid")
    load "$name" "$port" "$name$RANDOM{i}" "$rate" 10
    after=$(cpu_ms "$pid")
    echo "  $name the store: $(awk -v ms="$((after - before))" -v n="$(json r.sent "$work/$name.json")" 'BEGIN { printf "%.2f", ms / n }') ms of processor time a login, median $(json 'r.ms[302].p50' "$work/$name.json") ms, 99th percentile $(json 'r.ms[302].p99' "$work/$name.json") ms"
  done
done
echo "as one replica"
