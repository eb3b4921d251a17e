"""Runs a hub and one region by their real programs, and lets other people's code speak to them.

Usage: interop.py BIN_DIR PROTO_DIR

A client generated from PROTO_DIR brings incidents to the region over mutual TLS; the region pushes its sheets; an
envelope is taken out of the hub's ledger and verified by `securesystemslib`. Everything stands in a directory that is
gone afterwards, and speaks on loopback only, on ports that the system gives.
"""

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading

import ingest_client
import verify_envelope

NODE = "sverdlovsk"
TERRITORY = "65"
SOURCE = "incident"
SHEET = "application/vnd.svodka.sheet.v1+proto"
DEADLINE_S = 60
ENTRIES_MAX = 100


class Programs:
    """The two programs, as an operator runs them."""

    def __init__(self, bin_dir: pathlib.Path, base: pathlib.Path):
        self.bin_dir, self.base = bin_dir.resolve(), base
        self.hub_dir, self.node_dir, self.keys_dir = base / "hub", base / "node", base / "keys"
        # Settings of the person who runs this must not reach the programs.
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("FEDERAL_HUB_", "REGION_NODE_"))
        }

    def hub(self, *arguments: str) -> str:
        return self.run("federal-hub", *arguments, "--dir", str(self.hub_dir))

    def node(self, *arguments: str) -> str:
        return self.run("region-node", *arguments, "--dir", str(self.node_dir))

    def run(self, program: str, *arguments: str) -> str:
        command = [str(self.bin_dir / program), *arguments]
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=DEADLINE_S, check=False
        )
        if done.returncode != 0:
            raise RuntimeError(f"{program} {' '.join(arguments)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    @contextlib.contextmanager
    def serving(self, program: str, directory: pathlib.Path):
        """The running program; yields the address it said it listens on. Ends it by SIGTERM and looks at its exit."""
        command = [str(self.bin_dir / program), "serve", "--dir", str(directory), "--listen", "127.0.0.1:0", "--json"]
        with (self.base / f"{program}.log").open("w+") as log:
            process = subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE, stderr=log, text=True)
            watchdog = threading.Timer(DEADLINE_S, process.kill)
            watchdog.start()
            try:
                announcement = process.stdout.readline()
                watchdog.cancel()
                if not announcement:
                    log.seek(0)
                    raise RuntimeError(f"{program} serve did not start\n{log.read()}")
                yield json.loads(announcement)["listen"]
            finally:
                watchdog.cancel()
                process.terminate()
                try:
                    code = process.wait(timeout=DEADLINE_S)
                except subprocess.TimeoutExpired:
                    process.kill()
                    raise
        if code != 0:
            raise RuntimeError(f"{program} serve: exit {code} after SIGTERM")


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
