"""What a flag may be given, and the sentence that refuses the rest: value and remedy, whatever the value holds."""

from __future__ import annotations

import json
from argparse import ArgumentTypeError
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from quantray.cli import readings
from quantray.config.plans import load_callers

Read = Callable[[str], str]


@pytest.mark.parametrize(
    ("read", "text", "expected"),
    [
        (readings.many, "A", "['A']"),
        (readings.many, "A, B c ,it's", r"['A','B c','it\'s']"),
        (readings.many, '["A","B"]', "['A','B']"),
        (readings.many, ' [ "A, B" , 7 , 1.50 ] ', "['A, B','7','1.50']"),
        (readings.named, '{"whales": ["A", "B"], "fish": ["C"]}', "{whales:['A','B'],fish:['C']}"),
        (readings.named, "whales", "['whales']"),
        (readings.numbers, "2", "[2]"),
        (readings.numbers, "2.0,3.0", "[2.0,3.0]"),
        (readings.numbers, "[2.0,3.0,4.0]", "[2.0,3.0,4.0]"),
        (readings.numbers, "[.90, null]", "[.90,null]"),
        (readings.numbers, "none,+2,1e1", "[null,2,1e1]"),
        (readings.number, " 50000 ", "50000"),
        (readings.seconds, "60", "'60s'"),
    ],
)
def test_what_is_read(read: Read, text: str, expected: str) -> None:
    assert read(text) == expected


LISTS = {
    "": "is empty", "[]": "is empty", ",": "is empty", " ": "is empty",
    "A,,B": "a name is empty", "A,": "a name is empty", '["A",""]': "a name is empty", '["A"," "]': "a name is empty",
    '["A"': "is no JSON", "[A,B]": "is no JSON", '["A",]': "is no JSON", "['A']": "is no JSON", "[007]": "is no JSON",
    "[null]": "must be a list of names", "[true]": "must be a list of names", '[["A"]]': "must be a list of names",
    '[{"A":1}]': "must be a list of names",
}  # fmt: skip
REFUSED: dict[tuple[Read, str], str] = {
    **{(readings.many, text): said for text, said in LISTS.items()},
    **{(readings.named, text): said for text, said in LISTS.items()},
    (readings.named, "{}"): "no group",
    (readings.named, '{"g":[]}'): "is empty",
    (readings.named, '{"g":"A"}'): "must be a list of names",
    (readings.named, '{"g":["A"]'): "is no JSON",
    (readings.named, '{"a b":["A"]}'): "--group-file",
    (readings.many, "[" * 100_000): "is no JSON",
    **{(readings.numbers, text): "is no number" for text in ("a", "2,a", "[2,a]", "2,,3", '["2"]', "[[2]]", "2;3",
                                                            "1_0", "nan", "inf", "1e999", "0x2", "٢", "2.0.1")},
    (readings.numbers, "[2,3"): "a bracket is missing",
    (readings.numbers, "2,3]"): "a bracket is missing",
    (readings.numbers, "[]"): "the list is empty",
    (readings.numbers, ""): "the list is empty",
    **{(readings.number, text): "must be a number" for text in ("", "much", "nan", "inf", "-inf", "1e999", "[2]", "2,3",
                                                                "5%", "1_000", "10k", "--1")},
    **{(readings.seconds, text): "whole number of seconds" for text in ("0", "-60", "1m", "60.0", "", "1e2", "9" * 12)},
    (readings.one, ""): "is empty", (readings.one, "  "): "is empty", (readings.choice, ""): "is empty",
}  # fmt: skip


@pytest.mark.parametrize(("read", "text"), REFUSED, ids=lambda value: getattr(value, "__name__", str(value)[:20]))
def test_what_is_refused_names_the_value_and_the_remedy(read: Read, text: str) -> None:
    with pytest.raises(ArgumentTypeError) as refused:
        read(text)
    said = str(refused.value)
    assert REFUSED[read, text] in said
    assert text.strip()[:20] in said
    assert len(said) < 300
    assert "\n" not in said


HOSTILE = ("a\\", "a\\'b", "it's", 'a"b', "a\nb", "a,b", "[x]", "{a:b}", "${oc.env:HOME}", "\\${x}", "\\\\${x}", "=x",
           "null", "007", "12:30", "on", "a\u2028b", "\x1b[31m", "choice(a,b)", "range(1,3)", "~x", "😀")  # fmt: skip


def as_read(key: str, text: str) -> object:
    """What the plan holds after the way through Hydra's grammar and OmegaConf's interpolation."""
    plan = load_callers("+experiment=v1_baseline", "data=synthetic", f"calls.{key}={text}", asked="a test")
    return getattr(plan.calls, key)


@pytest.mark.slow
def test_a_name_arrives_as_it_is_whatever_it_holds() -> None:
    names = json.dumps(HOSTILE)
    assert as_read("callers", readings.many(names)) == HOSTILE
    assert as_read("groups", readings.named(names)) == HOSTILE
    assert as_read("groups", readings.named(f'{{"g": {names}}}')) == {"g": HOSTILE}
    for name in HOSTILE:
        assert as_read("chain", readings.one(name)) == name


@pytest.mark.slow
@settings(max_examples=10, deadline=None)
@given(st.lists(st.text("ab\\'\"${}[],:= \n", min_size=1, max_size=8).filter(str.strip), min_size=4, max_size=12))
@example(["\\'", "\\"])
def test_any_name_arrives_as_it_is(names: list[str]) -> None:
    assert as_read("callers", readings.many(json.dumps(names))) == tuple(names)
