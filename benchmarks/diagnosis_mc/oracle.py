"""What the evidence can tell, said by who sees the plant.

The same plant is played again under other hypotheses: same instant, same noise, same sources withheld. A hypothesis
that gives the engine the same evidence, within the accuracy of the readings, cannot be told from the truth; if it asks
for another verdict, the draw is beyond what anybody could decide and is left out of the accuracy.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from benchmarks.diagnosis_mc.draws import COMES_AND_GOES, TARGETS, Draw, Order
from benchmarks.diagnosis_mc.reader import snapshot_of
from benchmarks.diagnosis_mc.scene import Scene, stage
from benchmarks.diagnosis_mc.truth import Truth, layer_of, truth_of
from domain.metric import Metric
from domain.metrics import box, context, olt, ont, platform, reference
from domain.reading import Reason
from domain.snapshot import Neighbour, Snapshot
from domain.states import OntPhase, Oper
from domain.verdict import Family
from simulators.plant.errors import CommandError
from simulators.plant.targets import TargetKind

_DARK = (
    *("card-down", "pon-laser-off", "feeder-cut", "splitter-cut", "pbo-cut", "drop-cut", "wrong-unpatching"),
    *("crossed-patch", "serial-mismatch", "password-mismatch", "not-provisioned", "admin-down"),
    *("ont-power-off", "area-power-cut"),
)
_LIGHT = (
    *("dirty-connector", "macrobend", "high-attenuation", "olt-tx-weak", "olt-rx-weak", "ont-laser-degraded"),
    *("errors-up", "errors-down", "rogue-unknown", "rogue-ont", "wrong-splitter"),
)
_HOME = ("omci-lost", "uni-unplugged", "box-off", "box-hung", "bad-negotiation")
_SESSION = ("radius-unreachable", "lns-unreachable", "ppp-refused", "no-pado", "box-hung")
_SERVICE = ("no-internet", "dns-platform", "dns-custom", "blocked-flow", "wifi-weak")
_REPEATED_DB, _ACCURATE_DB = 1.0, 3.0  # what two readings of one module differ by; what a reading may be wrong by
_BIAS_RATIO = 1.3
_FALLS = 3  # in a day: more than a line that works has
_DECADES = 1.0  # error rates closer than that cannot be told apart
_IGNORED = frozenset(
    {
        *(olt.PON_LAST_CHANGE, ont.ONT_DISTANCE_M, ont.ONT_FLAPS_24H, ont.ONT_FEC_UNCORRECTED, box.BOX_UPTIME_S),
        *(box.BOX_WIRED_MBPS, ont.ONT_FIRMWARE_ACTIVE, ont.ONT_FIRMWARE_PLANNED, olt.PON_OPER, olt.CARD_KIND),
        *(platform.PORT_25, platform.NEIGHBOUR_SESSIONS_OK, context.SYMPTOM),
    }
)
_LEVELS: dict[Metric[float], Metric[float]] = {
    ont.ONT_RX_DBM: reference.REFERENCE_ONT_RX_DBM,
    ont.ONT_TX_DBM: reference.REFERENCE_ONT_TX_DBM,
    ont.OLT_RX_DBM: reference.REFERENCE_OLT_RX_DBM,
    olt.PON_TX_DBM: reference.REFERENCE_OLT_TX_DBM,
}
_CURRENTS = {ont.ONT_BIAS_MA: reference.REFERENCE_ONT_BIAS_MA, olt.PON_BIAS_MA: reference.REFERENCE_OLT_BIAS_MA}
_COUNTS = frozenset({ont.ONT_ERRORS_UP, ont.ONT_ERRORS_DOWN, ont.ONT_BIP_UP, ont.ONT_BIP_DOWN})


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the oracle says of a draw.

    Attributes:
        decides: Whether the evidence is enough.
        like: Other hypotheses that give the same evidence, with what would be right of them.
    """

    decides: bool
    like: tuple[tuple[str, Truth], ...] = field(default=())


def opinion(scene: Scene, snapshot: Snapshot, truth: Truth) -> Opinion:
    """Whether the evidence of a scene decides."""
    like = []
    healthy = truth.families == {Family.OK}
    for orders in _hypotheses(scene, snapshot, healthy):
        try:
            other = stage(scene.draw, orders)
        except CommandError:
            continue
        if same(snapshot, snapshot_of(other)):
            name = "+".join(order.kind for order in orders) or "none"
            like.append((name, truth_of(other)))
    conflicts = [one for one in like if not one[1].places & truth.places]
    return Opinion(not conflicts, tuple(conflicts))


def _hypotheses(scene: Scene, snapshot: Snapshot, healthy: bool) -> Iterator[tuple[Order, ...]]:
    """The truth's rivals: nothing, or another single fault of what the subject hangs from."""
    draw, state = scene.draw, scene.plant.state.onts[scene.subject]
    dumb = not snapshot.readings[ont.ONT_OPER].known
    kept = _others(draw)
    if healthy:  # the plainest explanation of a good access is that it is good: only a silence may hide an outage
        kinds: tuple[str, ...] = _DARK if dumb else ()
    else:
        yield kept
        kinds = _rivals(scene, snapshot, state.oper_up, dumb)
    age = max((order.age_s for order in draw.orders), default=900.0)
    past = any(order.kind in COMES_AND_GOES for order in draw.orders)
    for kind in kinds:
        order = Order(kind, _target(scene, kind), 900.0 if past else age, _sized(draw, kind))
        if kind not in {one.kind for one in draw.orders}:
            yield (order, *kept)


def _others(draw: Draw) -> tuple[Order, ...]:
    """Of two faults, the one that the other hides, or that hides nothing: it stays under every hypothesis."""
    return tuple(sorted(draw.orders, key=lambda order: layer_of(order.kind))[1:])


def _rivals(scene: Scene, snapshot: Snapshot, up: bool, dumb: bool) -> tuple[str, ...]:
    own = {order.kind for order in scene.draw.orders}
    if dumb:
        return tuple(dict.fromkeys((*_DARK, *_HOME, *_SESSION)))
    if not up:
        return _DARK
    for group in (_LIGHT, _HOME, _SESSION, _SERVICE):
        if own & set(group):
            return group if group is _LIGHT else tuple(dict.fromkeys((*_HOME, *_SESSION, *_SERVICE)))
    return ()


def _sized(draw: Draw, kind: str) -> tuple[tuple[str, Any], ...]:
    """Rivals are given the size of the truth, where both have one."""
    given = {name: value for order in draw.orders for name, value in order.parameters if name == "loss_db"}
    if kind in {"errors-up", "rogue-unknown", "rogue-ont"}:
        rogue = [{"rate": 2e-5} for order in draw.orders if order.kind in {"rogue-unknown", "rogue-ont"}]
        rates = [dict(order.parameters) for order in draw.orders if order.kind == "errors-up"]
        return tuple((rogue or rates or [{}])[0].items())
    takes = {"dirty-connector", "macrobend", "high-attenuation", "olt-tx-weak", "olt-rx-weak", "ont-laser-degraded"}
    return tuple(given.items()) if kind in takes else ()


def _target(scene: Scene, kind: str) -> str:
    """What the subject hangs from, of the sort that a kind strikes."""
    installed = scene.plant.layout.onts[scene.subject]
    return {
        TargetKind.ONT: str(scene.subject),
        TargetKind.PBO: installed.pbo,
        TargetKind.SPLITTER: installed.splitters[-1],
        TargetKind.PON: str(scene.subject.pon_name),
        TargetKind.PM: installed.pm,
        TargetKind.SLOT: str(scene.subject.slot),
        TargetKind.OLT: "",
        TargetKind.PLATFORM: "",
    }[TARGETS[kind]]


def same(one: Snapshot, other: Snapshot) -> bool:
    """Whether two snapshots say the same, within what their readings are worth."""
    metrics = set(one.readings) | set(other.readings)
    falls = [len(found.history.drops) >= _FALLS for found in (one, other)]
    return (
        falls[0] is falls[1] and all(_alike(metric, one, other) for metric in metrics) and _neighbours_alike(one, other)
    )


def _alike(metric: Metric[Any], one: Snapshot, other: Snapshot) -> bool:
    first, second = one.readings[metric], other.readings[metric]
    if metric is olt.PON_LASER_ON and not {Reason.NO_READING} - {first.reason, second.reason}:
        return _alike(olt.PON_TX_DBM, one, other)  # told by the level alone
    if _says_nothing(metric, one) or metric.entity == "reference":
        return True
    if first.known and second.known:
        return _close(metric, first.value, second.value, one)
    if first.known is second.known:
        return first.reason is second.reason
    if metric is ont.ONT_PHASE and Reason.NO_READING in {first.reason, second.reason}:
        return OntPhase.OFFLINE in {first.value, second.value}  # two words for any fall (FiberHome)
    before = (_LEVELS | _CURRENTS).get(metric)  # a module that never told anything says nothing by its silence
    dumb = Reason.NO_READING in {first.reason, second.reason}
    return before is not None and dumb and not one.readings[before].known


def _says_nothing(metric: Metric[Any], one: Snapshot) -> bool:
    """Whether nobody would conclude anything from a reading."""
    if metric is box.BOX_DNS_CUSTOM:  # a choice of the customer's: does it work?
        return not one.readings[box.BOX_DNS_OK].known
    if metric is ont.ONT_DOWN_CAUSE:  # of a fall that is over
        return one.readings.value(ont.ONT_OPER) is Oper.UP
    return metric in _IGNORED


def _close(metric: Metric[Any], a: Any, b: Any, one: Snapshot) -> bool:
    """Whether two values are the same within what their readings are worth."""
    if isinstance(a, datetime):
        return True
    if metric in _LEVELS:
        known_before = one.readings[_LEVELS[metric]].known
        return abs(float(a) - float(b)) <= (_REPEATED_DB if known_before else _ACCURATE_DB)
    if metric in _CURRENTS:
        return not one.readings[_CURRENTS[metric]].known or _ratio(a, b) <= _BIAS_RATIO
    if metric in _COUNTS:
        return abs(math.log10(a + 10) - math.log10(b + 10)) <= _DECADES
    return bool(a == b)


def _ratio(a: float, b: float) -> float:
    return max(a, b) / min(a, b) if min(a, b) > 0 else (1.0 if a == b else math.inf)


def _neighbours_alike(one: Snapshot, other: Snapshot) -> bool:
    first, second = one.neighbours, other.neighbours
    ports = [tuple(port.oper for port in found.ports) for found in (first, second)]
    if ports[0] != ports[1] or len(first.onts) != len(second.onts):
        return False
    moved = [a for a, b in zip(first.onts, second.onts, strict=True) if not _neighbour_alike(a, b)]
    return not moved


def _neighbour_alike(a: Neighbour, b: Neighbour) -> bool:
    if (a.oper, a.upstream_errors) != (b.oper, b.upstream_errors) or set(a.alarms or ()) != set(b.alarms or ()):
        return False
    if a.oper is Oper.DOWN and (a.last_change is None) is not (b.last_change is None):
        return False
    pairs = ((a.rx_delta_db, b.rx_delta_db), (a.olt_rx_delta_db, b.olt_rx_delta_db))
    return all((x is None) is (y is None) and (x is None or y is None or abs(x - y) <= _REPEATED_DB) for x, y in pairs)
