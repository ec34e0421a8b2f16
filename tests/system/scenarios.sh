#!/usr/bin/env bash
# Runs the scenarios of Belfry's main job against a server that already runs, from the outside.
#
#     tests/system/scenarios.sh PORT SERVER [IDS]     # after `make`; `run_tests.sh` does both
#
# IDS are at least three client-ids that the server knows (default: 1,2,3). The scenarios log in as the
# first three of them, so they take over sessions of these clients. Messages of other clients do not
# disturb the scenarios. Those that the three clients receive are kept in files. The messages of the
# scenarios stay in the log.
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
# The caller's own settings for belfry must not affect the scenarios.
# shellcheck disable=SC2086  # one word a variable
unset ${!BELFRY_@}
export XDG_CONFIG_HOME=$work

run=scenario-$(date +%s)-$$-$RANDOM  # each text of this run begins with it
tag=$run                             # each text of the current scenario begins with it
limit=60                             # seconds that one call of belfry may take
passed=0
failed=0
can_log_in=yes

# Keeps the messages that the clients received and the scenarios did not send, in the order of their
# ids. The owner of the client may need them.
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

# --- the steps of the scenarios ---------------------------------------------------------------------

belfry=("$bin/belfry" -server_ip "$server" -port "$port" --json)

# log_in CLIENT: runs belfry, which sends standard input. Prints the name of the file with its output.
log_in() {
    local file
    file=$(mktemp "$work/of-$1/XXXXXX")
    "${belfry[@]}" --timeout "$limit" -client_id "$1" > "$file" || return
    echo "$file"
}

# follow CLIENT [FILE]: runs belfry --follow as the job $follower. It sends FILE and prints to the file
# $printed.
follow() {
    printed=$(mktemp "$work/of-$1/XXXXXX")
    "${belfry[@]}" --timeout "$limit" -client_id "$1" --follow < "${2:-/dev/null}" > "$printed" &
    follower=$!
}

# say CLIENT TEXT: sends the text, after the tag of the scenario.
say() { echo "$tag $2" | log_in "$1" > /dev/null; }

# heard FILE: prints `sender: text` for each message of this scenario in the output.
heard() {
    sed -n "s/^{\"id\":[0-9]*,\"from\":\"\([^\"]*\)\",.*\"text\":\"$tag \(.*\)\"}\$/\1: \2/p" "$1"
}

# wait_for FILE LINE: waits until `heard FILE` prints the line, for at most half a minute.
wait_for() {
    local tries=0
    until heard "$1" | grep -xF -- "$2" > /dev/null; do
        tries=$((tries + 1))
        if [ "$tries" -gt 600 ]; then
            echo "timed out waiting for '$2'"
            return 1
        fi
        sleep 0.05
    done
}

# expect_heard FILE: succeeds if `heard FILE` prints exactly the lines of standard input.
expect_heard() { diff <(heard "$1") - || { echo "(< was printed, > was expected)"; return 1; }; }

expect_status() {
    [ "$1" -eq "$2" ] || { echo "belfry exited with status $1, not $2"; return 1; }
}

# --- the scenarios: each in a shell of its own, which ends at the first command that fails -----------

every_client_can_log_in() {
    limit=300  # the clients may have missed many messages
    local client
    for client in "$ann" "$bob" "$eve"; do log_in "$client" < /dev/null > /dev/null; done
}

missed_messages_are_delivered_once_at_login() {
    say "$ann" one
    say "$ann" two
    printed=$(log_in "$bob" < /dev/null)
    printf '%s\n' "$ann: one" "$ann: two" | expect_heard "$printed"
    printed=$(log_in "$bob" < /dev/null)
    expect_heard "$printed" < /dev/null
}

an_online_client_gets_a_message_at_once() {
    follow "$bob"
    say "$ann" first
    wait_for "$printed" "$ann: first"  # from here on bob is online
    say "$ann" second
    wait_for "$printed" "$ann: second"
}

no_client_gets_its_own_messages() {
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

# play SCENARIO: runs it and counts the result. If a client cannot log in, the other scenarios fail
# without being run. Must not be called in a condition: bash would ignore `set -e` there.
play() {
    if [ "$can_log_in" = no ]; then
        failed=$((failed + 1))
        echo "FAILED: ${1//_/ } (not run)"
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
play missed_messages_are_delivered_once_at_login
play an_online_client_gets_a_message_at_once
play no_client_gets_its_own_messages
play an_unknown_client_is_refused
play a_file_arrives_whole_and_in_order
play a_later_login_takes_over
keep_messages_of_others
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
