"""The kinds of faults of the plant that an OLT shows, done to the arrays of an OLT of the fleet.

Names, parameters and usual courses are those of `simulators.plant.faults`: what is here is what each does to rows, and
what else than in the plant it may strike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from domain.errors import InvalidValueError
from domain.identifiers import SerialNumber
from domain.states import EthernetRate
from simulators.fleet.faults import Scope, Struck, Wrong
from simulators.fleet.physics import mixed
from simulators.fleet.topology import Topology
from simulators.plant import faults as plant_faults
from simulators.plant.errors import CommandError
from simulators.plant.faults.kind import FaultKind, Sizes, Value

# Of an ONT's Ethernet link: the usual one first, then the poor ones.
RATES = (
    EthernetRate.GIGABIT,
    EthernetRate.TEN_HALF,
    EthernetRate.TEN,
    EthernetRate.HUNDRED_HALF,
    EthernetRate.HUNDRED,
    EthernetRate.GIGABIT_HALF,
)
_OTHER_ONT = 0x80000000  # C: what stands in the place of an ONT has its number with that bit turned over
_VERSION_OCTETS = 14  # ITU-T G.988 9.1.4


@dataclass(frozen=True, slots=True, eq=False)
class Blow(Sizes):
    """A fault that is there now."""

    topology: Topology
    struck: Struck
    values: Mapping[str, Value]
    strength: float


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault in the fleet.

    Attributes:
        known: What the plant declares of it.
        scopes: What it may strike here.
        apply: Adds it to what is wrong.
        check: Raises `CommandError` for parameters that this OLT cannot follow.
    """

    known: FaultKind
    scopes: frozenset[Scope]
    apply: Callable[[Wrong, Blow], None]
    check: Callable[[Blow], object]


_Apply = Callable[[Wrong, Blow], None]


def _flag(name: str) -> _Apply:
    """Those ONTs are so."""

    def apply(wrong: Wrong, blow: Blow) -> None:
        getattr(wrong, name)[blow.struck.onts] = True

    return apply


def _port_flag(name: str) -> _Apply:
    def apply(wrong: Wrong, blow: Blow) -> None:
        getattr(wrong, name)[blow.struck.ports] = True

    return apply


def _more(name: str, parameter: str) -> _Apply:
    """Those ONTs have that much more of it."""

    def apply(wrong: Wrong, blow: Blow) -> None:
        getattr(wrong, name)[blow.struck.onts] += blow.size(parameter)

    return apply


def _area(wrong: Wrong, blow: Blow) -> None:
    rows = blow.struck.onts
    wrong.unpowered[rows[mixed(rows.astype(np.uint64), 17) < blow.number("share")]] = True


def _board(wrong: Wrong, blow: Blow) -> None:
    wrong.boards_off.update(blow.struck.slots)


def _silent(wrong: Wrong, _blow: Blow) -> None:
    wrong.reachable = False


def _spared(wrong: Wrong, blow: Blow) -> None:
    wrong.both_db[blow.struck.onts] -= blow.number("gain_db")


def _port_weak(wrong: Wrong, blow: Blow) -> None:
    wrong.port_db[blow.struck.ports] += blow.size("loss_db")
    wrong.port_bias[blow.struck.ports] *= 1.0 + (blow.number("bias") - 1.0) * blow.strength


def _port_deaf(wrong: Wrong, blow: Blow) -> None:
    wrong.receiver_db[blow.struck.ports] += blow.size("loss_db")


def _ont_weak(wrong: Wrong, blow: Blow) -> None:
    wrong.ont_db[blow.struck.onts] += blow.size("loss_db")
    wrong.ont_bias[blow.struck.onts] *= 1.0 + (blow.number("bias") - 1.0) * blow.strength


def _rogue(wrong: Wrong, blow: Blow) -> None:
    """The others of its port have the errors."""
    wrong.rogue[blow.struck.onts] = True
    others = np.isin(blow.topology.port, blow.struck.ports)
    others[blow.struck.onts] = False
    wrong.ber_up[others] += blow.size("rate")


def _negotiated(wrong: Wrong, blow: Blow) -> None:
    wrong.rate[blow.struck.onts] = _rate(blow)
    wrong.forced[blow.struck.onts] = bool(blow.number("forced"))


def _rate(blow: Blow) -> int:
    poor = [rate.value for rate in RATES[1:]]
    if blow.text("rate") not in poor:
        raise CommandError(f"{blow.text('rate')!r} is no poor rate", poor)
    return 1 + poor.index(blow.text("rate"))


def _outdated(wrong: Wrong, blow: Blow) -> None:
    version, row = _version(blow), 1
    if version:
        wrong.versions.append(version)
        row = 1 + len(wrong.versions)
    wrong.version[blow.struck.onts] = row


def _version(blow: Blow) -> bytes:
    version = blow.text("version")
    if not version.isascii() or len(version) > _VERSION_OCTETS:
        raise CommandError(f"{version!r} is no version of {_VERSION_OCTETS} ASCII characters at most")
    return version.encode("ascii")


def _moved(wrong: Wrong, blow: Blow) -> None:
    wrong.moved.update(dict.fromkeys(blow.struck.onts.tolist(), _other_port(blow)))


def _other_port(blow: Blow) -> int:
    """Row of the port that an ONT is patched to: the one told, or the next one."""
    t, own = blow.topology, int(blow.struck.ports[0])
    names = [f"PON-1-1-{slot}-{pon}" for slot, pon in zip(t.pon_slot.tolist(), t.pon_pon.tolist(), strict=True)]
    wanted = blow.text("to")
    if wanted and wanted not in names:
        raise CommandError(f"no PON port {wanted!r}", names)
    other = names.index(wanted) if wanted else (own + 1) % len(names)
    if other == own:
        raise CommandError("an ONT is crossed with another port than its own")
    return other


def _swapped(wrong: Wrong, blow: Blow) -> None:
    serial = _serial(blow)
    for row in blow.struck.onts.tolist():
        own = int(blow.topology.serial[row])
        octets = None if serial is None else serial.octets
        wrong.swapped[row] = (None, own ^ _OTHER_ONT) if octets is None else (octets[:4], int.from_bytes(octets[4:]))


def _serial(blow: Blow) -> SerialNumber | None:
    try:
        return SerialNumber.parse(blow.text("serial")) if blow.text("serial") else None
    except InvalidValueError as error:
        raise CommandError(str(error)) from error


_ONE, _PON = frozenset({Scope.ONT}), frozenset({Scope.PON})
_BELOW = frozenset({Scope.ONT, Scope.PBO, Scope.SPLITTER, Scope.PON, Scope.PM})
_ANY = _BELOW | {Scope.SLOT, Scope.OLT}
_LOSS, _BEND = _more("both_db", "loss_db"), _more("bend_db", "loss_db")

_HERE: dict[str, tuple[frozenset[Scope], _Apply]] = {
    "admin-down": (_BELOW, _flag("locked")),
    "area-power-cut": (_ANY, _area),
    "bad-negotiation": (_BELOW, _negotiated),
    "bend-in-the-cold": (_BELOW, _BEND),
    "box-off": (_BELOW, _flag("unplugged")),
    "box-reboot-loop": (_BELOW, _flag("unplugged")),
    "card-down": (frozenset({Scope.SLOT}), _board),
    "crossed-patch": (_ONE, _moved),
    "dirty-connector": (_BELOW, _LOSS),
    "drop-cut": (_ONE, _flag("dark")),
    "errors-down": (_BELOW, _more("ber_down", "rate")),
    "errors-up": (_BELOW, _more("ber_up", "rate")),
    "feeder-cut": (frozenset({Scope.PON, Scope.PM}), _port_flag("feeders")),
    "firmware-not-planned": (_BELOW, _outdated),
    "flapping-light": (_BELOW, _flag("dark")),
    "flapping-power": (_BELOW, _flag("unpowered")),
    "high-attenuation": (_BELOW, _LOSS),
    "macrobend": (_BELOW, _BEND),
    "moisture": (_BELOW, _LOSS),
    "not-provisioned": (_BELOW, _flag("unprovisioned")),
    "olt-rx-weak": (_PON, _port_deaf),
    "olt-tx-weak": (_PON, _port_weak),
    "olt-unreachable": (frozenset({Scope.OLT}), _silent),
    "omci-lost": (_BELOW, _flag("unmanaged")),
    "ont-dead": (_ONE, _flag("unpowered")),
    "ont-laser-degraded": (_BELOW, _ont_weak),
    "ont-power-off": (_ONE, _flag("unpowered")),
    "password-mismatch": (_BELOW, _flag("refused")),
    "pbo-cut": (frozenset({Scope.PBO}), _flag("dark")),
    "pon-laser-off": (_PON, _port_flag("lasers_off")),
    "rogue-ont": (_ONE, _rogue),
    "rogue-unknown": (_PON, _more("ber_up", "rate")),
    "serial-mismatch": (_ONE, _swapped),
    "splitter-cut": (frozenset({Scope.SPLITTER}), _flag("dark")),
    "uni-unplugged": (_BELOW, _flag("unplugged")),
    "wrong-splitter": (_BELOW, _spared),
    "wrong-unpatching": (_ONE, _flag("dark")),
}
_CHECKS: dict[str, Callable[[Blow], object]] = {
    "bad-negotiation": _rate,
    "crossed-patch": _other_port,
    "firmware-not-planned": _version,
    "serial-mismatch": _serial,
}


@cache
def kinds() -> Mapping[str, Kind]:
    """Every kind, by name."""
    known = plant_faults.discover()
    return {
        name: Kind(known[name], scopes, apply, _CHECKS.get(name, lambda _: None))
        for name, (scopes, apply) in _HERE.items()
    }


@cache
def elsewhere() -> Mapping[str, str]:
    """The plant's other kinds, and why a fleet does not have them: nothing of them is seen at an OLT."""
    return {
        name: f"seen at {' and '.join(sorted(kind.seen)) or 'no window at all'}: only the small plant has it"
        for name, kind in plant_faults.discover().items()
        if name not in _HERE
    }
