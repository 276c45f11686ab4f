"""The grid of a unit read back from its table: values, and which policies make the same trades."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from quantray.callers.policies import grid
from quantray.callers.report.grid import ALONE, OF_TRADES, grid_values
from quantray.callers.report.tables import policy_table
from quantray.callers.split import TRAIN
from tests.builders.caller_results import Bench, plan, results, write_table


def test_every_value_is_the_tables_own():
    r = results()
    names = [unit.name for unit in r.units]
    found, table = grid_values(r, names), policy_table(r)
    for name in names:
        for part, values in (("train", found[name].train), ("held_out", found[name].held_out)):
            mine = table[(table["unit"] == name) & (table["part"] == part)].sort_values("policy")
            np.testing.assert_array_equal(values, mine[r.plan.objective].to_numpy())
    none = grid_values(r, ["nobody"])["nobody"]
    assert np.isnan(none.train).all()
    assert not none.n_trades.any()
    assert (none.equal == ALONE).all()


def test_policies_are_equal_exactly_where_their_trades_are(tmp_path: Path):
    """Levels that no price comes to make equal policies; the trades themselves say which."""
    policies = grid("v1", tp_mults=[1.02, 1.05, 5.0, 9.0], sl_mults=[0.05, 0.1, 0.95], hold="1h")
    p = replace(plan(tmp_path), policies=policies)
    bench = Bench(p, 2, 120, 3)
    unit, columns = bench.unit("caller_0", 0, 0)
    write_table(tmp_path / "table", "caller_0", columns, 0, p.objective)
    r = results(tables=False)
    values = grid_values(replace(r, plan=p, units=[unit], table=tmp_path / "table"), ["caller_0"])["caller_0"]
    block, market = bench.block(0, TRAIN)
    made = [block.trades(i, market) for i in range(len(policies))]

    def key(i: int) -> tuple[bytes, ...]:
        names = ("call", "entry_ns", "exit_ns", "net", "size", "skip", "reason")
        return tuple(getattr(made[i], name).tobytes() for name in names)

    same = [[key(i) == key(j) for j in range(len(policies))] for i in range(len(policies))]
    told = [[i == j or (values.equal[i] != ALONE and values.equal[i] == values.equal[j]) for j in range(len(policies))]
            for i in range(len(policies))]  # fmt: skip
    assert told == same
    assert any(sum(row) > 1 for row in same)
    assert values.n_sets == len({key(i) for i in range(len(policies))})
    at = next(i for i, row in enumerate(same) if sum(row) > 1)
    assert values.twins(at).tolist() == [j for j, equal in enumerate(same[at]) if equal and j != at]


def test_one_bit_tells_apart_and_no_trade_is_equal_to_nothing(tmp_path: Path):
    r = results(tables=False)
    n = len(r.plan.policies)
    columns = {name: np.ones(n) for name in OF_TRADES}
    columns["captured_return"][1] = np.nextafter(1.0, 2.0)
    columns["final_capital"][2:4] = np.nan
    columns["n_trades"][4:6] = 0
    fields = (
        {"unit": ["x"] * n, "part": ["train"] * n, "policy": list(range(n))}
        | columns
        | {"objective": columns[r.plan.objective]}
    )
    (tmp_path / "t").mkdir()
    pq.write_table(pa.table(fields), tmp_path / "t" / "part-00000.parquet")
    equal = grid_values(replace(r, table=tmp_path / "t"), ["x"])["x"].equal
    assert equal[1] == ALONE
    assert equal[2] == equal[3] != ALONE  # what does not exist for both
    assert (equal[4:6] == ALONE).all()
    assert len(set(equal[[0, 6, 7, 8]].tolist())) == 1
