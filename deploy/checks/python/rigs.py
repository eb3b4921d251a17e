"""Breaks a machine under a hub and a region that run by their real programs, and looks at what they say and keep.

Usage: rigs.py BIN_DIR power_cut [CUTS [SEED]]
       rigs.py BIN_DIR failed_sync
       rigs.py BIN_DIR full_disk

power_cut    an ext4 image on a loop device is copied at some moment after an acknowledgement, without unmounting: what
             the kernel had not handed down is gone. The copy is checked and opened; nothing acknowledged may be missing.
failed_sync  one fdatasync of a running region fails with EIO: nothing is acknowledged any more, and it ends with 74.
full_disk    a region runs on a small tmpfs that fills up: it refuses, goes on answering, and resumes when there is room.

They need root, and the second strace. Where these are missing a rig says so and ends well; with SVODKA_RIGS=1 it fails.
"""

import contextlib
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from programs import NODE, SOURCE, TERRITORY, Programs

IMAGE_MIB = 96
DAYS = [f"2022-12-{day:02}" for day in range(1, 13)]


class Skipped(Exception):
    """The machine lacks what the rig needs."""


def need(what: str, *tools: str) -> None:
    missing = [tool for tool in tools if shutil.which(tool) is None]
    if os.geteuid() != 0:
        missing.append("root")
    if missing:
        raise Skipped(f"{what}: нет {', '.join(missing)}")


def system(*command: str, codes: tuple = (0,)) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in codes:
        raise RuntimeError(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}")


@contextlib.contextmanager
def mounted(image: pathlib.Path, at: pathlib.Path):
    """The image as a directory, on a loop device. Whoever still holds a file in it is the caller's business."""
    at.mkdir(exist_ok=True)
    done = subprocess.run(["mount", "-o", "loop", image, at], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Skipped(f"образ не монтируется: {done.stderr.strip()}")
    try:
        yield at
    finally:
        system("umount", str(at))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Federation:
    """A hub and a region below one directory, and what was acknowledged to somebody."""

    def __init__(self, bin_dir: pathlib.Path, base: pathlib.Path, port: int):
        self.programs = Programs(bin_dir, base)
        self.listen = f"127.0.0.1:{port}"
        self.running = []

    def found(self) -> None:
        programs = self.programs
        programs.hub("init")
        self.serve("federal-hub", programs.hub_dir, self.listen)
        invitation = programs.base / "invitation.txt"
        invitation.write_text(programs.hub("invite", NODE, "--territory", TERRITORY))
        programs.node("join", "--parent", self.listen, "--invitation", str(invitation))
        self.stop()

    def up(self) -> None:
        self.serve("federal-hub", self.programs.hub_dir, self.listen)
        self.serve("region-node", self.programs.node_dir, "127.0.0.1:0")

    def serve(self, program: str, directory: pathlib.Path, listen: str) -> subprocess.Popen:
        log = (self.programs.base.parent / f"{program}.log").open("w")
        command = [str(self.programs.bin_dir / program), "serve", "--dir", str(directory), "--listen", listen, "--json"]
        environment = self.programs.environment
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=log, text=True)
        if not process.stdout.readline():
            raise RuntimeError(f"{program} did not start: {pathlib.Path(log.name).read_text()}")
        self.running.append(process)
        return process

    def stop(self) -> None:
        for process in self.running:
            process.terminate()
            if process.wait(timeout=30) != 0:
                raise AssertionError(f"exit {process.returncode} after SIGTERM")
        self.running.clear()

    def signal(self, number: signal.Signals) -> None:
        for process in self.running:
            process.send_signal(number)

    def die(self) -> None:
        self.signal(signal.SIGKILL)
        for process in self.running:
            process.wait()
        self.running.clear()

    def bring(self, file: pathlib.Path, **options) -> subprocess.Popen:
        command = [str(self.programs.bin_dir / "region-node"), "import", str(file), "--profile", "svodka"]
        command += ["--dir", str(self.programs.node_dir)]
        return subprocess.Popen(command, env=self.programs.environment, text=True, **options)

    def status(self) -> dict:
        return json.loads(self.programs.node("status", "--json"))

    def hub_status(self) -> dict:
        return json.loads(self.programs.hub("status", "--json"))


def rows(path: pathlib.Path, name: str, count: int, chance: random.Random) -> int:
    lines = ["external_id,source,registered,updated_at,territory,topic"]
    for number in range(count):
        day = chance.choice(DAYS)
        at = f"{day}T{chance.randrange(24):02}:00:00Z"
        lines.append(f"{name}-{number},{SOURCE},{at},{at},{TERRITORY},roads")
    path.write_text("\n".join(lines) + "\n")
    return count


# === Power cuts ===


def power_cut(bin_dir: pathlib.Path, cuts: int, seed: int) -> None:
    need("обрыв питания", "mkfs.ext4", "e2fsck", "losetup", "mount")
    with tempfile.TemporaryDirectory(prefix="svodka-cut-") as temporary:
        base = pathlib.Path(temporary)
        template = Federation(bin_dir, base / "template", free_port())
        template.programs.base.mkdir()
        template.found()
        template.up()
        template.programs.node("push", "--wait")
        template.stop()
        began, acknowledged, behind = time.monotonic(), 0, 0
        for cut in range(cuts):
            chance = random.Random(f"{seed}/{cut}")
            try:
                kept, late = one_cut(bin_dir, base, template, chance)
            except Exception as error:
                raise AssertionError(f"cut {cut} of seed {seed}: {error}") from error
            acknowledged, behind = acknowledged + kept, behind + late
            if cuts > 10 and (cut + 1) % 10 == 0:
                print(f"  {cut + 1} cuts, {time.monotonic() - began:.0f} s", flush=True)
        took = time.monotonic() - began
        print(
            f"  {cuts} power cuts, seed {seed}, {took:.0f} s: {acknowledged} incidents acknowledged before a cut, "
            f"0 missing; {behind} times more than that had reached the disk",
            flush=True,
        )


def one_cut(bin_dir: pathlib.Path, base: pathlib.Path, template: Federation, chance: random.Random):
    image, copy, files = base / "disk.img", base / "cut.img", base / "files"
    shutil.rmtree(files, ignore_errors=True)
    files.mkdir()
    with image.open("wb") as blank:
        blank.truncate(IMAGE_MIB << 20)
    system("mkfs.ext4", "-q", "-F", str(image))
    incidents, cursor, brought = 0, 0, []
    with mounted(image, base / "disk") as disk:
        system("cp", "-a", f"{template.programs.base}/.", str(disk))
        system("sync", "-f", str(disk))
        federation = Federation(bin_dir, disk, int(template.listen.split(":")[1]))
        federation.up()
        try:
            for step in range(chance.randrange(1, 5)):
                file = files / f"{step}.csv"
                count = rows(file, str(step), chance.choice([1, 20, 400]), chance)
                brought.append(file)
                if federation.bring(file, stdout=subprocess.DEVNULL).wait() != 0:
                    raise AssertionError("an import was refused")
                incidents += count
                if chance.random() < 0.5:
                    pushed = json.loads(federation.programs.node("push", "--wait", "--json"))
                    if pushed["waiting"]:
                        raise AssertionError(f"not delivered: {pushed}")
                    cursor = federation.status()["uplink"]["cursor"]
            # Something is under way when the power goes, more often than not.
            file = files / "last.csv"
            rows(file, "last", 2_000, chance)
            brought.append(file)
            last = federation.bring(file, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(chance.random() * 0.3)
            federation.signal(signal.SIGSTOP)
            system("cp", "--sparse=always", str(image), str(copy))
            last.kill()
            last.wait()
        finally:
            federation.die()
    system("e2fsck", "-fy", str(copy), codes=(0, 1))
    with mounted(copy, base / "disk") as disk:
        federation = Federation(bin_dir, disk, int(template.listen.split(":")[1]))
        kept = audit(federation, incidents, cursor)
        try:
            federation.up()
            finish(federation, brought)
        finally:
            federation.die()
    return incidents, kept > incidents


def audit(federation: Federation, incidents: int, cursor: int) -> int:
    """What was acknowledged stands, by the first thing that opens the directories."""
    status, hub = federation.status(), federation.hub_status()
    kept = status["intake"]["incidents"]
    if kept < incidents:
        raise AssertionError(f"{incidents} incidents were acknowledged, {kept} are there")
    if status["uplink"]["cursor"] < cursor or hub["members"][0]["cursor"] < cursor:
        raise AssertionError(f"{cursor} verdicts were given: {status['uplink']}, {hub['members']}")
    return kept


def finish(federation: Federation, brought: list) -> None:
    """Everything brought again counts once, at the region and at the hub."""
    for file in brought:
        if federation.bring(file, stdout=subprocess.DEVNULL).wait() != 0:
            raise AssertionError("an import was refused after the cut")
    pushed = json.loads(federation.programs.node("push", "--wait", "--json"))
    if pushed["waiting"] or pushed["refused"]:
        raise AssertionError(f"not delivered after the cut: {pushed}")
    expected = sum(len(file.read_text().splitlines()) - 1 for file in brought)
    report = ("report", "--scope", TERRITORY, "--period", "2022-12", "--format", "json")
    for program, text in [
        ("hub", federation.programs.hub(*report)),
        ("region", federation.programs.node("report", "--period", "2022-12", "--format", "json")),
    ]:
        counted = json.loads(text)["totals"]["incidents.received"]["n"]
        if counted != expected:
            raise AssertionError(f"{program}: {counted} counted of {expected}")


# === A sync that fails ===


def failed_sync(bin_dir: pathlib.Path) -> None:
    need("отказ fdatasync", "strace")
    with tempfile.TemporaryDirectory(prefix="svodka-eio-") as temporary:
        base = pathlib.Path(temporary) / "federation"
        base.mkdir()
        federation = Federation(bin_dir, base, free_port())
        federation.found()
        federation.serve("federal-hub", federation.programs.hub_dir, federation.listen)
        node = federation.serve("region-node", federation.programs.node_dir, "127.0.0.1:0")
        good, lost = base / "good.csv", base / "lost.csv"
        chance = random.Random(1)
        kept = rows(good, "good", 10, chance)
        rows(lost, "lost", 10, chance)
        if federation.bring(good, stdout=subprocess.DEVNULL).wait() != 0:
            raise AssertionError("the first import was refused")
        inject = ["strace", "-f", "-qq", "-p", str(node.pid), "-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO"]
        with subprocess.Popen(inject, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as strace:
            time.sleep(1)
            if strace.poll() is not None:
                raise Skipped(f"strace не присоединяется: {strace.stderr.read().strip()}")
            refused = federation.bring(lost, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            message = refused.communicate(timeout=60)[1]
            code = node.wait(timeout=60)
            strace.terminate()
        # It is told so, or the process is gone already when it asks again; either way: later, nothing is lost.
        if refused.returncode != 69:
            raise AssertionError(f"exit {refused.returncode}: {message}")
        if code != 74:
            raise AssertionError(f"the node ended with {code}, not 74")
        federation.running.remove(node)
        status = federation.status()
        if status["intake"]["incidents"] < kept:
            raise AssertionError(f"{kept} were acknowledged: {status['intake']}")
        federation.die()
        print(f"  EIO from fdatasync: import refused with exit {refused.returncode}, the node ended with 74", flush=True)


# === A full disk ===


def full_disk(bin_dir: pathlib.Path) -> None:
    need("полный диск", "mount")
    with tempfile.TemporaryDirectory(prefix="svodka-full-") as temporary:
        base = pathlib.Path(temporary)
        disk = base / "disk"
        disk.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", disk], check=False)
        if done.returncode != 0:
            raise Skipped("tmpfs не монтируется")
        federation = Federation(bin_dir, disk, free_port())
        try:
            federation.found()
            federation.up()
            fill_and_make_room(federation, base)
            federation.stop()
        finally:
            federation.die()
            system("umount", str(disk))


def fill_and_make_room(federation: Federation, base: pathlib.Path) -> None:
    chance = random.Random(2)
    first, second = base / "first.csv", base / "second.csv"
    kept = rows(first, "first", 10, chance)
    later = rows(second, "second", 400, chance)
    if federation.bring(first, stdout=subprocess.DEVNULL).wait() != 0:
        raise AssertionError("the first import was refused")
    ballast = federation.programs.base / "ballast"
    with ballast.open("wb", buffering=0) as filling, contextlib.suppress(OSError):
        while True:
            filling.write(bytes(4096))
    refused = federation.bring(second, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    message = refused.communicate(timeout=120)[1]
    if refused.returncode != 75 or "DISK_FULL" not in message:
        raise AssertionError(f"exit {refused.returncode}: {message}")
    if federation.status()["intake"]["incidents"] != kept:
        raise AssertionError("a refused import left something behind")
    ballast.unlink()
    if federation.bring(second, stdout=subprocess.DEVNULL).wait() != 0:
        raise AssertionError("there is room again, and the import is refused")
    if federation.status()["intake"]["incidents"] != kept + later:
        raise AssertionError("not everything is there")
    pushed = json.loads(federation.programs.node("push", "--wait", "--json"))
    if pushed["waiting"] or pushed["refused"]:
        raise AssertionError(f"not delivered: {pushed}")
    print("  a full disk: refused with exit 75 DISK_FULL, readable all the time, resumed without a restart", flush=True)


def main() -> int:
    if len(sys.argv) < 3:
        print(__doc__, file=sys.stderr)
        return 2
    bin_dir, rig, numbers = pathlib.Path(sys.argv[1]), sys.argv[2], [int(number) for number in sys.argv[3:]]
    try:
        if rig == "power_cut":
            power_cut(bin_dir, *(numbers + [5, 1][len(numbers) :]))
        else:
            {"failed_sync": failed_sync, "full_disk": full_disk}[rig](bin_dir)
    except Skipped as missing:
        print(f"  пропущено: {missing}", flush=True)
        return 1 if os.environ.get("SVODKA_RIGS") == "1" else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
