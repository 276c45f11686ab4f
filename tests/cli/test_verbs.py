"""The parser of a verb answers in one sentence, in any order of flags and words, and shortens nothing."""

from __future__ import annotations

import argparse

import pytest

from quantray.cli.exits import DONE
from quantray.cli.verbs import Parser, Verb, at_least_one, whole, work_of
from quantray.errors import ConfigError


@pytest.fixture
def parser() -> Parser:
    made = Parser("quantray sow", "Sow.")
    made.add_argument("field", help="where")
    made.add_argument("more", nargs="*")
    made.add_argument("--seeds", type=at_least_one)
    made.add_argument("--dry", action="store_true")
    return made


def test_flags_and_words_stand_in_any_order(parser: Parser) -> None:
    for given in (["north", "a", "--seeds", "3", "b", "--dry"], ["--dry", "--seeds=3", "north", "a", "b"]):
        args = parser.read(given)
        assert (args.field, args.more, args.seeds, args.dry) == ("north", ["a", "b"], 3, True)


@pytest.mark.parametrize(
    ("given", "answer"),
    [
        (["north", "--sed", "3"], "unknown flag '--sed'; did you mean '--seeds'?"),
        (["north", "--seed", "3"], "did you mean '--seeds'?"),  # no flag may be shortened
        (["north", "--sed=3"], "unknown flag '--sed'"),
        (["north", "-z"], "unknown flag '-z'; known: --dry, --help, --seeds"),
        ([], "quantray sow needs field; quantray sow --help says what it takes"),
        (["north", "--seeds"], "--seeds: expected one argument; one that begins with - is written --seeds=-"),
        (["north", "--seeds", "0"], "--seeds: 0 must be at least 1"),
        (["north", "--seeds", "3.5"], "--seeds: '3.5' must be a whole number"),
        (["north", "--dry=yes"], "--dry takes no value, got 'yes'; write it alone"),
    ],
    ids=" ".join,
)
def test_what_is_wrong_is_one_sentence(parser: Parser, given: list[str], answer: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parser.read(given)
    assert answer in str(refused.value)
    assert "usage" not in str(refused.value)


def test_a_verb_is_found_by_its_first_word() -> None:
    verbs = {"sow": Verb("put seeds in", lambda rest: lambda: len(rest)), "reap": Verb("take", lambda rest: lambda: 7)}
    assert work_of("farm", "Fields.", verbs, ["sow", "a", "b"])() == 2
    assert work_of("farm", "Fields.", verbs, ["--age"], {"--age": lambda: 9})() == 9
    assert work_of("farm", "Fields.", verbs, [])() == DONE
    with pytest.raises(ConfigError, match="unknown verb of farm 'repa'; did you mean 'reap'"):
        work_of("farm", "Fields.", verbs, ["repa"])
    with pytest.raises(ConfigError, match="did you mean farm sow a=b"):
        work_of("farm", "Fields.", verbs, ["a=b"])


@pytest.mark.parametrize("text", ["", "1.0", "1e3", "one", "٣", "0x1", "1_0", "9" * 30, "--1"])
def test_a_whole_number_is_one(text: str) -> None:
    assert (whole("-3"), whole("+3")) == (-3, 3)
    with pytest.raises(argparse.ArgumentTypeError, match="must be a whole number"):
        whole(text)
