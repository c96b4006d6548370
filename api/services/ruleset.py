"""Loads the rule-set in force: the thresholds file and the rules' French pages, which the pure engine gets as texts."""

from __future__ import annotations

from importlib import resources

from diagnostics.ruleset import Ruleset, build


def load_ruleset() -> Ruleset:
    """The rule-set shipped with this version."""
    folder = resources.files("diagnostics")
    pages = {
        page.name.removesuffix(".md"): page.read_text("utf-8")
        for page in folder.joinpath("rules").iterdir()
        if page.name.endswith(".md")
    }
    return build(folder.joinpath("ruleset.toml").read_text("utf-8"), pages)
