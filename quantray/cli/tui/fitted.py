"""Text that came with the data, in cells of a screen: as wide as it is told, whatever a name holds."""

from __future__ import annotations

import unicodedata

from rich.cells import cell_len, set_cell_size

from quantray.plain import one_line

MORE = "…"
MOST_MARKS = 2  # accents on one letter; more would pile up over the line above
_FLAG_A = 0x1F1E6  # a flag is two of these letters, and terminals disagree on its width
_SKIN = range(0x1F3FB, 0x1F400)  # changes the emoji before it, where a terminal knows how


def drawable(text: str) -> str:
    r"""A name as a screen shows it: of every character left all terminals know the width.

    Controls are codes, as everywhere; joiners, variation selectors and tones of emoji are left out.

    >>> drawable("a\x1b[31mb"), drawable("\U0001f1eb\U0001f1f7"), drawable("e\u0301\u0301\u0301\u0301")
    ('a\\x1b[31mb', 'FR', 'é\u0301\u0301')
    """
    text = one_line(text)
    if text.isascii():
        return text
    kept, marks = [], 0
    for character in unicodedata.normalize("NFC", text):
        kind, number = unicodedata.category(character), ord(character)
        marks = marks + 1 if kind in ("Mn", "Me") else 0
        if _FLAG_A <= number < _FLAG_A + 26:
            kept.append(chr(ord("A") + number - _FLAG_A))
        elif kind in ("Cs", "Co", "Cn"):
            kept.append("?")
        elif kind == "Cf" or 0xFE00 <= number <= 0xFE0F or number in _SKIN or marks > MOST_MARKS:
            continue
        else:
            kept.append(character)
    return "".join(kept)


def fitted(text: str, width: int, *, right: bool = False) -> str:
    """``text`` in exactly ``width`` cells, cut with an ellipsis where it is longer.

    >>> fitted("caller", 8), fitted("caller", 4), fitted("1.2x", 6, right=True), fitted("日本語", 4)
    ('caller  ', 'cal…', '  1.2x', '日… ')
    """
    if width <= 0:
        return ""
    long = cell_len(text)
    if long > width:
        return set_cell_size(set_cell_size(text, width - 1).rstrip() + MORE, width)
    room = " " * (width - long)
    return room + text if right else text + room
