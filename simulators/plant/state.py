"""The state of the plant that every window shows. `Plant` alone changes it; windows read it and listen to events.

All instants are the plant's own clock, UTC-aware. ``None`` means that nothing can be measured there now.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from domain.identifiers import DeviceId, MacAddress, OntName, PonName, SerialNumber
from domain.states import DownCause, EthernetRate, Negotiation, OntAlarm, PppStatus
from simulators.plant.conditions import GOOD_WIFI, Wifi, Works


class DataModel(StrEnum):
    """Root of a box's data model."""

    TR098 = "InternetGatewayDevice."
    TR181 = "Device."


@dataclass(frozen=True, slots=True)
class Quirks:
    """What the SNMP agent of an OLT does beyond its tables; see `QuirksPart` of the description."""

    hangs_on_zero_repetitions: bool = False
    loops_after: tuple[int, ...] | None = None
    slow_columns: tuple[tuple[tuple[int, ...], float], ...] = ()
    absent: tuple[tuple[int, ...], ...] = ()
    answer_delay_s: float = 0.0
    most_repetitions: int | None = None
    max_message: int | None = None
    drops_above_varbinds: int | None = None
    too_big_above_varbinds: int | None = None
    dies_within: tuple[int, ...] | None = None
    uptime_offset_s: int = 0
    shuffles_if_index: bool = False


@dataclass(slots=True)
class OltState:
    """The OLT itself.

    Attributes:
        reachable: Whether its management answers at all (SNMP and CLI alike).
        vendor: Whose tables and words it speaks.
        dialect: Which generation of them, where there are several.
        sys_object_id: SysObjectID; ``None`` for what the vendor is known to answer.
        software: Version of its software.
    """

    name: str
    sys_descr: str
    sys_name: str
    booted_at: datetime
    reachable: bool = True
    vendor: str = "nokia_isam"
    dialect: str = ""
    sys_object_id: tuple[int, ...] | None = None
    software: str = ""
    quirks: Quirks = Quirks()


@dataclass(slots=True)
class CardState:
    """A board. ``slot`` is the number in ONT names (LT 1..8); boards without PON have ``slot`` ``None``.

    Attributes:
        seat: Slot of a board without PON, on OLTs that number them.
        technology: Of its PON ports: ``gpon`` or ``xgspon``.
    """

    name: str
    slot: int | None
    planned_type: str
    actual_type: str
    serial: str
    up: bool
    changed_at: datetime
    missing: bool = False
    seat: int | None = None
    technology: str = "gpon"


@dataclass(slots=True)
class PonState:
    """A PON port. ``oper_up`` goes down when no ONT of it is up, as the ISAM does (laser on or not).

    Attributes:
        tx_dbm: Level that its module reads of what it sends.
        bias_factor: How many times its usual current its laser draws; ``heat_c`` what its module is warmer by.
        disturbed: Whether something transmits in the slots of its ONTs (ITU-T G.984.3, TIA). No window shows it.
    """

    name: PonName
    admin_up: bool
    laser_on: bool
    tx_dbm: float | None
    oper_up: bool
    changed_at: datetime
    bias_factor: float = 1.0
    heat_c: float = 0.0
    disturbed: bool = False


@dataclass(slots=True)
class OntState:
    """An ONT as its OLT sees it. Optical levels in dBm follow from the plant's physics.

    Attributes:
        rx_dbm: Level that its module reads; so ``tx_dbm``. ``None`` while it cannot be asked.
        olt_rx_dbm: Level of this ONT that the OLT reads.
        omci_up: Whether the OLT can manage it, not only range it.
        down_cause: Why it last went down, where it was neither light nor power.
        ber_up: Errors a bit behind FEC, upstream; ``ber_down`` downstream; ``pre_fec`` downstream before FEC.
        errors_up: BIP errors counted upstream; ``errors_down`` downstream.
        fec_corrected: Codewords that FEC has put right; ``fec_lost`` those it could not.
        bias_factor: How many times its usual current its laser draws; ``heat_c`` what its module is warmer by.
        firmware_active: 14 octets, NUL-padded (ITU-T G.988 9.1.4); so ``firmware_standby``, ``firmware_planned``.
        uni_card: Card number of the Ethernet port inside the ONT; depends on the model.
        uni_up: Link of the Ethernet port towards the box; ``uni_admin_up`` whether the operator wants it.
        last_up_at: When it last came up, last went down, was last heard to lose its power; ``None`` where the OLT
            does not remember; so ``last_down_at``, ``last_gasp_at``.
    """

    name: OntName
    serial: SerialNumber
    password: str
    equipment_id: str
    firmware_active: bytes
    firmware_standby: bytes
    firmware_planned: bytes
    uni_card: int
    distance_m: float
    changed_at: datetime
    provisioned: bool = True
    admin_up: bool = True
    oper_up: bool = True
    powered: bool = True
    alarms: frozenset[OntAlarm] = frozenset()
    rx_dbm: float | None = None
    tx_dbm: float | None = None
    olt_rx_dbm: float | None = None
    errors_up: int = 0
    errors_down: int = 0
    uni_up: bool = True
    uni_negotiation: Negotiation = Negotiation.AUTO
    uni_rate: EthernetRate = EthernetRate.GIGABIT
    bytes_down: int = 0
    bytes_up: int = 0
    hardware: str = ""
    last_up_at: datetime | None = None
    last_down_at: datetime | None = None
    last_gasp_at: datetime | None = None
    omci_up: bool = True
    down_cause: DownCause | None = None
    ber_up: float = 0.0
    ber_down: float = 0.0
    pre_fec: float = 0.0
    fec_corrected: int = 0
    fec_lost: int = 0
    bias_factor: float = 1.0
    heat_c: float = 0.0
    uni_admin_up: bool = True


@dataclass(frozen=True, slots=True)
class Stranger:
    """An ONT that shows itself on a port where nobody has configured it. ``number`` tells rows of a port apart."""

    pon: PonName
    number: int
    serial: SerialNumber
    equipment_id: str
    hardware: str
    firmware: bytes


@dataclass(slots=True)
class PlatformState:
    """What stands behind the LNS, for everybody.

    Attributes:
        lns_up: Whether the LNS is reached, from the accesses and from the platform.
        works: Planned works: what they are on, and their reference.
    """

    radius_up: bool = True
    dns_up: bool = True
    lns_up: bool = True
    works: tuple[Works, ...] = ()


@dataclass(slots=True)
class BoxState:
    """The box behind an ONT.

    Attributes:
        powered: Whether it has mains.
        hung: Whether its software is stuck: Ethernet link up, no PPP, no Inform, no answer to a connection request.
        deaf: Whether it answers its ACS and carries nothing out.
        wan_up: Whether it reaches the network: powered, link with the ONT up, ONT up.
        management_up: Whether CWMP works (its own VLAN): ``wan_up`` and not hung. PPP may be down all the same.
        booted_at: Start of its software.
        session_id: RADIUS session, ``None`` without PPP session.
        ppp_unanswered: Whether nothing answers its PADI.
        internet_up: Whether its session leads anywhere beyond the LNS; ``dns_up`` whether names are resolved.
        dns_servers: Name servers that the customer has set, empty for the platform's.
        ports_blocked: TCP ports blocked though policy opens them; ``ports_closed`` by policy.
        ports_filtered: What the BRAS was told to close, which is then the policy; ``None``: it was told nothing.
        wifi: What the customer's device gets.
    """

    ont: OntName
    device: DeviceId
    manufacturer: str
    model: str
    product_class: str
    data_model: DataModel
    firmware: str
    hardware: str
    mac: MacAddress
    ppp_username: str
    ppp_password: str
    periodic_inform_s: int
    booted_at: datetime
    powered: bool = True
    hung: bool = False
    deaf: bool = False
    wan_up: bool = True
    management_up: bool = True
    ppp_refused: bool = False
    ppp_status: PppStatus = PppStatus.DISCONNECTED
    ppp_last_error: str = "ERROR_NONE"
    ppp_since: datetime | None = None
    wan_ip: str | None = None
    session_id: str | None = None
    ppp_unanswered: bool = False
    internet_up: bool = True
    dns_up: bool = True
    dns_servers: str = ""
    ports_blocked: frozenset[int] = frozenset()
    ports_closed: frozenset[int] = frozenset()
    ports_filtered: frozenset[int] | None = None
    wifi: Wifi = GOOD_WIFI


class EventKind(StrEnum):
    """What happened in the plant, for the windows that speak first (CWMP boxes, RADIUS)."""

    BOX_BOOTED = "box_booted"  # the box came up and can inform (event 1 BOOT, 0 BOOTSTRAP the first time)
    BOX_SILENT = "box_silent"  # off, hung or cut: its CWMP sessions die, its port stops answering
    BOX_REACHABLE = "box_reachable"  # management works again without reboot
    PPP_UP = "ppp_up"  # session opened: Accounting Start
    PPP_DOWN = "ppp_down"  # session closed: Accounting Stop, cause in ``detail``
    AUTH_ACCEPTED = "auth_accepted"
    AUTH_REJECTED = "auth_rejected"  # reason in ``detail``
    AUTH_UNANSWERED = "auth_unanswered"  # a proxy says so: the server says nothing
    OLT_UNREACHABLE = "olt_unreachable"
    OLT_REACHABLE = "olt_reachable"


@dataclass(frozen=True, slots=True)
class PlantEvent:
    """One event. ``box`` is the state at that instant for box, PPP and authentication events."""

    kind: EventKind
    at: datetime
    ont: OntName | None = None
    box: BoxState | None = None
    session_id: str | None = None
    detail: str = ""


@dataclass(slots=True)
class PlantState:
    """Everything that a window may show; the order of every mapping is that of the description."""

    olt: OltState
    cards: list[CardState] = field(default_factory=list)
    pons: dict[PonName, PonState] = field(default_factory=dict)
    onts: dict[OntName, OntState] = field(default_factory=dict)
    boxes: dict[OntName, BoxState] = field(default_factory=dict)
    strangers: list[Stranger] = field(default_factory=list)
    platform: PlatformState = field(default_factory=PlatformState)
