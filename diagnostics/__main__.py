"""Commands of the engine, on files; the only file of the package that opens files.

``python -m diagnostics explain SNAPSHOT.json`` prints the reasoning behind a verdict.
``python -m diagnostics score DIR [--json]`` scores the engine against labelled scenarios.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from diagnostics.explain.tree import explain
from diagnostics.ruleset import Ruleset, build
from diagnostics.scenarios.snapshot import snapshot_of
from diagnostics.score import as_json, score, table
from domain import codec
from domain.snapshot import Snapshot

FOLDER = Path(__file__).parent


def load(folder: Path = FOLDER) -> Ruleset:
    """The rule-set of this folder."""
    pages = {path.stem: path.read_text("utf-8") for path in sorted((folder / "rules").glob("*.md"))}
    return build((folder / "ruleset.toml").read_text("utf-8"), pages)


def main(arguments: list[str] | None = None) -> int:
    """Run a command; 2 when the file is not a snapshot."""
    parser = argparse.ArgumentParser(prog="python -m diagnostics")
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("explain", help="print how a stored snapshot, or a scenario, is judged")
    command.add_argument("snapshot", type=Path, help="JSON file of a snapshot or of a labelled scenario")
    command.set_defaults(run=_explain)
    command = commands.add_parser("score", help="score the engine against labelled scenarios")
    command.add_argument("folder", type=Path, help="folder of scenario files (JSON)")
    command.add_argument("--json", action="store_true", help="all that was said, as JSON")
    command.set_defaults(run=_score)
    chosen = parser.parse_args(arguments)
    return int(chosen.run(chosen))


def _explain(chosen: argparse.Namespace) -> int:
    try:
        snapshot = _snapshot(chosen.snapshot.read_text("utf-8"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        print(f"{chosen.snapshot}: {error}", file=sys.stderr)
        return 2
    print("\n".join(explain(snapshot, load()).lines()))
    return 0


def _snapshot(text: str) -> Snapshot:
    """The snapshot of a file: one that was stored, or the observations of a labelled scenario."""
    data = json.loads(text)
    if isinstance(data, dict) and "observations" in data:
        return snapshot_of(data["observations"], data.get("series"))
    return codec.load(Snapshot, text)


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
    print(
        json.dumps([as_json(item) for item in scores], ensure_ascii=False, indent=1) if chosen.json else table(scores)
    )
    return 0 if len(scores) == len(files) else 2


if __name__ == "__main__":
    sys.exit(main())
