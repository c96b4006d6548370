"""Rule-sets: every one that ever decided is kept word for word under its version, so that its verdicts replay."""

from __future__ import annotations

import json
from datetime import datetime

from domain.errors import DiagnosticsError, NotFoundError
from domain.ruleset import RulesetTexts
from storage.database import Database
from storage.tables import RulesetRow
from storage.uncut import uncut


class RulesetVersionError(DiagnosticsError):
    """Other rules were in force under this version: its verdicts would no longer replay."""

    def __init__(self, version: str) -> None:
        self.version = version
        super().__init__(f"règles {version} : version déjà utilisée avec un autre contenu, augmentez la version")


class RulesetDamagedError(DiagnosticsError):
    """The rules kept under this version are not those that were kept."""

    def __init__(self, version: str) -> None:
        self.version = version
        super().__init__(f"règles {version} : le contenu conservé a été modifié")


class Rulesets:
    """Keeps the texts of rule-sets, one content for each version."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @uncut
    async def keep(self, texts: RulesetTexts, at: datetime) -> None:
        """Keep a rule-set before it decides; raises `RulesetVersionError` when its version has another content."""
        version, digest = texts.version, texts.digest
        values = {
            "version": version,
            "digest": digest,
            "toml": texts.toml,
            "pages": json.dumps(dict(texts.pages), ensure_ascii=False, sort_keys=True),
            "kept_at": at,
        }
        async with self._database.write() as session:
            await session.execute(self._database.insert(RulesetRow).values(values).on_conflict_do_nothing())
            kept = await session.get_one(RulesetRow, version)
            if kept.digest != digest:
                raise RulesetVersionError(version)

    @uncut
    async def get(self, version: str) -> RulesetTexts:
        """The texts kept; raises `NotFoundError`, or `RulesetDamagedError` when they are no longer what was kept."""
        async with self._database.read() as session:
            row = await session.get(RulesetRow, version)
        if row is None:
            raise NotFoundError("ruleset", version)
        texts = RulesetTexts(row.toml, json.loads(row.pages))
        if texts.digest != row.digest:
            raise RulesetDamagedError(version)
        return texts
