"""What a diagnosis should say of a scene, from what is really wrong with it: the table of facts, family by family."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.diagnosis_mc.draws import TARGETS, Gap, Order
from benchmarks.diagnosis_mc.scene import Scene
from domain.states import PppStatus
from domain.verdict import Family, Prelocalisation, Scope
from simulators.plant.targets import TargetKind, resolve

F, P, S = Family, Prelocalisation, Scope


@dataclass(frozen=True, slots=True)
class Verdict:
    """A headline that is right."""

    family: Family
    place: Prelocalisation
    scope: Scope = Scope.INDIVIDUAL


@dataclass(frozen=True, slots=True)
class Truth:
    """What is really wrong with the subject.

    Attributes:
        kinds: Kinds of faults that it feels.
        right: Headlines that are right, the plainest first.
        visit: Whether sending somebody to the customer is right.
        collective: Whether it shares what it suffers with others.
    """

    kinds: tuple[str, ...]
    right: tuple[Verdict, ...]
    visit: bool
    collective: bool

    @property
    def families(self) -> frozenset[Family]:
        """Families that are right."""
        return frozenset(one.family for one in self.right)

    @property
    def places(self) -> frozenset[tuple[Family, Prelocalisation]]:
        """Families with their place."""
        return frozenset((one.family, one.place) for one in self.right)


_OK = Verdict(F.OK, P.AUCUNE)
_WATCHED = (_OK, Verdict(F.OK, P.BRANCHEMENT_PBO))
_HOME = (Verdict(F.INTERNE, P.DESSERTE_INTERNE_BOX), Verdict(F.OK_SESSION_INACTIVE, P.DESSERTE_INTERNE_BOX))
_BRANCH = Verdict(F.LIGNE, P.BRANCHEMENT_PBO)

_OUTAGES: dict[str, tuple[int, tuple[Verdict, ...], bool]] = {
    # kind: layer (the lowest explains those above), what is right, whether a visit to the customer is
    "card-down": (10, (Verdict(F.RESEAU, P.RESEAU_OLT, S.CARD),), False),
    "pon-laser-off": (20, (Verdict(F.RESEAU, P.RESEAU_OLT, S.PON),), False),
    "feeder-cut": (30, (Verdict(F.LIGNE, P.TRANSPORT_PON, S.PON),), False),
    "splitter-cut": (35, (Verdict(F.LIGNE, P.TRANSPORT_PON, S.SPLITTER),), False),
    "pbo-cut": (40, (Verdict(F.LIGNE, P.BRANCHEMENT_PBO, S.PBO),), False),
    "area-power-cut": (45, (Verdict(F.ONT, P.ONT, S.AREA),), False),
    "crossed-patch": (50, (Verdict(F.LIGNE, P.TRANSPORT_PON),), False),
    "serial-mismatch": (50, (Verdict(F.PROVISIONNEMENT, P.ONT),), False),
    "password-mismatch": (50, (Verdict(F.PROVISIONNEMENT, P.ONT),), False),
    "not-provisioned": (50, (Verdict(F.PROVISIONNEMENT, P.RESEAU_OLT),), False),
    "admin-down": (50, (Verdict(F.PROVISIONNEMENT, P.RESEAU_OLT),), False),
    "ont-dead": (50, (Verdict(F.ONT, P.ONT),), True),
    "ont-power-off": (50, (Verdict(F.ONT, P.ONT),), False),
    "wrong-unpatching": (50, (Verdict(F.LIGNE, P.TRANSPORT_PON),), False),
    "drop-cut": (50, (_BRANCH,), True),
    "omci-lost": (67, (Verdict(F.ONT, P.ONT),), True),
    "uni-unplugged": (75, _HOME, False),
    "box-off": (75, _HOME, False),
    "radius-unreachable": (78, (Verdict(F.AUTHENTIFICATION, P.PLATEFORME_INTERNET, S.PLATFORM),), False),
    "lns-unreachable": (78, (Verdict(F.INTERNET, P.PLATEFORME_INTERNET, S.PLATFORM),), False),
    "ppp-refused": (80, (Verdict(F.AUTHENTIFICATION, P.PLATEFORME_INTERNET),), False),
    "no-pado": (80, (Verdict(F.INTERNET, P.PLATEFORME_INTERNET, S.PON),), False),
    "box-hung": (76, (_HOME[1],), False),
    "no-internet": (86, (Verdict(F.INTERNET, P.PLATEFORME_INTERNET),), False),
    "dns-platform": (87, (Verdict(F.DNS, P.PLATEFORME_INTERNET, S.PLATFORM),), False),
    "dns-custom": (87, (Verdict(F.DNS, P.DESSERTE_INTERNE_BOX),), False),
    "blocked-flow": (88, (Verdict(F.FLUX_BLOQUE, P.PLATEFORME_INTERNET),), False),
}
_ACCESS_DOWN = 66  # layers up to it leave nothing to be seen above
_LOSSES = frozenset({"dirty-connector", "macrobend", "high-attenuation", "moisture", "bend-in-the-cold"})
_OF_A_PBO = frozenset({"high-attenuation", "moisture", "bend-in-the-cold"})
_SHARED = frozenset({"pbo-cut", "splitter-cut", "feeder-cut", "area-power-cut"})
_HARMLESS = frozenset({"firmware-not-planned", "port-25-closed", "planned-works", "olt-unreachable"})
_DEGRADED: dict[str, tuple[Verdict, bool]] = {
    "ont-laser-degraded": (Verdict(F.ONT, P.ONT), True),
    "errors-up": (Verdict(F.ONT, P.ONT), True),
    "errors-down": (Verdict(F.ONT, P.ONT), True),
    "olt-tx-weak": (Verdict(F.RESEAU, P.RESEAU_OLT, S.PON), False),
    "olt-rx-weak": (Verdict(F.RESEAU, P.RESEAU_OLT, S.PON), False),
    "rogue-unknown": (Verdict(F.RESEAU, P.TRANSPORT_PON, S.PON), False),
    "flapping-light": (_BRANCH, True),
    "flapping-power": (Verdict(F.ONT, P.ONT), False),
    "box-reboot-loop": (_HOME[0], False),
    "bad-negotiation": (_HOME[0], False),
}
_FELT_DB, _SLACK_DB = 5.0, 0.8  # a loss that a customer feels, by the table of facts; what noise may add to it
_BER = 1e-11  # errors a bit that are more than a working line's


def truth_of(scene: Scene) -> Truth:
    """What is right to say of a scene."""
    found = [(order.kind, *_felt(scene, order)) for order in scene.orders if _strikes(scene, order)]
    found = [one for one in found if one[2]]
    layers = {kind: _OUTAGES[kind][0] for kind, *_ in found if kind in _OUTAGES}
    lowest = min(layers.values(), default=None)
    if lowest is not None and lowest <= _ACCESS_DOWN:
        found = [one for one in found if layers.get(one[0], 99) <= _ACCESS_DOWN or _down_by(scene, one[0])]
    elif lowest is not None:
        found = [one for one in found if layers.get(one[0], lowest) == lowest]
    if not found:
        return Truth((), _unbroken(scene), visit=False, collective=False)
    right = tuple(dict.fromkeys(verdict for _, _, verdicts, _ in found for verdict in verdicts))
    if any(verdict.family is not F.OK for verdict in right[:1]) and len(found) > 1:
        right = tuple(v for v in right if v != _OK) or right
    kinds = tuple(kind for kind, *_ in found)
    return Truth(kinds, right, any(one[3] for one in found), any(one[1] for one in found))


def _unbroken(scene: Scene) -> tuple[Verdict, ...]:
    """Of an access that works: without a reference the error of the modules is something to watch."""
    right = _WATCHED if Gap.REFERENCE in scene.draw.gaps else (_OK,)
    unseen = scene.radius_down_at is not None and {Gap.BOX, Gap.ACS} & scene.draw.gaps
    return (*right, *_OUTAGES["radius-unreachable"][1]) if unseen else right


def _strikes(scene: Scene, order: Order) -> bool:
    target = resolve(scene.plant.layout, TARGETS[order.kind], order.target)
    if order.kind == "rogue-ont" and target.ont is not None:
        return target.ont.pon_name == scene.subject.pon_name
    return scene.subject in target.onts


def _down_by(scene: Scene, kind: str) -> bool:
    """Whether a loss, or a weak sender, is so great that the link does not live."""
    return (kind in _LOSSES or kind in {"olt-tx-weak", "olt-rx-weak", "ont-laser-degraded"}) and not (
        scene.plant.state.onts[scene.subject].oper_up
    )


def _felt(scene: Scene, order: Order) -> tuple[bool, tuple[Verdict, ...], bool]:
    """Of one fault that strikes the subject: whether it is collective, what is right (nothing: not felt), a visit."""
    collective = TARGETS[order.kind] is not TargetKind.ONT or order.kind == "rogue-ont"
    right, visit = ((), False) if _unfelt(scene, order.kind) else _right(scene, order)
    return collective, right, visit


def _unfelt(scene: Scene, kind: str) -> bool:
    """Whether the subject is among those that a fault spares, or the fault harms nobody."""
    ont, box = scene.plant.state.onts[scene.subject], scene.plant.state.boxes[scene.subject]
    spared = {
        "area-power-cut": ont.powered,
        "radius-unreachable": box.ppp_status is PppStatus.CONNECTED,
    }
    return kind in _HARMLESS or spared.get(kind, False)


def _right(scene: Scene, order: Order) -> tuple[tuple[Verdict, ...], bool]:
    kind = order.kind
    if kind in _OUTAGES:
        _, right, visit = _OUTAGES[kind]
        if kind in _SHARED:
            right = _alone(scene, order, right)
        return right, visit or (kind in _SHARED - {"area-power-cut"} and right[-1].scope is S.INDIVIDUAL)
    if kind == "rogue-ont":
        return (_rogue(scene, order),), order.target == str(scene.subject)
    if kind == "wifi-weak":
        return ((_HOME[0],) if scene.draw.complains else (_HOME[0], _OK)), False
    if kind in _DEGRADED:
        verdict, visit = _DEGRADED[kind]
        return (verdict,), visit
    return _lossy(scene, order)


def _alone(scene: Scene, order: Order, right: tuple[Verdict, ...]) -> tuple[Verdict, ...]:
    """A collective fault that strikes one ONT alone is of that ONT to all who look."""
    behind = resolve(scene.plant.layout, TARGETS[order.kind], order.target).onts
    if len(behind) > 1:
        return right
    return (*right, *(Verdict(one.family, one.place) for one in right))


def _rogue(scene: Scene, order: Order) -> Verdict:
    target = resolve(scene.plant.layout, TARGETS[order.kind], order.target)
    if target.ont == scene.subject:
        return Verdict(F.ONT, P.ONT, S.PON)
    return Verdict(F.RESEAU, P.TRANSPORT_PON, S.PON)


def _lossy(scene: Scene, order: Order) -> tuple[tuple[Verdict, ...], bool]:
    """A loss: a fault when the customer feels it, else something to watch; both are right in between."""
    if order.kind == "wrong-splitter":
        return _overload(scene), not scene.plant.state.onts[scene.subject].oper_up
    ont, layout = scene.plant.state.onts[scene.subject], scene.plant.layout.pons[scene.subject.pon_name]
    scope = Scope.PBO if order.kind in _OF_A_PBO else Scope.INDIVIDUAL
    fault: tuple[Verdict, ...] = (Verdict(F.LIGNE, P.BRANCHEMENT_PBO, scope),)
    fault = _alone(scene, order, fault) if order.kind in _OF_A_PBO else fault
    visit = order.kind not in _OF_A_PBO or len(fault) > 1
    if not ont.oper_up:
        return fault, visit
    size = float(dict(order.parameters).get("loss_db", 0.0))
    if order.kind in {"macrobend", "bend-in-the-cold"}:
        size *= max(layout.generation.bend.values())
    limits = layout.limits
    margin = min((ont.rx_dbm or 0.0) - limits.ont.sensitivity_dbm, (ont.olt_rx_dbm or 0.0) - limits.olt.sensitivity_dbm)
    noisy = max(ont.ber_up, ont.ber_down)
    if size >= _FELT_DB + _SLACK_DB or noisy >= _BER * 100 or margin < -_SLACK_DB:
        return fault, visit
    if size < _FELT_DB - _SLACK_DB and noisy < _BER / 100 and margin > _SLACK_DB and order.kind not in _OF_A_PBO:
        return (*_WATCHED, *(fault if order.kind == "macrobend" else ())), order.kind == "macrobend"
    return (*fault, *_WATCHED), visit


def _overload(scene: Scene) -> tuple[Verdict, ...]:
    ont, limits = scene.plant.state.onts[scene.subject], scene.plant.layout.pons[scene.subject.pon_name].limits
    fault = Verdict(F.LIGNE, P.TRANSPORT_PON)
    if not ont.oper_up:
        return (fault, _BRANCH)
    over = max((ont.rx_dbm or -99.0) - limits.ont.overload_dbm, (ont.olt_rx_dbm or -99.0) - limits.olt.overload_dbm)
    if over > _SLACK_DB:
        return (fault,)
    return (fault, _OK) if over > -_SLACK_DB else (_OK, fault)


def layer_of(kind: str) -> int:
    """Place of a kind in the order of causes: what cuts first, then what degrades, then what harms nobody."""
    return _OUTAGES[kind][0] if kind in _OUTAGES else 200 if kind in _HARMLESS else 100


def outage(kind: str) -> tuple[Verdict, ...]:
    """What is right to say of a kind that cuts the service."""
    return _OUTAGES[kind][1]
