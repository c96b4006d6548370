"""What the ISAM's command line shows of an ONT, in XML: levels and diagnostics, identity, state.

``show equipment ont optics`` has what no known SNMP column gives: temperature, voltage and laser current of the ONT.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from lxml import etree

from collectors.cli.sheet import Sheet
from collectors.vendors.nokia_isam.index import cli_ont
from collectors.vendors.nokia_isam.subslocid import text_of, told_of
from domain.identifiers import Firmware, OntName, SerialNumber
from domain.metric import Metric
from domain.metrics import ont as m
from domain.reading import Reason
from domain.states import Admin, Oper

_NOTHING = re.compile(r"|unknown|invalid|undefined|not-available|not available|no power|-", re.IGNORECASE)
_CELL = re.compile(
    r"(?:^|(?<=\s))([a-z][a-z0-9-]*(?:\([a-z]+\))?) :(?: ([^\n]*?))?(?=\s+[a-z][a-z0-9()-]* :(?:\s|$)|\s*$)",
    re.MULTILINE,
)
_ADMIN = {"up": Admin.UNLOCKED, "down": Admin.LOCKED, "unlocked": Admin.UNLOCKED, "locked": Admin.LOCKED}
_OPER = {"up": Oper.UP, "down": Oper.DOWN, "enabled": Oper.UP, "disabled": Oper.DOWN}
_UA, _KM = 0.001, 1000.0  # laser-bias-curr is in microamperes (capture: 7850.0), distances in kilometres

OPTICS: tuple[Metric[Any], ...] = (
    m.ONT_RX_DBM,
    m.ONT_TX_DBM,
    m.OLT_RX_DBM,
    m.ONT_TEMPERATURE_C,
    m.ONT_VOLTAGE_V,
    m.ONT_BIAS_MA,
)
IDENTITY: tuple[Metric[Any], ...] = (
    m.ONT_SERIAL,
    m.ONT_VENDOR,
    m.ONT_HARDWARE,
    m.ONT_EQUIPMENT_ID,
    m.ONT_FIRMWARE_ACTIVE,
    m.ONT_FIRMWARE_STANDBY,
)
STATE: tuple[Metric[Any], ...] = (m.ONT_ADMIN, m.ONT_OPER, m.ONT_DISTANCE_M, m.OLT_RX_DBM, m.ONT_DESCRIPTION)
SHOWN: frozenset[Metric[Any]] = frozenset({*OPTICS, *IDENTITY, *STATE})

Fields = Callable[[str], "str | None"]


def questions(name: OntName) -> tuple[tuple[str, tuple[Metric[Any], ...], Callable[[str, Sheet], None]], ...]:
    """Commands about an ONT, what each tells, and how its answer is read into a sheet."""
    place = cli_ont(name)
    return (
        (f"show equipment ont optics {place} xml", OPTICS, lambda answer, to: optics(answer, name, to)),
        (f"show equipment ont interface {place} detail xml", IDENTITY, lambda answer, to: identity(answer, name, to)),
        (
            f"show equipment ont status pon {place.rpartition('/')[0]} detail xml",
            STATE,
            lambda answer, to: state(answer, name, to),
        ),
    )


def optics(answer: str, name: OntName, sheet: Sheet) -> None:
    """``show equipment ont optics``: dBm, degrees, volts; an ONT that is down has none."""
    fields = _fields(answer, name, "ont-idx", OPTICS, sheet)
    if fields is None:
        return
    sheet.number(m.ONT_RX_DBM, fields("rx-signal-level"), -45, 10)
    sheet.number(m.ONT_TX_DBM, fields("tx-signal-level"), -10, 12)
    sheet.number(m.OLT_RX_DBM, fields("olt-rx-sig-level"), -45, 10)
    sheet.number(m.ONT_TEMPERATURE_C, fields("ont-temperature"), -50, 150)
    sheet.number(m.ONT_VOLTAGE_V, fields("ont-voltage"), 0, 20)
    sheet.read(m.ONT_BIAS_MA, fields("laser-bias-curr"), lambda text: _within(float(text) * _UA, 0, 500))


def identity(answer: str, name: OntName, sheet: Sheet) -> None:
    """``show equipment ont interface … detail``."""
    fields = _fields(answer, name, "ont-idx", IDENTITY, sheet)
    if fields is None:
        return
    sheet.read(m.ONT_SERIAL, fields("sernum"), SerialNumber.parse)
    sheet.read(m.ONT_VENDOR, fields("vendor-id"), str)
    sheet.read(m.ONT_HARDWARE, fields("eqpt-ver-num"), str)
    sheet.read(m.ONT_EQUIPMENT_ID, fields("equip-id"), str)
    sheet.read(m.ONT_FIRMWARE_ACTIVE, fields("sw-ver-act"), lambda text: Firmware(text.encode()))
    sheet.read(m.ONT_FIRMWARE_STANDBY, fields("sw-ver-psv"), lambda text: Firmware(text.encode()))


def state(answer: str, name: OntName, sheet: Sheet) -> None:
    """``show equipment ont status pon … detail``: the row of this ONT among those of its PON port."""
    fields = _fields(answer, name, "ont", STATE, sheet)
    if fields is not None:
        state_of(fields, sheet)


def state_of(fields: Fields, sheet: Sheet) -> None:
    """What one row of ``show equipment ont status pon`` tells of its ONT."""
    sheet.word(m.ONT_ADMIN, fields("admin-status") or fields("admin-state"), _ADMIN)
    sheet.word(m.ONT_OPER, fields("oper-status") or fields("oper-state"), _OPER)
    sheet.read(m.ONT_DISTANCE_M, fields("ont-olt-distance(km)"), lambda text: _within(float(text) * _KM, 0, 60_000))
    sheet.number(m.OLT_RX_DBM, fields("olt-rx-sig-level(dbm)"), -45, 10)
    sheet.read(m.ONT_DESCRIPTION, fields("desc1"), str)


def _fields(answer: str, name: OntName, key: str, metrics: tuple[Metric[Any], ...], sheet: Sheet) -> Fields | None:
    """What stands of this ONT, in XML or in the form of ``detail``; the device's words for nothing become ``-``."""
    told = told_of(answer, name, key)
    block = _block(answer, name, key) if isinstance(told, Reason) else {}
    if isinstance(told, Reason) and not block:
        sheet.lack(metrics, told)
        return None

    if isinstance(told, Reason):
        return lambda wanted: _bare(block.get(wanted))
    return fields_of(told)


def fields_of(instance: etree._Element) -> Fields:
    """The fields of an element of an answer in XML."""
    return lambda wanted: _bare(text_of(instance, "info", wanted))


def _bare(text: str | None) -> str | None:
    if text is None:
        return None
    bare = text.strip(' "')
    return "-" if _NOTHING.fullmatch(bare) else bare


def _block(answer: str, name: OntName, key: str) -> dict[str, str]:
    """The cells ``label : value`` of the block of this ONT; empty where none, or several, are of it."""
    blocks = [dict(_CELL.findall(part)) for part in re.split(r"^-{40,}\s*$", answer, flags=re.MULTILINE)]
    mine = [block for block in blocks if block.get(key, "").strip() == cli_ont(name)]
    return mine[0] if len(mine) == 1 else {}


def _within(value: float, low: float, high: float) -> float | None:
    return round(value, 3) if low <= value <= high else None
