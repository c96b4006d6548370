"""Labelled scenarios: their observations as a snapshot. Labels and descriptions never reach the engine.

A scenario counts its neighbours without naming them: they become as many neighbours without identity, those of the same
PBO first. What a scenario has and the domain has no metric for is left out, and told by `untold`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, cast

from domain.access import OpticalClass, OutsidePlant, Place, TestName
from domain.identifiers import Firmware, Id1, MacAddress, OntName, PonName, SerialNumber
from domain.metric import Metric, Readings
from domain.metrics import box, olt, ont, session
from domain.reading import Quality, Reading, Reason, Source, Via, known, missing
from domain.snapshot import Neighbour, Neighbours, Outcome, PortState, Snapshot, SourceKind, SourceReport
from domain.states import Admin, AuthResult, EthernetRate, Negotiation, OntAlarm, Oper, PppStatus

Observations = Mapping[str, Any]

_SUBJECT = OntName(1, 1, 5, 10, 19)
_PBO = "PBO"
_OTHER_PBO = "PBO-{}"
_UNKNOWN = (None, "unknown", "")
_RATES = {
    (10, "half"): EthernetRate.TEN_HALF,
    (10, "full"): EthernetRate.TEN,
    (100, "half"): EthernetRate.HUNDRED_HALF,
    (100, "full"): EthernetRate.HUNDRED,
    (1000, "half"): EthernetRate.GIGABIT_HALF,
    (1000, "full"): EthernetRate.GIGABIT,
    (10000, "full"): EthernetRate.TEN_GIGABIT,
}
_SOURCES = {
    "olt_mgmt": (SourceKind.OLT_SNMP, SourceKind.NEIGHBOURS),
    "acs": (SourceKind.BOX,),
    "radius_log": (SourceKind.SESSION,),
}

FIELDS: Mapping[Metric[Any], str] = {
    ont.ONT_RX_DBM: "ont_rx_dbm",
    ont.ONT_TX_DBM: "ont_tx_dbm",
    ont.OLT_RX_DBM: "olt_rx_dbm",
    olt.PON_TX_DBM: "olt_tx_dbm",
    ont.ONT_DISTANCE_M: "distance_m",
    ont.ONT_ERRORS_UP: "bip_up",
    ont.ONT_ERRORS_DOWN: "bip_down",
    ont.ONT_OPER: "ont_oper_state",
    ont.ONT_ALARMS: "ont_alarms",
}
"""The scenario's word for a metric, in its list of doubtful data."""


def instant(text: str | None) -> datetime | None:
    """An instant of a scenario; ``None`` when absent or unreadable."""
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None


def snapshot_of(observations: Observations) -> Snapshot:
    """The snapshot of a scenario's observations."""
    at = instant(observations.get("collected_at"))
    if at is None:
        raise ValueError("a scenario needs collected_at")
    silent = _unreachable(observations)
    readings: dict[Metric[Any], Reading[Any]] = {}
    for metric, value, when in (*_network(observations, at), *_box(observations, at), *_session(observations, at)):
        readings[metric] = known(value, when, Source(_via(metric), "scenario"), Quality.LIVE)
    for kind, metric in _expected():
        if kind in silent and metric not in readings:
            readings[metric] = missing(Reason.TIMEOUT, at, Source(_via(metric), "scenario"))
    optical = observations.get("optical_class")
    return Snapshot(
        id1=Id1("F00000015"),
        test=TestName.GLOBAL,
        at=at,
        place=Place("OLT", _SUBJECT),
        outside=OutsidePlant(
            pbo=_PBO,
            splitters=("C1", "C1-1"),
            length_m=_positive(observations.get("distance_m")),
            splitter_ratio=observations.get("split_ratio"),
        ),
        optical_class=OpticalClass(optical) if optical in set(OpticalClass) else OpticalClass.B_PLUS,
        readings=Readings(readings),
        neighbours=_neighbours(observations, at, silent=SourceKind.NEIGHBOURS in silent),
        sources=tuple(_reports(silent)),
    )


def _unreachable(observations: Observations) -> frozenset[SourceKind]:
    reach = observations.get("reachability") or {}
    return frozenset(kind for name, kinds in _SOURCES.items() if reach.get(name) == "timeout" for kind in kinds)


def _reports(silent: frozenset[SourceKind]) -> Iterator[SourceReport]:
    for kinds in _SOURCES.values():
        for kind in kinds:
            failed = kind in silent
            outcome, reason = (Outcome.FAILED, Reason.TIMEOUT) if failed else (Outcome.OK, None)
            yield SourceReport(kind, outcome, reason)


def _expected() -> Iterator[tuple[SourceKind, Metric[Any]]]:
    for metric in (olt.CARD_OPER, olt.PON_OPER, ont.ONT_OPER, ont.ONT_RX_DBM, ont.UNI_OPER):
        yield SourceKind.OLT_SNMP, metric
    yield SourceKind.OLT_SNMP, olt.OLT_REACHABLE


def _via(metric: Metric[Any]) -> Via:
    return {"box": Via.CWMP, "session": Via.RADIUS}.get(metric.entity, Via.SNMP)


def _network(seen: Observations, at: datetime) -> Iterator[tuple[Metric[Any], Any, datetime]]:
    measured = instant(seen.get("optical_measured_at")) or at
    for metric in (ont.ONT_RX_DBM, ont.ONT_TX_DBM, ont.OLT_RX_DBM, olt.PON_TX_DBM):
        if (level := seen.get(FIELDS[metric])) is not None:
            yield metric, float(level), measured
    for counter, name in ((ont.ONT_ERRORS_UP, "bip_up"), (ont.ONT_ERRORS_DOWN, "bip_down")):
        if (count := seen.get(name)) is not None:
            yield counter, int(count), at
    if (reach := (seen.get("reachability") or {}).get("olt_mgmt")) is not None:
        yield olt.OLT_REACHABLE, reach == "ok", at
    yield from ((metric, value, at) for metric, value in _states(seen))
    yield from ((metric, value, at) for metric, value in _identity(seen))
    yield from ((metric, value, at) for metric, value in _uni(seen.get("ont_uni") or {}))


def _states(seen: Observations) -> Iterator[tuple[Metric[Any], Any]]:
    card, port = seen.get("olt_card_state"), seen.get("pon_port_state")
    if card not in _UNKNOWN:
        yield olt.CARD_OPER, Oper.UP if card == "up" else Oper.DOWN
    if port not in _UNKNOWN:
        yield olt.PON_OPER, Oper.UP if port == "up" else Oper.DOWN
        yield olt.PON_LASER_ON, port == "up" and "TF" not in (seen.get("pon_port_alarms") or ())
    if seen.get("ont_oper_state") not in (*_UNKNOWN, "initial"):
        yield ont.ONT_OPER, Oper.UP if seen["ont_oper_state"] == "up" else Oper.DOWN
    if seen.get("ont_admin_state") not in _UNKNOWN:
        yield ont.ONT_ADMIN, Admin.UNLOCKED if seen["ont_admin_state"] == "up" else Admin.LOCKED
    if seen.get("ont_provisioned") is not None:
        yield ont.ONT_PROVISIONED, bool(seen["ont_provisioned"])
    alarms = seen.get("ont_alarms")
    if alarms is not None:
        names = {alarm.value: alarm for alarm in OntAlarm}
        yield ont.ONT_ALARMS, tuple(names[name] for name in alarms if name in names)
    changes = [found for name in ("last_down_at", "last_up_at") if (found := instant(seen.get(name))) is not None]
    if changes:
        yield ont.ONT_LAST_CHANGE, max(changes)


def _identity(seen: Observations) -> Iterator[tuple[Metric[Any], Any]]:
    yield olt.CARD_KIND, seen.get("olt_card_type") or "FTTH"
    if seen.get("serial_configured"):
        yield ont.ONT_SERIAL, SerialNumber.parse(str(seen["serial_configured"]).split()[0])
    if seen.get("password_configured"):
        yield ont.ONT_PASSWORD, str(seen["password_configured"])
    for metric, name in ((ont.ONT_FIRMWARE_ACTIVE, "firmware_active"), (ont.ONT_FIRMWARE_PLANNED, "firmware_planned")):
        if seen.get(name):
            yield metric, Firmware.parse(str(seen[name]))


def _uni(seen: Observations) -> Iterator[tuple[Metric[Any], Any]]:
    if seen.get("link") not in _UNKNOWN:
        yield ont.UNI_OPER, Oper.UP if seen["link"] == "up" else Oper.DOWN
    if seen.get("negotiation") not in _UNKNOWN:
        yield ont.UNI_NEGOTIATION, Negotiation.AUTO if seen["negotiation"] == "auto" else Negotiation.FORCED
    rate = _RATES.get((cast("int", seen.get("speed_mbps")), cast("str", seen.get("duplex"))))
    if rate is not None:
        yield ont.UNI_RATE, rate


def _box(seen: Observations, at: datetime) -> Iterator[tuple[Metric[Any], Any, datetime]]:
    told = seen.get("box") or {}
    age = told.get("inform_age_s")
    when = at if age is None else at - timedelta(seconds=age)
    if age is not None:
        yield box.BOX_LAST_INFORM, when, at
    if told.get("inform_interval_s") is not None:
        yield box.BOX_INFORM_INTERVAL_S, int(told["inform_interval_s"]), when
    if told.get("wan_link") not in _UNKNOWN:
        yield box.BOX_WAN_LINK, Oper.UP if str(told["wan_link"]).lower() == "up" else Oper.DOWN, when
    if told.get("ppp_status") in set(PppStatus):
        yield box.BOX_PPP_STATUS, PppStatus(told["ppp_status"]), when
    if told.get("ppp_last_error"):
        yield box.BOX_PPP_LAST_ERROR, str(told["ppp_last_error"]), when
    if told.get("firmware"):
        yield box.BOX_FIRMWARE, str(told["firmware"]), when
    if told.get("mac"):
        yield box.BOX_MAC, MacAddress.parse(str(told["mac"])), when
    if told.get("uptime_s") is not None:
        yield box.BOX_UPTIME_S, int(told["uptime_s"]), when


def _session(seen: Observations, at: datetime) -> Iterator[tuple[Metric[Any], Any, datetime]]:
    told = seen.get("radius") or {}
    if told.get("active_session") is not None:
        yield session.SESSION_ACTIVE, bool(told["active_session"]), at
    if (started := instant(told.get("session_start"))) is not None:
        yield session.SESSION_STARTED, started, started
    if (seen_at := instant(told.get("last_interim_at"))) is not None:
        yield session.SESSION_LAST_SEEN, seen_at, seen_at
    answered = instant(told.get("last_at"))
    if told.get("last_result") in set(AuthResult) and answered is not None:
        yield session.AUTH_RESULT, AuthResult(told["last_result"]), answered
        yield session.AUTH_AT, answered, answered
        if told.get("last_reason"):
            yield session.AUTH_REASON, str(told["last_reason"]), answered


def _neighbours(seen: Observations, at: datetime, *, silent: bool) -> Neighbours:
    told = seen.get("neighbours")
    if told is None:
        return Neighbours(reason=Reason.TIMEOUT if silent else Reason.NOT_READ, complete=False)
    fell = instant(told.get("first_offline_at")) or instant(told.get("last_offline_at"))
    total = int(told.get("pon_total") or 0)
    states = [
        *([(Oper.DOWN, (OntAlarm.LOS,), fell)] * int(told.get("offline_los") or 0)),
        *([(Oper.UP, (), at - timedelta(days=10))] * int(told.get("online") or 0)),
        *([(Oper.DOWN, (OntAlarm.DG,), None)] * int(told.get("offline_dying_gasp") or 0)),
        *([(Oper.DOWN, (), None)] * int(told.get("offline_other") or 0)),
    ]
    states += [(None, None, None)] * max(0, total - len(states))  # type: ignore[list-item]  # unknown neighbours
    order = _same_pbo_first(told, states)
    onts = tuple(
        Neighbour(OntName(1, 1, 5, 10, 100 + index), pbo, "C1-1", *state) for index, (pbo, state) in enumerate(order)
    )
    ports = tuple(
        PortState(PonName(1, 1, 5, index + 1 if index < 9 else index + 2), Oper.DOWN, fell)
        for index in range(int(told.get("other_pon_ports_down_on_card") or 0))
    )
    return Neighbours(onts, ports, at, Source(Via.SNMP, "scenario"), Quality.LIVE, None, complete=True)


def _same_pbo_first(told: Observations, states: list[Any]) -> Iterator[tuple[str, Any]]:
    """Deal the states out to the subject's PBO and to others, by the counts of the scenario."""
    left = list(states)
    wanted = [True] * int(told.get("same_pbo_online") or 0) + [False] * int(told.get("same_pbo_offline") or 0)
    for up in wanted:
        index = next((i for i, (oper, *_) in enumerate(left) if (oper is Oper.UP) is up and oper is not None), None)
        if index is not None:
            yield _PBO, left.pop(index)
    for number, state in enumerate(left):
        yield _OTHER_PBO.format(number // 6), state


def _positive(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and value > 0 else None
