"""Errors: who must act, and what answers a wrong name."""

from __future__ import annotations

import pytest

from quantray.errors import MOST, ConfigError, TooManyFailures, Unfinished, begun, near_miss
from quantray.passwords import learn


def test_a_slip_is_answered_with_the_nearest_and_anything_else_with_all() -> None:
    assert near_miss("stop_los", ["take_profit", "stop_loss"], what="key").endswith("did you mean 'stop_loss'?")
    assert near_miss("zzz", ["b", "a"]) == "unknown name 'zzz'; known: a, b"
    assert near_miss("zzz", []) == "unknown name 'zzz'; known: none"
    assert near_miss("AB", ["ab"]) == "unknown name 'AB'; did you mean 'ab'?"


def test_of_many_names_those_with_the_most_are_told_first_and_the_rest_counted() -> None:
    counts = {f"caller {i:03}": i for i in range(MOST + 12)}
    told = near_miss("zzz", counts, what="caller", counts=counts)
    assert told.startswith(f"unknown caller 'zzz'; known: caller {MOST + 11:03} ({MOST + 11} calls), ")
    assert told.endswith(" and 12 more")


def test_once_something_is_stored_nothing_is_refused() -> None:
    with pytest.raises(Unfinished, match="the same command goes on with it"), begun():
        raise ConfigError("too late")
    with pytest.raises(TooManyFailures), begun():
        raise TooManyFailures("as it is")


def test_a_message_shows_no_password() -> None:
    learn(["storage.url=postgresql://ann:hush-4711@host/db"])
    assert "hush-4711" not in str(ConfigError("cannot connect with hush-4711"))
