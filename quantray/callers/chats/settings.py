"""How a call is read from the text of a message: patterns that a user sees and changes, and what is done with the rest.

Patterns are RE2's: the time they take grows with the length of a message, whatever the pattern and the message.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from quantray.errors import ConfigError, near_miss

FORBID: dict[str, str] = {"extra": "forbid"}
WHERE = ("text", "links", "both")
CHECKS = ("solana",)
CHOICES = {
    "caller": ("author", "chat"),
    "forwarded": ("keep", "source", "skip"),
    "several": ("skip", "first", "all"),
}
_TEMPLATE = re.compile(r"\\(\d)")


@dataclass(frozen=True, slots=True)
class AssetPattern:
    """``find`` names an asset, as ``asset`` says (``\\1``: what stands in the first brackets), on ``chain``."""

    __pydantic_config__: ClassVar = FORBID
    find: str
    asset: str = r"\1"
    chain: str | None = None
    where: str = "text"
    check: str | None = None
    upper: bool = False
    last: bool = False  # tried after every other, also after those that are added


@dataclass(frozen=True, slots=True)
class Messages:
    """The settings of ``messages``; without patterns of assets those of ``conf/callers/messages/standard.yaml``."""

    __pydantic_config__: ClassVar = FORBID
    caller: str = "author"
    forwarded: str = "keep"
    several: str = "skip"
    skip: str | None = None
    date_format: str | None = None
    assets: Mapping[str, AssetPattern | None] = field(default_factory=dict)
    mcap: Mapping[str, str | None] = field(default_factory=dict)
    price: Mapping[str, str | None] = field(default_factory=dict)
    chains: Mapping[str, str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, known in CHOICES.items():
            value = getattr(self, name)
            if value not in known:
                raise ConfigError(f"messages.{name}: {near_miss(value, known, what='choice')}")
        for name, pattern in self.assets.items():
            if pattern is None:
                continue
            key = f"messages.assets.{name}"
            if pattern.where not in WHERE:
                raise ConfigError(f"{key}.where: {near_miss(pattern.where, WHERE, what='place')}")
            if pattern.check is not None and pattern.check not in CHECKS:
                raise ConfigError(f"{key}.check: {near_miss(pattern.check, CHECKS, what='check')}")
            if not pattern.asset:
                raise ConfigError(f"{key}.asset is empty; write \\1, what stands in the first brackets of its pattern")

    @property
    def searched(self) -> dict[str, AssetPattern]:
        """The patterns of assets that are not left out, in the order in which they are tried."""
        kept = [(name, pattern) for name, pattern in self.assets.items() if pattern is not None]
        return dict(sorted(kept, key=lambda pair: pair[1].last))


def standard() -> Messages:
    """The patterns that quantray came with."""
    import yaml

    from quantray import folders

    path = folders.shipped("conf") / "callers" / "messages" / "standard.yaml"
    given = yaml.safe_load(path.read_text(encoding="utf-8"))
    assets = {name: AssetPattern(**fields) for name, fields in given.pop("assets").items()}
    return Messages(assets=assets, **given)


def check_patterns(messages: Messages) -> None:
    """ConfigError for a pattern that RE2 cannot read, or that has no brackets where one takes what stands in them."""
    import duckdb

    if not messages.searched:
        raise ConfigError("messages.assets has no pattern, so no message could be a call; messages=standard has")
    with duckdb.connect(":memory:", config={"enable_external_access": "false"}) as connection:
        for name, pattern in messages.searched.items():
            key = f"messages.assets.{name}"
            _compile(connection, f"{key}.find", pattern.find, _groups(pattern.asset, pattern.chain))
        for section in ("mcap", "price"):
            for name, find in getattr(messages, section).items():
                if find is not None:
                    _compile(connection, f"messages.{section}.{name}", find, 1)
        for name, find in messages.chains.items():
            if find is not None:
                _compile(connection, f"messages.chains.{name}", find, 0)
        if messages.skip is not None:
            _compile(connection, "messages.skip", messages.skip, 0)


def _groups(*templates: str | None) -> int:
    """The highest number of brackets that the templates take."""
    return max((int(n) for template in templates if template for n in _TEMPLATE.findall(template)), default=0)


def _compile(connection: object, key: str, pattern: str, groups: int) -> None:
    import duckdb

    execute = connection.execute  # type: ignore[attr-defined]
    try:
        execute("SELECT regexp_matches('', ?)", [pattern]).fetchone()
    except duckdb.Error as error:
        reason = str(error).splitlines()[0].rpartition("Error: ")[2]
        raise ConfigError(f"{key}={pattern!r} is no pattern of RE2 ({reason}); it knows no look-around") from None
    try:
        execute("SELECT regexp_extract_all('x', ?, ?)", [f"x|(?:{pattern})", groups]).fetchone()
    except duckdb.Error:
        raise ConfigError(
            f"{key}={pattern!r} has fewer than {groups} pairs of brackets, and \\{groups} is used"
        ) from None
    if execute("SELECT regexp_matches('', ?)", [pattern]).fetchone()[0]:
        raise ConfigError(f"{key}={pattern!r} finds something in no text at all; write what must stand there")
