"""The screens of ``--tui`` and ``quantray open``: callers, a caller's calls, a call's candles. See docs/tui.md."""
