"""Replay: two verdicts on one snapshot compared, their difference told, and what other rules would change of many.

`difference` compares, `telling` puts it in French or English, `backtest` counts over stored verdicts. All pure.
"""
