"""``python -m api replay N°``: proves a stored verdict again, byte for byte, or says what differs and why."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any

from api.i18n import Language, translate
from diagnostics.engine import diagnose
from diagnostics.replay.difference import Change, compare, thresholds_changed
from diagnostics.replay.telling import tell
from diagnostics.ruleset import Ruleset, build
from diagnostics.thresholds import OLDEST, OlderRulesetError
from domain import codec
from domain.errors import DiagnosticsError
from domain.identifiers import DiagnosisNumber
from domain.ruleset import RulesetTexts
from domain.snapshot import Snapshot
from storage.kept_diagnoses import KeptDiagnoses, KeptDiagnosis
from storage.rulesets import Rulesets

UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, DiagnosticsError)
"""What texts of another version of the code, or not a rule-set at all, raise when they are read."""


class Outcome(IntEnum):
    """How a replay ended: the exit status of the command."""

    IDENTICAL = 0
    DIFFERENT = 1
    IMPOSSIBLE = 2


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence to translate, and what fills it."""

    text: str
    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class Replay:
    """A stored verdict judged again.

    Attributes:
        notes: What was compared, and what to know of it.
        changes: What differs; empty when nothing does, or when nothing could be compared.
    """

    number: str
    outcome: Outcome
    notes: tuple[Note, ...]
    changes: tuple[Change, ...] = ()

    def lines(self, language: Language) -> Iterator[str]:
        """The replay in words."""
        yield from (translate(language, note.text, **note.fields) for note in self.notes)
        yield from tell(self.changes, language)

    def as_json(self, language: Language) -> dict[str, Any]:
        """The replay as data."""
        return {
            "number": self.number,
            "outcome": self.outcome.name.lower(),
            "notes": [translate(language, note.text, **note.fields) for note in self.notes],
            "changes": [asdict(change) for change in self.changes],
        }


class Replayer:
    """Replays stored diagnoses.

    Attributes of the constructor: the rules and the code in force, and the rules to judge by instead of the stored
    verdict's own, where one asks what others would say.
    """

    def __init__(
        self,
        diagnoses: KeptDiagnoses,
        rulesets: Rulesets,
        present: Ruleset,
        code_version: str,
        under: Ruleset | None = None,
    ) -> None:
        self._diagnoses = diagnoses
        self._rulesets = rulesets
        self._present = present
        self._code_version = code_version
        self._under = under

    async def replay(self, number: str) -> Replay:
        """Judge a stored snapshot again and compare; never raises for what the records hold or lack."""
        notes: list[Note] = []
        try:
            kept = await self._diagnoses.get(DiagnosisNumber.parse(number))
        except DiagnosticsError:
            return _impossible(number, notes, "No diagnosis has this number")
        if kept.snapshot is None or kept.diagnosis is None:
            return _impossible(number, notes, "It ended without a verdict: {state}", state=kept.state)
        if kept.altered:
            _note(notes, "Its record was altered since it was written: the digest no longer matches")
        try:
            snapshot = codec.load(Snapshot, kept.snapshot)
        except UNREADABLE as error:
            why = type(error).__name__
            return _impossible(number, notes, "Its snapshot is of a schema that this code cannot read: {why}", why=why)
        own = await self._own(kept, notes)
        ruleset = self._under or own or self._present
        if kept.code_version != self._code_version:
            fields = {"was": kept.code_version, "now": self._code_version}
            _note(notes, "It was decided by code {was}, it is replayed by {now}", **fields)
        try:
            found = compare(kept.diagnosis, diagnose(snapshot, ruleset))
        except UNREADABLE as error:
            why = type(error).__name__
            return _impossible(number, notes, "Its verdict is of a schema that this code cannot read: {why}", why=why)
        if found and own is not None and own.texts != ruleset.texts:
            found = (*found, *thresholds_changed(snapshot, own, ruleset))
        return _compared(number, notes, ruleset, found, kept)

    async def _own(self, kept: KeptDiagnosis, notes: list[Note]) -> Ruleset | None:
        """The rules that decided; ``None``, with a note, where they are not kept or this code cannot apply them."""
        version = kept.ruleset or ""
        try:
            texts = await self._rulesets.get(version)
            return self._present if texts == self._present.texts else build(texts.toml, texts.pages)
        except OlderRulesetError:
            fields = {"version": version, "oldest": OLDEST, "now": self._present.version}
            _note(notes, "Rules {version} are from before {oldest}, the first that this code can apply: "
                         "rules {now} are applied", **fields)  # fmt: skip
            return None
        except UNREADABLE as error:
            fields = {"version": version, "now": self._present.version, "why": " ".join(str(error).split())[:200]}
            _note(notes, "Rules {version} cannot be applied by this code ({why}): rules {now} are applied", **fields)
            return None


def _compared(
    number: str, notes: list[Note], ruleset: Ruleset, found: tuple[Change, ...], kept: KeptDiagnosis
) -> Replay:
    identical = not found and not kept.altered
    _note(notes, "Identical to the byte under rules {version}" if not found else "Different under rules {version}",
          version=ruleset.version)  # fmt: skip
    return Replay(number, Outcome.IDENTICAL if identical else Outcome.DIFFERENT, tuple(notes), found)


def _note(notes: list[Note], text: str, **fields: str) -> None:
    notes.append(Note(text, fields))


def _impossible(number: str, notes: list[Note], text: str, **fields: str) -> Replay:
    return Replay(number, Outcome.IMPOSSIBLE, (*notes, Note(text, fields)))


def read_ruleset(file: Path, present: RulesetTexts) -> Ruleset:
    """The rule-set of a TOML file with the pages in force; raises what `UNREADABLE` lists, or `OSError`."""
    return build(file.read_text("utf-8"), present.pages)


async def export(diagnoses: KeptDiagnoses, number: str, file: Path) -> None:
    """Write a stored snapshot for `python -m diagnostics explain`; it holds secrets, so its owner alone may read it."""
    kept = await diagnoses.get(DiagnosisNumber.parse(number))
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as opened:
        opened.write(kept.snapshot or "")
