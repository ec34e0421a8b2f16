#!/usr/bin/env bash
# The main job of Belfry, from the outside: client 1 sends a text of 10,000 lines from a file
# while client 2 follows. Half-way the server's children for both are killed. Client 3 logs in
# afterwards. Clients 2 and 3 must have printed exactly the text. Then scenarios.sh runs its
# scenarios on the same log.
#
#     tests/system/main_job.sh            # after `make`
#
# The programs are taken from $BELFRY_BIN (default: build/bin). Exit 0: everything passed.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
bin=${BELFRY_BIN:-$root/build/bin}
work=$(mktemp -d "${BELFRY_TEST_ROOT:-${TMPDIR:-/tmp}}/belfry-main-job-XXXXXX")
data=$work/data
server=

# Ends the server, its children and the clients, however the script ends, and removes their files.
# `belfryctl stop` also works if belfryd itself is dead.
clean_up() {
    local clients
    clients=$(jobs -p)
    [ ! -d "$data" ] || "$bin/belfryctl" --data-dir "$data" stop > /dev/null 2>&1 || true
    [ -z "$clients" ] || kill $clients 2> /dev/null || true
    wait
    rm -rf "$work"
}
trap clean_up EXIT

# wait_for WHAT COMMAND...: waits until the command succeeds, for at most half a minute.
wait_for() {
    local what=$1 tries=0
    shift
    until "$@"; do
        tries=$((tries + 1))
        if [ "$tries" -gt 3000 ]; then
            echo "main job: timed out waiting for $what" >&2
            exit 1
        fi
        sleep 0.01
    done
}

belfry() { "$bin/belfry" -server_ip 127.0.0.1 -port "$port" "$@"; }

# child_of CLIENT: prints the pid of the child that serves the client, or nothing if it is offline.
child_of() {
    "$bin/belfryctl" --data-dir "$data" status --json | tr -d ' \n' | tr '{' '\n' |
        sed -n "/\"id\":\"$1\"/s/.*\"pid\":\([0-9]*\).*/\1/p" | grep -v '^0$' || true
}
is_online() { [ -n "$(child_of "$1")" ]; }

kill_child_of() {
    local pid
    pid=$(child_of "$1")
    echo "killing child $pid, which serves client $1"
    kill -KILL "$pid"
}

has_lines() { [ "$(wc -l < "$1")" -ge "$2" ]; }

# 1. The text: the protocol, repeated up to 10,000 lines, each with its number.
while cat "$root/wire/PROTOCOL.md"; do :; done 2> /dev/null | head -n 10000 |
    sed '=' | sed 'N; s/\n/ /' > "$work/text"
[ "$(wc -l < "$work/text")" -eq 10000 ]

# 2. The server, on a port that the system chooses.
"$bin/belfryd" -client_ids 1,2,3 -port 0 --data-dir "$data" --port-file "$work/port" \
    > "$work/belfryd.out" &
server=$!
wait_for "the server" grep -q listening "$work/belfryd.out"
port=$(cat "$work/port")
cat "$work/belfryd.out"

# 3. Client 2 follows until it has printed 10,000 messages.
belfry -client_id 2 --follow --count 10000 < /dev/null > "$work/printed-by-2" &
follower=$!
wait_for "client 2" is_online 2

# 4. Client 1 sends the text. Half-way the children of both clients are killed; the clients
#    reconnect by themselves, and client 1 sends the other half.
half_way() {
    wait_for "the first half" has_lines "$work/printed-by-2" 1
    kill_child_of 2 >&2
    kill_child_of 1 >&2
}
{
    head -n 5000 "$work/text"
    half_way
    tail -n +5001 "$work/text"
} | belfry -client_id 1
echo "client 1 has sent the text, and every line was accepted"
wait "$follower"

# 5. Client 3 has never logged in before, and gets the whole log at its first login.
belfry -client_id 3 < /dev/null > "$work/printed-by-3"

# 6. The comparison.
sed 's/^/1: /' "$work/text" > "$work/expected"
for client in 2 3; do
    cmp "$work/expected" "$work/printed-by-$client"
    echo "client $client printed the text: $(wc -l < "$work/printed-by-$client") lines, identical"
done

# 7. The scenarios. They kill no process, so they can also run on any other server.
"$root/tests/system/scenarios.sh" "$port" 127.0.0.1 1,2,3

# 8. The log is sound, and a clean stop succeeds.
"$bin/belfryctl" --data-dir "$data" check
kill -TERM "$server"
wait "$server"
echo "the main job passed"
