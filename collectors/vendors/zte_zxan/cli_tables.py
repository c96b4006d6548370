"""The tables of the ZXA10's command line: boards, the ONUs of a port, ONUs heard and not configured."""

from __future__ import annotations

import re
from datetime import datetime

from collectors.cli.sheet import Sheet
from collectors.vendors.zte_zxan import cli_parse as parse
from domain.errors import InvalidValueError
from domain.identifiers import OntName, PonName, SerialNumber
from domain.metrics.olt import CARD_ERROR, CARD_OPER, CARD_TYPE, CARD_TYPE_PLANNED
from domain.metrics.ont import ONT_ADMIN, ONT_OPER, ONT_PHASE, ONT_PROVISIONED, ONT_SERIAL_SEEN
from domain.olt import CardRow, DiscoveredRow, OntRow
from domain.reading import Reason
from domain.states import Oper

_STATE = re.compile(
    r"^[ \t]*(?:[a-z]*pon[-_]onu[-_])?([0-9]{1,2})/([0-9]{1,2})/([0-9]{1,3}):([0-9]{1,3})\s+(\S.*)$", re.MULTILINE
)
_COUNT = re.compile(r"^[ \t]*ONU Number *: *([0-9]+)/([0-9]+)\s*$", re.MULTILINE | re.IGNORECASE)
_HEARD = re.compile(
    r"^[ \t]*[a-z]*pon[-_](?:onu|olt)[-_]([0-9]{1,2})/([0-9]{1,2})/([0-9]{1,3})\S*[ \t]+(\S.*)$", re.MULTILINE
)
_CARD = re.compile(r"^[ \t]*((?:[0-9]{1,2}[ \t]+){2,3})([A-Z][A-Z0-9]{2,9})(?:[ \t]+(\S.*))?$", re.MULTILINE)
_LINE_BOARD = re.compile(r"(?:GT|GF|GP|GV|XG|XF|HF)[A-Z0-9]{2}")
_UP = ("INSERVICE", "STANDBY")


def states(answer: str, pon: PonName, at: datetime, command: str) -> list[OntRow] | Reason:
    """``show gpon onu state``, whichever of its layouts: the phase is the one word that names a phase.

    Lines whose words name none or two are malformed readings of that ONU. A table that does not end with its count,
    or counts otherwise, is not believed.
    """
    text = parse.clean(answer)
    count = _COUNT.search(text)
    rows = [row for row in _STATE.finditer(text) if tuple(map(int, row.groups()[:3])) == (pon.shelf, pon.slot, pon.pon)]
    if count is None or int(count[2]) != len(rows):
        return parse.refusal(text) or Reason.MALFORMED
    found = []
    for row in rows:
        sheet = Sheet(at, command)
        words = row[5].lower().split()
        named = [word for word in words if word in parse.PHASES]
        phase = named[0] if len(named) == 1 else None
        sheet.know(ONT_PROVISIONED, value=True)
        sheet.word(ONT_ADMIN, words[0], parse.ADMIN)
        sheet.word(ONT_PHASE, phase, parse.PHASES)
        sheet.word(ONT_OPER, phase, {word: parse.oper(one) for word, one in parse.PHASES.items()})
        found.append(OntRow(OntName(pon.rack, pon.shelf, pon.slot, pon.pon, int(row[4])), sheet.readings))
    return found


def boards(answer: str, at: datetime, command: str) -> list[tuple[CardRow, int]] | Reason:
    """``show card``, with or without the number of the rack: boards, each with its PON ports (0 where it has none)."""
    text = parse.clean(answer)
    if "CfgType" not in text:
        return parse.refusal(text) or Reason.MALFORMED
    found = []
    for numbers, planned, rest in _CARD.findall(text):
        rack, shelf, slot = [1, *map(int, numbers.split())][-3:]
        words = rest.split()
        actual = words[0] if words and not words[0].isdigit() and words[0].upper() != words[-1].upper() else None
        count = next((int(word) for word in words if word.isdigit()), 0)
        sheet = Sheet(at, command)
        sheet.know(CARD_TYPE_PLANNED, planned)
        sheet.read(CARD_TYPE, actual or "-", str)
        sheet.read(CARD_OPER, words[-1] if words else None, lambda word: Oper.UP if word.upper() in _UP else Oper.DOWN)
        sheet.read(CARD_ERROR, words[-1] if words else None, lambda word: _error(word.upper()))
        pons = count if _LINE_BOARD.match(planned) else 0
        found.append((CardRow(f"{rack}/{shelf}/{slot}", slot if pons else None, sheet.readings), pons))
    return found


def _error(status: str) -> str:
    return "no-error" if status in _UP else status.lower()


def heard(answer: str, at: datetime, command: str) -> list[DiscoveredRow] | Reason:
    """``show gpon onu uncfg``: whatever its columns, the port stands first and one word is a serial number."""
    text = parse.clean(answer)
    if found := parse.ERROR.search(text):
        return [] if "no related" in found[1].lower() else parse.refusal(text) or Reason.ERROR
    rows = []
    for row in _HEARD.finditer(text):
        serial = next((found for found in map(_serial, row[4].split()) if found is not None), None)
        sheet = Sheet(at, command)
        if serial is not None:
            sheet.know(ONT_SERIAL_SEEN, serial)
        else:
            sheet.lack((ONT_SERIAL_SEEN,), Reason.MALFORMED, row[4])
        rows.append(DiscoveredRow(PonName(1, int(row[1]), int(row[2]), int(row[3])), sheet.readings))
    return rows


def _serial(word: str) -> SerialNumber | None:
    try:
        return SerialNumber.parse(word)
    except InvalidValueError:
        return None
