"""What the SmartAX's command line prints, as readings.

Before anything is looked for, the screen is rendered (page questions gone) and alarms that came in between are cut
out: their fields have the same names as those of a table.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from collectors.cli import templates
from collectors.cli.screen import shown
from collectors.cli.sheet import Sheet, labelled
from domain.identifiers import Firmware, OntName, PonName, SerialNumber
from domain.metric import Metric
from domain.metrics.ont import (
    OLT_RX_DBM,
    ONT_ADMIN,
    ONT_BIAS_MA,
    ONT_CONFIG_STATE,
    ONT_DISTANCE_M,
    ONT_DOWN_CAUSE,
    ONT_EQUIPMENT_ID,
    ONT_FIRMWARE_ACTIVE,
    ONT_FIRMWARE_STANDBY,
    ONT_HARDWARE,
    ONT_LAST_DOWN,
    ONT_LAST_DYING_GASP,
    ONT_LAST_UP,
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
from domain.olt import OntRow
from domain.reading import Reason
from domain.states import Admin, DownCause, Duplex, EthernetRate, Negotiation, Oper

_ALARM = re.compile(
    r"^[ \t]*! (?:FAULT|RUNNING|RECOVERY|EVENT|RESUME)\b.*?(?:^[ \t]*--- END[ \t]*(?:\n|\Z)|\Z)", re.M | re.S
)
_RULE = re.compile(r"^ +-{20,}$", re.MULTILINE)
_FAILURE = re.compile(r"^\s*Failure: *(.+?)\s*$", re.MULTILINE)
_REFUSED = re.compile(r"^\s*% (?:Unknown command|Parameter error|Incomplete command|Too many parameters)", re.MULTILINE)
_DATES = ("%Y-%m-%d %H:%M:%S%z", "%d/%m/%Y %H:%M:%S%z", "%d-%m-%Y %H:%M:%S%z")
_SERIAL = re.compile(r"([0-9A-F]{16})(?: \([A-Z0-9]{4}-[0-9A-F]{8}\))?")
_SPEED = re.compile(r"(auto_)?(10|100|1000|10000)")
_DUPLEX = re.compile(r"(auto_)?(half|full)")

_CONTROL = {"active": Admin.UNLOCKED, "deactivated": Admin.LOCKED, "deactive": Admin.LOCKED}
_RUN = {"online": Oper.UP, "offline": Oper.DOWN}
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
    ONT_ADMIN,
    ONT_OPER,
    ONT_CONFIG_STATE,
    ONT_MATCH_STATE,
    ONT_DISTANCE_M,
    ONT_SERIAL,
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


def table(text: str) -> str:
    """What stands between the first rule and the last, rules included; empty where there is none."""
    rules = list(_RULE.finditer(text))
    return text[rules[0].start() : rules[-1].end()] + "\n" if len(rules) > 1 else ""


def refusal(text: str) -> Reason | None:
    """Why the device gave no table; ``None`` where it did."""
    if found := _FAILURE.search(text):
        return Reason.OFFLINE if "not online" in found[1] else Reason.NO_READING
    return Reason.NOT_SUPPORTED if _REFUSED.search(text) else None


def info(answer: str, name: OntName, sheet: Sheet) -> None:
    """``display ont info <frame> <slot> <port> <ont>``."""
    text = clean(answer)
    failure = _FAILURE.search(text)
    if failure and "does not exist" in failure[1]:
        sheet.know(ONT_PROVISIONED, value=False)
        sheet.lack(INFO, Reason.NO_READING, failure[1])
        return
    reason = refusal(text)
    found = templates.rows("huawei_smartax_display_ont_info_0_1", table(text)) if reason is None else reason
    record = found[0] if isinstance(found, list) and found else {}
    place = f"{name.shelf}/{name.slot}/{name.pon}"
    if record.get("fsp", "").replace(" ", "") != place or record.get("ont_id") != str(name.ont):
        sheet.lack(INFO, reason or Reason.MALFORMED)
        return
    sheet.know(ONT_PROVISIONED, value=True)
    sheet.word(ONT_ADMIN, record["control_flag"], _CONTROL)
    sheet.word(ONT_OPER, record["run_state"], _RUN)
    sheet.read(ONT_CONFIG_STATE, record["config_state"], str)
    sheet.read(ONT_MATCH_STATE, record["match_state"], str)
    sheet.number(ONT_DISTANCE_M, record["distance_m"], 0, 60_000)
    sheet.read(ONT_SERIAL, record["serial_number"], _serial)
    sheet.read(ONT_DOWN_CAUSE, record["last_down_cause"], lambda text: _CAUSES.get(text.lower(), DownCause.OTHER))
    sheet.read(ONT_LAST_UP, record["last_up_time"], _instant)
    sheet.read(ONT_LAST_DOWN, record["last_down_time"], _instant)
    sheet.read(ONT_LAST_DYING_GASP, record["last_dying_gasp_time"], _instant)


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
    reason = refusal(text)
    found = (
        templates.rows("huawei_smartax_display_ont_port_state_0_1_eth-port", table(text)) if reason is None else reason
    )
    rows = [row for row in found if row["ont_id"] == str(name.ont)] if isinstance(found, list) else []
    if not rows:
        sheet.lack(UNI, reason or Reason.MALFORMED)
        return
    row = min(rows, key=lambda row: (row["link_state"] != "up", row["ont_port_id"]))
    sheet.word(UNI_OPER, row["link_state"], _LINK)
    speed, duplex = _SPEED.fullmatch(row["speed_mbps"]), _DUPLEX.fullmatch(row["duplex"])
    if speed is None or duplex is None:
        down = row["link_state"] == "down"
        sheet.lack(UNI[1:], Reason.NO_READING if down else Reason.MALFORMED, f"{row['speed_mbps']} {row['duplex']}")
        return
    sheet.know(UNI_SPEED_MBPS, int(speed[2]))
    sheet.know(UNI_DUPLEX, Duplex(duplex[2]))
    sheet.know(UNI_NEGOTIATION, Negotiation.AUTO if speed[1] else Negotiation.FORCED)
    sheet.read(UNI_RATE, f"{speed[2]}_{duplex[2]}", EthernetRate)


def onts(answer: str, pon: PonName, at: datetime, command: str) -> list[OntRow] | Reason:
    """``display ont info <frame> <slot> <port> all``: states and serial numbers of the ONTs of a port."""
    text = clean(answer)
    if found := _FAILURE.search(text):
        return [] if "no ONT" in found[1] else refusal(text) or Reason.ERROR
    rows = templates.rows("huawei_smartax_display_ont_info_0_1_2", table(text))
    if not isinstance(rows, list) or not rows:
        return refusal(text) or Reason.MALFORMED
    place = f"{pon.shelf}/{pon.slot}/{pon.pon}"
    kept = []
    for row in rows:
        if row["fsp"].replace(" ", "") != place:
            continue
        sheet = Sheet(at, command)
        sheet.know(ONT_PROVISIONED, value=True)
        sheet.word(ONT_ADMIN, row["control_flag"], _CONTROL)
        sheet.word(ONT_OPER, row["run_state"], _RUN)
        sheet.read(ONT_SERIAL, row["serial_number"], _serial)
        kept.append(OntRow(OntName(pon.rack, pon.shelf, pon.slot, pon.pon, int(row["ont_id"])), sheet.readings))
    return kept


def _serial(text: str) -> SerialNumber | None:
    found = _SERIAL.fullmatch(text)
    return SerialNumber.parse(found[1]) if found else None


def _instant(text: str) -> datetime | None:
    for form in _DATES:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 - every form has its zone
        except ValueError:
            continue
    return None
