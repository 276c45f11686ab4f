"""What an object shows of itself in a notebook: a card without script or network, light and dark, and a line of text.

Colours and the look of drawings are those of the report's page, read from its style sheet.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path

from quantray.outlets import clean
from quantray.plain import one_line

#: Rows of a table, and characters of a name, of a cell, of a sentence, of a line of text: a card fits a screen.
MOST_ROWS, MOST_NAME, MOST_CELL, MOST_SENTENCE, MOST_LINE = 18, 80, 300, 600, 200
CLASS = "quantray-card"
_PAGE = Path(__file__).with_name("report") / "templates" / "page.css"
#: How notebooks say that they are light or dark, whatever the system is: JupyterLab, VS Code, Colab.
_THEMES = {
    "light": ('[data-jp-theme-light="true"]', ".vscode-light", 'html[theme="light"]'),
    "dark": ('[data-jp-theme-light="false"]', ".vscode-dark", 'html[theme="dark"]'),
}
_STYLE = """
.@{background:var(--card);color:var(--ink);border:1px solid var(--line);border-radius:10px;padding:12px 16px;
max-width:860px;box-sizing:border-box;overflow-x:auto;font:13px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,
"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums}
.@ .kicker{color:var(--soft);font-size:12px}
.@ .title{font-size:17px;font-weight:600;overflow-wrap:anywhere}
.@ .word{display:inline-block;margin-left:10px;padding:1px 9px;border-radius:9px;color:#fff;font-size:13px;
font-weight:600;vertical-align:2px}
.@ .word.good{background:var(--good)}.@ .word.doubt{background:var(--doubt)}
.@ .word.bad{background:var(--bad)}.@ .word.none{background:var(--none)}
.@ p{margin:5px 0;color:var(--ink);overflow-wrap:anywhere}
.@ p.foot{color:var(--soft);font-size:12px;margin-bottom:0}
.@ .tiles{display:flex;flex-wrap:wrap;gap:6px 26px;margin:8px 0}
.@ .tiles span{display:block;color:var(--soft);font-size:12px}
.@ .tiles b{font-size:17px;font-weight:600}
.@ table{border-collapse:collapse;margin:6px 0;font-size:13px;color:var(--ink);background:none;border:0}
.@ tr,.@ tbody tr:nth-child(odd),.@ tbody tr:hover{background:none}
.@ th,.@ td{padding:2px 18px 2px 0;border:0;border-bottom:1px solid var(--faint);vertical-align:top;
text-align:left;font-weight:400;color:var(--ink);background:none;overflow-wrap:anywhere}
.@ th{color:var(--soft)}
.@ td.figure,.@ thead th.figure{text-align:right;white-space:nowrap}
.@ svg{max-width:100%;height:auto}
"""


@dataclass(frozen=True, slots=True)
class Card:
    """What is shown of one object. ``tiles`` are title, figure and small print; every text is plain.

    ``rows`` begin with a name, ``most`` of them are shown; the cells of columns whose place is in ``figures`` stand to
    the right.
    """

    kicker: str
    title: str
    word: str = ""
    tone: str = "none"  # good, doubt, bad or none
    sentences: Sequence[str] = ()
    tiles: Sequence[tuple[str, str, str]] = ()
    head: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    figures: frozenset[int] = frozenset()
    foot: str = ""
    most: int = MOST_ROWS

    def html(self) -> str:
        """The card as HTML; text in it is escaped, and long ones are cut."""
        badge = f'<span class="word {self.tone}">{_text(self.word, MOST_NAME)}</span>' if self.word else ""
        parts = [
            f'<div class="kicker">{_text(self.kicker, MOST_NAME)}</div>',
            f'<div><span class="title">{_text(self.title, MOST_NAME)}</span>{badge}</div>',
            *(f"<p>{_text(sentence, MOST_SENTENCE)}</p>" for sentence in self.sentences if sentence),
            self._tiles(),
            self._table(),
            f'<p class="foot">{_text(self.foot, MOST_SENTENCE)}</p>' if self.foot else "",
        ]
        return enclosed("".join(parts))

    def _tiles(self) -> str:
        told = "".join(
            f"<div><span>{_text(title)}</span><b>{_text(figure)}</b><span>{_text(small)}</span></div>"
            for title, figure, small in self.tiles
        )
        return f'<div class="tiles">{told}</div>' if told else ""

    def _table(self) -> str:
        if not self.rows:
            return ""
        shown = self.rows if len(self.rows) <= self.most else self.rows[: self.most - 1]
        head = f"<thead><tr>{self._cells(self.head, 'th')}</tr></thead>" if self.head else ""
        body = "".join(f"<tr>{self._cells(row, 'td')}</tr>" for row in shown)
        left = len(self.rows) - len(shown)
        body += f'<tr><th colspan="{len(shown[0])}">… {left:,} more</th></tr>' if left else ""
        return f"<table>{head}<tbody>{body}</tbody></table>"

    def _cells(self, cells: Sequence[str], kind: str) -> str:
        found = []
        for place, cell in enumerate(cells):
            tag = "th" if place == 0 else kind
            own = ' class="figure"' if place in self.figures else ""
            found.append(f"<{tag}{own}>{_text(cell, MOST_CELL if place else MOST_NAME)}</{tag}>")
        return "".join(found)


def enclosed(html: str, rules: Iterable[str] = ()) -> str:
    """Ready HTML on the background of a card, in the colours of the notebook's theme; ``rules`` join its style."""
    return f'<div class="{CLASS}"><style>{style()}{"".join(rules)}</style>{html}</div>'


def line(kind: str, name: str, parts: Iterable[str]) -> str:
    """An object on one line of text: ``Study(options_sweep: 500 completed, doubtful)``."""
    told = (_cut(clean(one_line(name)), MOST_NAME), listed(part for part in parts if part))
    return f"{kind}({': '.join(part for part in told if part)})"


def listed(parts: Iterable[str]) -> str:
    """Parts of a line of text, as many as it holds."""
    return _cut(clean(one_line(", ".join(parts))), MOST_LINE)


def value_text(value: object) -> str:
    """A parameter or measure as a configuration writes it: ten digits of a float, ``null``, ``true``."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _text(text: str, at_most: int = MOST_CELL) -> str:
    return escape(_cut(clean(one_line(str(text))), at_most))


def _cut(text: str, at_most: int) -> str:
    return text if len(text) <= at_most else f"{text[: at_most - 1]}…"


@cache
def style() -> str:
    """The style sheet of cards and of the drawings in them; nothing outside of them is touched."""
    light, dark = colours()
    found = [f".{CLASS}{{{light}}}", f"@media (prefers-color-scheme:dark){{.{CLASS}{{{dark}}}}}"]
    for theme, values in (("light", light), ("dark", dark)):
        found.append(f"{','.join(f'{sign} .{CLASS}' for sign in _THEMES[theme])}{{{values}}}")
    return "".join([*found, _STYLE.replace("@", CLASS).replace("\n", ""), *drawing_rules(f".{CLASS} ")])


@cache
def colours() -> tuple[str, str]:
    """The page's colours, light and dark, as declarations of CSS."""
    found = re.findall(r":root\s*\{([^}]*--card[^}]*)\}", _PAGE.read_text(encoding="utf-8"))
    light, dark = (" ".join(values.split()) for values in found[:2])
    return light, dark


@cache
def drawing_rules(scope: str = "", sheet: Path = _PAGE) -> tuple[str, ...]:
    """The rules of drawings in a style sheet, each within ``scope`` (a selector that ends in a space)."""
    rules = re.findall(r"^(svg [^{\n]+)(\{[^}]*\})", sheet.read_text(encoding="utf-8"), re.MULTILINE)
    return tuple(
        ",".join(f"{scope}{one.strip()}" for one in names.split(",")) + values.strip() for names, values in rules
    )
