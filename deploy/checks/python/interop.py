"""Runs a hub and one region by their real programs, and lets other people's code speak to them.

Usage: interop.py BIN_DIR PROTO_DIR

A client generated from PROTO_DIR brings incidents to the region over mutual TLS; the region pushes its sheets; an
envelope is taken out of the hub's ledger and verified by `securesystemslib`. Everything stands in a directory that is
gone afterwards, and speaks on loopback only, on ports that the system gives.
"""

import json
import pathlib
import sys
import tempfile

import ingest_client
import verify_envelope
from programs import NODE, SOURCE, TERRITORY, Programs

SHEET = "application/vnd.svodka.sheet.v1+proto"
ENTRIES_MAX = 100


def join(programs: Programs, hub_address: str) -> None:
    invitation = programs.base / "invitation.txt"
    invitation.write_text(programs.hub("invite", NODE, "--territory", TERRITORY))
    programs.node("join", "--parent", hub_address, "--invitation", str(invitation))


def bring_incidents(programs: Programs, proto: pathlib.Path) -> None:
    added = programs.node(
        "source", "add", "interop", "--source", SOURCE, "--out", str(programs.keys_dir), "--json"
    )
    added = json.loads(added)
    ingest_client.check(added["address"], added["server_name"], programs.keys_dir, proto)
    print("  ingest: a generated client over mutual TLS, by call and by stream", flush=True)
    pushed = json.loads(programs.node("push", "--wait", "--json"))
    if pushed["sealed"] == 0 or pushed["waiting"] or pushed["refused"]:
        raise AssertionError(f"the sheets were not taken: {pushed}")


def first_sheet(programs: Programs) -> dict:
    """The first sheet in the hub's ledger, as DSSE JSON."""
    for position in range(ENTRIES_MAX):
        envelope = json.loads(programs.hub("entry", str(position), "--dsse"))
        if envelope["payloadType"] == SHEET:
            return envelope
    raise AssertionError(f"no sheet among the first {ENTRIES_MAX} entries")


def verify_a_sheet(programs: Programs) -> None:
    key = programs.hub("key", "--node", NODE).strip()
    verify_envelope.check(first_sheet(programs), key)
    print("  envelope: genuine by securesystemslib, tampered copies refused", flush=True)


def check(bin_dir: pathlib.Path, proto: pathlib.Path) -> None:
    with tempfile.TemporaryDirectory(prefix="svodka-interop-") as base:
        programs = Programs(bin_dir, pathlib.Path(base))
        programs.hub("init")
        with programs.serving("federal-hub", programs.hub_dir) as hub_address:
            join(programs, hub_address)
            with programs.serving("region-node", programs.node_dir):
                bring_incidents(programs, proto)
            verify_a_sheet(programs)


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    check(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
