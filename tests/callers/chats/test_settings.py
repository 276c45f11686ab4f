"""The patterns of messages: those that quantray comes with, those that cannot be read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from quantray.callers.chats import AssetPattern, Messages, check_patterns, standard
from quantray.errors import ConfigError


def test_the_standard_patterns_can_be_read() -> None:
    check_patterns(standard())
    assert list(standard().searched)[:2] == ["evm", "solana"]
    assert list(standard().searched)[-1] == "ticker"
    more = replace(standard(), assets={**standard().assets, "mine": AssetPattern("(x)"), "evm": None})
    assert list(more.searched)[-2:] == ["mine", "ticker"]
    assert "evm" not in more.searched


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        (AssetPattern(r"(?<=x)y"), "no pattern of RE2"), (AssetPattern(r"(a"), "no pattern of RE2"),
        (AssetPattern(r"abc"), "fewer than 1 pairs"), (AssetPattern(r"(a)", r"\2"), "fewer than 2 pairs"),
        (AssetPattern(r"(a)", chain=r"\3"), "fewer than 3 pairs"), (AssetPattern(r"(a*)"), "no text at all"),
    ],
)  # fmt: skip
def test_a_pattern_that_cannot_be_used_is_refused_by_its_key(pattern: AssetPattern, told: str) -> None:
    with pytest.raises(ConfigError, match=told) as caught:
        check_patterns(replace(standard(), assets={"mine": pattern}))
    assert "messages.assets.mine.find" in str(caught.value)


def test_choices_are_checked_with_the_near_miss() -> None:
    with pytest.raises(ConfigError, match=r"messages\.several: .*did you mean 'skip'"):
        Messages(several="skp")
    with pytest.raises(ConfigError, match=r"messages\.assets\.x\.where: .*did you mean 'links'"):
        Messages(assets={"x": AssetPattern("(a)", where="link")})
    with pytest.raises(ConfigError, match=r"messages\.assets\.x\.check"):
        Messages(assets={"x": AssetPattern("(a)", check="sol")})
    with pytest.raises(ConfigError, match="no pattern, so no message"):
        check_patterns(Messages(assets={"x": None}))
