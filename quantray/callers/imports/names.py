"""What other tools call our columns, and which of their names mean something else."""

from __future__ import annotations

#: Our column -> names that other tools give it, the clearest first.
NAMES: dict[str, tuple[str, ...]] = {
    "caller": ("caller", "caller_name", "channel", "channel_name", "alerter", "signal_source", "trader", "author"),
    "policy": ("policy", "policy_name", "policy_id", "strategy", "strategy_name", "strategy_id"),
    "tp": ("tp", "take_profit", "takeprofit", "tp_level", "target"),
    "sl": ("sl", "stop_loss", "stoploss", "sl_level", "stop"),
    "hold": ("hold", "max_hold", "hold_time", "time_stop", "time_limit", "holding_period"),
    "n_trades": ("n_trades", "num_trades", "number_of_trades", "trade_count", "total_trades", "executed_trades",
                 "trades", "n"),
    "win_rate": ("win_rate", "winrate", "hit_rate", "win_ratio"),
    "captured_return": ("captured_return", "mean_net_return", "avg_net_return", "mean_return", "avg_return",
                        "average_return", "avg_trade", "average_trade", "mean_trade"),
    "final_capital": ("final_capital", "final_equity", "ending_capital", "end_capital", "final_balance",
                      "ending_balance", "final_portfolio_value"),
    "max_drawdown": ("max_drawdown", "maximum_drawdown", "max_dd", "maxdd", "mdd"),
}  # fmt: skip
#: A trade's own return in a file of trades. Elsewhere it may be the account's, which is another thing.
OF_A_TRADE = ("net_return", "profit", "return", "pnl", "roi")
#: Columns that only trades have: one of each kind makes a file one of trades.
BEGINS = ("entry_time", "entry_date", "entry_ts", "entry_price", "open_date", "open_time", "open_rate", "opened_at")
ENDS = ("exit_time", "exit_date", "exit_ts", "exit_price", "close_date", "close_time", "close_rate", "closed_at")
#: Objects around figures that say nothing else of them.
AROUND = ("metrics", "stats", "statistics", "results", "result", "summary", "performance", "policy", "params",
          "parameters", "config", "settings")  # fmt: skip
