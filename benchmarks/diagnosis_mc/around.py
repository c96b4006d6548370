"""The neighbourhood of the subject as a live walk, a walk cut short or a stored one would give it."""

from __future__ import annotations

from datetime import datetime

from benchmarks.diagnosis_mc import reader
from benchmarks.diagnosis_mc.draws import Gap
from benchmarks.diagnosis_mc.scene import Scene
from domain.identifiers import OntName
from domain.metrics import olt, ont
from domain.reading import Quality, Reason, Source, Via
from domain.snapshot import Neighbour, Neighbours, PortState
from domain.states import OntAlarm, Oper
from simulators.snmp.places import Ont

_READ_SHARE = 0.6  # C: of the ONTs, by a walk cut short
_GPON_UP_BIT_S = 1.24416e9
_NOISY = 1e-9  # ITU-T G.988 9.2.1: default SD threshold
_UNSTABLE = 3  # falls


def neighbours_of(scene: Scene, *, silent: bool) -> Neighbours:
    """Who hangs from the same port, and the other ports of the OLT."""
    gaps = scene.draw.gaps
    if Gap.NEIGHBOURS in gaps or (silent and Gap.NEIGHBOURS_STALE not in gaps):
        return Neighbours(reason=Reason.TIMEOUT, complete=False)
    names = [name for name in scene.on_port if name != scene.subject]
    if Gap.NEIGHBOURS_STALE in gaps:
        return _stored(scene, names)
    complete = Gap.NEIGHBOURS_PARTIAL not in gaps
    if not complete:
        names = names[: max(int(len(names) * _READ_SHARE), 1)]
    return Neighbours(
        tuple(_neighbour(scene, scene.places[name]) for name in names),
        _ports(scene),
        scene.now,
        Source(Via.SNMP, "walk"),
        Quality.LIVE,
        None,
        complete,
    )


def _stored(scene: Scene, names: list[OntName]) -> Neighbours:
    onts = tuple(
        Neighbour(
            name,
            *_hangs(scene, name),
            scene.before[name].oper,
            last_change=_dated(scene, scene.before[name].last_change),
        )
        for name in names
    )
    return Neighbours(onts, (), scene.before_at, Source(Via.INVENTORY, "walk"), Quality.STORED)


def _hangs(scene: Scene, name: OntName) -> tuple[str | None, str | None]:
    if Gap.RECORDS in scene.draw.gaps:
        return None, None
    installed = scene.plant.layout.onts[name]
    return installed.pbo, installed.splitters[-1]


def _dated(scene: Scene, instant: datetime) -> datetime | None:
    return instant if ont.ONT_LAST_CHANGE in reader.capabilities(scene.draw.vendor) else None


def _neighbour(scene: Scene, one: Ont) -> Neighbour:
    vendor, name = scene.draw.vendor, one.state.name
    if not one.state.provisioned and vendor != "nokia_isam":
        return Neighbour(name, *_hangs(scene, name), None)
    up = one.managed if vendor == "zte_zxan" else one.up
    alarms = reader.alarms_of(scene, one, vendor)
    measured = up and Gap.TELEMETRY not in scene.draw.gaps
    rx, olt_rx = _deltas(scene, name) if measured else (None, None)
    return Neighbour(
        name,
        *_hangs(scene, name),
        Oper.UP if up else Oper.DOWN,
        alarms,
        _dated(scene, one.state.changed_at),
        rx,
        olt_rx,
        _noisy(scene, name, alarms) if measured else None,
        None if Gap.PAST in scene.draw.gaps else False,
    )


def _deltas(scene: Scene, name: OntName) -> tuple[float | None, float | None]:
    now, then = scene.levels(name), scene.reference[name]

    def fall(value: float | None, was: float | None) -> float | None:
        return None if value is None or was is None else round(value - was, 2)

    return fall(now.rx, then.rx), fall(now.olt_rx, then.olt_rx)


def _noisy(scene: Scene, name: OntName, alarms: tuple[OntAlarm, ...] | None) -> bool | None:
    """Whether its upstream shows errors: by its count where the vendor has one, else by its alarms."""
    able = reader.capabilities(scene.draw.vendor)
    if ont.ONT_ERRORS_UP in able or ont.ONT_BIP_UP in able:
        errors = scene.plant.state.onts[name].errors_up - scene.counted[name][0]
        return errors / (_GPON_UP_BIT_S * scene.counted_s) >= _NOISY
    return None if alarms is None else OntAlarm.SD in alarms


def _ports(scene: Scene) -> tuple[PortState, ...]:
    dated = olt.PON_LAST_CHANGE in reader.capabilities(scene.draw.vendor)
    found = {one.pon.state.name: one.pon for one in scene.places.values()}
    ports = (pon for name, pon in found.items() if name != scene.subject.pon_name)
    return tuple(
        PortState(pon.state.name, Oper.UP if pon.up else Oper.DOWN, pon.state.changed_at if dated else None)
        for pon in ports
    )
