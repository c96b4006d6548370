"""``python -m api audit verify``: is the audit trail what was written?"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from api.i18n import translate
from api.records import opened
from api.settings import Settings
from domain.clock import WallClock
from storage.audit import Verified

ALTERED = 1


def parser(commands: Any) -> None:
    """The command and its options."""
    audit = commands.add_parser("audit", help="check the audit trail of téléactions: 0 whole, 1 altered")
    audit.add_argument("what", choices=["verify"], help="verify: name every altered, missing or inserted entry")
    audit.add_argument("--head", default="", help="hash that an earlier verification printed: it must still be there")


async def run(options: argparse.Namespace, settings: Settings) -> int:
    """Print what was found; the exit status."""
    async with opened(settings, WallClock()) as records:
        found = await records.audit.verify(options.head)
    sys.stdout.write("\n".join(lines(found)) + "\n")
    return ALTERED if found.breaks else 0


def lines(found: Verified) -> list[str]:
    """The outcome in French, a break a line."""
    if not found.breaks:
        whole = "The trail is whole: {entries} entries, head {head}"
        return [translate("fr", whole, entries=found.entries, head=found.head)]
    one_break = "Entry {seq} (téléaction {number}): {what}"
    total = "The trail was altered: {count} breaks in {entries} entries"
    said = [
        translate("fr", one_break, seq=one.seq, number=one.number or "?", what=translate("fr", one.what))
        for one in found.breaks
    ]
    return [*said, translate("fr", total, count=len(found.breaks), entries=found.entries)]
