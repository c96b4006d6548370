"""What is physically wrong in the plant at one moment: the union of the active faults."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import TypeVar

from domain.identifiers import OntName, PonName, SerialNumber
from domain.states import EthernetRate, Negotiation

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Works:
    """Planned works: they explain an outage and cause none by themselves."""

    target: str
    reference: str


@dataclass(frozen=True, slots=True)
class Wifi:
    """What a customer's devices get of the Wi-Fi: level at the box (dBm), share of time the channel is taken (%)."""

    signal_dbm: int
    channel: int
    channel_busy_percent: int


GOOD_WIFI = Wifi(signal_dbm=-52, channel=6, channel_busy_percent=22)  # C


@dataclass(slots=True)
class Conditions:
    """Each fault adds to it; the state follows from it, whatever the order in which faults came.

    Attributes:
        loss_db: Loss added in both directions, whatever the wavelength.
        bend_db: Loss at 1490 nm of a bend of the fibre; other wavelengths follow from it.
        olt_tx_db: Fall of the level that a port sends; ``olt_rx_db`` of the one that its receiver gets out of light.
        ont_tx_db: Fall of the level that an ONT sends.
        olt_bias: How many times its usual laser current a port's module draws; ``ont_bias`` an ONT's.
        ber_up: Errors a bit that light does not explain, upstream; ``ber_down`` downstream.
        moved: ONTs that hang from another port than the one where they are configured.
        swapped: ONTs replaced by another one, with its serial number.
        password_refused: ONTs whose password is not the configured one.
        boxes_deaf: Boxes that answer their ACS and do nothing.
        ppp_unanswered: Boxes whose PADI finds no access concentrator.
        aaa_silent: Whether the RADIUS server answers nobody; ``aaa_relayed`` whether a proxy before it logs that.
        lns_silent: Whether the LNS, or the collecte before it, answers nobody.
    """

    drops_cut: set[OntName] = field(default_factory=set)
    pbos_cut: set[str] = field(default_factory=set)
    feeders_cut: set[PonName] = field(default_factory=set)
    lasers_off: set[PonName] = field(default_factory=set)
    cards_down: set[int] = field(default_factory=set)
    onts_unpowered: set[OntName] = field(default_factory=set)
    boxes_unpowered: set[OntName] = field(default_factory=set)
    boxes_hung: set[OntName] = field(default_factory=set)
    boxes_deaf: set[OntName] = field(default_factory=set)
    unis_unplugged: set[OntName] = field(default_factory=set)
    ppp_refused: set[OntName] = field(default_factory=set)
    olt_unreachable: bool = False
    loss_db: dict[OntName, float] = field(default_factory=dict)
    bend_db: dict[OntName, float] = field(default_factory=dict)
    olt_tx_db: dict[PonName, float] = field(default_factory=dict)
    olt_rx_db: dict[PonName, float] = field(default_factory=dict)
    ont_tx_db: dict[OntName, float] = field(default_factory=dict)
    olt_bias: dict[PonName, float] = field(default_factory=dict)
    ont_bias: dict[OntName, float] = field(default_factory=dict)
    ber_up: dict[OntName, float] = field(default_factory=dict)
    ber_down: dict[OntName, float] = field(default_factory=dict)
    rogues: set[OntName] = field(default_factory=set)
    disturbed: set[PonName] = field(default_factory=set)
    moved: dict[OntName, PonName] = field(default_factory=dict)
    swapped: dict[OntName, SerialNumber] = field(default_factory=dict)
    password_refused: set[OntName] = field(default_factory=set)
    unprovisioned: set[OntName] = field(default_factory=set)
    locked: set[OntName] = field(default_factory=set)
    unis_locked: set[OntName] = field(default_factory=set)
    pons_locked: set[PonName] = field(default_factory=set)
    restarting: set[OntName] = field(default_factory=set)
    omci_lost: set[OntName] = field(default_factory=set)
    firmware: dict[OntName, bytes] = field(default_factory=dict)
    planned: dict[OntName, str] = field(default_factory=dict)
    rates: dict[OntName, tuple[EthernetRate, Negotiation]] = field(default_factory=dict)
    wifi: dict[OntName, Wifi] = field(default_factory=dict)
    ppp_unanswered: set[OntName] = field(default_factory=set)
    aaa_silent: bool = False
    aaa_relayed: bool = False
    lns_silent: bool = False
    sessions_dropped: set[OntName] = field(default_factory=set)
    no_internet: set[OntName] = field(default_factory=set)
    dns_platform_down: bool = False
    dns_servers: dict[OntName, str] = field(default_factory=dict)
    ports_blocked: dict[OntName, frozenset[int]] = field(default_factory=dict)
    ports_closed: dict[OntName, frozenset[int]] = field(default_factory=dict)
    works: list[Works] = field(default_factory=list)


def more(table: dict[K, float], key: K, amount: float) -> None:
    """Add to what stands under ``key``."""
    table[key] = table.get(key, 0.0) + amount


def times(table: dict[K, float], key: K, factor: float) -> None:
    """Multiply what stands under ``key``."""
    table[key] = table.get(key, 1.0) * factor
