"""A page in a real browser."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
from pathlib import Path

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
