"""The tables of the SmartAX's command line: boards, the ONTs of a port, ONTs heard and not configured.

The public templates of these tables drop rows whose slot has two digits or whose states they do not list: rows are read
by their shape here, and counted against the total that the device prints.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from collectors.cli.sheet import Sheet, labelled
from collectors.vendors.huawei_smartax import cli_parse as parse
from domain.identifiers import Firmware, OntName, PonName
from domain.metrics.olt import CARD_ERROR, CARD_OPER, CARD_TYPE, OLT_UPTIME_S
from domain.metrics.ont import (
    ONT_ADMIN,
    ONT_CONFIG_STATE,
    ONT_EQUIPMENT_ID,
    ONT_FIRMWARE_ACTIVE,
    ONT_HARDWARE,
    ONT_MATCH_STATE,
    ONT_OPER,
    ONT_PROVISIONED,
    ONT_SERIAL,
    ONT_SERIAL_SEEN,
    ONT_VENDOR,
)
from domain.olt import CardRow, DiscoveredRow, OntRow
from domain.reading import Reason
from domain.states import Oper

_ROW = re.compile(r"[ \t]*([0-9]{1,2})/[ \t]*([0-9]{1,2})/[ \t]*([0-9]{1,3})[ \t]+([0-9]{1,3})[ \t]+(\S.*)")
_TITLE = re.compile(r"[ \t]*F ?/ ?S ?/ ?P\b(.*)")
_TOTAL = re.compile(r"total(?: number)? of ONTs?\s+(?:is|are)\s*:?\s*([0-9]+)", re.IGNORECASE)
_NONE = re.compile(r"\bno\b[^\n]*\bONTs?\b|ONTs? do(?:es)? not exist", re.IGNORECASE)
_BOARD = re.compile(r"^[ \t]*([0-9]{1,2})[ \t]+([A-Z][A-Z0-9]{5,11})[ \t]+([A-Za-z][\w-]*)(?:[ \t].*)?$", re.MULTILINE)
_UPTIME = re.compile(r"([0-9]+) *(day|hour|minute|second)s?(?:\(s\))?", re.IGNORECASE)
_LINE_BOARD = re.compile(r"H[0-9]{3}(?:GP|XG|XS|GS|CG|TW)")
_SECONDS = {"day": 86400, "hour": 3600, "minute": 60, "second": 1}
_UP = ("normal", "active_normal", "standby_normal")


def carries_pons(board: CardRow) -> bool:
    """Whether a board's type is of those that have PON ports (``H805GPFD``, ``H901XSHF``)."""
    return _LINE_BOARD.match(board.readings.value(CARD_TYPE) or "") is not None


def uptime(answer: str, sheet: Sheet) -> None:
    """``display sysuptime``: ``System up time: 11 day 22 hour 5 minute 17 second``."""
    text = parse.clean(answer).partition("up time")[2]
    spans = {unit.lower(): int(number) for number, unit in _UPTIME.findall(text)}
    if spans:
        sheet.know(OLT_UPTIME_S, float(sum(_SECONDS[unit] * number for unit, number in spans.items())))
    else:
        sheet.lack((OLT_UPTIME_S,), parse.refusal(parse.clean(answer)) or Reason.MALFORMED)


def boards(answer: str, at: datetime, command: str) -> list[CardRow] | Reason:
    """``display board <frame>``; empty slots are left out."""
    text = parse.clean(answer)
    if "BoardName" not in text:
        return parse.refusal(text) or Reason.MALFORMED
    found = []
    for slot, board, status in _BOARD.findall(parse.table(text)):
        sheet = Sheet(at, command)
        sheet.know(CARD_TYPE, board)
        sheet.know(CARD_OPER, Oper.UP if status.lower() in _UP else Oper.DOWN)
        sheet.know(CARD_ERROR, "no-error" if status.lower() in _UP else status.lower().replace("_", "-"))
        row = CardRow(f"0/{slot}", int(slot), sheet.readings)
        found.append(row if carries_pons(row) else CardRow(row.name, None, row.readings))
    return found


def onts(answer: str, pon: PonName, at: datetime, command: str) -> list[OntRow] | Reason:
    """``display ont info <frame> <slot> <port> all``: states and serial numbers of the ONTs of a port.

    A table that counts otherwise than its last line says is not believed.
    """
    text = parse.clean(answer)
    if found := parse.FAILURE.search(text):
        return [] if _NONE.search(found[1]) else parse.refusal(text) or Reason.ERROR
    rows = {name: words for name, words in _rows(text) if name.pon_name == pon}
    total = _TOTAL.search(text)
    if not rows and total is None:
        return parse.refusal(text) or Reason.MALFORMED
    if total is not None and int(total[1]) != len(rows):
        return Reason.MALFORMED
    return [OntRow(name, _states(words, Sheet(at, command)).readings) for name, words in sorted(rows.items())]


def _rows(text: str) -> Iterator[tuple[OntName, list[str]]]:
    """The rows of the table of states: another one, of descriptions, follows under the same first columns."""
    states = False
    for line in text.splitlines():
        if title := _TITLE.match(line):
            states = "Run" in title[1] or "Control" in title[1]
        elif states and (row := _ROW.match(line)):
            frame, slot, port, ont = (int(number) for number in row.groups()[:4])
            yield OntName(0, frame, slot, port, ont), row[5].split()


def _states(words: list[str], sheet: Sheet) -> Sheet:
    serial, control, run, config, match = [*words, *["-"] * 5][:5]
    sheet.know(ONT_PROVISIONED, value=True)
    sheet.word(ONT_ADMIN, control, parse.CONTROL)
    sheet.word(ONT_OPER, run, parse.RUN)
    sheet.read(ONT_SERIAL, serial, parse.serial)
    sheet.read(ONT_CONFIG_STATE, config, str)
    sheet.read(ONT_MATCH_STATE, match, str)
    return sheet


def autofind(answer: str, at: datetime, command: str) -> list[DiscoveredRow] | Reason:
    """``display ont autofind all``: one block of fields an ONT."""
    text = parse.clean(answer)
    if found := parse.FAILURE.search(text):
        return [] if _NONE.search(found[1]) else parse.refusal(text) or Reason.ERROR
    rows = []
    for block in re.split(r"^[ \t]*Number[ \t]*:", text, flags=re.MULTILINE)[1:]:
        fields = labelled(block)
        place = re.findall("[0-9]+", fields.get("F/S/P") or "")
        sheet = Sheet(at, command)
        sheet.read(ONT_SERIAL_SEEN, fields.get("Ont SN"), parse.serial)
        sheet.read(ONT_VENDOR, fields.get("VendorID", "-"), str)
        sheet.read(ONT_HARDWARE, fields.get("Ont Version", "-"), str)
        sheet.read(ONT_FIRMWARE_ACTIVE, fields.get("Ont SoftwareVersion", "-"), lambda text: Firmware(text.encode()))
        sheet.read(ONT_EQUIPMENT_ID, fields.get("Ont EquipmentID", "-"), str)
        pon = PonName(0, *(int(number) for number in place)) if len(place) == 3 else None
        rows.append(DiscoveredRow(pon, sheet.readings))
    return rows if rows else parse.refusal(text) or Reason.MALFORMED
