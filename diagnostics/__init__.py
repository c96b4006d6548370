"""The pure diagnostic engine: a snapshot and a rule-set in, a diagnosis out. No I/O, no clock, no randomness.

The caller reads the texts (`diagnostics/ruleset.toml` and every `diagnostics/rules/*.md`, keyed by stem), builds the
rule-set once with `diagnostics.ruleset.build`, then calls `diagnostics.engine.diagnose` as often as it likes.
"""
