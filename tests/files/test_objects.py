"""Records come back from the disk equal, whatever they hold; of a file nothing but our own records is ever made."""

from __future__ import annotations

import io
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantray.digests import encoded
from quantray.errors import DataError
from quantray.files.objects import Objects, Unkept, write_objects
from quantray.stats.checks import Check, Verdict, Word
from quantray.trial import Trial, TrialState

plain = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=9)
values = st.recursive(
    plain,
    lambda inner: (
        st.lists(inner, max_size=12)
        | st.lists(inner, max_size=12).map(tuple)
        | st.dictionaries(st.text(max_size=3) | st.integers(0, 9), inner, max_size=4)
    ),
    max_leaves=40,
)
columns = st.lists(st.none() | st.floats(), min_size=8, max_size=40) | st.lists(
    st.fixed_dictionaries({"a": st.none() | st.integers(), "b": st.floats(), "c": st.text(max_size=3)}), min_size=8
)


def tripped(value: object, folder: Path, **make: Any) -> Any:
    path = folder / "one"
    write_objects(path, {"value": value}, {})
    return Objects(path).part("value", make)


def alike(a: object, b: object) -> bool:
    """Equal to the last bit and of the same types."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        assert isinstance(b, dict)
        return list(a) == list(b) and all(alike(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        assert isinstance(b, list | tuple)
        return len(a) == len(b) and all(map(alike, a, b))
    if isinstance(a, float):
        assert isinstance(b, float)
        return (math.isnan(a) and math.isnan(b)) or (a == b and math.copysign(1, a) == math.copysign(1, b))
    return a == b


@settings(max_examples=60, deadline=None)
@given(value=values | columns)
def test_plain_values_come_back_to_the_last_bit(tmp_path_factory: pytest.TempPathFactory, value: object) -> None:
    assert alike(tripped(value, tmp_path_factory.getbasetemp()), value)


def test_records_arrays_and_tables_come_back(tmp_path: Path) -> None:
    trials = [
        Trial(f"d{i}", {"a": i, "b": "x"}, TrialState.COMPLETE, value=i / 7, metrics={"m": None}, number=i)
        for i in range(20)
    ]
    verdict = Verdict(Word.UNJUDGED, "told", (Check("one", None, 0.5, None, "why"),), {"n": 3})
    arrays = (np.zeros((2, 0)), np.array(3.5), np.float32(2), np.array([True]), np.array(["x", None], object))
    table = pd.DataFrame({
        "n": pd.array([1, None], "Int64"), "level": np.array([0.5, "otm"], object), "text": ["a", "b"],
        "x": [0.1, np.nan],
    })  # fmt: skip
    found = tripped((trials, verdict, arrays, table, Path("a/b"), frozenset({2, 1})), tmp_path)
    assert found[:2] == (trials, verdict)
    assert isinstance(found[1].word, Word)
    assert encoded(arrays[:4]) == encoded(found[2][:4])
    assert [type(a) for a in arrays] == [type(a) for a in found[2]]
    assert found[2][4].tolist() == ["x", None]
    pd.testing.assert_frame_equal(found[3], table)
    assert found[4:] == (Path("a/b"), frozenset({1, 2}))


@dataclass(frozen=True)
class Foreign:
    n: int = 1


@pytest.mark.parametrize("value", [Foreign(), object(), print, np.array([object()]), {1: [Foreign()] * 9}])
def test_what_is_not_ours_is_not_kept_and_leaves_no_file(tmp_path: Path, value: object) -> None:
    with pytest.raises(Unkept):
        write_objects(tmp_path / "one", {"value": value}, {})
    assert not (tmp_path / "one").exists()


def test_a_stand_in_is_kept_for_what_cannot_be(tmp_path: Path) -> None:
    path = tmp_path / "one"
    write_objects(path, {"value": [Foreign(4)] * 9}, {Foreign: lambda found: {"n": found.n}})
    assert Objects(path).part("value", {"Foreign": lambda told: Foreign(**told)}) == [Foreign(4)] * 9


def _forged(tree: object, **arrays: np.ndarray) -> bytes:
    made = io.BytesIO()
    np.savez(made, tree=np.frombuffer(json.dumps(tree).encode(), np.uint8), **arrays)
    return made.getvalue()


def _record(name: str, fields: list[str], of: list[object]) -> object:
    return {"records": {name: fields}, "parts": {"value": {"record": name, "of": of}}}


FORGED = {
    "nothing": b"",
    "text": b"PK not a zip",
    "no tree": _forged({"parts": {}}),
    "another module": _forged(_record("os:system", ["command"], ["touch x"])),
    "a door": _forged(_record("quantray.cli.exits:Parser", [], [])),
    "a function": _forged(_record("quantray.digests:digest_of", [], [])),
    "an import of a record's module": _forged(_record("quantray.trial:Any", [], [])),
    "no such module": _forged(_record("quantray.gone:Trial", [], [])),
    "other fields": _forged(_record("quantray.failures:Reason", ["first"], [1])),
    "an enumeration that is none": _forged({
        "records": {}, "parts": {"value": {"enum": "quantray.trial:Trial", "of": "COMPLETE"}}
    }),
    "no such array": _forged({"records": {}, "parts": {"value": {"array": 7}}}),
    "no such kind": _forged({"records": {}, "parts": {"value": {"pickle": "x"}}}),
}  # fmt: skip


@pytest.mark.parametrize("what", FORGED)
def test_of_a_foreign_file_nothing_is_made(tmp_path: Path, what: str) -> None:
    path = tmp_path / "one"
    path.write_bytes(FORGED[what])
    with pytest.raises(DataError, match="damaged"):
        Objects(path).part("value")


def test_python_objects_in_an_array_are_not_unpickled(tmp_path: Path) -> None:
    path = tmp_path / "one"
    with path.open("wb") as file:
        np.savez(file, tree=np.array([print], object))
    with pytest.raises(DataError, match="damaged"):
        Objects(path)
