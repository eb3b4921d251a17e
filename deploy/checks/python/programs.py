"""The two programs as an operator runs them, on directories that are gone afterwards."""

import contextlib
import json
import os
import pathlib
import subprocess
import threading

NODE = "sverdlovsk"
TERRITORY = "65"
SOURCE = "incident"
DEADLINE_S = 60


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
        """The running program; yields the address it said it listens on."""
        with self.announcing(program, directory) as announcement:
            yield announcement["listen"]

    @contextlib.contextmanager
    def announcing(self, program: str, directory: pathlib.Path):
        """The running program; yields what it announced. Ends it by SIGTERM and looks at its exit."""
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
                yield json.loads(announcement)
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
