"""One market of two sessions, written as vendors would write it: minute bars of an underlying and quotes of options."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pandas as pd

from quantray.sweeps.data.sessions import session_windows

ZONE = "America/New_York"
MINUTE = pd.Timedelta(minutes=1)
ROOT, STRIKES = "SPOT", (99.0, 100.0, 101.5)


def market() -> dict[str, pd.DataFrame]:
    """Our own layout: every contract has a quote (or none: bid 0 and no ask) and a trade in every minute."""
    rng = np.random.default_rng(11)
    bars, rows = [], []
    for window in session_windows("XNYS", "2024-11-27", "2024-11-29"):  # the second is a half day
        n = window.n_bars(60)
        ts = pd.to_datetime(window.open_ns + np.arange(n) * 60_000_000_000, utc=True)
        close = np.round(100 + np.cumsum(rng.normal(0, 0.02, n)), 2)
        bars.append(pd.DataFrame({"ts": ts, "symbol": ROOT, "open": close, "high": close, "low": close, "close": close,
                                  "volume": rng.integers(1, 9, n) * 100}))  # fmt: skip
        for right in "CP":
            for strike in STRIKES:
                worth = np.maximum((close - strike) * (1 if right == "C" else -1), 0) + 0.3
                made = pd.DataFrame({"ts": ts, "underlying": ROOT, "expiry": window.date, "strike": strike,
                                     "right": right, "bid": np.round(worth - 0.02, 2), "ask": np.round(worth + 0.02, 2),
                                     "last": np.round(worth, 2), "volume": 3})  # fmt: skip
                made["symbol"] = f"{ROOT}{window.date[2:].replace('-', '')}{right}{int(strike * 1000):08d}"
                nobody = rng.random(n) < 0.02
                made.loc[nobody, "bid"], made.loc[nobody, "ask"] = 0.0, np.nan
                rows.append(made)
    options = pd.concat(rows).sort_values(["ts", "symbol"], kind="stable").reset_index(drop=True)
    return {"underlying": pd.concat(bars).reset_index(drop=True), "options": options}


def _ns(ts: pd.Series) -> pd.Series:
    return ts.astype("datetime64[ns, UTC]").astype("int64")


def _sides(o: pd.DataFrame) -> tuple[pd.Series, pd.Series, pd.Series, pd.Series]:
    """Bid, ask and their sizes, 0 of a side that is not there, as most vendors write it."""
    return o.bid.fillna(0.0), o.ask.fillna(0.0), (o.bid > 0).astype(int) * 5, o.ask.notna().astype(int) * 5


def ours(folder: Path, made: dict[str, pd.DataFrame], quotes: bool = True) -> dict[str, str]:
    """The market with our own names."""
    left_out = ["last", "volume"] if quotes else ["bid", "ask"]
    made["underlying"].to_csv(folder / "underlying.csv", index=False)
    made["options"].drop(columns=left_out).to_csv(folder / "options.csv", index=False)
    return {"underlying": str(folder / "underlying.csv"), "options": str(folder / "options.csv")}


def thetadata(folder: Path, o: pd.DataFrame) -> Path:
    bid, ask, bidden, asked = _sides(o)
    stamp = (o.ts + MINUTE).dt.tz_convert(ZONE).dt.strftime("%Y-%m-%dT%H:%M:%S.000")
    pd.DataFrame({"symbol": o.underlying, "expiration": o.expiry, "strike": o.strike.map("{:.3f}".format),
                  "right": o.right.map({"C": "CALL", "P": "PUT"}), "timestamp": stamp, "bid_size": bidden,
                  "bid_exchange": 1, "bid": bid, "bid_condition": 50, "ask_size": asked, "ask_exchange": 1, "ask": ask,
                  "ask_condition": 50}).to_csv(folder / "theta.csv", index=False)  # fmt: skip
    return folder / "theta.csv"


def massive(folder: Path, o: pd.DataFrame) -> Path:
    """Bars of trades, gzipped, a file a day."""
    frame = pd.DataFrame({"ticker": "O:" + o.symbol, "volume": o.volume, "open": o["last"], "close": o["last"],
                          "high": o["last"], "low": o["last"], "window_start": _ns(o.ts),
                          "transactions": 1})  # fmt: skip
    (folder / "flat").mkdir()
    for date, day in frame.groupby(o.ts.dt.strftime("%Y-%m-%d")):
        day.to_csv(folder / "flat" / f"{date}.csv.gz", index=False)
    return folder / "flat"


def cboe(folder: Path, o: pd.DataFrame, bars: pd.DataFrame) -> Path:
    bid, ask, bidden, asked = _sides(o)
    spot = o.ts.map(bars.set_index("ts").close)
    stamp = (o.ts + MINUTE).dt.tz_convert(ZONE).dt.strftime("%Y-%m-%d %H:%M:%S")
    pd.DataFrame({"underlying_symbol": "^" + o.underlying, "quote_datetime": stamp, "root": o.symbol.str.slice(0, -15),
                  "expiration": o.expiry, "strike": o.strike, "option_type": o.right, "open": 0, "high": 0, "low": 0,
                  "close": 0, "trade_volume": 0, "bid_size": bidden, "bid": bid, "ask_size": asked, "ask": ask,
                  "underlying_bid": spot, "underlying_ask": spot}).to_csv(folder / "cboe.csv", index=False)  # fmt: skip
    return folder / "cboe.csv"


def optionsdx(folder: Path, o: pd.DataFrame, bars: pd.DataFrame) -> Path:
    """A row is the call and the put of a strike; nobody quoting is empty."""
    o = o.assign(ask=o.ask, bid=o.bid.where(o.ask.notna()))
    wide = o.pivot_table(index=["ts", "expiry", "strike"], columns="right", values=["bid", "ask"], dropna=False)
    wide = wide.dropna(how="all").reset_index()
    wide.columns = ["_".join(filter(None, pair)) for pair in wide.columns]
    spot = wide.ts.map(bars.set_index("ts").close)
    columns = {
        "QUOTE_UNIXTIME": _ns(wide.ts + MINUTE) // 10**9, "UNDERLYING_LAST": spot,
        "EXPIRE_DATE": wide.expiry, "C_SIZE": "12 x 14", "C_BID": wide.bid_C, "C_ASK": wide.ask_C,
        "STRIKE": wide.strike, "P_BID": wide.bid_P, "P_ASK": wide.ask_P,
    }  # fmt: skip
    made = pd.DataFrame({f"[{name}]": column for name, column in columns.items()})
    path = folder / "spot_1m_202411.txt"
    lines = made.to_csv(index=False).splitlines()
    path.write_text("\n".join(line.replace(",", ", ") for line in lines) + "\n")
    return path


def databento(folder: Path, o: pd.DataFrame) -> Path:
    nothing = 2**63 - 1
    whole = [[nothing if x != x or (x == 0) else round(x * 10**9) for x in side] for side in (o.bid, o.ask)]
    symbol = o.symbol.str.slice(0, -15).str.ljust(6) + o.symbol.str.slice(-15)
    pd.DataFrame({"ts_recv": _ns(o.ts + MINUTE), "ts_event": 0, "instrument_id": 7, "bid_px_00": whole[0],
                  "ask_px_00": whole[1], "symbol": symbol}).to_csv(folder / "cbbo.csv", index=False)  # fmt: skip
    return folder / "cbbo.csv"


def lean(folder: Path, o: pd.DataFrame, bars: pd.DataFrame) -> tuple[Path, Path]:
    """Zips of a day: one of the underlying's bars, one of options with a member a contract."""
    for name in ("equity", "option"):
        (folder / name).mkdir()
    for frame, kind in ((bars, "equity"), (o, "option")):
        local = frame.ts.dt.tz_convert(ZONE)
        ms = ((local - local.dt.normalize()).dt.total_seconds() * 1000).astype(int)
        for date, day in frame.assign(ms=ms, date=local.dt.strftime("%Y%m%d")).groupby("date"):
            with zipfile.ZipFile(
                folder / kind / f"{date}_{'trade' if kind == 'equity' else 'quote_american'}.zip", "w"
            ) as z:
                if kind == "equity":
                    z.writestr(
                        f"{date}_spot_minute_trade.csv", _text(day, ["open", "high", "low", "close"], day.volume)
                    )
                    continue
                for (right, strike), one in day.groupby(["right", "strike"]):
                    side = {"C": "call", "P": "put"}[right]
                    name = f"{date}_spot_minute_quote_american_{side}_{round(strike * 10000)}_{date}.csv"
                    z.writestr(name, _quotes(one))
    return folder / "equity", folder / "option"


def _text(day: pd.DataFrame, names: list[str], volume: pd.Series) -> str:
    columns = [day.ms, *((day[n] * 10000).round().astype(int) for n in names), volume]
    return "\n".join(",".join(map(str, row)) for row in zip(*columns, strict=True)) + "\n"


def _quotes(one: pd.DataFrame) -> str:
    lines = []
    for ms, bid, ask in zip(one.ms, one.bid, one.ask, strict=True):
        sides = ["" if ask != ask else str(round(x * 10000)) for x in (bid, ask)]
        lines.append(
            f"{ms},{sides[0]},{sides[0]},{sides[0]},{sides[0]},5,{sides[1]},{sides[1]},{sides[1]},{sides[1]},5"
        )
    return "\n".join(lines) + "\n"


def kibot(folder: Path, bars: pd.DataFrame) -> Path:
    """Bars without a header."""
    local = bars.ts.dt.tz_convert(ZONE)
    made = bars.assign(date=local.dt.strftime("%m/%d/%Y"), time=local.dt.strftime("%H:%M"))
    names = ["date", "time", "open", "high", "low", "close", "volume"]
    made[names].to_csv(folder / "SPOT.txt", index=False, header=False)
    return folder / "SPOT.txt"
