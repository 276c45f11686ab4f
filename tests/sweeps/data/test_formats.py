"""A market in a vendor's layout is the slice that it is in our own, byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from quantray.errors import ConfigError, DataError
from quantray.sweeps.data import DataSettings, load
from tests.builders import vendor_files


@pytest.fixture(scope="module")
def market() -> dict[str, object]:
    return vendor_files.market()


def settings(**keys: object) -> DataSettings:
    return DataSettings(**{"kind": "parquet", "interval": "1m", **keys})


def written(vendor: str, folder: Path, made: dict[str, object]) -> dict[str, str]:
    """Paths of the vendor's files; the underlying is ours where the vendor has none of its own."""
    o, bars = made["options"], made["underlying"]
    own = vendor_files.ours(folder, made)
    if vendor == "lean":
        equity, option = vendor_files.lean(folder, o, bars)
        return {"underlying": str(equity), "options": str(option)}
    if vendor in ("cboe", "optionsdx"):
        return {**own, "options": str(getattr(vendor_files, vendor)(folder, o, bars))}
    return {**own, "options": str(getattr(vendor_files, vendor)(folder, o))}


@pytest.mark.parametrize("vendor", ["thetadata", "massive", "cboe", "optionsdx", "databento", "lean"])
def test_a_vendors_files_are_the_slice_of_our_own(vendor: str, market: dict[str, object], tmp_path: Path):
    plain = load(settings(**vendor_files.ours(tmp_path, market, quotes=vendor != "massive")))
    assert len(plain) == 2
    paths = written(vendor, tmp_path, market)
    guessed = load(settings(**paths))
    assert guessed.digest == plain.digest
    assert f"options read as {vendor}: " in guessed.reading
    assert "guessed: its " in guessed.reading
    both = vendor if vendor == "lean" else {"options": vendor}
    named = load(settings(**paths, format=both))
    assert named.digest == plain.digest
    assert "guessed" not in named.reading


def test_one_file_may_be_the_underlying_too_and_says_what_it_does_not_show(market: dict[str, object], tmp_path: Path):
    plain = load(settings(**vendor_files.ours(tmp_path, market)))
    path = str(vendor_files.cboe(tmp_path, market["options"], market["underlying"]))
    found = load(settings(underlying=path, options=path))
    assert [s.close.tolist() for s in found] == [s.close.tolist() for s in plain]
    assert [s.bid.tobytes() for s in found] == [s.bid.tobytes() for s in plain]
    assert "what the underlying did between two of them is not seen" in found.reading


def test_what_withdraws_a_quote_is_counted(market: dict[str, object], tmp_path: Path):
    path = str(vendor_files.thetadata(tmp_path, market["options"]))
    own = vendor_files.ours(tmp_path, market)
    n = int(market["options"].ask.isna().sum())
    found = load(settings(underlying=own["underlying"], options=path))
    assert f"{n} rows withdraw a quote: no quote (bid, ask and both sizes 0)" in found.reading


def test_a_stamp_is_read_as_it_is_said_to_be(market: dict[str, object], tmp_path: Path):
    plain = load(settings(**vendor_files.ours(tmp_path, market)))
    later = {name: frame.assign(ts=frame.ts + vendor_files.MINUTE) for name, frame in market.items()}
    paths = vendor_files.ours(tmp_path, later)
    for stamp in ("end", "at", {"underlying": "end", "options": "at"}):
        assert load(settings(**paths, stamp=stamp)).digest == plain.digest
    with pytest.raises(DataError, match=r"say how long that is with data\.interval=1m"):
        load(settings(**paths, stamp="end", interval=None))


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"format": "thetadat"}, "data.format=thetadat: unknown format 'thetadat'; did you mean 'thetadata'"),
        ({"format": {"option": "cboe"}}, "data.format.option: unknown table 'option'; did you mean 'options'"),
        ({"stamp": "close"}, "data.stamp must be start, end, at or null"),
        ({"adjusted": "yes"}, "data.adjusted must be accept or null"),
    ],
)
def test_a_setting_that_means_nothing_is_refused_when_it_is_made(keys: dict[str, object], sentence: str):
    with pytest.raises(ConfigError) as caught:
        settings(**keys)
    assert sentence in str(caught.value)
