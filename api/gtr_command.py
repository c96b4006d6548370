"""``python -m api gtr``: the deadline of a deposit, printed."""

from __future__ import annotations

import argparse
from datetime import datetime
from typing import Any

from api.holidays import closed_in
from domain.errors import InvalidValueError
from domain.gtr import Freeze, GtrZone, deadline


def parser(commands: argparse._SubParsersAction[Any]) -> None:
    """Add the command."""
    command = commands.add_parser("gtr", help="print the deadline of a GTR 10 h HO")
    command.add_argument("deposited_at", help="instant of the deposit: 2019-05-14T10:30:00+02:00")
    command.add_argument(
        "--zone", choices=[zone.value for zone in GtrZone], default=GtrZone.METROPOLE.value, help="whose holidays count"
    )
    command.add_argument(
        "--freeze", action="append", default=[], metavar="START/END", help="a time that does not count; repeatable"
    )


def run(options: argparse.Namespace) -> int:
    """Print the deadline in Europe/Paris; raises `InvalidValueError` for what is no instant with its offset."""
    freezes = [_freeze(text) for text in options.freeze]
    found = deadline(_instant(options.deposited_at), closed_in(GtrZone(options.zone)), freezes=freezes)
    print(found.deadline_at.isoformat() if found is not None else "frozen")  # noqa: T201 - the command's answer
    return 0


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidValueError("instant", text, "an instant with its time zone") from None
    if found.tzinfo is None:
        raise InvalidValueError("instant", text, "an instant with its time zone")
    return found


def _freeze(text: str) -> Freeze:
    start, _, end = text.partition("/")
    return Freeze(_instant(start), _instant(end) if end else None)
