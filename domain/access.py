"""An access: what the operator sold, where it hangs on the network, and whose box is behind it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from domain.building import Building
from domain.gtr import GtrZone
from domain.identifiers import DeviceId, Id1, Id2, OntName, SerialNumber
from domain.states import Policy


class TestName(StrEnum):
    """The tests of the screen « Choisissez le/les test(s) à effectuer », labels as printed."""

    __test__ = False  # not a pytest class

    GLOBAL = "Diagnostic global"
    DELC = "Diagnostic DELC"
    BOX = "Infos Box"

    @property
    def reads_network(self) -> bool:
        """Whether the OLT and the ONT are read."""
        return self is not TestName.BOX

    @property
    def reads_box(self) -> bool:
        """Whether the box and its session are read."""
        return self is not TestName.DELC


class OpticalClass(StrEnum):
    """Class of the optical distribution network (ITU-T G.984.2, G.9807.1)."""

    B_PLUS = "B+"
    C = "C"
    C_PLUS = "C+"
    D = "D"
    N1 = "N1"
    N2 = "N2"
    E1 = "E1"
    E2 = "E2"


class AccessState(StrEnum):
    """Where an access stands in its life."""

    ACTIVE = "actif"
    TERMINATED = "résilié"


class AccessChange(StrEnum):
    """What may happen to an access in its life, as its history names it."""

    CREATED = "création"
    CHANGED = "modification"
    BOX_EXCHANGED = "échange de box"
    ONT_EXCHANGED = "échange d'ONT"
    GTR = "option GTR"
    PORT25 = "port 25"
    BUILDING = "structure d'immeuble"
    TERMINATED = "résiliation"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where an access hangs on the network.

    Attributes:
        olt: Name of the OLT in the inventory.
        ont: The ONT as the OLT names it.
    """

    olt: str
    ont: OntName


@dataclass(frozen=True, slots=True)
class OutsidePlant:
    """The passive path of one access, from the central office (NRO) to the customer; ``None`` is unknown.

    Attributes:
        pm: Reference of the *point de mutualisation*.
        splitters: References of the splitters, from the OLT down.
        pbo: Reference of the *point de branchement optique*.
        length_m: Fibre length from the OLT to the ONT.
        splitter_ratio: Product of the ratios of the splitters in the path.
        ratios: Ratio of each of ``splitters``; empty where unknown.
        feeder_m: Fibre from the OLT to the first splitter.
        branch_m: Fibre from the first splitter to the PBO.
        drop_m: Fibre from the PBO to the outlet.
        street: Reference of the cable, or of the street, that the drop leaves from: it may serve several PBOs.
        power_area: Reference of the mains that feed the customer (such as a distribution substation).
    """

    pm: str | None = None
    splitters: tuple[str, ...] = ()
    pbo: str | None = None
    length_m: float | None = None
    splitter_ratio: int | None = None
    ratios: tuple[int, ...] = ()
    feeder_m: float | None = None
    branch_m: float | None = None
    drop_m: float | None = None
    street: str | None = None
    power_area: str | None = None


@dataclass(frozen=True, slots=True)
class Access:
    """One *prestation* of one operator.

    Attributes:
        operator_id: The operator that sells it.
        id1: Its identifier on every screen.
        id2: Its second identifier.
        offer_label: ``Libellé de l'offre``.
        service_type: ``Type prestation``, such as ``FTTHMB1P``.
        place: Where it hangs; ``None`` while no ONT is installed.
        outside: Its passive path.
        optical_class: Optical class of its PON.
        box: Identity of the box in CWMP; ``None`` while none is delivered.
        ppp_username: PPP identifier: a secret, never logged.
        ont_serial: Serial number of the ONT that was installed.
        gtr: Whether the option « GTR 10 heures HO » was ordered.
        zone: Whose holidays count for it.
        building: Where it ends, as address translation knows it.
        state: Where it stands in its life.
        port25: Whether TCP port 25 is open outwards: closed until the customer asks for it (« demande d'ouverture »).
    """

    operator_id: str
    id1: Id1
    id2: Id2 | None
    offer_label: str
    service_type: str
    place: Place | None
    outside: OutsidePlant = field(default_factory=OutsidePlant)
    optical_class: OpticalClass = OpticalClass.B_PLUS
    box: DeviceId | None = None
    ppp_username: str | None = None
    ont_serial: SerialNumber | None = None
    gtr: bool = False
    zone: GtrZone = GtrZone.METROPOLE
    building: Building | None = None
    state: AccessState = AccessState.ACTIVE
    port25: Policy = Policy.CLOSED

    def __repr__(self) -> str:
        return f"Access({self.operator_id}, {self.id1}, {self.place})"
