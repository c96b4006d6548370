"""The state of the plant that every window shows. `Plant` alone changes it; windows read it and listen to events.

All instants are the plant's own clock, UTC-aware. ``None`` means that nothing can be measured there now.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from domain.identifiers import DeviceId, MacAddress, OntName, PonName, SerialNumber
from domain.states import EthernetRate, Negotiation, OntAlarm, PppStatus


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
    """A PON port. ``oper_up`` goes down when no ONT of it is up, as the ISAM does (laser on or not)."""

    name: PonName
    admin_up: bool
    laser_on: bool
    tx_dbm: float | None
    oper_up: bool
    changed_at: datetime


@dataclass(slots=True)
class OntState:
    """An ONT as its OLT sees it. Optical levels in dBm follow from the plant's physics.

    Attributes:
        olt_rx_dbm: Level of this ONT received by the OLT.
        firmware_active: 14 octets, NUL-padded (ITU-T G.988 9.1.4); so ``firmware_standby``, ``firmware_planned``.
        uni_card: Card number of the Ethernet port inside the ONT; depends on the model.
        uni_up: Link of the Ethernet port towards the box.
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


@dataclass(slots=True)
class BoxState:
    """The box behind an ONT.

    Attributes:
        powered: Whether it has mains.
        hung: Whether its software is stuck: Ethernet link up, no PPP, no Inform, no answer to a connection request.
        wan_up: Whether it reaches the network: powered, link with the ONT up, ONT up.
        management_up: Whether CWMP works (its own VLAN): ``wan_up`` and not hung. PPP may be down all the same.
        booted_at: Start of its software.
        session_id: RADIUS session, ``None`` without PPP session.
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
    wan_up: bool = True
    management_up: bool = True
    ppp_refused: bool = False
    ppp_status: PppStatus = PppStatus.DISCONNECTED
    ppp_last_error: str = "ERROR_NONE"
    ppp_since: datetime | None = None
    wan_ip: str | None = None
    session_id: str | None = None


class EventKind(StrEnum):
    """What happened in the plant, for the windows that speak first (CWMP boxes, RADIUS)."""

    BOX_BOOTED = "box_booted"  # the box came up and can inform (event 1 BOOT, 0 BOOTSTRAP the first time)
    BOX_SILENT = "box_silent"  # off, hung or cut: its CWMP sessions die, its port stops answering
    BOX_REACHABLE = "box_reachable"  # management works again without reboot
    PPP_UP = "ppp_up"  # session opened: Accounting Start
    PPP_DOWN = "ppp_down"  # session closed: Accounting Stop, cause in ``detail``
    AUTH_ACCEPTED = "auth_accepted"
    AUTH_REJECTED = "auth_rejected"  # reason in ``detail``
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
