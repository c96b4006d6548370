"""Accesses as their rows hold them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Delete, Update, delete, update

from domain.access import Access, AccessChange, AccessState, OpticalClass, OutsidePlant, Place
from domain.building import Building
from domain.gtr import GtrZone
from domain.identifiers import DeviceId, Id1, Id2, OntName, SerialNumber
from domain.states import Policy
from storage.outside_plants import outside_plant
from storage.tables import AccessRow, AuthEventRow, OutsidePlantRow, ParkedBoxRow, SessionRow

_BUILDING: TypeAdapter[Building] = TypeAdapter(Building)
TAKEN = "this ID1, its ONT, its box or its PPP identifier already serves another access"
"""One sentence for all of them: it says neither which, nor whose."""


@dataclass(frozen=True, slots=True)
class Provisioned:
    """What an order did.

    Attributes:
        before: The access as it was; ``None`` when it is new.
        changes: What happened to it; empty when the order said nothing new.
    """

    before: Access | None
    after: Access
    changes: tuple[AccessChange, ...]


def adoptions(access: Access) -> Iterator[Update | Delete]:
    """What was seen before the access was known becomes its operator's."""
    if access.ppp_username is not None:
        for model in (SessionRow, AuthEventRow):
            yield (
                update(model)
                .where(model.username == access.ppp_username, model.operator_id.is_(None))
                .values(operator_id=access.operator_id)
            )
    if access.box is not None:
        yield delete(ParkedBoxRow).where(ParkedBoxRow.oui == access.box.oui, ParkedBoxRow.serial == access.box.serial)


def values_of(access: Access) -> dict[str, Any]:
    """The columns that an order gives."""
    return {
        "id2": None if access.id2 is None else str(access.id2),
        "offer_label": access.offer_label,
        "service_type": access.service_type,
        "olt": None if access.place is None else access.place.olt,
        "ont": None if access.place is None else str(access.place.ont),
        "optical_class": access.optical_class.value,
        "box_oui": None if access.box is None else access.box.oui,
        "box_serial": None if access.box is None else access.box.serial,
        "ppp_username": access.ppp_username,
        "state": access.state.value,
        "gtr": access.gtr,
        "zone": access.zone.value,
        "ont_serial": None if access.ont_serial is None else str(access.ont_serial),
        "building": None if access.building is None else _BUILDING.dump_json(access.building).decode(),
    }


def access_of(row: AccessRow, outside: OutsidePlantRow | None) -> Access:
    """The access of a row, with its passive path."""
    place = None if row.olt is None or row.ont is None else Place(row.olt, OntName.parse(row.ont))
    box = None if row.box_oui is None or row.box_serial is None else DeviceId(row.box_oui, row.box_serial)
    building = None if row.building is None else _BUILDING.validate_json(row.building)
    return Access(
        operator_id=row.operator_id,
        id1=Id1(row.id1),
        id2=None if row.id2 is None else Id2(row.id2),
        offer_label=row.offer_label,
        service_type=row.service_type,
        place=place,
        outside=_path(OutsidePlant() if outside is None else outside_plant(outside), building),
        optical_class=OpticalClass(row.optical_class),
        box=box,
        ppp_username=row.ppp_username,
        ont_serial=None if row.ont_serial is None else SerialNumber.parse(row.ont_serial),
        gtr=row.gtr,
        zone=GtrZone(row.zone),
        building=building,
        state=AccessState(row.state),
        port25=Policy(row.port25),
    )


def _path(outside: OutsidePlant, building: Building | None) -> OutsidePlant:
    """The passive path; where the infrastructure operator tells no PM or PBO, address translation's."""
    if building is None:
        return outside
    return replace(outside, pm=outside.pm or building.pm, pbo=outside.pbo or building.pbo)
