"""A page in a real browser."""

from __future__ import annotations

import base64
import html
import json
import os
import re
import shlex
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

BROWSER = next((b for b in ("chromium", "chromium-browser", "google-chrome") if shutil.which(b)), None)
# A frame as wide as the device asked for (windows have a least width), and a script that measures what is in it.
MEASURE = """<!doctype html><iframe id=f style="width:{width}px;height:800px;border:0" srcdoc="{page}"></iframe>
<p id=out>
<script>
document.getElementById("f").onload = () => {{
  const d = document.getElementById("f").contentDocument, e = d.documentElement;
  const out = [...d.querySelectorAll("body *")].filter(x => x.getBoundingClientRect().right > {width} + 1
    && !x.closest(".scroll") && !x.closest("details:not([open])")).map(x => x.tagName + "." + x.className);
  const shown = [...d.querySelectorAll("section")].filter(x => x.getBoundingClientRect().height > 20).length;
  document.getElementById("out").textContent = `scroll=${{e.scrollWidth}} sections=${{shown}} out=[${{out}}]`;
}};
</script>"""


def opened(page: str, width: int, folder: Path) -> tuple[str, str]:
    """The measured line and the browser's log."""
    path = folder / "frame.html"
    path.write_text(MEASURE.format(width=width, page=html.escape(page, quote=True)), encoding="utf-8")
    command = [
        str(BROWSER), "--headless=new", "--hide-scrollbars", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
        "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={folder / 'profile'}", "--window-size=1400,900",
        "--virtual-time-budget=3000", "--dump-dom", path.as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    found = re.search(r"scroll=\d+ sections=\d+ out=\[[^\]]*\]", done.stdout)
    assert found is not None, done.stderr[-2000:]
    return found[0], done.stderr


#: What a reader with a keyboard or a screen reader would stumble over, as a list of sentences.
FAULTS = """(() => {
  const faults = [], seen = e => e.getClientRects().length > 0, all = s => [...document.querySelectorAll(s)];
  const named = e => (e.getAttribute("aria-label") || [...(e.labels || [])].map(l => l.textContent).join(" ")
    || e.textContent).trim();
  for (const e of all("button, select, input, a[href], summary, [role=img], [role=region], [role=group]")) {
    if (seen(e) && !named(e)) faults.push(`no name: ${e.outerHTML.slice(0, 80)}`);
  }
  for (const e of all("svg")) if (!e.getAttribute("aria-label")) faults.push("a picture without a name");
  const ids = all("[id]").map(e => e.id);
  for (const id of new Set(ids)) if (ids.filter(x => x === id).length > 1) faults.push(`id ${id} twice`);
  let level = 0;
  for (const e of all("h1, h2, h3, h4")) {
    const own = Number(e.tagName[1]);
    if (own > level + 1) faults.push(`${e.tagName} follows H${level}: ${e.textContent}`);
    level = own;
  }
  for (const e of all(".scroll")) {
    if (seen(e) && e.scrollWidth > e.clientWidth + 1 && e.tabIndex < 0) {
      faults.push(`no key scrolls: ${e.textContent.trim().slice(0, 60)}`);
    }
  }
  for (const e of all("[tabindex]")) if (e.tabIndex > 0) faults.push(`an order of its own: ${e.tagName}`);
  for (const e of all("a[href^='#']")) {
    if (!document.getElementById(e.getAttribute("href").slice(1))) faults.push(`leads nowhere: ${e.textContent}`);
  }
  if (!document.title || !document.documentElement.lang) faults.push("no title or language");
  if (document.documentElement.scrollWidth > innerWidth) faults.push("the page scrolls sideways");
  return faults;
})()"""
#: Cells of tables that paper cuts off: a sheet of A4 with margins is this many pixels wide.
PAPER = 718
CUT = """[...document.querySelectorAll("td, th, svg, p")].filter(e => e.getClientRects().length
  && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 80))"""


class Driven:
    """A page in a browser that is driven through its own pipe: keys, clicks, pictures, paper, and what it logs.

    A context manager. ``dark`` and ``scripts`` are what its reader has set.
    """

    def __init__(self, page: str, folder: Path, width: int = 1200, *, dark: bool = False, scripts: bool = True) -> None:
        self.path = folder / "driven.html"
        self.path.write_text(page, encoding="utf-8")
        self.folder, self.width, self.dark, self.scripts = folder, width, dark, scripts
        self.logged: list[str] = []
        self._at = 0
        self._rest = b""

    def __enter__(self) -> Driven:
        to_read, to_write = os.pipe()
        from_read, from_write = os.pipe()
        command = [
            str(BROWSER), "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
            "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={self.folder / 'driven'}",
            "--remote-debugging-pipe", "about:blank",
        ]  # fmt: skip
        low = f"exec 3<&{to_read} 4>&{from_write}; exec {shlex.join(command)}"  # the browser reads 3 and writes 4
        self._process = subprocess.Popen(
            ["bash", "-c", low], pass_fds=(to_read, from_write), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        os.close(to_read), os.close(from_write)
        self._to, self._from, self._session = to_write, from_read, ""
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.ask(f"{domain}.enable")
        self.sized(self.width)
        if self.dark:
            self.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
        self.ask("Emulation.setScriptExecutionDisabled", value=not self.scripts)
        self._loaded = False
        self.ask("Page.navigate", url=self.path.as_uri())
        while not self._loaded:
            self._heard()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError, EOFError):
            self.ask("Browser.close")
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
        os.close(self._to), os.close(self._from)

    def ask(self, method: str, **params: object) -> dict[str, Any]:
        self._at += 1
        message = {"id": self._at, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            heard = self._heard()
            if heard.get("id") == self._at:
                assert "error" not in heard, heard
                return heard["result"]

    def _heard(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            more = os.read(self._from, 1 << 20)
            if not more:
                raise EOFError("the browser ended")
            self._rest += more
        text, _, self._rest = self._rest.partition(b"\0")
        heard = json.loads(text)
        method, params = heard.get("method"), heard.get("params", {})
        if method == "Page.loadEventFired":
            self._loaded = True
        elif method == "Log.entryAdded":
            self.logged.append(params["entry"]["text"])
        elif method == "Runtime.exceptionThrown":
            self.logged.append(str(params["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled":
            self.logged.append(str(params["args"]))
        return heard

    def run(self, expression: str) -> Any:
        """The value of an expression in the page."""
        done = self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in done, done
        return done["result"].get("value")

    def press(self, *keys: str) -> None:
        """Keys of a keyboard, by name (``Tab``, ``Enter``, ``ArrowDown``), or text that is typed."""
        codes = {"Tab": 9, "Enter": 13, "ArrowDown": 40, "ArrowUp": 38, " ": 32}
        for key in keys:
            if key in codes:
                text = {"Enter": "\r", " ": " "}.get(key, "")
                common = {"key": key, "code": key, "windowsVirtualKeyCode": codes[key], "text": text}
                self.ask("Input.dispatchKeyEvent", type="keyDown", **common)
                self.ask("Input.dispatchKeyEvent", type="keyUp", **common)
            else:
                self.ask("Input.insertText", text=key)

    def sized(self, width: int) -> None:
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 600)

    def printed(self) -> None:
        """Lay the page out as paper has it."""
        self.sized(PAPER)
        self.ask("Emulation.setEmulatedMedia", media="print")

    def picture(self, path: Path) -> Path:
        """The whole page as PNG."""
        done = self.ask("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(done["data"]))
        return path

    def paper(self, path: Path) -> Path:
        """The page as it is printed, as PDF."""
        done = self.ask("Page.printToPDF", preferCSSPageSize=True, printBackground=True)
        path.write_bytes(base64.b64decode(done["data"]))
        return path
