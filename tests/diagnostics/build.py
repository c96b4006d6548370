"""Snapshots for the tests of the engine, in the words of a field engineer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, TypedDict

from diagnostics.__main__ import load
from diagnostics.engine import diagnose
from diagnostics.ruleset import Ruleset
from diagnostics.scenarios.snapshot import snapshot_of
from domain.access import OutsidePlant, Place, TestName
from domain.identifiers import Firmware, Id1, MacAddress, OntName, PonName, SerialNumber
from domain.incident import Ancestor, KnownIncident
from domain.metric import Metric, Readings
from domain.metrics.box import (
    BOX_FIRMWARE,
    BOX_INFORM_INTERVAL_S,
    BOX_LAST_INFORM,
    BOX_MAC,
    BOX_PPP_LAST_ERROR,
    BOX_PPP_STATUS,
    BOX_REACH,
)
from domain.metrics.olt import (
    CARD_ADMIN,
    CARD_ERROR,
    CARD_KIND,
    CARD_OPER,
    OLT_REACHABLE,
    PON_ADMIN,
    PON_LASER_ON,
    PON_LAST_CHANGE,
    PON_OPER,
    PON_TX_DBM,
)
from domain.metrics.ont import (
    OLT_RX_DBM,
    ONT_ADMIN,
    ONT_ALARMS,
    ONT_DISTANCE_M,
    ONT_ERRORS_DOWN,
    ONT_ERRORS_UP,
    ONT_FIRMWARE_ACTIVE,
    ONT_FIRMWARE_PLANNED,
    ONT_LAST_CHANGE,
    ONT_OPER,
    ONT_PASSWORD,
    ONT_PROVISIONED,
    ONT_RANGING,
    ONT_RX_DBM,
    ONT_SERIAL,
    ONT_TX_DBM,
    UNI_NEGOTIATION,
    UNI_OPER,
    UNI_RATE,
)
from domain.metrics.platform import FLOWS, NEIGHBOUR_SESSIONS_OK, PLATFORM_AFFECTED, PLATFORM_LNS_OK
from domain.metrics.session import (
    AUTH_AT,
    AUTH_REASON,
    AUTH_RESULT,
    SESSION_ACTIVE,
    SESSION_LAST_SEEN,
    SESSION_STARTED,
    SESSION_STOP_CAUSE,
    SESSION_STOPPED,
)
from domain.reading import Quality, Reading, Reason, Source, Via, known
from domain.snapshot import Neighbour, Neighbours, PortState, Snapshot
from domain.states import (
    Admin,
    AuthResult,
    EthernetRate,
    Flow,
    Negotiation,
    OntAlarm,
    Oper,
    PppStatus,
    Ranging,
    Reach,
)
from domain.verdict import Diagnosis

NOW = datetime(2019, 5, 9, 8, 29, tzinfo=UTC)
UP_SINCE = datetime(2019, 4, 29, 14, 34, 56, tzinfo=UTC)
FELL = NOW - timedelta(minutes=40)
ONT = OntName.parse("ONT-1-1-5-10-19")
PLACE = Place("olt-test", ONT)
OUTSIDE = OutsidePlant("PM-1", ("PM-1-C1", "PM-1-C1-S3"), "PBO-3", 2100.0, 64)
INTERVAL = 3600
BOX_METRICS = ("box.", "session.")

Values = Mapping[Metric[Any], Any]

ONLINE: Values = {
    OLT_REACHABLE: True,
    CARD_ADMIN: Admin.UNLOCKED,
    CARD_OPER: Oper.UP,
    CARD_KIND: "FTTH",
    PON_ADMIN: Admin.UNLOCKED,
    PON_OPER: Oper.UP,
    PON_LASER_ON: True,
    PON_TX_DBM: 3.4,
    ONT_PROVISIONED: True,
    ONT_ADMIN: Admin.UNLOCKED,
    ONT_OPER: Oper.UP,
    ONT_LAST_CHANGE: UP_SINCE,
    ONT_SERIAL: SerialNumber.parse("HWTC0172629D"),
    ONT_PASSWORD: "0848525835",
    ONT_FIRMWARE_ACTIVE: Firmware(b"HWTCA31610115\x00"),
    ONT_FIRMWARE_PLANNED: Firmware(b"HWTCA31610115\x00"),
    ONT_ALARMS: (),
    ONT_RANGING: Ranging.RANGED,
    ONT_DISTANCE_M: 2100.0,
    ONT_RX_DBM: -19.36,
    ONT_TX_DBM: 2.28,
    OLT_RX_DBM: -20.7,
    ONT_ERRORS_UP: 0,
    ONT_ERRORS_DOWN: 0,
    UNI_OPER: Oper.UP,
    UNI_NEGOTIATION: Negotiation.AUTO,
    UNI_RATE: EthernetRate.GIGABIT,
}
"""The network of an access that works."""

BOX_OK: Values = {
    BOX_LAST_INFORM: NOW - timedelta(minutes=4),
    BOX_INFORM_INTERVAL_S: INTERVAL,
    BOX_REACH: Reach.ANSWERED,
    BOX_FIRMWARE: "9.29.65_F5350_Box",
    BOX_MAC: MacAddress.parse("D8:D7:75:55:7E:90"),
    BOX_PPP_STATUS: PppStatus.CONNECTED,
    BOX_PPP_LAST_ERROR: "ERROR_NONE",
    SESSION_ACTIVE: True,
    SESSION_STARTED: UP_SINCE,
    SESSION_LAST_SEEN: NOW - timedelta(minutes=5),
    AUTH_RESULT: AuthResult.ACCEPT,
    AUTH_AT: UP_SINCE,
    FLOWS: {"tcp_443": Flow.OK},
}
"""A box that works, and its session."""

_ABSENT = object()
NOTHING: Any = _ABSENT
"""Given as a value: take the reading away."""

BOX_GONE: Values = {
    BOX_LAST_INFORM: NOW - timedelta(seconds=93000),
    BOX_REACH: Reach.SILENT,
    BOX_PPP_STATUS: NOTHING,
    BOX_PPP_LAST_ERROR: NOTHING,
    SESSION_ACTIVE: False,
    SESSION_LAST_SEEN: NOW - timedelta(seconds=92000),
    SESSION_STOPPED: NOW - timedelta(seconds=92000),
}
"""A box that hung a day ago."""

INCIDENT = KnownIncident("INC-190509-0001", Ancestor.PBO, "PBO-3", FELL, 17, 0.97, NOW - timedelta(minutes=2))
"""An incident of the PBO of the subject, already known."""

_DARK: Values = {
    PON_OPER: Oper.UP,
    ONT_OPER: Oper.DOWN,
    ONT_LAST_CHANGE: FELL,
    ONT_ALARMS: (OntAlarm.LOS, OntAlarm.INACTIVE),
    ONT_RANGING: Ranging.NOT_RANGED,
    ONT_RX_DBM: NOTHING,
    ONT_TX_DBM: NOTHING,
    OLT_RX_DBM: NOTHING,
    ONT_ERRORS_UP: NOTHING,
    ONT_ERRORS_DOWN: NOTHING,
    UNI_OPER: NOTHING,
    UNI_NEGOTIATION: NOTHING,
    UNI_RATE: NOTHING,
    BOX_LAST_INFORM: FELL - timedelta(minutes=10),
    BOX_REACH: Reach.SILENT,
    BOX_PPP_STATUS: NOTHING,
    BOX_PPP_LAST_ERROR: NOTHING,
    SESSION_ACTIVE: False,
    SESSION_LAST_SEEN: FELL + timedelta(seconds=20),
    SESSION_STOPPED: FELL + timedelta(seconds=20),
}


def values(*layers: Values) -> dict[Metric[Any], Any]:
    """The layers laid over each other; `NOTHING` takes a reading away."""
    merged: dict[Metric[Any], Any] = {}
    for layer in layers:
        merged |= layer
    return {metric: value for metric, value in merged.items() if value is not NOTHING}


def readings(found: Values, at: datetime = NOW, quality: Quality = Quality.LIVE) -> Readings:
    """Readings of these values; a `Reading` given as value is taken as it is."""

    def read(metric: Metric[Any], value: Any) -> Reading[Any]:
        if isinstance(value, Reading):
            return value
        via = Via.CWMP if metric.key.startswith("box.") else Via.RADIUS if metric.entity == "session" else Via.SNMP
        return known(value, at, Source(via, metric.key), quality)

    return Readings({metric: read(metric, value) for metric, value in found.items()})


def neighbour(
    number: int,
    oper: Oper | None = Oper.UP,
    alarms: tuple[OntAlarm, ...] | None = (),
    fell: datetime | None = None,
    pbo: str | None = "PBO-3",
    splitter: str | None = "PM-1-C1-S3",
) -> Neighbour:
    """One neighbour, up and of the same PBO unless told otherwise."""
    return Neighbour(OntName(1, 1, 5, 10, number), pbo, splitter, oper, alarms, fell or UP_SINCE)


def dark(number: int, fell: datetime | None = FELL, **where: Any) -> Neighbour:
    """A neighbour that lost its light."""
    found = neighbour(number, Oper.DOWN, (OntAlarm.LOS,), fell, **where)
    return found if fell is not None else replace(found, last_change=None)


def gasping(number: int, fell: datetime = FELL, **where: Any) -> Neighbour:
    """A neighbour that lost its mains."""
    return neighbour(number, Oper.DOWN, (OntAlarm.DG, OntAlarm.LOS), fell, **where)


def crowd(*onts: Neighbour, ports: tuple[PortState, ...] = (), complete: bool = True) -> Neighbours:
    """The neighbours of the subject."""
    return Neighbours(onts, ports, NOW, Source(Via.SNMP), Quality.LIVE, None, complete)


def port(number: int, oper: Oper | None = Oper.UP, fell: datetime | None = None, slot: int = 5) -> PortState:
    """Another PON port."""
    return PortState(PonName(1, 1, slot, number), oper, fell)


class Where(TypedDict, total=False):
    """What a neighbour hangs from."""

    pbo: str | None
    splitter: str | None


FAR: Where = {"pbo": "PBO-9", "splitter": "PM-1-C1-S7"}
NEAR: Where = {"pbo": "PBO-4", "splitter": "PM-1-C1-S3"}
ALL_UP = crowd(*(neighbour(n) for n in range(5)), *(neighbour(n, **FAR) for n in range(20, 30)))
PBO_DARK = crowd(*(dark(n) for n in range(5)), neighbour(15, **NEAR), *(neighbour(n, **FAR) for n in range(20, 29)))
SPLITTER_DARK = crowd(
    *(dark(n) for n in range(5)),
    *(dark(n, **NEAR) for n in range(10, 14)),
    *(neighbour(n, **FAR) for n in range(20, 30)),
)
ALL_DARK = crowd(
    *(dark(n) for n in range(5)),
    *(dark(n, FELL + timedelta(seconds=2), **FAR) for n in range(20, 30)),
    gasping(40, FELL - timedelta(days=3)),
)
AREA_DARK = crowd(*(gasping(n, FELL + timedelta(seconds=20 * n)) for n in range(3)), neighbour(20, **FAR))


def snapshot(
    *layers: Values,
    test: TestName = TestName.GLOBAL,
    neighbours: Neighbours = ALL_UP,
    outside: OutsidePlant = OUTSIDE,
    place: Place | None = PLACE,
) -> Snapshot:
    """A snapshot of an access that works, with these layers over it."""
    found = values(ONLINE, BOX_OK, *layers)
    return Snapshot(Id1("F00000015"), test, NOW, place, outside, readings=readings(found), neighbours=neighbours)


def nothing_read(test: TestName = TestName.GLOBAL) -> Snapshot:
    """A snapshot in which nothing could be read."""
    return Snapshot(Id1("F00000015"), test, NOW, PLACE)


def without(snap: Snapshot, *dropped: Metric[Any]) -> Snapshot:
    """The same snapshot with some readings taken away."""
    left = {m: r for m, r in snap.readings.values.items() if m not in dropped}
    return replace(snap, readings=Readings(left))


def unread(reason: Reason = Reason.TIMEOUT) -> Neighbours:
    """Neighbours that could not be read."""
    return Neighbours(reason=reason)


GOLDEN = snapshot(
    BOX_GONE,
    {
        ONT_FIRMWARE_ACTIVE: Firmware(b"HWTCA31610115\x00"),
        ONT_FIRMWARE_PLANNED: Firmware.parse("48:57:54:43:41:33:31:36:31:30:31:31:35:00"),
    },
)
"""The example of the screen: the access works, its box hung a day ago."""

FAULTS: Mapping[str, Snapshot] = {
    "healthy": snapshot(),
    "session_inactive": GOLDEN,
    "drop_cut": snapshot(_DARK),
    "pbo_cut": snapshot(_DARK, neighbours=PBO_DARK),
    "splitter_cut": snapshot(_DARK, neighbours=SPLITTER_DARK),
    "feeder_cut": snapshot(_DARK, {PON_OPER: Oper.DOWN}, neighbours=ALL_DARK),
    "ont_power_off": snapshot(_DARK, {ONT_ALARMS: (OntAlarm.DG, OntAlarm.LOS)}),
    "area_power_cut": snapshot(_DARK, {ONT_ALARMS: (OntAlarm.DG, OntAlarm.LOS)}, neighbours=AREA_DARK),
    "card_down": snapshot(
        _DARK,
        {
            CARD_OPER: Oper.DOWN,
            CARD_ERROR: "no-power",
            PON_OPER: Oper.DOWN,
            PON_LASER_ON: NOTHING,
            PON_TX_DBM: NOTHING,
            PON_LAST_CHANGE: FELL,
        },
        neighbours=replace(ALL_DARK, ports=tuple(port(n, Oper.DOWN, FELL) for n in range(1, 9))),
    ),
    "pon_laser_off": snapshot(
        _DARK, {PON_OPER: Oper.DOWN, PON_LASER_ON: False, PON_TX_DBM: NOTHING}, neighbours=ALL_DARK
    ),
    "ont_box_link_down": snapshot(
        BOX_GONE,
        {UNI_OPER: Oper.DOWN, UNI_RATE: NOTHING, SESSION_STOP_CAUSE: "Lost-Carrier"},
    ),
    "box_off": snapshot(BOX_GONE, {UNI_OPER: Oper.DOWN, UNI_RATE: NOTHING, SESSION_STOP_CAUSE: "User-Request"}),
    "ppp_refused": snapshot(
        {
            BOX_PPP_STATUS: PppStatus.DISCONNECTED,
            BOX_PPP_LAST_ERROR: "ERROR_AUTHENTICATION_FAILURE",
            SESSION_ACTIVE: False,
            SESSION_LAST_SEEN: NOTHING,
            AUTH_RESULT: AuthResult.REJECT,
            AUTH_AT: NOW - timedelta(seconds=40),
            AUTH_REASON: "bad-password",
        }
    ),
    "not_provisioned": snapshot(_DARK, {ONT_PROVISIONED: False, ONT_ALARMS: ()}),
    "ont_admin_down": snapshot(_DARK, {ONT_ADMIN: Admin.LOCKED, ONT_ALARMS: (OntAlarm.DISABLED,)}),
    "high_attenuation": snapshot({ONT_RX_DBM: -28.6, OLT_RX_DBM: -29.9}),
    "firmware_differs": snapshot({ONT_FIRMWARE_PLANNED: Firmware.parse("HWTCA31610120")}),
    "ont_down_unexplained": snapshot(_DARK, {ONT_ALARMS: ()}),
    "olt_unreachable": replace(
        snapshot(),
        readings=readings(
            values({OLT_REACHABLE: False, BOX_LAST_INFORM: NOW - timedelta(hours=12), BOX_INFORM_INTERVAL_S: INTERVAL})
        ),
        neighbours=unread(),
    ),
    "service_proved": replace(
        snapshot(), readings=readings(values({OLT_REACHABLE: False}, BOX_OK)), neighbours=unread()
    ),
    "box_alive": replace(snapshot(), test=TestName.BOX, readings=readings(BOX_OK), neighbours=unread(Reason.NOT_READ)),
    "box_silent": replace(
        snapshot(),
        test=TestName.BOX,
        readings=readings(values(BOX_OK, BOX_GONE)),
        neighbours=unread(Reason.NOT_READ),
    ),
    "known_incident": replace(
        snapshot(_DARK, neighbours=PBO_DARK),
        incident=INCIDENT,
    ),
    "lns_down": snapshot(
        {BOX_PPP_STATUS: PppStatus.CONNECTING, BOX_PPP_LAST_ERROR: "ERROR_ISP_TIME_OUT", SESSION_ACTIVE: False},
        {SESSION_LAST_SEEN: NOW - timedelta(minutes=2), SESSION_STOPPED: NOW - timedelta(minutes=2), FLOWS: NOTHING},
        {PLATFORM_LNS_OK: False, NEIGHBOUR_SESSIONS_OK: False, PLATFORM_AFFECTED: 412},
    ),
    "no_ont": replace(nothing_read(), place=None),
    "nothing_known": nothing_read(),
}
"""One snapshot for a rule, with every sign it lists; consistent from end to end."""

SCENARIOS = Path(__file__).parent / "scenarios"
"""Our own labelled scenarios, in the format that `python -m diagnostics score` reads."""


@cache
def scenario(name: str) -> Mapping[str, Any]:
    """A labelled scenario by its id."""
    [file] = SCENARIOS.glob(f"{name}_*.json")
    found: Mapping[str, Any] = json.loads(file.read_text("utf-8"))
    return found


LABELLED = {
    "planned_works": "N51", "rogue_ont": "N27", "rogue_suffered": "N28", "serial_mismatch": "N33",
    "password_mismatch": "N34", "patch_crossed": "N14", "wrong_unpatching": "N13", "ont_dead": "N31",
    "transient": "X01", "omci_lost": "N32", "dirty_connector": "N15", "macrobend": "N16", "unexplained_loss": "N26A",
    "overload": "N19", "olt_sfp_weak": "N20", "olt_receiver_weak": "N21", "shared_loss": "N22", "ont_laser": "N23",
    "upstream_errors": "N24", "downstream_errors": "N25", "errors_low_level": "N26B", "flapping_light": "N29",
    "flapping_power": "N30", "bad_negotiation": "N37", "box_reboots": "N39", "wifi_only": "N40", "radius_down": "N41",
    "no_pado": "N42", "no_internet": "N44", "dns_failure": "N46", "blocked_flow": "N47", "flow_not_ours": "N48",
    "line_drift": "R01", "transmitter_drift": "R02", "loss_step": "R07", "loss_cycle": "R08",
}  # fmt: skip
"""The scenario whose headline is that rule's."""


def case(rule: str) -> Snapshot:
    """A snapshot whose headline is that rule's."""
    if rule in FAULTS:
        return FAULTS[rule]
    told = scenario(LABELLED[rule])
    return snapshot_of(told["observations"], told.get("series"))


@cache
def rules() -> Ruleset:
    """The rule-set of the repository."""
    return load()


def judged(snap: Snapshot) -> Diagnosis:
    """The diagnosis of a snapshot under the repository's rule-set."""
    return diagnose(snap, rules())


def rule_of(snap: Snapshot) -> str:
    """The rule of the headline."""
    return judged(snap).findings[0].rule


def over(name: str, layer: Values | None = None, **changes: Any) -> Snapshot:
    """A case with values laid over its readings, and other fields changed."""
    snap = FAULTS[name]
    layer = dict(layer or {})
    kept = without(snap, *[m for m, v in layer.items() if v is NOTHING]).readings
    return replace(snap, readings=kept.merged(readings(values(layer))), **changes)


def told(snap: Snapshot, text: str) -> bool:
    """Whether the headline tells that fact, for or against."""
    finding = judged(snap).findings[0]
    return any(text in e.text for e in finding.evidence_for + finding.evidence_against)
