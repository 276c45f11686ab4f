"""A drawing of ours on its own: in a notebook and as a file; several of them as one."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from quantray.report.picture import Picture, beside
from quantray.report.svg import Canvas


def drawing(width: float, height: float) -> str:
    canvas = Canvas(width, height, "a <title>")
    canvas.text(1, 2, "a & b", "tick strong")
    return canvas.render()


def test_text_is_escaped_everywhere() -> None:
    picture = Picture("<script>\x1b\n", drawing(100, 50))
    assert "<script" not in picture._repr_html_()
    assert repr(picture).isprintable()
    ElementTree.fromstring(picture.standalone())


@pytest.mark.parametrize("n", [1, 2, 5])
def test_several_stand_beside_each_other_and_none_overlaps(n: int) -> None:
    whole = ElementTree.fromstring(
        Picture("", beside([(f"t{i}", drawing(100, 40 + i)) for i in range(n)])).standalone()
    )
    boxes = [
        tuple(float(inner.attrib[key]) for key in ("x", "y", "width", "height"))
        for inner in whole.iter("{http://www.w3.org/2000/svg}svg")
        if inner is not whole
    ]
    assert len(boxes) == n
    _, _, width, height = map(float, whole.attrib["viewBox"].split())
    for i, (x, y, w, h) in enumerate(boxes):
        assert x + w <= width
        assert y + h <= height
        for other in boxes[:i]:
            assert x >= other[0] + other[2] or y >= other[1] + other[3] or other[0] >= x + w
