#!/usr/bin/env bash
# Others' programs look at what an operator gets: promtool at /metrics of a hub and of a node that run, systemd-analyze at
# the units. Usage: deploy/checks/promtool.sh DIRECTORY-OF-PROGRAMS (default: target/debug). Needs promtool (Debian's
# prometheus) and systemd-analyze; what is not there is said and fails.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
programs=${1:-${CARGO_TARGET_DIR:-target}/debug}
work=$(mktemp -d)
pids=()
cleanup() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait
    rm -rf "$work"
}
trap cleanup EXIT

# field NAME: the value of a text field in one line of JSON on standard input.
field() { sed -n "s/.*\"$1\":\"\\([^\"]*\\)\".*/\\1/p"; }

# page ADDRESS PATH: the body that the port answers.
page() {
    local host=${1%:*} port=${1##*:}
    exec 3<>"/dev/tcp/$host/$port"
    printf 'GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "$2" "$host" >&3
    sed '1,/^\r$/d' <&3
    exec 3<&-
}

# serve NAME PROGRAM DIRECTORY: starts it and waits for the line that announces it.
serve() {
    mkfifo "$work/$1.out"
    "$programs/$2" serve --listen 127.0.0.1:0 --json --dir "$3" >"$work/$1.out" 2>"$work/$1.log" &
    pids+=($!)
    read -r announced <"$work/$1.out" || { cat "$work/$1.log"; exit 1; }
}

watched='[admin]
listen = "127.0.0.1:0"'

"$programs/federal-hub" init --dir "$work/hub" >/dev/null
printf '%s\n' "$watched" >"$work/hub/federal-hub.toml"
serve hub federal-hub "$work/hub"
hub=$(field listen <<<"$announced") hub_admin=$(field admin <<<"$announced")
"$programs/federal-hub" invite sverdlovsk --territory 65 --dir "$work/hub" >"$work/invitation"
"$programs/region-node" join --dir "$work/node" --parent "$hub" --invitation "$work/invitation" >/dev/null
printf '%s\n' "$watched" >"$work/node/region-node.toml"
serve node region-node "$work/node"
node_admin=$(field admin <<<"$announced")
"$programs/region-node" push --wait --dir "$work/node" >/dev/null

for address in "$hub_admin" "$node_admin"; do
    page "$address" /metrics >"$work/metrics"
    grep -q '_ready 1$' "$work/metrics" || { echo "not ready"; cat "$work/metrics"; exit 1; }
    promtool check metrics <"$work/metrics"
    echo "promtool: $(grep -c '^# TYPE' "$work/metrics") families at $address"
done

for unit in deploy/systemd/*.service; do
    # Exit code 1 above the threshold, which is ten times the exposure: 2.0.
    systemd-analyze security --offline=yes --threshold=20 "$unit" | tail -n 1
done
