"""Commands of the engine, on files: ``python -m diagnostics explain SNAPSHOT.json`` prints the reasoning.

The only file of the package that opens files.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from diagnostics.engine import diagnose
from diagnostics.ruleset import Ruleset, build
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
    chosen = parser.parse_args(arguments)
    try:
        snapshot = codec.load(Snapshot, chosen.snapshot.read_text("utf-8"))
    except (OSError, ValueError, ValidationError, InvalidValueError) as error:
        print(f"{chosen.snapshot}: {error}", file=sys.stderr)
        return 2
    print("\n".join(explain(diagnose(snapshot, load()))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
