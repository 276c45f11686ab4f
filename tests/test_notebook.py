"""docs/notebook.md is run as it stands, in a Jupyter kernel: what it prints and shows, and that it says no more."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow
PAGE = Path(__file__).parents[1] / "docs" / "notebook.md"
#: Code of a block, and what it prints where that stands behind it.
BLOCKS = re.findall(
    r"^```python\n(.*?)^```(?:\n\n```text\n(.*?)^```)?", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
)
#: What a block that ends in an object shows of it.
SHOWN = {"study": "sweep, ", "study.verdict": "whether to believe it", "plan": "plan of a sweep",
         "study.plot.equity()": "equity and drawdown of the ", "callers": "callers and their policies",
         "callers.verdict": "verdict of 3 units", "callers.plot.leaderboard()": " by caller, ",
         "found": "alert baseline"}  # fmt: skip


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """The page's blocks as the cells of a notebook that was executed."""
    nbformat = pytest.importorskip("nbformat", reason="nbclient is not installed")
    client = pytest.importorskip("nbclient", reason="nbclient is not installed")
    pytest.importorskip("ipykernel", reason="ipykernel is not installed")
    folder = tmp_path_factory.mktemp("notebook")
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code, _ in BLOCKS])
    client.NotebookClient(book, timeout=300, kernel_name="python3", resources={"metadata": {"path": folder}}).execute()
    return list(book.cells)


def printed(cell: Any) -> str:
    return "".join(out.text for out in cell.outputs if out.output_type == "stream")


def test_the_page_says_what_its_blocks_print(cells: list[Any]) -> None:
    """Nothing else is on standard output or standard error: no log, no warning of a library."""
    assert len(BLOCKS) > 12
    for (code, said), cell in zip(BLOCKS, cells, strict=True):
        assert printed(cell) == said, code


def test_objects_show_themselves(cells: list[Any]) -> None:
    ends = {cell.source.rstrip().rpartition("\n")[2]: cell for cell in cells}
    for end, begins in SHOWN.items():
        (result,) = [out for out in ends[end].outputs if out.output_type == "execute_result"]
        html = result.data["text/html"]
        assert begins in html
        assert "<script" not in html
        assert len(result.data["text/plain"]) < 350
    assert not [out for cell in cells for out in cell.outputs if out.output_type == "error"]


def test_a_run_is_one_line_that_is_drawn_in_its_place(cells: list[Any]) -> None:
    runs = [cell for cell in cells if re.search(r"= qr\.(sweep|optimise|baseline)\(", cell.source)]
    assert len(runs) == 3
    for cell in runs:
        (line,) = [out for out in cell.outputs if out.output_type == "display_data"]
        assert 'role="status"' in line.data["text/html"]
        assert re.match(r"(tour|people|offered): ", line.data["text/plain"])


def test_pictures_of_both_kinds(cells: list[Any]) -> None:
    drawn = [cell for cell in cells if ".plot." in cell.source and not cell.source.startswith("print")]
    kinds = [set(cell.outputs[0].data) for cell in drawn]
    assert "text/html" in kinds[0]
    assert kinds[1] & {"text/html", "application/vnd.plotly.v1+json"}
    assert "data:image/png;base64" in drawn[2].outputs[0].data["text/html"]
