"""The commands that judge stored snapshots again: ``replay`` and ``backtest``. They only read the records."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from api.replaying import UNREADABLE, Outcome, Replayer, export, read_ruleset
from api.services.ruleset import load_ruleset
from api.version import code_version
from diagnostics.replay.tables import as_json, table
from diagnostics.ruleset import Ruleset
from diagnostics.thresholds import OLDEST, OlderRulesetError
from domain.clock import PARIS
from domain.errors import DiagnosticsError
from storage.database import Database
from storage.kept_diagnoses import KeptDiagnoses
from storage.migration import require_current
from storage.rulesets import Rulesets

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse names no other

COMMANDS = frozenset({"replay", "backtest"})
IMPOSSIBLE = int(Outcome.IMPOSSIBLE)
"""Exit status of both when nothing could be judged."""


def parsers(commands: Commands) -> None:
    """Declare both commands."""
    replay = commands.add_parser("replay", help="judge a stored test again: 0 identical, 1 different, 2 impossible")
    replay.add_argument("number", metavar="N°", help="number of the diagnosis, such as 190509-1029-2879560")
    replay.add_argument("--ruleset", type=Path, help="by these rules (TOML) in the place of those that decided")
    replay.add_argument("--snapshot", type=Path, metavar="FILE", help="also write its snapshot there, secrets included")
    replay.add_argument("--lang", choices=("fr", "en"), default="fr", help="language (default: %(default)s)")
    replay.add_argument("--json", action="store_true", help="as data")
    test = commands.add_parser("backtest", help="which stored verdicts other rules would change, and how")
    test.add_argument("--ruleset", type=Path, required=True, help="the other rules (TOML)")
    test.add_argument("--since", type=_instant, help="tests sent from this instant on (ISO 8601; Paris without offset)")
    test.add_argument("--until", type=_instant, help="tests sent before this instant")
    test.add_argument("--limit", type=_count, help="so many tests at most")
    test.add_argument("--processes", type=_count, default=os.cpu_count() or 1, help="default: %(default)s")
    test.add_argument("--json", action="store_true", help="as data")


async def run(options: argparse.Namespace, database_url: str) -> int:
    """Run one of the two, for its exit status. Raises `DiagnosticsError` or `OSError` when nothing can be judged."""
    present = load_ruleset()
    other = None if options.ruleset is None else _ruleset(options.ruleset, present)
    async with Database.opened(database_url) as database:
        await require_current(database)
        if options.command == "replay":
            return await _replay(options, database, present, other)
        return await _backtest(options, KeptDiagnoses(database), other or present)


async def _replay(options: argparse.Namespace, database: Database, present: Ruleset, other: Ruleset | None) -> int:
    diagnoses = KeptDiagnoses(database)
    replayer = Replayer(diagnoses, Rulesets(database), present, code_version(), other)
    replay = await replayer.replay(options.number)
    if options.snapshot is not None and replay.outcome is not Outcome.IMPOSSIBLE:
        await export(diagnoses, options.number, options.snapshot)
    _print([json.dumps(replay.as_json(options.lang), ensure_ascii=False, indent=1)] if options.json
           else replay.lines(options.lang))  # fmt: skip
    return replay.outcome


async def _backtest(options: argparse.Namespace, diagnoses: KeptDiagnoses, other: Ruleset) -> int:
    from api.backtesting import backtest  # noqa: PLC0415 - the only command with processes of its own

    window = {"since": options.since, "until": options.until}
    tally = await backtest(diagnoses, other.texts, **window, limit=options.limit, processes=options.processes)
    change = other.changes[0]
    _print([json.dumps(as_json(tally), ensure_ascii=False, indent=1)] if options.json
           else (f"règles {change.version} : {' '.join(change.text.split())}", *table(tally)))  # fmt: skip
    return 0


def _ruleset(file: Path, present: Ruleset) -> Ruleset:
    try:
        return read_ruleset(file, present.texts)
    except UNREADABLE as error:
        raise RulesetRefusedError(file, error) from error


class RulesetRefusedError(DiagnosticsError):
    """The file is not a rule-set that could be in force; names the field at fault."""

    def __init__(self, file: Path, error: Exception) -> None:
        told = str(error)
        if isinstance(error, OlderRulesetError):
            told = f"antérieures à {OLDEST}, les premières que ce code sait appliquer (section [correlation] absente)"
        elif isinstance(error, KeyError):
            told = f"{error} ?"
        super().__init__(f"{file} : règles refusées : {told}")


def _print(lines: Iterable[str]) -> None:
    sys.stdout.write("\n".join(lines) + "\n")


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return (at if at.tzinfo is not None else at.replace(tzinfo=PARIS)).astimezone(UTC)


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError("1 or more")
    return count
