"""Passwords in text: found by where they stand, and known again by what they are.

An address is read as SQLAlchemy reads it (a user may hold an ``@``) and as libpq does (``keyword=value``). That finds
a password by its shape. Whatever was found in what this process was given (its command line, its environment, its
plan) is remembered, in every spelling in which text may show it, and is found again wherever it stands.

A value of fewer than 4 characters, or of fewer than 8 that are all digits, is found by its shape alone: by value it
would be found in every table of figures.
"""

from __future__ import annotations

import html
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from urllib.parse import quote, quote_plus, unquote, unquote_plus

MASK = "***"
#: Variables that hold an address, and the one that holds a password.
ADDRESSES, PASSWORD = ("QUANTRAY_STORAGE_URL", "DATABASE_URL"), "PGPASSWORD"
_PLACEHOLDERS = {"password", "PASSWORD", "<password>", MASK, "…", "..."}  # what a hint writes
_DATABASE = r"(?:postgres|pgsql|psycopg|mysql|mariadb|mssql|oracle|redis|mongodb|cockroach)\w*(?:\+\w+)?"
#: The beginning of an address; a database's is known with one slash or none, too.
_SCHEME = re.compile(rf"(?P<db>\b{_DATABASE}):[/\\]*(?=\S)|(?<![\w+.-])[A-Za-z][\w+.-]+:[/\\]{{2,}}", re.IGNORECASE)
_KEY = r"(?:\w+[_.])?(?:pg|ssl|db)?(?:pas+wo?r?[dt]|passwd|pwd)"
#: A keyword of libpq's, of a query, of a mapping, of a line of YAML.
_KEYWORD = re.compile(
    rf"""(?P<first>[?&;])?(?P<brace>[{{,]\s*)?(?<![A-Za-z0-9])(?P<key>{_KEY})"""
    rf"""(?:['"]?\s*=\s*|(?P<named>['"]\s*:\s*)|(?(brace):\s*|(?!))|:\s+(?=\S+\s*$))""",
    re.IGNORECASE | re.MULTILINE,
)
_QUOTED = re.compile(r"""'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.)*\"""", re.DOTALL)
_BARE, _IN_QUERY = re.compile(r"(?:\\.|[^\s\\])+"), re.compile(r"[^\s&#]+")
_CLOSING = "'\")]},;"
_known: set[str] = set()
_from_environment: set[str] = set()
_environment: tuple[str | None, ...] = ()


def masked(text: str) -> str:
    """``text`` with every password in it replaced by ``***``; text without one comes back as it is.

    >>> masked("postgresql://ann@corp:secret@db/studies")
    'postgresql://ann@corp:***@db/studies'
    >>> masked("host=db password = 'se cret' user=ann")
    'host=db password = *** user=ann'
    """
    _look_around()
    if _known or _from_environment:
        text = _pattern(frozenset(_known | _from_environment)).sub(MASK, text)
    if "@" not in text and ":" not in text and "=" not in text:
        return text
    spans = [(a, b) for a, b in _spans(text, whole=False) if text[a:b].strip("'\"") not in _PLACEHOLDERS]
    for start, end in reversed(_joined(spans)):
        text = text[:start] + MASK + text[end:]
    return text


def learn(words: str | Iterable[str]) -> None:
    """Remember every password in the words, each of them a value or ``key=value`` as a whole."""
    for word in [words] if isinstance(words, str) else words:
        _known.update(_passwords_of(word))


@contextmanager
def remembered(words: Iterable[str]) -> Iterator[None]:
    """What is learned inside, from the words and later, is forgotten in the end."""
    before = set(_known)
    learn(words)
    try:
        yield
    finally:
        _known.clear()
        _known.update(before)


def _look_around(environ: Mapping[str, str] = os.environ) -> None:
    """Learn what the environment holds, again when it has changed."""
    global _environment
    found = tuple(environ.get(name) for name in (*ADDRESSES, PASSWORD))
    if found != _environment:
        _environment = found
        _from_environment.clear()
        for text in found[:-1]:
            _from_environment.update(_passwords_of(text or ""))
        _from_environment.update(_to_know(found[-1] or "", pieces=True))


def _passwords_of(word: str) -> Iterator[str]:
    spans, sure = list(_spans(word, whole=True)), set(_spans(word, whole=False))
    for start, end in spans:
        shortest = end == min(e for s, e in spans if s == start)
        yield from _to_know(word[start:end], pieces=shortest or (start, end) in sure)


def _to_know(secret: str, *, pieces: bool) -> Iterator[str]:
    """The password, and with ``pieces`` what is left of it when it is cut at a mark that means something somewhere."""
    inner = secret[1:-1] if secret[:1] in "'\"" and secret[-1:] == secret[:1] and len(secret) > 2 else secret
    for text in (secret, inner, *(re.split(r"[\s,'\"\[\]{}()=@:/?#&]+", inner) if pieces else ())):
        if (
            not re.fullmatch(_DATABASE, text)
            and text not in _PLACEHOLDERS
            and len(text) >= 4
            and not (text.isdigit() and len(text) < 8)
        ):
            yield text


@lru_cache(maxsize=8)
def _pattern(known: frozenset[str]) -> re.Pattern[str]:
    """Any spelling of any of them, the longest first."""
    spelt = {spelling for secret in known for spelling in _spellings(secret) if len(spelling) >= 4}
    return re.compile("|".join(map(_found_as, sorted(spelt, key=lambda s: (-len(s), s)))) or r"(?!)")


def _found_as(text: str) -> str:
    """Wrapped text may break at a space; a plain or short word is not looked for inside of others."""
    body = r"\s+".join(map(re.escape, re.split(r"\s+", text)))
    if not text.isalpha() and not (text.isalnum() and len(text) < 8):
        return body
    return rf"(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{{2}})){body}(?![A-Za-z0-9])"


def _spellings(secret: str) -> Iterator[str]:
    """As it was given, encoded and decoded, and as Python, JSON, YAML, shells, SQL, Hydra and HTML quote it."""
    for text in {secret, unquote(secret), unquote_plus(secret), re.sub(r"\\(.)", r"\1", secret)}:
        yield from (text, quote(text, safe=""), quote(text), quote(text, safe=" +"), quote_plus(text))
        yield from (json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1], repr(text)[1:-1])
        yield from (text.replace("'", "''"), text.replace("'", "'\"'\"'"), html.escape(text))
        yield text.replace("\\", "\\\\").replace("'", "\\'")
        yield html.escape(text).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")


def _joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _spans(text: str, *, whole: bool) -> Iterator[tuple[int, int]]:
    """Where passwords stand. ``whole``: the text is one value, which may hold spaces; every reading of it counts."""
    starts = _starts(text)
    for i, match in enumerate(starts):
        end = starts[i + 1].start() if i + 1 < len(starts) else len(text)
        body = text[match.end() : end]
        body = body if whole else (body.split(maxsplit=1) or [""])[0]
        for a, b in _in_address(body, database=match["db"] is not None, whole=whole):
            yield match.end() + a, match.end() + b
    if whole and not starts:
        yield from _without_scheme(text)
    for match in _KEYWORD.finditer(text):
        rest = match.end()
        found = _QUOTED.match(text, rest) or (_IN_QUERY if match["first"] in ("?", "&") else _BARE).match(text, rest)
        if found is not None:
            end = min([found.end(), *(m.start() for m in starts if m.start() > rest)])
            if match["named"] and text[rest] in "'\"" and end > rest + 2:  # what was JSON stays JSON
                rest, end = rest + 1, end - 1
            while not whole and text[rest] not in "'\"" and end > rest + 1 and text[end - 1] in _CLOSING:
                end -= 1
            yield rest, end


def _starts(text: str) -> list[re.Match[str]]:
    """Where addresses begin. What stands where a user does is one: ``postgres:secret``, or a password of slashes."""
    found: list[re.Match[str]] = []
    for match in _SCHEME.finditer(text):
        if not found or re.search(r"[\s/?#:,;=&'\"()\[\]{}]", text[found[-1].end() : match.start()]):
            found.append(match)
    return found


def _in_address(body: str, *, database: bool, whole: bool) -> Iterator[tuple[int, int]]:
    """The password in what stands behind a scheme: behind the first colon, up to an ``@``."""
    colon, ats = body.find(":"), [i for i, c in enumerate(body) if c == "@"]
    if colon < 0 or body.startswith("[") or any(c in body[:colon] for c in "/?#"):
        return
    behind, query = body[colon + 1 :], body.find("?")
    ats = [i for i in ats if i > colon + 1]
    if colon and re.match(r"\d{1,5}[/?#,]", behind) and (not database or re.match(r"[^@]*\?\w+=", behind)):
        return  # a port; the @ stands in a path or a query
    if not ats:
        cut = re.match(r"(?![\d\[/])[^\s,'\"/\])}]+", behind)
        if database and cut is not None and "@" not in body:
            yield colon + 1, colon + 1 + cut.end()  # the address was cut short, or its host was left out
        return
    before = [i for i in ats if i < query] or ats
    for at in ats if whole else before[-1:]:
        yield colon + 1, at


def _without_scheme(word: str) -> Iterator[tuple[int, int]]:
    """``ann:secret@db`` where the scheme was forgotten, alone or behind a key that says that an address is meant."""
    key, equals, value = word.partition("=")
    if match := re.fullmatch(r"(?://)?([^\s:/@=]*:)([^\s@]+)@[\w.-]+(:\d+)?(/[\w.-]*)?", word):
        yield match.start(2), match.end(2)
    elif equals and re.search(r"ur[li]|stor|dsn|addr", key, re.IGNORECASE) and "@" in value and ":" in value:
        begin = len(key) + 1 + len(value) - len(value.lstrip("/"))
        for a, b in _in_address(word[begin:], database=True, whole=True):
            yield begin + a, begin + b
