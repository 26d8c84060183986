"""A headless Chromium, spoken to in the DevTools protocol over a pipe: nothing to install but the browser.

https://chromedevtools.github.io/devtools-protocol/ (messages are JSON, each ended by a NUL byte)
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

EXECUTABLE = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DIALOG = 10**9
"""The number of the answers to a page's own dialogs, which nobody waits for."""
PATIENCE = 20_000  # milliseconds to wait for what a page is to show, beside a suite on every processor


class LeftError(Exception):
    """The page went on to another before it could answer."""


class Page:
    """One page, and what it complained of: errors on its console, scripts that failed, what its policy forbade."""

    def __init__(self, out: BinaryIO, answers: BinaryIO) -> None:
        self._out, self._answers, self._calls, self._session = out, answers, 0, ""
        self.complaints: list[str] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")
        # Whoever is no new visitor is not led around.
        over = "try { localStorage.setItem('tour', 'over') } catch { /* a page without a place of its own */ }"
        self.tour = str(self.call("Page.addScriptToEvaluateOnNewDocument", source=over)["identifier"])

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Carries out a command of the protocol, and gives its result."""
        self._calls += 1
        asked = {"id": self._calls, "method": method, "params": parameters}
        if self._session:
            asked["sessionId"] = self._session
        self._out.write(json.dumps(asked).encode() + b"\0")
        self._out.flush()
        while True:
            told = self._next()
            if told.get("id") == self._calls:
                if "error" in told:
                    if "navigated" in told["error"]["message"] or "destroyed" in told["error"]["message"]:
                        raise LeftError(method)
                    raise RuntimeError(f"{method}: {told['error']['message']}")
                return dict(told["result"])
            self._listen(told)

    def _next(self) -> dict[str, Any]:
        text = bytearray()
        while (byte := self._answers.read(1)) != b"\0":
            if not byte:
                raise RuntimeError("the browser has ended")
            text += byte
        return dict(json.loads(text))

    def _listen(self, told: dict[str, Any]) -> None:
        parameters = told.get("params", {})
        if told.get("method") == "Page.javascriptDialogOpening":  # whether to leave a page with what is not saved
            asked = {"id": DIALOG, "method": "Page.handleJavaScriptDialog", "params": {"accept": True}}
            self._out.write(json.dumps({**asked, "sessionId": self._session}).encode() + b"\0")
            self._out.flush()
        if told.get("method") == "Runtime.exceptionThrown":
            details = parameters["exceptionDetails"]
            self.complaints.append(details.get("exception", {}).get("description", details["text"]))
        elif told.get("method") == "Log.entryAdded" and parameters["entry"]["level"] == "error":
            self.complaints.append(parameters["entry"]["text"])
        elif told.get("method") == "Runtime.consoleAPICalled" and parameters["type"] == "error":
            self.complaints.append(json.dumps(parameters["args"]))

    def open(self, url: str) -> None:
        self.call("Page.navigate", url=url)

    def run(self, script: str) -> Any:
        """The value of an expression, awaited."""
        told = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in told:
            raise RuntimeError(told["exceptionDetails"].get("exception", {}).get("description", "failed"))
        return told["result"].get("value")

    def wait(self, condition: str) -> None:
        """Until an expression is true. TimeoutError with what the page shows instead."""
        done = None
        while done is None:
            with suppress(LeftError):
                done = self._look_for(condition)
        if not done:
            raise TimeoutError(f"{condition}\n{self.text()}\n{self.complaints}")

    def _look_for(self, condition: str) -> bool:
        found: bool = self.run(
            f"""new Promise((resolve) => {{
                const end = Date.now() + {PATIENCE};
                const look = () => {{
                    if ({condition}) resolve(true);
                    else if (Date.now() > end) resolve(false);
                    else setTimeout(look, 20);
                }};
                look();
            }})"""
        )
        return found

    def wait_for(self, text: str) -> None:
        """Until the page shows a text, and loads nothing more."""
        self.wait(
            f"document.body?.innerText.includes({json.dumps(text)}) && !document.querySelector('[aria-busy=true]')"
        )

    def text(self) -> str:
        return str(self.run("document.body.innerText"))

    def press(self, key: str, code: int, text: str = "") -> None:
        for type_ in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=type_, key=key, code=key, windowsVirtualKeyCode=code, text=text)

    def size(self, width: int, height: int = 900) -> None:
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def dark(self, on: bool = True) -> None:
        scheme = {"name": "prefers-color-scheme", "value": "dark" if on else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])

    def screenshot(self, file: Path) -> None:
        """The whole page as a PNG."""
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=True)
        file.write_bytes(base64.b64decode(shot["data"]))


@contextmanager
def chromium(*more: str) -> Iterator[Page]:
    """A page in a browser of its own, without a network but the local one; `more` options for it."""
    assert EXECUTABLE is not None
    commands_in, commands_out = os.pipe()
    answers_in, answers_out = os.pipe()
    with TemporaryDirectory() as profile, Path(os.devnull).open("w") as nowhere:
        options = (
            "--headless",
            "--no-sandbox",  # containers and CI run as root
            "--disable-gpu",
            "--hide-scrollbars",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--no-first-run",
            "--remote-debugging-pipe",
            f"--user-data-dir={profile}",
            *more,
        )
        shell = f'exec "$@" 3<&{commands_in} 4>&{answers_out}'
        process = subprocess.Popen(
            ["bash", "-c", shell, "bash", EXECUTABLE, *options],
            pass_fds=(commands_in, answers_out),
            stdout=nowhere,
            stderr=nowhere,
        )
        os.close(commands_in)
        os.close(answers_out)
        with os.fdopen(commands_out, "wb") as out, os.fdopen(answers_in, "rb") as answers:
            page = Page(out, answers)
            try:
                yield page
            finally:
                page._session = ""
                page.call("Browser.close")
                process.wait(timeout=10)
