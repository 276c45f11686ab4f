"""The page in a real browser: nothing is fetched, nothing is logged, nothing sticks out on a phone."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from quantray.sweeps.report.html import report_html
from tests.builders.sweep_results import nothing_completed, results

BROWSER = next((b for b in ("chromium", "chromium-browser", "google-chrome") if shutil.which(b)), None)
pytestmark = [pytest.mark.slow, pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")]

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


@pytest.mark.parametrize("width", [360, 390, 768, 1280])
def test_nothing_sticks_out(width: int, tmp_path: Path):
    measured, log = opened(report_html(results(study="a_long_name_without_any_space_" * 3)), width, tmp_path)
    assert measured.startswith(f"scroll={width} ")
    assert measured.endswith("out=[]")
    assert "CONSOLE" not in log


def test_the_whole_page_is_drawn(tmp_path: Path):
    measured, _ = opened(report_html(results()), 1280, tmp_path)
    found = re.search(r"sections=(\d+)", measured)
    assert found is not None
    assert int(found[1]) >= 14


def test_a_run_without_a_result(tmp_path: Path):
    measured, log = opened(report_html(nothing_completed()), 390, tmp_path)
    assert measured.startswith("scroll=390 ")
    assert "CONSOLE" not in log
