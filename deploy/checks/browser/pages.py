"""Opens every kind of page in a headless browser, as a reader would, and fails on anything the browser complains of.

Usage: pages.py BIN_DIR PICTURES_DIR [CHROMIUM]

Runs a hub and one region by their real programs with two days of invented incidents, adds a user to each, comes in
through the login, walks from the first page down to the signed statement, and opens the report as one file. A violation
of the content security policy, an error on the console, or a request to anybody else is a failure. Pictures of all
pages are kept, for a person to look at.
"""

import base64
import contextlib
import json
import pathlib
import shutil
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "python"))

from devtools import Browser  # noqa: E402
from programs import NODE, TERRITORY, Programs  # noqa: E402

HEADER = "external_id;source;registered;updated_at;territory;topic;final"
ROWS = [
    f"{day}-{n};incident;2022-12-{day}T09:{n:02}:00+05:00;2022-12-{day}T18:00:00+05:00;{town};{topic};2022-12-{day}T1{n % 8}:30:00+05:00"
    for day in (12, 13)
    for n, (town, topic) in enumerate((town, topic) for town in ("65701", "65751", "65740") for topic in ("roads", "housing", "waste") for _ in range(4))
]


def prepare(programs: Programs, hub_address: str) -> None:
    invitation = programs.base / "invitation.txt"
    invitation.write_text(programs.hub("invite", NODE, "--territory", TERRITORY))
    programs.node("join", "--parent", hub_address, "--invitation", str(invitation))
    incidents = programs.base / "incidents.csv"
    incidents.write_text("\n".join([HEADER, *ROWS]) + "\n")
    programs.node("import", str(incidents), "--profile", "svodka", "--complete", "2022-12-12..2022-12-13")


def user(programs: Programs, program: str, directory: pathlib.Path) -> str:
    return programs.run(program, "user", "add", "reader", "--dir", str(directory)).strip()


class Walk:
    """A walk through the pages of one program."""

    def __init__(self, browser: Browser, name: str, site: str, pictures: pathlib.Path):
        self.browser, self.name, self.site, self.pictures = browser, name, site, pictures

    def look(self, page: str) -> None:
        complaints = self.browser.complaints(self.site)
        picture = self.browser.on_page("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        (self.pictures / f"{self.name}-{page}.png").write_bytes(base64.b64decode(picture["data"]))
        wide = self.browser.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        if complaints or wide:
            raise AssertionError(f"{self.name} {page}: " + ("wider than the window; " if wide else "") + "; ".join(complaints))
        print(f"  {self.name}: {page}, no complaint", flush=True)

    def open(self, page: str, path: str) -> None:
        self.browser.open(self.site + path)
        self.look(page)

    def follow(self, page: str, address: str) -> None:
        """Follows the first link whose address holds this text."""
        if not self.browser.evaluate(f"!!document.querySelector('a[href*=\"{address}\"]')"):
            raise AssertionError(f"{self.name} {page}: no link to {address}")
        self.browser.submit(
            f"document.querySelector('a[href*=\"{address}\"]').dispatchEvent(new MouseEvent('click', {{bubbles: true, cancelable: true}}))"
        )
        self.look(page)

    def come_in(self, password: str) -> None:
        self.open("login", "/")
        self.browser.submit(
            "document.getElementById('name').value = 'reader';"
            f"document.getElementById('password').value = {json.dumps(password)};"
            "document.querySelector('form.login').submit()"
        )
        self.look("index")


def hub_walk(walk: Walk, password: str) -> None:
    walk.come_in(password)
    walk.open("district", "/s/RU-FD-URAL/2022-12")
    walk.follow("region", "/s/65/2022-12")
    walk.follow("municipality", "/s/65701/2022-12")
    walk.follow("day", "/s/65701/2022-12-13")
    walk.follow("statement", "/e/")


def check(bin_dir: pathlib.Path, pictures: pathlib.Path, chromium: str) -> None:
    with contextlib.ExitStack() as stack:
        base = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="svodka-browser-")))
        programs = Programs(bin_dir, base)
        programs.environment |= {"FEDERAL_HUB_PAGES": "127.0.0.1:0", "REGION_NODE_PAGES": "127.0.0.1:0"}
        programs.hub("init")
        hub = stack.enter_context(programs.announcing("federal-hub", programs.hub_dir))
        prepare(programs, hub["listen"])
        node = stack.enter_context(programs.announcing("region-node", programs.node_dir))
        programs.node("push", "--wait")
        report = base / "report.html"
        report.write_text(programs.hub("report", "--scope", TERRITORY, "--period", "2022-12", "--format", "html"))
        browser = Browser(chromium, str(base / "profile"))
        stack.callback(browser.close)
        walk = Walk(browser, "hub", f"https://{hub['pages']}", pictures)
        hub_walk(walk, user(programs, "federal-hub", programs.hub_dir))
        walk = Walk(browser, "node", f"https://{node['pages']}", pictures)
        walk.come_in(user(programs, "region-node", programs.node_dir))
        walk.open("region", "/s/65/2022-12")
        Walk(browser, "file", "file://", pictures).open("report", str(report))


def main() -> int:
    if len(sys.argv) not in (3, 4):
        print(__doc__, file=sys.stderr)
        return 2
    chromium = sys.argv[3] if len(sys.argv) == 4 else shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium:
        print("chromium is missing: apt-get install chromium", file=sys.stderr)
        return 1
    pictures = pathlib.Path(sys.argv[2])
    pictures.mkdir(parents=True, exist_ok=True)
    check(pathlib.Path(sys.argv[1]), pictures, chromium)
    return 0


if __name__ == "__main__":
    sys.exit(main())
