"""A draw played: the plant is built, lives, is broken, and is left at the moment of the test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from benchmarks.diagnosis_mc.draws import COMES_AND_GOES, Draw, Order
from domain.history import Drop
from domain.identifiers import OntName
from domain.states import AuthResult, DownCause, Oper
from simulators.plant.ddm import ont_ddm, pon_ddm
from simulators.plant.plant import Plant
from simulators.plant.state import EventKind, PlantEvent
from simulators.plant.stepped import SteppedClock
from simulators.snmp.places import Ont, places

_LIVED_S = 900.0  # before anything breaks
_COUNTED_S = 300.0  # C: period over which the collectors count errors
_INTERIM = timedelta(seconds=600)  # RFC 2869 5.16
_CALM_S = 250.0  # of the turn of a fault that comes and goes, after it has gone


@dataclass(frozen=True, slots=True)
class Levels:
    """Levels (dBm) and laser currents (mA) of one ONT and of its port, as both ends read them."""

    rx: float | None
    tx: float | None
    olt_rx: float | None
    port_tx: float | None
    bias: float | None
    port_bias: float | None


@dataclass(frozen=True, slots=True)
class Seen:
    """State of an ONT as it was at one moment."""

    oper: Oper
    last_change: datetime


@dataclass(slots=True)
class SessionLog:
    """What RADIUS and the authentication log know of an access."""

    started: datetime
    stopped: datetime | None = None
    cause: str | None = None
    auth: AuthResult = AuthResult.ACCEPT
    auth_at: datetime | None = None
    reason: str | None = None


@dataclass(slots=True)
class Scene:
    """The plant at the moment of the test.

    Attributes:
        draw: What was drawn.
        orders: What is broken: of the draw itself, or of another hypothesis.
        reference: Levels before anything broke, of every ONT of the subject's port.
        before: States of the same ONTs just before the first fault.
        before_at: When that was.
        counted: Errors up, errors down and FEC losses counted `counted_s` before the test.
        informs: Boots and returns of the subject's box, oldest first; each makes an Inform.
        silent_since: Since when its box is silent.
        radius_down_at: Since when nothing is accounted for.
        drops: Falls of the subject over the last day.
    """

    draw: Draw
    orders: tuple[Order, ...]
    plant: Plant
    reference: dict[OntName, Levels] = field(default_factory=dict)
    before: dict[OntName, Seen] = field(default_factory=dict)
    before_at: datetime | None = None
    counted: dict[OntName, tuple[int, int, int]] = field(default_factory=dict)
    counted_s: float = _COUNTED_S
    log: SessionLog | None = None
    informs: list[datetime] = field(default_factory=list)
    boots: int = 0
    silent_since: datetime | None = None
    radius_down_at: datetime | None = None
    drops: list[Drop] = field(default_factory=list)
    _places: dict[OntName, Ont] | None = None

    @property
    def places(self) -> dict[OntName, Ont]:
        """Every ONT with its port and its board, as the simulated agents see them."""
        if self._places is None:
            self._places = {one.state.name: one for one in places(self.plant.state).onts}
        return self._places

    @property
    def now(self) -> datetime:
        """The instant of the test."""
        return self.plant.clock.now()

    @property
    def subject(self) -> OntName:
        """The ONT tested."""
        return self.draw.subject

    @property
    def on_port(self) -> list[OntName]:
        """Every ONT of the subject's port."""
        return [ont.name for ont in self.plant.layout.pons[self.subject.pon_name].onts]

    def levels(self, name: OntName) -> Levels:
        """What is read of an ONT and its port now."""
        ont, pon = self.plant.state.onts[name], self.plant.state.pons[name.pon_name]
        ddm = ont_ddm(ont)
        return Levels(
            ont.rx_dbm,
            ont.tx_dbm,
            ont.olt_rx_dbm,
            pon.tx_dbm,
            None if ddm is None else float(ddm.bias_ma),
            float(pon_ddm(pon).bias_ma),
        )

    def last_seen(self) -> datetime | None:
        """The last sign of an open session in the accounting."""
        log = self.log
        if log is None or log.stopped is not None:
            return None
        until = self.radius_down_at or self.now
        return log.started + _INTERIM * max((until - log.started) // _INTERIM, 0)

    def last_inform(self) -> datetime:
        """The last Inform of the subject's box: periodic since it booted or came back, until it fell silent."""
        box = self.plant.state.boxes[self.subject]
        period = timedelta(seconds=box.periodic_inform_s)
        until = self.silent_since or self.now
        begin = max((at for at in self.informs if at <= until), default=self.informs[0])
        return begin + period * ((until - begin) // period)


def stage(draw: Draw, orders: Sequence[Order]) -> Scene:
    """Play a draw with these faults."""
    description = draw.description()
    plant = Plant(description, SteppedClock(description.clock.origin))
    scene = Scene(draw, tuple(orders), plant)
    box = plant.state.boxes[draw.subject]
    scene.log = SessionLog(box.booted_at + timedelta(seconds=20), auth_at=box.booted_at + timedelta(seconds=20))
    scene.informs = [box.booted_at]
    plant.subscribe(lambda event: _hear(scene, event))
    plant.advance(_LIVED_S)
    scene.reference = {name: scene.levels(name) for name in scene.on_port}
    scene.before = {
        name: Seen(Oper.UP if plant.state.onts[name].oper_up else Oper.DOWN, plant.state.onts[name].changed_at)
        for name in scene.on_port
    }
    _break(scene, sorted(orders, key=lambda order: -order.age_s))
    return scene


def _break(scene: Scene, orders: list[Order]) -> None:
    """Order the faults in turn, the oldest first, and come to the moment of the test."""
    plant, left = scene.plant, max((order.age_s for order in orders), default=_COUNTED_S)
    plant.advance(max(_COUNTED_S - left, 0.0))
    scene.before_at = scene.now - timedelta(seconds=60)
    marks = sorted({order.age_s for order in orders} | {_COUNTED_S}, reverse=True)
    for mark in marks:
        if left > mark:
            _pass(scene, left - mark)
            left = mark
        if mark == _COUNTED_S:
            _count(scene)
        for order in orders:
            if order.age_s == mark:
                plant.apply(order.kind, order.target, **dict(order.parameters))
                if order.kind == "radius-unreachable":
                    scene.radius_down_at = scene.now
    _pass(scene, left)


def _count(scene: Scene) -> None:
    for name in scene.on_port:
        ont = scene.plant.state.onts[name]
        scene.counted[name] = (ont.errors_up, ont.errors_down, ont.fec_lost)


def _pass(scene: Scene, seconds: float) -> None:
    """Let time pass; through the turns of a fault that comes and goes, so that none of its falls is missed."""
    turning = [active for active in scene.plant.faults if active.kind in COMES_AND_GOES]
    if not turning:
        scene.plant.advance(seconds)
        return
    period, duty = (float(turning[0].parameters[name]) for name in ("period_s", "duty"))
    end, since = scene.now + timedelta(seconds=seconds), turning[0].since
    while scene.now < end:
        within = (scene.now - since).total_seconds() % period
        step = duty * period - within + 1.0 if within < duty * period else period - within + 1.0
        scene.plant.advance(min(step, (end - scene.now).total_seconds()))
        _note_fall(scene)
    if not scene.plant.state.onts[scene.subject].oper_up or not scene.plant.state.boxes[scene.subject].powered:
        scene.plant.advance(duty * period + _CALM_S)
        _note_fall(scene)


def _note_fall(scene: Scene) -> None:
    ont = scene.plant.state.onts[scene.subject]
    if ont.last_down_at is None or (scene.drops and scene.drops[-1].down_at == ont.last_down_at):
        return
    cause = DownCause.DYING_GASP if ont.last_gasp_at == ont.last_down_at else DownCause.LOS
    scene.drops.append(Drop(ont.last_down_at, None, cause))


def _hear(scene: Scene, event: PlantEvent) -> None:
    """Keep what the platform and the ACS hear of the subject's box."""
    log = scene.log
    if event.ont != scene.subject or log is None:
        return
    match event.kind:
        case EventKind.BOX_SILENT:
            scene.silent_since = event.at
        case EventKind.BOX_BOOTED | EventKind.BOX_REACHABLE:
            scene.silent_since = None
            scene.informs.append(event.at)
            scene.boots += event.kind is EventKind.BOX_BOOTED
        case EventKind.PPP_UP:
            log.started, log.stopped, log.cause = event.at, None, None
        case EventKind.PPP_DOWN:
            if scene.radius_down_at is None:
                log.stopped, log.cause = event.at, event.detail
        case EventKind.AUTH_ACCEPTED:
            log.auth, log.auth_at, log.reason = AuthResult.ACCEPT, event.at, None
        case EventKind.AUTH_REJECTED:
            log.auth, log.auth_at, log.reason = AuthResult.REJECT, event.at, event.detail
