"""A headless Chromium on a pipe: standard library only, nothing is downloaded."""

import contextlib
import json
import os
import subprocess
import threading

DEADLINE_S = 60


class Browser:
    """One page of one browser, and everything that went wrong on it."""

    def __init__(self, program: str, profile: str):
        # Chromium reads commands on descriptor 3 and answers on 4, each message ended by a zero byte.
        command_read, self.commands = os.pipe()
        self.answers, answer_write = os.pipe()
        wrapped = f"exec 3<&{command_read} 4>&{answer_write}; exec \"$@\""
        self.process = subprocess.Popen(
            ["bash", "-c", wrapped, "browser", program, "--headless", "--no-sandbox", "--disable-gpu",
             "--remote-debugging-pipe", "--ignore-certificate-errors", f"--user-data-dir={profile}",
             "--no-first-run", "--disable-background-networking", "--window-size=1100,1400", "about:blank"],
            pass_fds=(command_read, answer_write), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(command_read)
        os.close(answer_write)
        self.watchdog = threading.Timer(DEADLINE_S * 5, self.process.kill)
        self.watchdog.start()
        self.rest, self.number, self.events = b"", 0, []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self.session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "Security", "Audits"):
            self.on_page(f"{domain}.enable")

    def close(self) -> None:
        self.watchdog.cancel()
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=10)
        self.process.kill()

    def call(self, method: str, session: str | None = None, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self.commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.read()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def on_page(self, method: str, **params):
        return self.call(method, self.session, **params)

    def read(self) -> dict:
        while b"\0" not in self.rest:
            chunk = os.read(self.answers, 1 << 16)
            if not chunk:
                raise RuntimeError("the browser ended")
            self.rest += chunk
        message, self.rest = self.rest.split(b"\0", 1)
        return json.loads(message)

    def wait(self, method: str) -> dict:
        """The next event of this kind; those before it are kept."""
        while True:
            for at, event in enumerate(self.events):
                if event.get("method") == method:
                    return self.events.pop(at)
            self.events.append(self.read())

    def forget(self, method: str) -> None:
        self.events = [event for event in self.events if event.get("method") != method]

    def open(self, url: str) -> None:
        self.forget("Page.loadEventFired")
        failed = self.on_page("Page.navigate", url=url).get("errorText")
        if failed:
            raise RuntimeError(f"{url}: {failed}")
        self.wait("Page.loadEventFired")

    def evaluate(self, expression: str):
        answer = self.on_page("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def submit(self, expression: str) -> None:
        """Does something that leads to another page, and waits for that page."""
        self.forget("Page.loadEventFired")
        self.evaluate(expression)
        self.wait("Page.loadEventFired")

    def complaints(self, ours: str) -> list[str]:
        """What the browser complained of since the last look, and every request that left `ours`."""
        found = []
        for event in self.events:
            kind, said = event.get("method"), event.get("params", {})
            if kind == "Log.entryAdded" and said["entry"]["level"] in ("error", "warning"):
                found.append(f"log: {said['entry']['text']} {said['entry'].get('url', '')}")
            elif kind == "Runtime.consoleAPICalled" and said["type"] in ("error", "warning", "assert"):
                found.append(f"console: {said['args']}")
            elif kind == "Runtime.exceptionThrown":
                found.append(f"exception: {said['exceptionDetails']}")
            # Pages that are left without a reader's click are told of; it is this script that leaves them.
            elif kind == "Audits.issueAdded" and "MarkedSkippable" not in json.dumps(said):
                found.append(f"issue: {said['issue']['code']} {said['issue'].get('details')}")
            elif kind == "Network.requestWillBeSent":
                url = said["request"]["url"]
                if not url.startswith((ours, "data:", "about:")):
                    found.append(f"request: {url}")
        self.events = []
        return found
