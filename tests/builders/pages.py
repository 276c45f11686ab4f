"""Pages read back."""

from __future__ import annotations

import re
from html.parser import HTMLParser

VOID = {"meta", "link", "br", "input"}
OWN = re.compile(r'<script>// What a page does beyond being read.*?</script>|'
                 r'<script type="application/json" id="[^"]+">[^<>]*</script>', re.DOTALL)  # fmt: skip


class Balanced(HTMLParser):
    """Refuses a page whose tags do not nest; collects its text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.said: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ("line", "rect", "circle", "polyline")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["script"]:
            self.said.append(data)


def read(html: str) -> tuple[str, str]:
    """A page whose tags nest, and its text."""
    reader = Balanced()
    reader.feed(html)
    assert reader.open == []
    return html, " ".join(" ".join(reader.said).split())


def fetched(html: str) -> list[str]:
    """What a page would fetch or run beside its own script: nothing."""
    return re.findall(r"https?://|url\(|@import|<script[^\n]*|<[^>]*\son\w+=|javascript:", OWN.sub("", html))
