"""What the ZXA10's command line prints, as readings. C300, C320 and C600 differ in spelling and in table columns."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from typing import Any

from collectors.cli.screen import shown
from collectors.cli.sheet import Sheet, labelled
from domain.identifiers import OntName, SerialNumber
from domain.metric import Metric
from domain.metrics.olt import PON_TX_DBM
from domain.metrics.ont import (
    OLT_RX_DBM,
    ONT_ADMIN,
    ONT_DISTANCE_M,
    ONT_DOWN_CAUSE,
    ONT_EQUIPMENT_ID,
    ONT_LAST_DOWN,
    ONT_LAST_UP,
    ONT_NAME,
    ONT_OPER,
    ONT_PASSWORD,
    ONT_PHASE,
    ONT_PROVISIONED,
    ONT_RX_DBM,
    ONT_SERIAL,
    ONT_TX_DBM,
    UNI_DUPLEX,
    UNI_NEGOTIATION,
    UNI_OPER,
    UNI_RATE,
    UNI_SPEED_MBPS,
)
from domain.reading import Reason
from domain.states import Admin, DownCause, Duplex, EthernetRate, Negotiation, OntPhase, Oper

_ALARM = re.compile(r"^[ \t]*[0-9:]{8} %[^\n]*\n?", re.MULTILINE)
_INVALID = re.compile(r"^\s*%Error [0-9]+ ?: ?Invalid input", re.MULTILINE)
ERROR = re.compile(r"^\s*%(?:Code|Error) ?[0-9]*[^:\n]*: *([^\n]*)", re.MULTILINE)
_PASSAGE = re.compile(r"^\s*[0-9]{1,2} +(\S+ \S+) +(\S+ \S+)(?: +(\S+))?\s*$", re.MULTILINE)
_LEVEL = r"(-?[0-9]+(?:\.[0-9]+)? ?\(dbm\)|no signal|N/A|-+)"
_UP = re.compile(rf"^\s*up\s+Rx ?: ?{_LEVEL}\s+Tx ?: ?{_LEVEL}", re.MULTILINE | re.IGNORECASE)
_DOWN = re.compile(rf"^\s*down\s+Tx ?: ?{_LEVEL}\s+Rx ?: ?{_LEVEL}", re.MULTILINE | re.IGNORECASE)
_SPEED = re.compile(r"(half|full)-(10|100|1000|10000)")
_NEVER = "0000-00-00 00:00:00"
_MASKED = re.compile(r"\*+")

ADMIN = {"enable": Admin.UNLOCKED, "disable": Admin.LOCKED}
PHASES = {
    "logging": OntPhase.LOGGING,
    "los": OntPhase.LOS,
    "syncmib": OntPhase.SYNCHRONISING,
    "working": OntPhase.WORKING,
    "dyinggasp": OntPhase.DYING_GASP,
    "authfail": OntPhase.AUTHENTICATION_FAILED,
    "authfailed": OntPhase.AUTHENTICATION_FAILED,
    "offline": OntPhase.OFFLINE,
}
_CAUSES = {
    "los": DownCause.LOS,
    "losi": DownCause.LOS,
    "lofi": DownCause.LOF,
    "sfi": DownCause.SF,
    "loai": DownCause.LOA,
    "loami": DownCause.LOAM,
    "authfail": DownCause.AUTHENTICATION_FAILED,
    "dyinggasp": DownCause.DYING_GASP,
    "poweroff": DownCause.POWER_OFF,
    "reboot": DownCause.RESET,
    "shutdown": DownCause.SHUT_DOWN,
    "deactive": DownCause.DEACTIVATED,
}
_OPERATE = {"enable": Oper.UP, "disable": Oper.DOWN}

DETAIL: tuple[Metric[Any], ...] = (
    ONT_PROVISIONED,
    ONT_NAME,
    ONT_EQUIPMENT_ID,
    ONT_ADMIN,
    ONT_PHASE,
    ONT_OPER,
    ONT_SERIAL,
    ONT_PASSWORD,
    ONT_DISTANCE_M,
    ONT_LAST_UP,
    ONT_LAST_DOWN,
    ONT_DOWN_CAUSE,
)
LEVELS: tuple[Metric[Any], ...] = (OLT_RX_DBM, ONT_TX_DBM, PON_TX_DBM, ONT_RX_DBM)
RATE: tuple[Metric[Any], ...] = (UNI_SPEED_MBPS, UNI_DUPLEX, UNI_RATE)
UNI: tuple[Metric[Any], ...] = (UNI_OPER, UNI_NEGOTIATION, *RATE)


def clean(answer: str) -> str:
    """The answer without page questions and alarms."""
    return _ALARM.sub("", shown(answer) + "\n")


def refused(answer: str) -> bool:
    """Whether the command is not of this OLT: the other spelling may be."""
    return _INVALID.search(shown(answer)) is not None


def refusal(text: str) -> Reason | None:
    """Why the device gave no table; ``None`` where it did."""
    if _INVALID.search(text):
        return Reason.NOT_SUPPORTED
    found = ERROR.search(text)
    if found is None:
        return None
    return Reason.OFFLINE if "offline" in found[1].lower() else Reason.NO_READING


def detail(answer: str, name: OntName, zone: tzinfo | None, sheet: Sheet) -> None:
    """``show gpon onu detail-info``. Its instants have no zone: without ``zone`` they are not read."""
    text = clean(answer)
    fields = labelled(text)
    place = tuple(map(int, re.findall(r"[0-9]+", fields.get("ONU interface") or "")))
    if place != (name.shelf, name.slot, name.pon, name.ont):
        reason = refusal(text)
        sheet.lack(DETAIL, reason or Reason.MALFORMED)
        if reason is Reason.NO_READING and "not exist" in text:
            sheet.know(ONT_PROVISIONED, value=False)
        return
    sheet.know(ONT_PROVISIONED, value=True)
    sheet.read(ONT_NAME, _unmasked(fields.get("Name")), str)
    sheet.read(ONT_EQUIPMENT_ID, fields.get("Type"), str)
    sheet.word(ONT_ADMIN, fields.get("Admin state"), ADMIN)
    sheet.word(ONT_PHASE, fields.get("Phase state"), PHASES)
    sheet.word(ONT_OPER, fields.get("Phase state"), {word: oper(phase) for word, phase in PHASES.items()})
    sheet.read(ONT_SERIAL, fields.get("Serial number"), SerialNumber.parse)
    sheet.read(ONT_PASSWORD, _unmasked(fields.get("Password")), str)
    sheet.number(ONT_DISTANCE_M, fields.get("ONU Distance"), 0, 60_000, unit="m")
    _history(text, zone, sheet)


def _history(text: str, zone: tzinfo | None, sheet: Sheet) -> None:
    """The last passages, the newest last; empty ones are all zero."""
    passages = [match.groups() for match in _PASSAGE.finditer(text)]
    if not passages:
        sheet.lack((ONT_LAST_UP, ONT_LAST_DOWN, ONT_DOWN_CAUSE), Reason.MALFORMED)
        return
    ups = [up for up, _, _ in passages if up != _NEVER]
    downs = [(down, cause) for _, down, cause in passages if down != _NEVER]
    for metric, found in ((ONT_LAST_UP, ups[-1:]), (ONT_LAST_DOWN, [down for down, _ in downs[-1:]])):
        if zone is None:
            sheet.lack((metric,), Reason.NOT_SUPPORTED)
        else:
            sheet.read(metric, found[0] if found else "-", lambda text: _instant(text, zone))
    cause = (downs[-1][1] or "-") if downs else "-"
    sheet.read(ONT_DOWN_CAUSE, cause, lambda text: _CAUSES.get(text.lower(), DownCause.OTHER))


def _instant(text: str, zone: tzinfo) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=zone).astimezone(UTC)


def _unmasked(text: str | None) -> str:
    """Masked and absent names are no reading: C600 shows stars instead of them."""
    return "-" if text is None or _MASKED.fullmatch(text) else text


def oper(phase: OntPhase) -> Oper:
    """An ONU that works is up."""
    return Oper.UP if phase is OntPhase.WORKING else Oper.DOWN


def attenuation(answer: str, sheet: Sheet) -> None:
    """``show pon power attenuation``: levels of both ends, dBm."""
    text = clean(answer)
    up, down = _UP.search(text), _DOWN.search(text)
    if up is None or down is None:
        sheet.lack(LEVELS, refusal(text) or Reason.MALFORMED)
        return
    for metric, level in zip(LEVELS, (*up.groups(), *down.groups()), strict=True):
        sheet.number(metric, level.lower().replace("n/a", "N/A"), -50, 12, unit="(dbm)")


def ports(answer: str, sheet: Sheet) -> None:
    """``show gpon remote-onu interface eth``: the first port with a link, else the first."""
    text = clean(answer)
    blocks = [labelled(f"Interface:{block}") for block in text.split("Interface:")[1:]]
    if not blocks:
        sheet.lack(UNI, refusal(text) or Reason.MALFORMED)
        return
    block = next((one for one in blocks if one.get("Operate status") == "enable"), blocks[0])
    sheet.word(UNI_OPER, block.get("Operate status"), _OPERATE)
    sheet.read(UNI_NEGOTIATION, block.get("Speed config", "-"), lambda text: _negotiation(text.lower()))
    status = block.get("Speed status")
    speed = _SPEED.fullmatch(status or "")
    if speed is None:
        down = block.get("Operate status") == "disable"
        sheet.lack(RATE, Reason.NO_READING if down else Reason.MALFORMED, status)
        return
    sheet.know(UNI_SPEED_MBPS, int(speed[2]))
    sheet.know(UNI_DUPLEX, Duplex(speed[1]))
    sheet.read(UNI_RATE, f"{speed[2]}_{speed[1]}", EthernetRate)


def _negotiation(config: str) -> Negotiation | None:
    """``auto``, or the one rate that is allowed."""
    if config == "auto":
        return Negotiation.AUTO
    return Negotiation.FORCED if _SPEED.fullmatch(config) else None
