"""A drawing of ours that a notebook shows in its own theme, and that can be saved as a file of its own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from quantray.cards import CLASS, colours, drawing_rules, enclosed
from quantray.errors import ConfigError
from quantray.outlets import clean
from quantray.plain import one_line
from quantray.report.svg import Canvas

_HEAD = re.compile(r'<svg viewBox="0 0 ([0-9.]+) ([0-9.]+)"')
_FONT = 'svg{font-family:system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif;background:var(--card)}'


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One drawing: its ``title`` and its ``svg`` as a page of ours holds it. A notebook shows it; see :meth:`save`.

    ``sheet`` is the style sheet that the page has beside the one of all pages.
    """

    title: str
    svg: str
    sheet: Path | None = None

    def __repr__(self) -> str:
        return f"Picture({clean(one_line(self.title))}; .save('picture.svg') writes it)"

    def _repr_html_(self) -> str:
        own = _HEAD.sub(r'<svg style="max-width:\1px" viewBox="0 0 \1 \2"', self.svg, count=1)  # it grows no further
        html = f'<div class="kicker">{escape(clean(one_line(self.title)))}</div>{own}'
        return enclosed(html, self._rules(f".{CLASS} "))

    def save(self, path: str | Path) -> Path:
        """Write it as one SVG file that needs no other, light and dark. ConfigError for a name of another ending."""
        target = Path(path)
        check_ending(target, (".svg",))
        target.write_text(self.standalone(), encoding="utf-8")
        return target

    def _rules(self, scope: str = "") -> tuple[str, ...]:
        return () if self.sheet is None else drawing_rules(scope, self.sheet)

    def standalone(self) -> str:
        """The text of that file."""
        light, dark = colours()
        themes = f"svg{{{light}}}@media (prefers-color-scheme:dark){{svg{{{dark}}}}}"
        rules = "".join([themes, _FONT, *drawing_rules(), *self._rules()])
        style = f"<style>{rules.replace('svg .', '.').replace('svg text', 'text')}</style>"
        size = r'<svg xmlns="http://www.w3.org/2000/svg" width="\1" height="\2" viewBox="0 0 \1 \2"'
        head, end, rest = _HEAD.sub(size, self.svg, count=1).partition(">")
        return f"{head}{end}{style}{rest}\n"


def beside(drawn: Sequence[tuple[str, str]], columns: int = 2) -> str:
    """Several drawings of one width as one, each under its title, row by row."""
    sizes = [[float(x) for x in found.groups()] for _, svg in drawn if (found := _HEAD.search(svg))]
    width = max(w for w, _ in sizes) + 24
    rows = [sizes[i : i + columns] for i in range(0, len(sizes), columns)]
    heights = [max(h for _, h in row) + 34 for row in rows]
    canvas = Canvas(width * min(columns, len(sizes)), sum(heights), "; ".join(title for title, _ in drawn))
    for i, ((title, svg), (w, h)) in enumerate(zip(drawn, sizes, strict=True)):
        x, y = width * (i % columns), sum(heights[: i // columns])
        canvas.text(x, y + 14, title, "tick strong")
        canvas.parts.append(svg.replace("<svg ", f'<svg x="{x:g}" y="{y + 22:g}" width="{w:g}" height="{h:g}" ', 1))
    return canvas.render()


def check_ending(path: Path, endings: tuple[str, ...], instead: str = "") -> None:
    """ConfigError where a file's name ends in something that cannot be written."""
    if path.suffix.lower() not in endings:
        known = " or ".join(endings)
        raise ConfigError(f"{path}: a picture of this kind is saved as {known}; give a name that ends so{instead}")
