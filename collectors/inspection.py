"""What an OLT holds, for an engineer: probe the vendor, walk, show as tables or as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Any

from collectors.driving.agents import agent_of
from collectors.register import Site, driver, drivers
from collectors.snmp.client import Exchange, UdpSnmpClient
from collectors.snmp.legacy import Legacy
from collectors.snmp.values import Agent, Kind, VarBind, dotted
from domain.clock import Clock
from domain.errors import DeviceProtocolError, DeviceTimeoutError, DeviceUnreachableError
from domain.metric import Metric, Readings
from domain.metrics import olt as m
from domain.metrics import ont as n
from domain.olt import OltTarget, OltWalk
from domain.reading import Reading, Reason
from domain.units import format_level

_SYS_DESCR = (1, 3, 6, 1, 2, 1, 1, 1, 0)
_SYS_OBJECT_ID = (1, 3, 6, 1, 2, 1, 1, 2, 0)
_VERSION_S = 6.0  # C: for the question whether an agent speaks SNMPv1 only
_UNKNOWN = "non mesuré"

USER_REFUSED, NO_DRIVER = "the user is refused", "no driver for sysObjectID"
"""Details of errors, the second with what the agent calls itself behind."""

REASONS_FR: Mapping[Reason, str] = {
    Reason.NOT_READ: "non lu",
    Reason.NOT_SUPPORTED: "absent de cet OLT",
    Reason.TIMEOUT: "sans réponse à temps",
    Reason.UNREACHABLE: "injoignable",
    Reason.OFFLINE: "ONT hors ligne",
    Reason.NO_READING: "l'OLT dit n'avoir pas de valeur",
    Reason.OUT_OF_RANGE: "valeur impossible",
    Reason.MALFORMED: "réponse mal formée",
    Reason.STALE: "trop ancien",
    Reason.NEVER_SEEN: "jamais vu",
    Reason.ERROR: "refusé par l'OLT",
    Reason.CONTRADICTED: "contredit par une lecture plus sûre",
    Reason.CLOCK: "horloge fausse",
    Reason.NO_INTERVAL: "durée du compteur inconnue",
}
"""Why there is no value, for an engineer."""

_OLT: dict[str, Metric[Any]] = {"reachable": m.OLT_REACHABLE, "descr": m.OLT_DESCR, "uptime_s": m.OLT_UPTIME_S}
_CARD: dict[str, Metric[Any]] = {
    "type": m.CARD_TYPE,
    "type_planned": m.CARD_TYPE_PLANNED,
    "kind": m.CARD_KIND,
    "admin_state": m.CARD_ADMIN,
    "oper_state": m.CARD_OPER,
    "error": m.CARD_ERROR,
    "availability": m.CARD_AVAILABILITY,
}
_PON: dict[str, Metric[Any]] = {
    "admin_state": m.PON_ADMIN,
    "oper_state": m.PON_OPER,
    "last_change": m.PON_LAST_CHANGE,
    "tx_power_dbm": m.PON_TX_DBM,
}
_ONT: dict[str, Metric[Any]] = {
    "serial": n.ONT_SERIAL,
    "admin_state": n.ONT_ADMIN,
    "oper_state": n.ONT_OPER,
    "last_change": n.ONT_LAST_CHANGE,
    "provisioned": n.ONT_PROVISIONED,
    "alarms": n.ONT_ALARMS,
    "rx_power_dbm": n.ONT_RX_DBM,
    "tx_power_dbm": n.ONT_TX_DBM,
    "olt_rx_power_dbm": n.OLT_RX_DBM,
    "distance_m": n.ONT_DISTANCE_M,
    "equipment_id": n.ONT_EQUIPMENT_ID,
    "firmware_active": n.ONT_FIRMWARE_ACTIVE,
}
_CARD_COLUMNS = (m.CARD_TYPE, m.CARD_TYPE_PLANNED, m.CARD_KIND, m.CARD_OPER, m.CARD_ERROR, m.CARD_AVAILABILITY)
_PON_COLUMNS = (m.PON_ADMIN, m.PON_OPER, m.PON_LAST_CHANGE, m.PON_TX_DBM)
_ONT_COLUMNS = (n.ONT_SERIAL, n.ONT_OPER, n.ONT_LAST_CHANGE, n.ONT_RX_DBM, n.ONT_TX_DBM, n.OLT_RX_DBM)


class OtherVendorError(DeviceProtocolError):
    """The agent is of another vendor than the one declared: read as that one, it would seem to have nothing."""

    def __init__(self, target: str, told: str, declared: str) -> None:
        super().__init__(target, f"it says that it is of {told}, and is declared as {declared}")
        self.told = told
        self.declared = declared


async def probe(agent: Agent, timeout_s: float, site: Site | None = None) -> str:
    """The key of the vendor of an agent, from what it says of itself.

    Raises `DeviceTimeoutError` when nothing answers, `DeviceUnreachableError` when nothing can be asked, and
    `DeviceProtocolError` when the agent refuses its user or no driver recognises it.
    """
    where, site = f"{agent.host}:{agent.port}", site or Site()
    await find_version(agent, site, timeout_s)
    name, key = await _says(agent, site, timeout_s)
    if name.kind is Kind.FAILED:
        if name.value is Reason.UNREACHABLE:
            raise DeviceUnreachableError(where, "no such name, or no route")
        if name.value is Reason.ERROR and agent.user is not None:
            raise DeviceProtocolError(where, USER_REFUSED)
        raise DeviceTimeoutError(where, str(name.value))
    if name.kind is not Kind.OID or not isinstance(name.value, tuple):
        raise DeviceProtocolError(where, "no sysObjectID")
    if key is None:
        raise DeviceProtocolError(where, f"{NO_DRIVER} {dotted(name.value)}")
    return key


async def check_vendor(target: OltTarget, timeout_s: float, site: Site) -> None:
    """Raise `OtherVendorError` where an agent says of itself that it is of another vendor than the one declared.

    Its silence is left to who reads it; `DeviceUnreachableError` where it cannot be asked.
    """
    agent = agent_of(target)
    name, key = await _says(agent, site, timeout_s)
    if name.value is Reason.UNREACHABLE:
        raise DeviceUnreachableError(f"{agent.host}:{agent.port}", "no such name, or no route")
    if key is not None and key != target.vendor:
        raise OtherVendorError(f"{agent.host}:{agent.port}", key, target.vendor)


async def _says(agent: Agent, site: Site, timeout_s: float) -> tuple[VarBind, str | None]:
    """The sysObjectID of an agent, and the vendor whose driver recognises what it says of itself."""
    async with site.snmp_client() as client:
        name, descr = await client.get(Exchange.within(agent, timeout_s), (_SYS_OBJECT_ID, _SYS_DESCR))
    if name.kind is not Kind.OID or not isinstance(name.value, tuple):
        return name, None
    text = descr.value.decode("utf-8", "replace") if isinstance(descr.value, bytes) else ""
    return name, next((key for key, vendor in drivers().items() if vendor.recognises(name.value, text)), None)


async def find_version(agent: Agent, site: Site, timeout_s: float) -> bool:
    """Whether an agent speaks SNMPv1 only: the clients of ``site`` then read it so.

    Raises `DeviceTimeoutError` when it keeps silent in v2c and in v1.
    """
    legacy = Legacy(site.engines, site.legacy)
    if agent.user is not None:
        return False
    if legacy.speaks(agent):
        return True
    async with UdpSnmpClient(sessions=site.sessions, counters=site.counters) as client:
        (told,) = await client.get(Exchange.within(agent, timeout_s / 2), [_SYS_OBJECT_ID])
    if told.kind is not Kind.FAILED or told.value is not Reason.TIMEOUT:
        return False
    found = await legacy.detect(agent, timeout_s / 2)
    if found is None:
        raise DeviceTimeoutError(f"{agent.host}:{agent.port}", "timeout")
    return found


async def inspect(target: OltTarget, clock: Clock, timeout_s: float, site: Site | None = None) -> OltWalk:
    """Walk an OLT.

    Raises `DeviceTimeoutError` when it does not answer, `DeviceUnreachableError` when it cannot be asked, and
    `DriverNotRegisteredError`.
    """
    site = site or Site()
    reader = driver(target.vendor, clock, site)
    try:
        walk = await reader.walk(target, timeout_s)
    finally:
        await reader.close()
    if not walk.readings.value(m.OLT_REACHABLE) and not walk.cards and not walk.onts:
        agent = agent_of(target)
        if any(gap.reason is Reason.UNREACHABLE for gap in walk.gaps):
            raise DeviceUnreachableError(f"{target.host}:{target.port}", "no such name, or no route")
        if agent.user is None and (target.host, target.port) not in site.legacy:
            await find_version(agent, site, _VERSION_S)
            if (target.host, target.port) in site.legacy:
                return await inspect(target, clock, timeout_s, site)
        raise DeviceTimeoutError(f"{target.host}:{target.port}", "timeout")
    return walk


def as_json(target: OltTarget, walk: OltWalk) -> dict[str, Any]:
    """The walk as a JSON-ready object: unknown values are null, their reasons stand under ``not_measured``."""
    head = {"name": walk.olt, "vendor": target.vendor, "at": walk.at.isoformat()}
    return {
        "olt": head | _object(walk.readings, _OLT),
        "cards": [{"name": c.name, "slot": c.slot} | _object(c.readings, _CARD) for c in walk.cards if _equipped(c)],
        "pon_ports": [{"name": str(p.name)} | _stated(p.readings, _PON) for p in walk.pon_ports],
        "onts": [{"name": str(o.name), "pon": str(o.name.pon_name)} | _stated(o.readings, _ONT) for o in walk.onts],
        "gaps": [{"table": gap.table, "reason": gap.reason.value} for gap in walk.gaps],
    }


def as_text(target: OltTarget, walk: OltWalk) -> str:
    """The walk as tables, in French."""
    states = [o.readings.value(n.ONT_OPER) for o in walk.onts]
    up, down = (sum(1 for s in states if s is not None and s.value == word) for word in ("up", "down"))
    parts = [
        f"OLT {walk.olt} ({target.vendor}) : {_cell(walk.readings[m.OLT_DESCR])}",
        _table(
            f"Cartes ({sum(map(_equipped, walk.cards))}){_cut(walk, 'card')}",
            ("Carte", "Type", "Type prévu", "Service", "Etat", "Erreur", "Disponibilité"),
            ((c.name, *_cells(c.readings, _CARD_COLUMNS)) for c in walk.cards if _equipped(c)),
        ),
        _table(
            f"Ports PON ({len(walk.pon_ports)}){_cut(walk, 'pon')}",
            ("Port PON", "Admin", "Etat", "Dernier changement", "Tx OLT (dBm)"),
            ((str(p.name), *_cells(p.readings, _PON_COLUMNS)) for p in walk.pon_ports),
        ),
        _table(
            f"ONT ({len(walk.onts)} : {up} up, {down} down, {len(states) - up - down} inconnus){_cut(walk, 'ont')}",
            ("ONT", "N° de série", "Etat", "Dernier changement", "Rx ONT (dBm)", "Tx ONT (dBm)", "Rx OLT (dBm)"),
            ((str(o.name), *_cells(o.readings, _ONT_COLUMNS)) for o in walk.onts),
        ),
    ]
    if walk.gaps:
        rows = ((gap.table, REASONS_FR[gap.reason]) for gap in walk.gaps)
        parts.append(_table("Lectures interrompues", ("Table", "Motif"), rows))
    return "\n\n".join(parts)


def _cut(walk: OltWalk, entity: str) -> str:
    """What is said of a table that was not read to its end: what is missing there is unknown."""
    return " : lecture incomplète" if any(gap.table.split(".")[0] in {entity, "olt"} for gap in walk.gaps) else ""


def _equipped(card: Any) -> bool:
    """Whether a slot has a board, or should have one."""
    return any(card.readings[wanted].known for wanted in (m.CARD_TYPE, m.CARD_TYPE_PLANNED))


def _object(readings: Readings, fields: dict[str, Metric[Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {name: _plain(readings.value(wanted)) for name, wanted in fields.items()}
    reasons = {name: readings[wanted].reason for name, wanted in fields.items()}
    return found | {"not_measured": {name: reason.value for name, reason in reasons.items() if reason is not None}}


def _stated(readings: Readings, fields: dict[str, Metric[Any]]) -> dict[str, Any]:
    found = _object(readings, fields)
    return found | {"oper_state": found["oper_state"] or "unknown"}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    return value if value is None or isinstance(value, (bool, int, float, str)) else getattr(value, "text", str(value))


def _cell(reading: Reading[Any]) -> str:
    if reading.value is None:
        return _UNKNOWN
    if isinstance(reading.value, datetime):
        return reading.value.strftime("%d/%m/%Y %H:%M:%S UTC")
    return format_level(reading.value) if isinstance(reading.value, float) else str(_plain(reading.value))


def _cells(readings: Readings, wanted: Sequence[Metric[Any]]) -> tuple[str, ...]:
    return tuple(_cell(readings[metric]) for metric in wanted)


def _table(title: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    shown = ["  ".join(f"{cell:<{w}}" for cell, w in zip(line, widths, strict=True)).rstrip() for line in lines]
    return "\n".join([title, shown[0], "  ".join("-" * width for width in widths), *shown[1:]])
