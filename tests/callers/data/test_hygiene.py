import numpy as np
import pyarrow as pa
import pytest

from quantray.callers.data import check_candle_gates, open_slice
from quantray.callers.data.hygiene import COUNTS, GATES
from quantray.callers.data.settings import Gates
from quantray.errors import DataError
from tests.builders.call_slices import made
from tests.builders.call_tables import changed, minute
from tests.builders.changed_candles import CALLS, CLEAN, with_value


def quality(folder, candles, **settings):
    return made(folder, calls=CALLS, candles=candles, hold_s=3600, **settings)[2].quality


def test_clean_candles_have_nothing_to_report(tmp_path):
    found = quality(tmp_path, CLEAN)
    assert found["expected"] == 62 * 3
    assert found["candles"] == found["expected"] + 3  # and the one behind each window
    assert found["assets"] == 2
    wrong = [n for n in COUNTS if n not in ("rows", "candles", "expected", "assets")]
    assert {name: found[name] for name in wrong} == dict.fromkeys(wrong, 0)
    check_candle_gates(found, Gates())


@pytest.mark.parametrize(
    ("column", "value", "counted"),
    [
        ("high", 0.9, "inconsistent"),
        ("low", 2.0, "inconsistent"),
        ("close", -1.0, "nonpositive"),
        ("open", float("nan"), "nonpositive"),
        ("volume", 0.0, "zero_volume"),
        ("volume", None, "no_volume"),
        ("high", 2.0, "lone_highs"),
        ("low", 0.5, "lone_lows"),
    ],
)
def test_each_fault_is_counted_once(tmp_path, column, value, counted):
    assert quality(tmp_path, with_value(CLEAN, column, 20, value))[counted] == 1


def test_duplicates_conflicts_and_missing_candles(tmp_path):
    other = changed(CLEAN.slice(5, 1), close=[1.0])
    rows = pa.concat_tables([CLEAN.slice(0, 10), CLEAN.slice(13), CLEAN.slice(20, 2), other])
    found = quality(tmp_path, rows)
    assert (found["duplicates"], found["conflicts"], found["missing"], found["gaps"]) == (2, 1, 3, 1)
    assert found["longest_gap_s"] == 180
    assert found["rows"] == 62 * 3 - 3 + 3 + 3
    assert found["missing_share"] == pytest.approx(3 / (62 * 3))


def test_between_two_stretches_nothing_is_a_gap(tmp_path):
    assert quality(tmp_path, CLEAN)["gaps"] == 0


def rescaled(rows, times, *, within=False):
    """The candles from a row on at another scale; ``within``: the first of them goes there between open and close."""
    scale = np.where(np.arange(1200) >= rows, times, 1.0)
    columns = {n: np.asarray(CLEAN[n]) * scale for n in ("open", "high", "low", "close")}
    if within:
        columns["open"][rows] = np.asarray(CLEAN["open"])[rows]
        columns["low"][rows] = min(columns["open"][rows], columns["low"][rows])
    return changed(CLEAN, **columns)


@pytest.mark.parametrize("within", [False, True])
@pytest.mark.parametrize("times", [51.0, 1000.0, 1 / 51, 1e-9])
def test_a_change_of_scale_is_seen_once_with_its_asset_and_time(tmp_path, times, within):
    _, _, found = made(tmp_path, calls=CALLS, candles=rescaled(30, times, within=within), hold_s=3600)
    assert found.quality["scale_jumps"] == 1
    assert found.quality["scale_jump_assets_share"] == 0.5
    ((asset, at, ratio),) = found.jumps
    assert (asset, at) == ("X", minute(31) - 1 if within else minute(30))
    assert ratio == pytest.approx(max(times, 1 / times), rel=0.01)
    assert open_slice(found.folder).jumps == found.jumps


@pytest.mark.slow
def test_a_move_of_less_is_no_change_of_scale(tmp_path):
    assert quality(tmp_path, rescaled(30, 49.0))["scale_jumps"] == 0
    assert quality(tmp_path, rescaled(30, 49.0), scale_jump=40.0)["scale_jumps"] == 1


def test_candles_without_a_price_are_named_by_the_gate(tmp_path):
    _, _, found = made(tmp_path, calls=CALLS, candles=with_value(CLEAN, "close", 20, None), hold_s=3600)
    assert found.unpriced == {"X": 1}
    with pytest.raises(DataError, match=r"gate max_nonpositive_candles: .*above 0 \(X \(1\)\), the limit is"):
        check_candle_gates(found.quality, Gates(max_nonpositive_candles=0.0), found.unpriced)
    assert open_slice(found.folder).unpriced == found.unpriced


@pytest.mark.parametrize("gate", GATES)
def test_every_gate_refuses_with_its_share_and_limit(gate):
    share, _ = GATES[gate]
    check_candle_gates({share: 0.25}, Gates(**{gate: 0.25}))
    with pytest.raises(DataError, match=rf"gate {gate}: 25\.00% .* the limit is 20\.00%; .* raise gates\.{gate}"):
        check_candle_gates({share: 0.25}, Gates(**{gate: 0.2}))


def test_candles_that_contradict_one_another_are_refused_unless_allowed(tmp_path):
    rows = pa.concat_tables([CLEAN, changed(CLEAN.slice(5, 1), close=[1.0])])
    found = quality(tmp_path, rows)
    with pytest.raises(DataError, match="gate max_conflicting_candles"):
        check_candle_gates(found, Gates())
    check_candle_gates(found, Gates(max_conflicting_candles=0.1))
