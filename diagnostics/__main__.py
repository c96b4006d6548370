"""Commands of the engine, on files; the only file of the package that opens files.

``python -m diagnostics explain SNAPSHOT.json`` prints the reasoning behind a verdict.
``python -m diagnostics score DIR [--json]`` scores the engine against labelled scenarios.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from diagnostics.engine import diagnose
from diagnostics.ruleset import Ruleset, build
from diagnostics.score import as_json, score, table
from domain import codec
from domain.errors import InvalidValueError
from domain.snapshot import Snapshot
from domain.verdict import Diagnosis, Finding

FOLDER = Path(__file__).parent


def load(folder: Path = FOLDER) -> Ruleset:
    """The rule-set of this folder."""
    pages = {path.stem: path.read_text("utf-8") for path in sorted((folder / "rules").glob("*.md"))}
    return build((folder / "ruleset.toml").read_text("utf-8"), pages)


def _finding(number: int, finding: Finding) -> Iterator[str]:
    yield f"{number}. {finding.title} [{finding.rule}] {finding.family}, confiance {finding.confidence:.2f}"
    yield from (f"   + {fact.text}" for fact in finding.evidence_for)
    yield from (f"   - {fact.text}" for fact in finding.evidence_against)
    if finding.decider:
        yield f"   ? {finding.decider}"


def explain(diagnosis: Diagnosis) -> Iterator[str]:
    """The reasoning, line by line: verdict, findings with their facts for (+) and against (-), what is missing."""
    yield f"{diagnosis.result} : {diagnosis.synthesis}"
    yield f"{diagnosis.family}, {diagnosis.prelocalisation}, {diagnosis.scope}, {diagnosis.severity}"
    yield f"confiance {diagnosis.confidence:.2f}, {diagnosis.owner}, règles {diagnosis.ruleset}"
    yield diagnosis.interpretation
    yield diagnosis.action
    for number, finding in enumerate(diagnosis.findings, start=1):
        yield from _finding(number, finding)
    yield from (f"   ! {missing.what} : {missing.why}" for missing in diagnosis.not_measured)


def main(arguments: list[str] | None = None) -> int:
    """Run a command; 2 when the file is not a snapshot."""
    parser = argparse.ArgumentParser(prog="python -m diagnostics")
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("explain", help="print how a stored snapshot is judged")
    command.add_argument("snapshot", type=Path, help="JSON file of a snapshot")
    command.set_defaults(run=_explain)
    command = commands.add_parser("score", help="score the engine against labelled scenarios")
    command.add_argument("folder", type=Path, help="folder of scenario files (JSON)")
    command.add_argument("--json", action="store_true", help="all that was said, as JSON")
    command.set_defaults(run=_score)
    chosen = parser.parse_args(arguments)
    return int(chosen.run(chosen))


def _explain(chosen: argparse.Namespace) -> int:
    try:
        snapshot = codec.load(Snapshot, chosen.snapshot.read_text("utf-8"))
    except (OSError, ValueError, ValidationError, InvalidValueError) as error:
        print(f"{chosen.snapshot}: {error}", file=sys.stderr)
        return 2
    print("\n".join(explain(diagnose(snapshot, load()))))
    return 0


def _score(chosen: argparse.Namespace) -> int:
    files = sorted(chosen.folder.glob("*.json"))
    if not files:
        print(f"{chosen.folder}: no scenario there", file=sys.stderr)
        return 2
    ruleset, scores = load(), []
    for file in files:
        try:
            scores.append(score(json.loads(file.read_text("utf-8")), ruleset))
        except (OSError, ValueError, KeyError, TypeError) as error:
            print(f"{file}: not a scenario: {error}", file=sys.stderr)
            return 2
    print(
        json.dumps([as_json(item) for item in scores], ensure_ascii=False, indent=1) if chosen.json else table(scores)
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
