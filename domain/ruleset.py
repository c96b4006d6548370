"""The texts of a rule-set: what a verdict depends on besides its snapshot and the code, kept word for word."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RulesetTexts:
    """A rule-set as it is written.

    Attributes:
        toml: Thresholds, ceilings, version and changes: `diagnostics/ruleset.toml`.
        pages: The French pages of the rules, by the stem of their file.
    """

    toml: str
    pages: Mapping[str, str]

    @property
    def version(self) -> str:
        """The version that the texts give themselves; raises a TOML error or `KeyError` where they give none."""
        return str(tomllib.loads(self.toml)["version"])

    @property
    def digest(self) -> str:
        """SHA-256 of the whole content, whatever the order of the pages."""
        content = json.dumps([self.toml, sorted(self.pages.items())], ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(content.encode()).hexdigest()
