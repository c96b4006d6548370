"""``python -m storage migrate|status|seal|verify|spool``: the records' schema, and the files of telemetry."""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import structlog

from domain.clock import WallClock
from domain.errors import DiagnosticsError
from storage.engines import parse_url
from storage.migration import migrate, status
from storage.telemetry import commands

DEFAULT_URL = "sqlite+aiosqlite:///var/records.sqlite"
DEFAULT_FOLDER = "var/telemetry"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 when all is well at its end, 1 when it is not, 2 for a wrong call."""
    options = _parser().parse_args(arguments)
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))  # the standard output is the answer
    try:
        if options.command in {"migrate", "status"}:
            return _records(options)
        return _telemetry(options)
    except (DiagnosticsError, OSError) as error:
        print(error, file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    records = argparse.ArgumentParser(add_help=False)
    records.add_argument(
        "--url",
        default=os.environ.get("DIAG_DATABASE_URL", DEFAULT_URL),
        help="SQLAlchemy URL of the records (DIAG_DATABASE_URL, else %(default)s)",
    )
    folder = argparse.ArgumentParser(add_help=False)
    folder.add_argument(
        "--telemetry",
        type=Path,
        default=Path(os.environ.get("DIAG_TELEMETRY_FOLDER", DEFAULT_FOLDER)),
        help="folder of telemetry (DIAG_TELEMETRY_FOLDER, else %(default)s)",
    )
    parser = argparse.ArgumentParser(prog="python -m storage", description="Schema of the records, files of telemetry.")
    commands_of = parser.add_subparsers(dest="command", required=True)
    commands_of.add_parser("migrate", parents=[records], help="bring the records to this version's schema")
    commands_of.add_parser("status", parents=[records, folder], help="compare the schema; list telemetry")
    seal = commands_of.add_parser("seal", parents=[folder], help="seal closed segments of telemetry to Parquet")
    seal.add_argument("--retention-days", type=_days, help="then remove files older than this")
    seal.add_argument("--open-retention-days", type=_days, help="the same for segments never sealed")
    commands_of.add_parser("verify", parents=[folder], help="read sealed files whole, compare them with their seals")
    spool = commands_of.add_parser("spool", parents=[folder], help="what waits for InfluxDB, and dead letters")
    spool.add_argument("action", nargs="?", choices=("list", "retry", "export", "drop"), default="list")
    spool.add_argument("number", nargs="?", type=int, help="a dead letter, to export or drop")
    spool.add_argument("--to", type=Path, help="file to export it to, as line protocol")
    return parser


def _days(text: str) -> float:
    try:
        days = float(text)
    except ValueError:
        days = math.nan
    if not days >= 0:
        raise argparse.ArgumentTypeError(f"{text} is not a number of days")
    return days


def _records(options: argparse.Namespace) -> int:
    shown = parse_url(options.url).render_as_string(hide_password=True)
    found = asyncio.run((migrate if options.command == "migrate" else status)(options.url))
    print(f"{shown}: schema {found.current or 'none'}, this version's is {found.head}")
    if options.command == "status" and options.telemetry.is_dir():
        print("\n".join(commands.shown(options.telemetry, WallClock().now())))
    return 0 if found.up_to_date else 1


def _telemetry(options: argparse.Namespace) -> int:
    folder, whole = options.telemetry, True
    if options.command == "seal":
        now = WallClock().now()
        lines, whole = commands.sealed(folder, now, options.retention_days, options.open_retention_days)
    elif options.command == "verify":
        lines, whole = commands.verified(folder)
    else:
        lines = commands.spooled(folder, options.action, options.number, options.to)
    print("\n".join(lines))
    return 0 if whole else 1


if __name__ == "__main__":
    sys.exit(main())
