"""A market in a vendor's layout is the slice that it is in our own, byte for byte."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from quantray.errors import ConfigError, DataError
from quantray.sweeps.data import DataSettings, load
from tests.builders import vendor_files


@pytest.fixture(scope="module")
def market() -> dict[str, pd.DataFrame]:
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


@pytest.fixture(scope="module")
def plain(market: dict[str, pd.DataFrame], tmp_path_factory: pytest.TempPathFactory) -> dict[bool, str]:
    """Digest of the market in our own layout: with quotes, or with trades."""
    found = {}
    for quotes in (True, False):
        made = load(settings(**vendor_files.ours(tmp_path_factory.mktemp("ours"), market, quotes=quotes)))
        assert len(made) == 2
        found[quotes] = made.digest
    return found


@pytest.mark.slow
@pytest.mark.parametrize("vendor", ["thetadata", "massive", "cboe", "optionsdx", "databento", "lean"])
def test_a_vendors_files_are_the_slice_of_our_own(
    vendor: str, market: dict[str, pd.DataFrame], plain: dict[bool, str], tmp_path: Path
):  # fmt: skip
    paths = written(vendor, tmp_path, market)
    guessed = load(settings(**paths))
    assert guessed.digest == plain[vendor != "massive"]
    assert f"options read as {vendor}: " in guessed.reading
    assert "guessed: its " in guessed.reading


@pytest.mark.slow
def test_a_format_that_is_named_is_not_guessed(
    market: dict[str, pd.DataFrame], plain: dict[bool, str], tmp_path: Path
):  # fmt: skip
    named = load(settings(**written("thetadata", tmp_path, market), format={"options": "thetadata"}))
    assert named.digest == plain[True]
    assert "guessed" not in named.reading


@pytest.mark.slow
def test_one_file_may_be_the_underlying_too_and_says_what_it_does_not_show(
    market: dict[str, pd.DataFrame], tmp_path: Path
):
    plain = load(settings(**vendor_files.ours(tmp_path, market)))
    path = str(vendor_files.cboe(tmp_path, market["options"], market["underlying"]))
    found = load(settings(underlying=path, options=path))
    assert [s.close.tolist() for s in found] == [s.close.tolist() for s in plain]
    assert [s.bid.tobytes() for s in found] == [s.bid.tobytes() for s in plain]
    assert "what the underlying did between two of them is not seen" in found.reading


@pytest.mark.slow
def test_what_withdraws_a_quote_is_counted(market: dict[str, pd.DataFrame], tmp_path: Path):
    path = str(vendor_files.thetadata(tmp_path, market["options"]))
    own = vendor_files.ours(tmp_path, market)
    n = int(market["options"].ask.isna().sum())
    found = load(settings(underlying=own["underlying"], options=path))
    assert f"{n} rows withdraw a quote: no quote (bid, ask and both sizes 0)" in found.reading


@pytest.mark.slow
def test_a_stamp_is_read_as_it_is_said_to_be(market: dict[str, pd.DataFrame], tmp_path: Path):
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


REAL = Path(__file__).parents[4] / "shared" / "data"


@pytest.mark.skipif(not REAL.is_dir(), reason="the real data are no part of the project")
@pytest.mark.slow
def test_real_quotes_in_vendors_layouts_are_the_slice_that_they_are_in_ours(tmp_path: Path):
    rows = pd.read_parquet(REAL / "option_quotes_1m.parquet")
    # the day of expiry; what has neither side changes nothing, and no vendor of quotes writes it
    one = (rows.underlying == "GOOG") & (rows.ts >= "2015-12-24") & (rows.ts < "2015-12-25")
    rows = rows[one & (rows.bid.notna() | rows.ask.notna())].reset_index(drop=True)
    quotes = rows[["ts", "symbol", "underlying", "expiry", "strike", "right", "bid", "ask"]]
    bars = pd.read_parquet(REAL / "underlying_1m.parquet")
    bars[bars.symbol == "GOOG"].to_parquet(tmp_path / "bars.parquet")
    quotes.to_parquet(tmp_path / "quotes.parquet")
    own = {"underlying": str(tmp_path / "bars.parquet"), "from_": "2015-12-24", "to": "2015-12-24"}
    plain = load(settings(**own, options=str(tmp_path / "quotes.parquet")))
    made = quotes.assign(expiry=pd.to_datetime(quotes.expiry).dt.strftime("%Y-%m-%d"))
    for vendor in (vendor_files.thetadata, vendor_files.databento):
        found = load(settings(**own, options=str(vendor(tmp_path, made))))
        assert found.digest == plain.digest
        assert len(found.sessions[0].symbol) > 100


@pytest.mark.slow
def test_contracts_that_settle_at_the_open_are_told_by_their_root(market: dict[str, pd.DataFrame], tmp_path: Path):
    """SPX beside SPXW of the same date trades for the last time the session before: the day is SPXW's alone."""
    bars = market["underlying"].assign(symbol="SPX")
    evening = market["options"].assign(underlying="SPX")
    evening["symbol"] = "SPXW" + evening.symbol.str.slice(4)
    morning = evening.assign(symbol="SPX" + evening.symbol.str.slice(4), bid=evening.bid + 5, ask=evening.ask + 5)
    plain = load(settings(**vendor_files.ours(tmp_path, {"underlying": bars, "options": evening})))
    both = pd.concat([evening, morning]).sort_values("ts", kind="stable").reset_index(drop=True)
    found = load(
        settings(underlying=str(tmp_path / "underlying.csv"), options=str(vendor_files.cboe(tmp_path, both, bars)))
    )
    assert found.digest == plain.digest
    assert {symbol[:4] for session in found for symbol in session.symbol} == {"SPXW"}


REFUSED = {
    "a format of the other table": (
        {"format": "kibot"},
        "Kibot has no file that serves as options|is no file of Kibot",
    ),
    "another format": ({"format": {"options": "cboe"}}, "is no file of Cboe DataShop that serves as options"),
    "an underlying of another name": ({"symbol": "SPY"}, "unknown symbol 'SPY'"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_fit_is_refused_with_what_it_lacks(name: str, market: dict[str, pd.DataFrame], tmp_path: Path):
    keys, sentence = REFUSED[name]
    own = vendor_files.ours(tmp_path, market)
    path = str(vendor_files.thetadata(tmp_path, market["options"]))
    with pytest.raises(DataError, match=sentence):
        load(settings(**{**own, "options": path, **keys}))


@pytest.mark.slow
def test_an_adjusted_underlying_is_refused_beside_options_and_taken_beside_modelled_ones(
    market: dict[str, pd.DataFrame], tmp_path: Path
):  # fmt: skip
    own = vendor_files.ours(tmp_path, market)
    path = str(vendor_files.kibot(tmp_path, market["underlying"]))
    with pytest.raises(DataError, match=r"the strikes of options are not; .* data\.adjusted=accept"):
        load(settings(**{**own, "underlying": path}))
    accepted = load(settings(**{**own, "underlying": path, "adjusted": "accept"}))
    assert [s.close.tolist() for s in accepted] == [s.close.tolist() for s in load(settings(**own))]
    assert len(load(settings(underlying=path, chain="synthetic"))) == 2


@pytest.mark.slow
def test_a_bad_value_is_named_by_file_row_and_remedy(market: dict[str, pd.DataFrame], tmp_path: Path):
    own = vendor_files.ours(tmp_path, market)
    path = vendor_files.thetadata(tmp_path, market["options"])
    lines = path.read_text().splitlines()
    lines[7] = lines[7].replace("T0", "T3")
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(
        DataError, match=r"theta\.csv: column 'timestamp', row 7: '2024-11-27T39:3[12]:00\.000' is no time"
    ):
        load(settings(**{**own, "options": str(path)}))


@pytest.mark.slow
def test_rows_of_other_underlyings_are_not_kept(market: dict[str, pd.DataFrame], tmp_path: Path):
    own = vendor_files.ours(tmp_path, market)
    other = market["options"].assign(underlying="OTHER")
    other["symbol"] = "OTHER" + other.symbol.str.slice(4)
    both = pd.concat([market["options"], other]).sort_values("ts", kind="stable").reset_index(drop=True)
    found = load(settings(**{**own, "options": str(vendor_files.thetadata(tmp_path, both))}, symbol="SPOT"))
    assert found.digest == load(settings(**own)).digest
    assert found.quality["rows_unknown_symbol"] == 0
