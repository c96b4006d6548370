"""The plant as built: the description unfolded into every PON port, PBO, ONT and box with identity and path."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import IPv4Network

from domain.identifiers import DeviceId, Id1, MacAddress, OntName, PonName, SerialNumber
from simulators.plant.description import (
    CLASSES_OF,
    AccessPart,
    BoxModelPart,
    BranchPart,
    OntModelPart,
    OntPart,
    PlantDescription,
    PonPart,
)
from simulators.plant.errors import DescriptionError
from simulators.plant.optics import CLASSES, GENERATIONS, Generation, OpticalLimits, OpticalPath

_ONTS = 128  # ONU-ID is 7 bits on a G-PON (ITU-T G.984.3 9.2.3.1); vendors count from 0 or from 1
_BOX_BOOT = timedelta(seconds=90)  # C: a box is up about that long after its ONT


@dataclass(frozen=True, slots=True)
class BoxLayout:
    """A box as installed."""

    model: BoxModelPart
    device: DeviceId
    mac: MacAddress
    ppp_username: str
    ppp_password: str
    wan_ip: str
    booted_at: datetime


@dataclass(frozen=True, slots=True)
class OntLayout:
    """An ONT as installed.

    Attributes:
        number: Its rank in the plant, from 1.
        splitters: References of the splitters, from the OLT down.
        lengths_m: Fibre to the first splitter, from there to the PBO, from the PBO to the outlet.
    """

    name: OntName
    number: int
    pm: str
    splitters: tuple[str, ...]
    pbo: str
    path: OpticalPath
    lengths_m: tuple[float, float, float]
    tx_dbm: float
    serial: SerialNumber
    password: str
    model: OntModelPart
    last_change: datetime
    box: BoxLayout
    access: AccessPart | None = None


@dataclass(frozen=True, slots=True)
class PonLayout:
    """A PON port as installed."""

    name: PonName
    tx_dbm: float
    optical_class: str
    generation: Generation
    onts: tuple[OntLayout, ...]

    @property
    def limits(self) -> OpticalLimits:
        """Limits of its class."""
        return CLASSES[self.optical_class]


@dataclass(frozen=True, slots=True)
class Layout:
    """Everything that is installed, with the names that a command may give."""

    description: PlantDescription
    pons: dict[PonName, PonLayout]
    onts: dict[OntName, OntLayout]
    pbos: dict[str, tuple[OntName, ...]]
    accesses: dict[Id1, OntName] = field(default_factory=dict)

    @property
    def slots(self) -> dict[int, str]:
        """Name of the board in each slot that carries PON ports."""
        return {card.slot: card.name for card in self.description.cards if card.slot is not None}


@dataclass(frozen=True, slots=True)
class _Leaf:
    """One output of a second splitter in use; ``own`` is the entry of the ONT that has one."""

    branch: int
    pbo: int
    distribution_m: float
    excess_db: float
    own: OntPart | None = None


def build(description: PlantDescription) -> Layout:
    """Unfold a description; identities that collide raise `DescriptionError`."""
    number = 0
    pons: dict[PonName, PonLayout] = {}
    problems: list[str] = []
    technologies = {card.slot: card.technology for card in description.cards}
    for rank, pon in enumerate(description.pons):
        if pon.pon in pons:
            problems.append(f"pons[{rank}].pon: {pon.pon} twice")
        leaves = list(_leaves(description, pon))
        problems += _overfull(f"pons[{rank}]", pon, leaves)
        onts: list[OntLayout] = []
        technology = technologies.get(pon.pon.slot, "gpon")
        for leaf, ont_id in zip(leaves, _ids(description, pon, leaves), strict=True):
            number += 1
            onts.append(_ont(description, pon, leaf, ont_id, number, technology))
            first = description.pattern.first_ont
            last = first + _ONTS - 1
            if not first <= ont_id <= last:
                where = f"beyond {last}" if ont_id > last else f"below {first}"
                problems.append(f"pons[{rank}].onts: {onts[-1].name} has a number {where}")
        optical_class = pon.optical_class or CLASSES_OF[technology][0]
        pons[pon.pon] = PonLayout(pon.pon, pon.tx_dbm, optical_class, GENERATIONS[technology], tuple(onts))
    every = [ont for pon_layout in pons.values() for ont in pon_layout.onts]
    problems += _collisions(every) + _anachronisms(description, every)
    if number >= IPv4Network(description.pattern.wan_network).num_addresses:
        problems.append(f"pattern.wan_network: too small for {number} boxes")
    if problems:
        raise DescriptionError(description.olt.name, problems)
    pbos: dict[str, list[OntName]] = {}
    for ont in every:
        pbos.setdefault(ont.pbo, []).append(ont.name)
    return Layout(
        description=description,
        pons=pons,
        onts={ont.name: ont for ont in sorted(every, key=lambda one: one.name)},
        pbos={reference: tuple(sorted(names)) for reference, names in pbos.items()},
        accesses={ont.access.id1: ont.name for ont in every if ont.access is not None},
    )


def _leaves(description: PlantDescription, pon: PonPart) -> Iterator[_Leaf]:
    pattern = description.pattern
    own = {branch: [ont for ont in pon.onts if ont.branch == branch] for branch in {ont.branch for ont in pon.onts}}
    numbers = set(range(1, len(pattern.drops) + 1)) | set(own) | set(pon.branches)
    for branch in sorted(numbers):
        special = pon.branches.get(branch, BranchPart())
        drops = special.drops
        if drops is None:
            drops = pattern.drops[branch - 1] if branch <= len(pattern.drops) else []
        length = special.distribution_m
        if length is None:
            length = pattern.distribution_m.value(branch - 1)
        for ont in own.get(branch, []):
            yield _Leaf(branch, ont.pbo, length, special.excess_db, ont)
        for pbo, count in enumerate(drops, start=1):
            for _ in range(count):
                yield _Leaf(branch, pbo, length, special.excess_db)


def _ids(description: PlantDescription, pon: PonPart, leaves: list[_Leaf]) -> Iterator[int]:
    """Numbers of the ONTs of a port, with gaps and without those that entries of their own have taken."""
    taken = {ont.ont.ont for ont in pon.onts}
    first = description.pattern.first_ont
    candidate = first - 1
    for leaf in leaves:
        if leaf.own is not None:
            yield leaf.own.ont.ont
            continue
        candidate += 1
        while candidate in taken or (candidate - first + 1) % description.pattern.id_gap == 0:
            candidate += 1
        yield candidate


def _ont(
    description: PlantDescription, pon: PonPart, leaf: _Leaf, ont_id: int, number: int, technology: str
) -> OntLayout:
    pattern, own, name = description.pattern, leaf.own, pon.pon
    usual = pattern.ont_tx_dbm if technology == "gpon" else pattern.xgs_ont_tx_dbm
    drop_m = own.drop_m if own else pattern.drop_m.value(number)
    model_key = own.model if own else pattern.ont_models[number % len(pattern.ont_models)]
    model = description.ont_models[model_key]
    days = timedelta(days=pattern.last_change_days.value(number), seconds=number * 37 % 86_400)
    last_change = own.last_change if own else description.clock.origin - days
    splitter = f"CPL-{name.slot}-{name.pon}"
    return OntLayout(
        name=OntName(name.rack, name.shelf, name.slot, name.pon, ont_id),
        number=number,
        pm=pon.pm,
        splitters=(splitter, f"{splitter}-{leaf.branch}"),
        pbo=f"PBO-{name.slot}-{name.pon}-{leaf.branch}-{leaf.pbo}",
        path=OpticalPath(
            length_m=pon.feeder_m + leaf.distribution_m + drop_m,
            splitters=pon.splitters,
            excess_db=pon.excess_db + leaf.excess_db + (own.excess_db if own else 0.0),
        ),
        lengths_m=(pon.feeder_m, leaf.distribution_m, drop_m),
        tx_dbm=own.tx_dbm if own else (pon.ont_tx_dbm or usual).value(number),
        serial=own.serial if own else SerialNumber(model.vendor_id, f"{0x0A000000 + number * 0x1F3:08X}"),
        password=own.password if own else pattern.ont_password.format(n=number),
        model=model,
        last_change=last_change,
        box=_box(description, own, number, last_change + _BOX_BOOT),
        access=own.access if own else None,
    )


def _box(description: PlantDescription, own: OntPart | None, number: int, booted_at: datetime) -> BoxLayout:
    pattern = description.pattern
    model = description.box_models[own.box.model if own else pattern.box_models[number % len(pattern.box_models)]]
    serial = own.box.serial if own else model.serial.format(n=number)
    return BoxLayout(
        model=model,
        device=DeviceId(model.oui, serial),
        mac=own.box.mac if own else MacAddress(f"{model.oui}{0x100000 + number * 0x10:06X}"),
        ppp_username=own.box.ppp_username if own else pattern.ppp_username.format(n=number),
        ppp_password=own.box.ppp_password if own else pattern.ppp_password.format(n=number),
        wan_ip=str(IPv4Network(pattern.wan_network).network_address + number),
        booted_at=booted_at,
    )


def _overfull(where: str, pon: PonPart, leaves: list[_Leaf]) -> list[str]:
    first, second = pon.splitters
    used = Counter(leaf.branch for leaf in leaves)
    return [
        *(f"{where}.branches: branch {branch} does not exist on a 1:{first}" for branch in used if branch > first),
        *(f"{where}.branches.{branch}: {n} drops on a 1:{second}" for branch, n in used.items() if n > second),
    ]


def _collisions(onts: list[OntLayout]) -> list[str]:
    identities = {
        "ONT": [str(ont.name) for ont in onts],
        "ONT serial": [str(ont.serial) for ont in onts],
        "box": [str(ont.box.device) for ont in onts],
        "MAC address": [str(ont.box.mac) for ont in onts],
        "PPP username": [ont.box.ppp_username for ont in onts],
        "ID1": [str(ont.access.id1) for ont in onts if ont.access],
    }
    return [
        f"pons: {what} {value} twice"
        for what, values in identities.items()
        for value, count in Counter(values).items()
        if count > 1
    ]


def _anachronisms(description: PlantDescription, onts: list[OntLayout]) -> list[str]:
    first, last = description.olt.booted_at, description.clock.origin - 2 * _BOX_BOOT
    return [
        f"pons: last_change of {ont.name} ({ont.last_change.isoformat()}) is not between the OLT's start and the origin"
        for ont in onts
        if not first < ont.last_change < last
    ]
