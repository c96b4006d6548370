"""What the SmartAX's command line prints, as readings.

Before anything is looked for, the screen is rendered (page questions gone) and alarms that came in between are cut
out: their fields have the same names as those of a table.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from collectors.cli.screen import shown
from collectors.cli.sheet import Sheet, labelled
from domain.identifiers import Firmware, OntName, SerialNumber
from domain.metric import Metric
from domain.metrics.ont import (
    OLT_RX_DBM,
    ONT_ADMIN,
    ONT_BIAS_MA,
    ONT_CONFIG_STATE,
    ONT_DESCRIPTION,
    ONT_DISTANCE_M,
    ONT_DOWN_CAUSE,
    ONT_EQUIPMENT_ID,
    ONT_FIRMWARE_ACTIVE,
    ONT_FIRMWARE_STANDBY,
    ONT_HARDWARE,
    ONT_LAST_DOWN,
    ONT_LAST_DYING_GASP,
    ONT_LAST_UP,
    ONT_LOID,
    ONT_MATCH_STATE,
    ONT_OPER,
    ONT_PROVISIONED,
    ONT_RX_DBM,
    ONT_SERIAL,
    ONT_TEMPERATURE_C,
    ONT_TX_DBM,
    ONT_VENDOR,
    ONT_VOLTAGE_V,
    UNI_DUPLEX,
    UNI_NEGOTIATION,
    UNI_OPER,
    UNI_RATE,
    UNI_SPEED_MBPS,
)
from domain.reading import Reason
from domain.states import Admin, DownCause, Duplex, EthernetRate, Negotiation, Oper

_ALARM = re.compile(
    r"^[ \t]*! (?:FAULT|RUNNING|RECOVERY|EVENT|RESUME)\b.*?(?:^[ \t]*--- END[ \t]*(?:\n|\Z)|\Z)", re.M | re.S
)
_RULE = re.compile(r"^ *-{20,}$", re.MULTILINE)
FAILURE = re.compile(r"^\s*(?:Failure|Error) *: *(.+?)\s*$", re.MULTILINE | re.IGNORECASE)
_REFUSED = re.compile(
    r"^\s*% ?(?:Unknown command|Parameter error|Incomplete command|Too many parameters)", re.MULTILINE | re.IGNORECASE
)
_DATES = ("%Y-%m-%d %H:%M:%S%z", "%d/%m/%Y %H:%M:%S%z", "%d-%m-%Y %H:%M:%S%z")
_DOWN = re.compile(r"not on-?line|off-?line", re.IGNORECASE)
_ABSENT = re.compile(r"not exist|no such ONT", re.IGNORECASE)
_SERIAL = re.compile(r"([0-9A-Z]{4}[0-9A-F]{8}|[0-9A-F]{16})(?:\s*\(.*\))?", re.IGNORECASE)
_PORT = re.compile(  # ONT, port, type, speed, duplex, link; whatever else stands behind
    r"^[ \t]*([0-9]{1,3})[ \t]+([0-9]{1,2})[ \t]+[A-Z]\w*[ \t]+(\S+)[ \t]+(\S+)[ \t]+(up|down|-)(?!\S)",
    re.MULTILINE | re.IGNORECASE,
)
_SPEED = re.compile(r"(auto_)?(10|100|1000|10000)")
_DUPLEX = re.compile(r"(auto_)?(half|full)")

CONTROL = {"active": Admin.UNLOCKED, "deactivated": Admin.LOCKED, "deactive": Admin.LOCKED}
RUN = {"online": Oper.UP, "offline": Oper.DOWN}
_LINK = {"up": Oper.UP, "down": Oper.DOWN}
_CAUSES = {
    "los": DownCause.LOS,
    "losi/lobi": DownCause.LOS,
    "losi": DownCause.LOS,
    "lofi": DownCause.LOF,
    "sfi": DownCause.SF,
    "loai": DownCause.LOA,
    "loami": DownCause.LOAM,
    "loki": DownCause.LOK,
    "deact-fail": DownCause.DEACTIVATION_FAILED,
    "deact-success": DownCause.DEACTIVATED,
    "reset": DownCause.RESET,
    "re-register": DownCause.REREGISTERED,
    "pop": DownCause.POPUP_FAILED,
    "dying-gasp": DownCause.DYING_GASP,
}

INFO: tuple[Metric[Any], ...] = (
    ONT_PROVISIONED,
    ONT_ADMIN,
    ONT_OPER,
    ONT_CONFIG_STATE,
    ONT_MATCH_STATE,
    ONT_DISTANCE_M,
    ONT_SERIAL,
    ONT_LOID,
    ONT_DESCRIPTION,
    ONT_DOWN_CAUSE,
    ONT_LAST_UP,
    ONT_LAST_DOWN,
    ONT_LAST_DYING_GASP,
)
OPTICS: tuple[Metric[Any], ...] = (
    ONT_RX_DBM,
    ONT_TX_DBM,
    OLT_RX_DBM,
    ONT_BIAS_MA,
    ONT_TEMPERATURE_C,
    ONT_VOLTAGE_V,
)
VERSION: tuple[Metric[Any], ...] = (
    ONT_VENDOR,
    ONT_HARDWARE,
    ONT_EQUIPMENT_ID,
    ONT_FIRMWARE_ACTIVE,
    ONT_FIRMWARE_STANDBY,
)
UNI: tuple[Metric[Any], ...] = (UNI_OPER, UNI_SPEED_MBPS, UNI_DUPLEX, UNI_NEGOTIATION, UNI_RATE)


def clean(answer: str) -> str:
    """The answer without page questions and alarms."""
    return _ALARM.sub("", shown(answer) + "\n")


def table(text: str, sections: int | None = None) -> str:
    """What stands between the first rule and the last, or that ends ``sections`` of them; empty where there is none."""
    rules = list(_RULE.finditer(text))
    return text[rules[0].start() : rules[: sections and sections + 1][-1].end()] + "\n" if len(rules) > 1 else ""


def refusal(text: str) -> Reason | None:
    """Why the device gave no table; ``None`` where it did."""
    if found := FAILURE.search(text):
        return Reason.OFFLINE if _DOWN.search(found[1]) else Reason.NO_READING
    return Reason.NOT_SUPPORTED if _REFUSED.search(text) else None


def info(answer: str, name: OntName, sheet: Sheet) -> None:
    """``display ont info <frame> <slot> <port> <ont>``."""
    text = clean(answer)
    failure = FAILURE.search(text)
    if failure and _ABSENT.search(failure[1]):
        sheet.lack(INFO, Reason.NO_READING, failure[1])
        sheet.know(ONT_PROVISIONED, value=False)
        return
    fields = labelled(table(text, sections=1))
    place = tuple(re.findall("[0-9]+", f"{fields.get('F/S/P')} {fields.get('ONT-ID')}"))
    if place != tuple(map(str, (name.shelf, name.slot, name.pon, name.ont))):
        sheet.lack(INFO, refusal(text) or Reason.MALFORMED)
        return
    sheet.know(ONT_PROVISIONED, value=True)
    sheet.word(ONT_ADMIN, fields.get("Control flag"), CONTROL)
    sheet.word(ONT_OPER, fields.get("Run state"), RUN)
    sheet.read(ONT_CONFIG_STATE, fields.get("Config state"), str)
    sheet.read(ONT_MATCH_STATE, fields.get("Match state"), str)
    sheet.number(ONT_DISTANCE_M, fields.get("ONT distance(m)"), 0, 60_000)
    sheet.read(ONT_SERIAL, fields.get("SN", "-"), serial)
    sheet.read(ONT_LOID, fields.get("Loid", "-"), str)
    sheet.read(ONT_DESCRIPTION, _described(fields.get("Description", "-")), str)
    sheet.read(ONT_DOWN_CAUSE, fields.get("Last down cause"), lambda text: _CAUSES.get(text.lower(), DownCause.OTHER))
    sheet.read(ONT_LAST_UP, fields.get("Last up time"), _instant)
    sheet.read(ONT_LAST_DOWN, fields.get("Last down time"), _instant)
    sheet.read(ONT_LAST_DYING_GASP, fields.get("Last dying gasp time"), _instant)


def _described(text: str | None) -> str | None:
    return "-" if text == "ONT_NO_DESCRIPTION" else text


def optics(answer: str, sheet: Sheet) -> None:
    """``display ont optical-info <port> <ont>``; degrees, milliamperes, volts, dBm."""
    fields = _fields(answer, OPTICS, "Rx optical power(dBm)", sheet)
    if fields is None:
        return
    for metric, label in (
        (ONT_RX_DBM, "Rx optical power(dBm)"),
        (ONT_TX_DBM, "Tx optical power(dBm)"),
        (OLT_RX_DBM, "OLT Rx ONT optical power(dBm)"),
    ):
        sheet.number(metric, fields.get(label), -50, 12)
    sheet.number(ONT_BIAS_MA, fields.get("Laser bias current(mA)"), 0, 500)
    sheet.number(ONT_TEMPERATURE_C, fields.get("Temperature(C)"), -61, 150)
    sheet.number(ONT_VOLTAGE_V, fields.get("Voltage(V)"), 0, 20)


def version(answer: str, sheet: Sheet) -> None:
    """``display ont version <frame> <slot> <port> <ont>``."""
    fields = _fields(answer, VERSION, "Main Software Version", sheet)
    if fields is None:
        return
    sheet.read(ONT_VENDOR, fields.get("Vendor-ID"), str)
    sheet.read(ONT_HARDWARE, fields.get("ONT Version"), str)
    sheet.read(ONT_EQUIPMENT_ID, fields.get("Equipment-ID", fields.get("OntProductDescription")), str)
    sheet.read(ONT_FIRMWARE_ACTIVE, fields.get("Main Software Version"), lambda text: Firmware(text.encode()))
    sheet.read(ONT_FIRMWARE_STANDBY, fields.get("Standby Software Version"), lambda text: Firmware(text.encode()))


def _fields(answer: str, metrics: tuple[Metric[Any], ...], sign: str, sheet: Sheet) -> dict[str, str | None] | None:
    """The fields of a table that has the label ``sign``; otherwise every metric lacks, and why."""
    text = clean(answer)
    fields = labelled(table(text))
    if sign in fields:
        return fields
    sheet.lack(metrics, refusal(text) or Reason.MALFORMED)
    return None


def ports(answer: str, name: OntName, sheet: Sheet) -> None:
    """``display ont port state <port> <ont> eth-port all``: the first port with a link, else the first."""
    text = clean(answer)
    rows = [row[1:] for row in _PORT.findall(text) if int(row[0]) == name.ont]
    if not rows:
        sheet.lack(UNI, refusal(text) or Reason.MALFORMED)
        return
    *_, link, rate, mode = min((row[3].lower() != "up", int(row[0]), row[3].lower(), row[1], row[2]) for row in rows)
    sheet.word(UNI_OPER, link, _LINK)
    speed, duplex = _SPEED.fullmatch(rate.lower()), _DUPLEX.fullmatch(mode.lower())
    if speed is None or duplex is None:
        sheet.lack(UNI[1:], Reason.MALFORMED if link == "up" else Reason.NO_READING, f"{rate} {mode}")
        return
    sheet.know(UNI_SPEED_MBPS, int(speed[2]))
    sheet.know(UNI_DUPLEX, Duplex(duplex[2]))
    sheet.know(UNI_NEGOTIATION, Negotiation.AUTO if speed[1] else Negotiation.FORCED)
    sheet.read(UNI_RATE, f"{speed[2]}_{duplex[2]}", EthernetRate)


def serial(text: str) -> SerialNumber | None:
    """``485754430172629D``, with ``(HWTC-0172629D)`` behind it or not; ``None`` for anything else."""
    found = _SERIAL.fullmatch(text)
    return SerialNumber.parse(found[1]) if found else None


def _instant(text: str) -> datetime | None:
    for form in _DATES:
        try:
            return datetime.strptime(text, form).astimezone(UTC)
        except ValueError:
            continue
    return None
