"""The snapshot of a scene: what the collectors of that vendor would read, less what the draw withholds.

Words and numbers are those that the simulated windows show; what a vendor has no object for is left out, by the
capabilities of its real driver.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any

from benchmarks.diagnosis_mc.around import neighbours_of
from benchmarks.diagnosis_mc.behind import behind
from benchmarks.diagnosis_mc.draws import Gap
from benchmarks.diagnosis_mc.scene import Levels, Scene
from collectors.register import driver
from domain.access import OpticalClass, OutsidePlant, Place, TestName
from domain.history import History
from domain.identifiers import Firmware, Id1
from domain.metric import Metric, Readings
from domain.metrics import olt, ont, reference
from domain.reading import Quality, Reading, Reason, Source, Via, known, missing
from domain.snapshot import Outcome, Snapshot, SourceKind, SourceReport
from domain.states import Admin, DownCause, OntAlarm, OntPhase, Oper, Ranging
from simulators.plant.ddm import pon_ddm
from simulators.snmp import zte_onu
from simulators.snmp.huawei_ont import down_cause
from simulators.snmp.places import Ont

Told = tuple[Metric[Any], Any]
"""A metric with its value, or with the reason why there is none."""

_VIA = {"box": Via.CWMP, "session": Via.RADIUS, "reference": Via.INVENTORY, "context": Via.INVENTORY}
_HUAWEI_CAUSES = {1: DownCause.LOS, 2: DownCause.LOS, 8: DownCause.DEACTIVATED, 13: DownCause.DYING_GASP}
_HUAWEI_CAUSES |= {35: DownCause.OPERATOR_CHECK}
_HUAWEI_ALARMS = frozenset({OntAlarm.SD, OntAlarm.SF, OntAlarm.DOW, OntAlarm.LOS, OntAlarm.RDI})
_ZTE_CAUSES = {
    zte_onu.Cause.NONE: DownCause.OTHER,
    zte_onu.Cause.LOS: DownCause.LOS,
    zte_onu.Cause.LOSI: DownCause.LOS,
    zte_onu.Cause.AUTH_FAILED: DownCause.AUTHENTICATION_FAILED,
    zte_onu.Cause.POWER_OFF: DownCause.POWER_OFF,
    zte_onu.Cause.DEACTIVATED: DownCause.DEACTIVATED,
}
_ZTE_PHASES = {
    zte_onu.Phase.LOGGING: OntPhase.LOGGING,
    zte_onu.Phase.LOS: OntPhase.LOS,
    zte_onu.Phase.SYNC_MIB: OntPhase.SYNCHRONISING,
    zte_onu.Phase.WORKING: OntPhase.WORKING,
    zte_onu.Phase.DYING_GASP: OntPhase.DYING_GASP,
    zte_onu.Phase.AUTH_FAILED: OntPhase.AUTHENTICATION_FAILED,
    zte_onu.Phase.OFFLINE: OntPhase.OFFLINE,
}
_STEPS = {"nokia_isam": (0.002, 0.1), "huawei_smartax": (0.01, 0.01), "zte_zxan": (0.002, 0.001)}
_OF_LINE = (ont.ONT_RX_DBM, ont.ONT_TX_DBM, ont.ONT_BIAS_MA)
_ASKED = (olt.CARD_OPER, olt.PON_OPER, ont.ONT_OPER, ont.ONT_RX_DBM, ont.UNI_OPER)


class _Still:
    """A clock for drivers that are asked for their capabilities alone."""

    def now(self) -> datetime:
        """Never asked: capabilities depend on no instant."""
        raise AssertionError("capabilities were asked for the time")


@cache
def capabilities(vendor: str) -> frozenset[Metric[Any]]:
    """What the real driver of a vendor can give."""
    return frozenset(driver(vendor, _Still()).capabilities)


def snapshot_of(scene: Scene) -> Snapshot:
    """What a line test of the subject would gather."""
    draw, now = scene.draw, scene.now
    installed = scene.plant.layout.onts[scene.subject]
    silent = Gap.OLT in draw.gaps or not scene.plant.state.olt.reachable
    told = list(_silent() if silent else network(scene, scene.subject))
    if Gap.REFERENCE not in draw.gaps:
        told += _reference(scene, scene.reference[scene.subject])
    told += behind(scene)
    readings = {metric: _reading(metric, value, now) for metric, value in told}
    recorded = Gap.RECORDS not in draw.gaps
    return Snapshot(
        id1=Id1("F00000015"),
        test=TestName.GLOBAL,
        at=now,
        place=Place(scene.plant.description.olt.name, scene.subject),
        outside=_outside(scene) if recorded else OutsidePlant(),
        optical_class=OpticalClass(scene.plant.layout.pons[installed.name.pon_name].optical_class),
        readings=Readings(readings),
        neighbours=neighbours_of(scene, silent=silent),
        sources=tuple(_reports(scene, silent)),
        history=History() if Gap.PAST in draw.gaps or silent else History(drops=tuple(scene.drops)),
    )


def _outside(scene: Scene) -> OutsidePlant:
    found = scene.plant.layout.onts[scene.subject]
    return OutsidePlant(found.pm, found.splitters, found.pbo, found.path.length_m, found.path.splitter_ratio)


def _reading(metric: Metric[Any], value: Any, at: datetime) -> Reading[Any]:
    source = Source(_VIA.get(metric.entity, Via.SNMP), "plant")
    return missing(value, at, source) if isinstance(value, Reason) else known(value, at, source, Quality.LIVE)


def _silent() -> Iterator[Told]:
    yield olt.OLT_REACHABLE, False
    yield from ((metric, Reason.TIMEOUT) for metric in _ASKED)


def _reports(scene: Scene, silent: bool) -> Iterator[SourceReport]:
    gaps = scene.draw.gaps
    for kind, failed in (
        (SourceKind.OLT_SNMP, silent),
        (SourceKind.BOX, Gap.ACS in gaps),
        (SourceKind.BOX_STORED, Gap.ACS in gaps),
        (SourceKind.SESSION, Gap.SESSIONS in gaps),
    ):
        yield SourceReport(kind, Outcome.FAILED if failed else Outcome.OK, Reason.TIMEOUT if failed else None)


def network(scene: Scene, name: Any) -> Iterator[Told]:
    """Everything that the OLT gives of one ONT, its port and its board."""
    vendor = scene.draw.vendor
    able = capabilities(vendor)
    found = scene.places[name]
    parts = [_card_and_port(found)]
    if found.state.provisioned or vendor == "nokia_isam":
        parts += [_states(scene, found, vendor), _levels(scene, found, vendor), _user_port(found, vendor)]
        if Gap.TELEMETRY not in scene.draw.gaps:
            parts.append(_errors(scene, found, vendor))
    else:
        parts.append(iter([(ont.ONT_PROVISIONED, False), (ont.ONT_OPER, Reason.NEVER_SEEN)]))
    yield olt.OLT_REACHABLE, True
    for part in parts:
        yield from ((m, v) for m, v in part if m in able or m is ont.ONT_COUNTER_INTERVAL_S)
    if Gap.DISCOVERY not in scene.draw.gaps and vendor != "fiberhome_an":
        yield from _discovered(scene, found)
    if scene.drops and Gap.PAST not in scene.draw.gaps:
        yield ont.ONT_FLAPS_24H, len(scene.drops)


def _card_and_port(found: Ont) -> Iterator[Told]:
    pon, card = found.pon, found.pon.card
    working = card is None or (card.up and not card.missing)
    yield olt.CARD_OPER, Oper.UP if working else Oper.DOWN
    yield olt.CARD_KIND, "FTTH"
    yield olt.PON_ADMIN, Admin.UNLOCKED if pon.state.admin_up else Admin.LOCKED
    yield olt.PON_OPER, Oper.UP if pon.up else Oper.DOWN
    yield olt.PON_LAST_CHANGE, pon.state.changed_at
    level = pon.state.tx_dbm if pon.lit else None
    yield olt.PON_TX_DBM, Reason.NO_READING if level is None else round(level, 2)
    yield olt.PON_BIAS_MA, float(pon_ddm(pon.state).bias_ma) if working else Reason.NO_READING


def _states(scene: Scene, found: Ont, vendor: str) -> Iterator[Told]:
    state, up = found.state, found.up
    managed = found.managed
    if vendor == "huawei_smartax":
        yield olt.PON_LASER_ON, found.pon.lit
        yield ont.ONT_CONFIG_STATE, ("normal" if managed else "failed") if up else "initial"
    else:
        yield olt.PON_LASER_ON, True if found.pon.lit and found.pon.state.tx_dbm is not None else Reason.NO_READING
    yield ont.ONT_OPER, Oper.UP if (managed if vendor == "zte_zxan" else up) else Oper.DOWN
    yield ont.ONT_PROVISIONED, state.provisioned
    yield ont.ONT_ADMIN, Admin.UNLOCKED if state.admin_up else Admin.LOCKED
    yield ont.ONT_LAST_CHANGE, state.changed_at
    yield ont.ONT_SERIAL, state.serial
    yield ont.ONT_FIRMWARE_ACTIVE, Firmware(state.firmware_active)
    yield ont.ONT_FIRMWARE_PLANNED, Firmware(state.firmware_planned)
    ranged = Ranging.RANGED if up else Ranging.NOT_RANGED
    yield ont.ONT_RANGING, ranged if state.admin_up else Ranging.OFF
    if state.last_down_at is not None:
        yield ont.ONT_LAST_DOWN, state.last_down_at
        yield ont.ONT_DOWN_CAUSE, _cause(scene, found, vendor)
    if vendor == "huawei_smartax" and up:
        yield ont.ONT_SERIAL_SEEN, state.serial
    phase = _phase(scene, found, vendor)
    if phase is not None:
        yield ont.ONT_PHASE, phase
    alarms = alarms_of(scene, found, vendor)
    if alarms is not None:
        yield ont.ONT_ALARMS, alarms


def gasped(scene: Scene, found: Ont) -> bool:
    """Whether its last words were heard."""
    return found.gasped and Gap.GASPS not in scene.draw.gaps


def _cause(scene: Scene, found: Ont, vendor: str) -> DownCause:
    if found.gasped and not gasped(scene, found):
        return DownCause.LOS
    if vendor == "zte_zxan":
        return _ZTE_CAUSES[zte_onu.cause(found)]
    return _HUAWEI_CAUSES[down_cause(found)]


def _phase(scene: Scene, found: Ont, vendor: str) -> OntPhase | Reason | None:
    silent = found.gasped and not found.up and not gasped(scene, found)
    if vendor == "zte_zxan":
        return OntPhase.LOS if silent else _ZTE_PHASES[zte_onu.phase(found)]
    if vendor != "fiberhome_an":
        return None
    if found.up:
        return OntPhase.WORKING
    if gasped(scene, found):
        return OntPhase.DYING_GASP
    # 0 is a cut to some and any fall to others: the collector takes it for no phase
    return Reason.NO_READING if found.state.admin_up and found.pon.lit else OntPhase.OFFLINE


def alarms_of(scene: Scene, found: Ont, vendor: str) -> tuple[OntAlarm, ...] | None:
    """Alarms, from bits where there are some, else from the phase or the cause of an ONT that is down."""
    held = sorted(found.state.alarms)
    if Gap.GASPS in scene.draw.gaps:
        held = [alarm for alarm in held if alarm is not OntAlarm.DG]
    if vendor == "nokia_isam":
        return tuple(held)
    shown = [alarm for alarm in held if alarm in _HUAWEI_ALARMS] if vendor == "huawei_smartax" else []
    if found.up:
        return tuple(shown) if vendor == "huawei_smartax" else None
    phase = _phase(scene, found, vendor)
    cause = _cause(scene, found, vendor) if vendor != "fiberhome_an" and found.state.last_down_at else None
    phases = {OntPhase.LOS: OntAlarm.LOS, OntPhase.DYING_GASP: OntAlarm.DG}
    implied = phases.get(phase) if isinstance(phase, OntPhase) else None
    if implied is None and cause is not None:
        implied = {
            DownCause.LOS: OntAlarm.LOS,
            DownCause.DYING_GASP: OntAlarm.DG,
            DownCause.POWER_OFF: OntAlarm.DG,
            DownCause.DEACTIVATED: OntAlarm.DISABLED,
        }.get(cause)
    if implied is None:
        return tuple(shown) if vendor == "huawei_smartax" else None
    return (*shown, implied) if implied not in shown else tuple(shown)


def _levels(scene: Scene, found: Ont, vendor: str) -> Iterator[Told]:
    steps = _STEPS.get(vendor, (0.01, 0.01))
    levels, up = scene.levels(found.state.name), found.up and (vendor != "zte_zxan" or found.managed)
    why = Reason.NO_READING if up else Reason.OFFLINE
    for metric, value, step in (
        (ont.ONT_RX_DBM, levels.rx, steps[0]),
        (ont.ONT_TX_DBM, levels.tx, steps[0]),
        (ont.OLT_RX_DBM, levels.olt_rx, steps[1]),
        (ont.ONT_BIAS_MA, levels.bias, 1.0),
    ):
        yield metric, why if value is None or not up else round(round(value / step) * step, 4)
    yield ont.ONT_DISTANCE_M, float(round(found.state.distance_m, -2)) if up else why


def _user_port(found: Ont, vendor: str) -> Iterator[Told]:
    state = found.state
    if not found.up or (vendor in {"zte_zxan", "huawei_smartax"} and not found.managed):
        yield ont.UNI_OPER, Reason.OFFLINE
        return
    yield ont.UNI_OPER, Oper.UP if state.uni_up else Oper.DOWN
    yield ont.UNI_NEGOTIATION, state.uni_negotiation
    if state.uni_up:
        yield ont.UNI_RATE, state.uni_rate


def _errors(scene: Scene, found: Ont, vendor: str) -> Iterator[Told]:
    """Counts of the last period, where the collectors keep them."""
    state, before = found.state, scene.counted[found.state.name]
    if not found.up:
        return
    up, down, lost = state.errors_up - before[0], state.errors_down - before[1], state.fec_lost - before[2]
    yield ont.ONT_COUNTER_INTERVAL_S, scene.counted_s
    if vendor == "nokia_isam":
        yield ont.ONT_ERRORS_UP, up
        yield ont.ONT_ERRORS_DOWN, down
    elif vendor == "huawei_smartax":
        yield ont.ONT_BIP_UP, up
        yield ont.ONT_BIP_DOWN, down
        yield ont.ONT_FEC_UNCORRECTED, lost


def _discovered(scene: Scene, found: Ont) -> Iterator[Told]:
    """ONTs heard and configured nowhere: on the subject's port, and the subject's own on another."""
    here, strangers = found.state.name.pon_name, []
    for one in scene.plant.state.strangers:
        if one.pon == here and one.serial != found.state.serial:
            strangers.append(one.serial)
        elif one.serial == found.state.serial and one.pon != here:
            yield ont.ONT_ELSEWHERE, str(one.pon)
    if found.discovered:
        yield ont.ONT_SERIAL_SEEN, found.state.serial
    yield ont.ONT_STRANGERS, tuple(strangers)


def _reference(scene: Scene, levels: Levels) -> Iterator[Told]:
    able = capabilities(scene.draw.vendor)
    for metric, of, value in (
        (reference.REFERENCE_ONT_RX_DBM, ont.ONT_RX_DBM, levels.rx),
        (reference.REFERENCE_ONT_TX_DBM, ont.ONT_TX_DBM, levels.tx),
        (reference.REFERENCE_OLT_RX_DBM, ont.OLT_RX_DBM, levels.olt_rx),
        (reference.REFERENCE_OLT_TX_DBM, olt.PON_TX_DBM, levels.port_tx),
        (reference.REFERENCE_ONT_BIAS_MA, ont.ONT_BIAS_MA, levels.bias),
        (reference.REFERENCE_OLT_BIAS_MA, olt.PON_BIAS_MA, levels.port_bias),
    ):
        if value is not None and of in able:
            yield metric, round(value, 2)
