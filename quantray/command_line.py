"""What is typed behind a command: overrides in Hydra's grammar, words in the shell's."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

#: Words that Hydra's grammar reads as something else than text.
_WORDS = ("null", "true", "false", "inf", "nan")


@dataclass(frozen=True, slots=True)
class Overrides:
    """What a plan was made of, as it was typed. ``of`` is the digest of what decides its results.

    A plan that was changed since has another digest, and then the lines are not what it was made of.
    """

    lines: tuple[str, ...]
    of: str


def quoted(text: str, *, literal: bool = True) -> str:
    r"""A text that Hydra's grammar reads as that text, whatever it holds; ``literal=False`` leaves ``${…}`` to it.

    Backslashes count only before a quote, at the end, and before ``${``.

    >>> quoted("it's"), quoted("${a}")
    ("'it\\'s'", "'\\${a}'")
    """
    if literal:
        text = re.sub(r"(\\*)\$\{", lambda found: found[1] * 2 + "\\${", text)
    return "'" + re.sub(r"(\\*)('|\Z)", lambda found: found[1] * 2 + found[2].replace("'", "\\'"), text) + "'"


def written(value: object) -> str:
    """A plain value as Hydra's grammar reads it.

    >>> written([1, 2.5, None, True, "itm", "9:30-10:30", {"low": 0.1}])
    "[1,2.5,null,true,itm,'9:30-10:30',{low:0.1}]"
    """
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{key}:{written(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(written, value)) + "]"
    text = str(value)
    plain = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_./-]*", text) and text.lower() not in _WORDS
    return text if plain else quoted(text)


def in_shell(words: Iterable[str]) -> str:
    r"""Words as one line that a POSIX shell reads as those words; controls as bash and zsh write them.

    >>> in_shell(["quantray", "run", "space.a=['x y']", "data.to=$HOME's"])
    'quantray run "space.a=[\'x y\']" \'data.to=$HOME\'"\'"\'s\''
    """
    return " ".join(map(_word, words))


def _word(word: str) -> str:
    if any(not c.isprintable() or "\ud800" <= c <= "\udfff" for c in word):  # no page shows them as they are
        return "$'" + "".join(c if c.isprintable() and c not in "\\'" else _code(c) for c in word) + "'"
    if "'" in word and not set('"$`\\!') & set(word):
        return f'"{word}"'
    return shlex.quote(word)


def _code(character: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in character.encode("utf-8", "surrogateescape"))
