#!/usr/bin/env bash
# The scenarios of Belfry's main job against a server that already runs, from the outside.
#
#     tests/system/scenarios.sh PORT SERVER [IDS]     # after `make`; `run_tests.sh` does both
#
# IDS are at least three client-ids that the server knows (default: 1,2,3). The first three are used:
# a client that is online as one of them is taken over. Messages of others do not disturb the
# scenarios; those that these clients had missed, or that come meanwhile, are kept in files. The
# messages of the scenarios stay in the log.
#
# The programs are taken from $BELFRY_BIN (default: build/bin). The last line is
# `N passed, N failed`. Exit 0: all passed, 1: not all, 2: bad usage.
set -uo pipefail

usage() {
    echo "scenarios: $1" >&2
    echo "usage: PORT SERVER [IDS]; IDS are at least three different client-ids, such as 1,2,3" >&2
    exit 2
}

[ $# -eq 2 ] || [ $# -eq 3 ] || usage "expected 2 or 3 arguments, not $#"
port=$1
server=$2
IFS=, read -ra ids <<< "${3-1,2,3}"
[[ $port =~ ^[0-9]+$ ]] || usage "invalid port '$port'"
for id in "${ids[@]}"; do
    [[ $id =~ ^[A-Za-z0-9_.-]{1,32}$ ]] || usage "invalid client-id '$id'"
done
[ "$(printf '%s\n' "${ids[@]:0:3}" | sort -u | wc -l)" -eq 3 ] || usage "expected three ids, not '$3'"
ann=${ids[0]} bob=${ids[1]} eve=${ids[2]}

root=$(cd "$(dirname "$0")/../.." && pwd)
bin=${BELFRY_BIN:-$root/build/bin}
work=$(mktemp -d "${BELFRY_TEST_ROOT:-${TMPDIR:-/tmp}}/belfry-scenarios-XXXXXX") || exit 1
kept=$(mktemp -d "${TMPDIR:-/tmp}/belfry-messages-XXXXXX") || exit 1
mkdir "$work/of-$ann" "$work/of-$bob" "$work/of-$eve"
# The caller's options for belfry do not matter here.
# shellcheck disable=SC2086  # one word a variable
unset ${!BELFRY_@}
export XDG_CONFIG_HOME=$work

run=scenario-$(date +%s)-$$-$RANDOM  # each text of this run begins so
tag=$run                             # each text of this scenario
limit=60                             # seconds that one call of belfry may take
passed=0
failed=0
can_log_in=yes

# Keeps what a client got that is not ours, in the order of the ids: its owner may need it.
keep_messages_of_others() {
    local id others=$work/others
    for id in "$ann" "$bob" "$eve"; do
        find "$work/of-$id" -type f -exec cat {} + | grep -v "\"text\":\"$run" |
            sort -t: -k2,2n -u > "$others"
        rm -f "$work/of-$id"/*
        [ -s "$others" ] || continue
        mv "$others" "$kept/$id.json"
        echo "client $id received $(wc -l < "$kept/$id.json") messages of others: $kept/$id.json"
    done
}

clean_up() {
    keep_messages_of_others
    rm -rf "$work"
    rmdir --ignore-fail-on-non-empty "$kept"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# --- what the scenarios are made of -----------------------------------------------------------------

belfry=("$bin/belfry" -server_ip "$server" -port "$port" --json)

# log_in CLIENT: sends standard input, and names the file that holds what was printed.
log_in() {
    local file
    file=$(mktemp "$work/of-$1/XXXXXX")
    "${belfry[@]}" --timeout "$limit" -client_id "$1" > "$file" || return
    echo "$file"
}

# follow CLIENT [FILE]: stays online, as the job $follower, and prints to the file $printed.
follow() {
    printed=$(mktemp "$work/of-$1/XXXXXX")
    "${belfry[@]}" --timeout "$limit" -client_id "$1" --follow < "${2:-/dev/null}" > "$printed" &
    follower=$!
}

# say CLIENT TEXT
say() { echo "$tag $2" | log_in "$1" > /dev/null; }

# heard FILE: `sender: text` of each message of this scenario that was printed.
heard() {
    sed -n "s/^{\"id\":[0-9]*,\"from\":\"\([^\"]*\)\",.*\"text\":\"$tag \(.*\)\"}\$/\1: \2/p" "$1"
}

# wait_for FILE LINE: until it was heard, for at most half a minute.
wait_for() {
    local tries=0
    until heard "$1" | grep -xF -- "$2" > /dev/null; do
        tries=$((tries + 1))
        if [ "$tries" -gt 600 ]; then
            echo "waited in vain for '$2'"
            return 1
        fi
        sleep 0.05
    done
}

# expect_heard FILE: exactly the lines of standard input.
expect_heard() { diff <(heard "$1") - || { echo "(< was printed, > was expected)"; return 1; }; }

expect_status() {
    [ "$1" -eq "$2" ] || { echo "belfry ended with status $1, not $2"; return 1; }
}

# --- the scenarios: each in a shell of its own, which ends at the first command that fails -----------

every_client_can_log_in() {
    limit=300  # what it has missed may be much
    local client
    for client in "$ann" "$bob" "$eve"; do log_in "$client" < /dev/null > /dev/null; done
}

missed_messages_come_at_login_and_only_once() {
    say "$ann" one
    say "$ann" two
    printed=$(log_in "$bob" < /dev/null)
    printf '%s\n' "$ann: one" "$ann: two" | expect_heard "$printed"
    printed=$(log_in "$bob" < /dev/null)
    expect_heard "$printed" < /dev/null
}

who_is_online_gets_a_message_at_once() {
    follow "$bob"
    say "$ann" first
    wait_for "$printed" "$ann: first"  # from here on bob is online
    say "$ann" second
    wait_for "$printed" "$ann: second"
}

nobody_gets_its_own_messages() {
    echo "$tag mine" > "$work/mine"
    follow "$bob"
    local seen_by_bob=$printed
    follow "$ann" "$work/mine"
    wait_for "$seen_by_bob" "$ann: mine"
    say "$eve" later
    wait_for "$printed" "$eve: later"
    echo "$eve: later" | expect_heard "$printed"
    kill "$follower"
    wait "$follower" || true
    printed=$(log_in "$ann" < /dev/null)
    [ "$(heard "$printed" | grep -c "^$ann: ")" -eq 0 ]
}

an_unknown_client_is_refused() {
    local status=0
    "${belfry[@]}" --timeout "$limit" -client_id "nobody-$RANDOM-$RANDOM" < /dev/null 2> "$work/why" ||
        status=$?
    expect_status "$status" 3
    grep unknown-client "$work/why" > /dev/null
}

a_file_arrives_whole_and_in_order() {
    seq -f "$tag line %.0f" 100 > "$work/file"
    log_in "$ann" < "$work/file" > /dev/null
    local client
    for client in "$bob" "$eve"; do
        printed=$(log_in "$client" < /dev/null)
        seq -f "$ann: line %.0f" 100 | expect_heard "$printed"
    done
}

a_later_login_takes_over() {
    follow "$bob"
    local earlier=$printed status=0
    say "$ann" before
    wait_for "$earlier" "$ann: before"
    local first=$follower
    follow "$bob"
    wait "$first" || status=$?
    expect_status "$status" 7
    say "$ann" after
    wait_for "$printed" "$ann: after"
    echo "$ann: before" | expect_heard "$earlier"
}

# --- the run ------------------------------------------------------------------------------------------

end_followers() {
    # shellcheck disable=SC2046  # one word a process
    [ -z "$(jobs -p)" ] || kill $(jobs -p) 2> /dev/null
    wait
}

# play SCENARIO: counts it. If a client cannot log in, the others fail untried. Not to be called in a
# condition, where bash would go on after a command that fails.
play() {
    if [ "$can_log_in" = no ]; then
        failed=$((failed + 1))
        echo "FAILED: ${1//_/ } (not tried)"
        return
    fi
    local status
    (
        trap end_followers EXIT
        tag=$run-$1
        set -e
        "$1"
    )
    status=$?
    if [ "$status" -eq 0 ]; then
        passed=$((passed + 1))
        echo "passed: ${1//_/ }"
    else
        failed=$((failed + 1))
        echo "FAILED: ${1//_/ }"
    fi
}

echo "clients $ann, $bob and $eve talk on $server port $port; their messages stay in the log, and begin with $run"
play every_client_can_log_in
[ "$failed" -eq 0 ] || can_log_in=no
play missed_messages_come_at_login_and_only_once
play who_is_online_gets_a_message_at_once
play nobody_gets_its_own_messages
play an_unknown_client_is_refused
play a_file_arrives_whole_and_in_order
play a_later_login_takes_over
keep_messages_of_others
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
