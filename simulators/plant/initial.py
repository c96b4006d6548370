"""The state of a plant where nothing is wrong."""

from __future__ import annotations

from datetime import timedelta

from simulators.plant.description import OltPart, QuirksPart
from simulators.plant.layout import Layout, OntLayout
from simulators.plant.state import BoxState, CardState, DataModel, OltState, OntState, PlantState, PonState, Quirks

_BOARDS_UP = timedelta(minutes=4)  # C: an ISAM needs some minutes for its boards, then for its ports
_PORTS_UP = timedelta(minutes=6)
_OMCI_VERSION_OCTETS = 14  # ITU-T G.988 9.1.4


def initial_state(layout: Layout) -> PlantState:
    """Everything in service; levels, sessions and alarms are left to the first recomputation."""
    olt = layout.description.olt
    return PlantState(
        olt=_olt(olt),
        cards=[
            CardState(
                name=card.name,
                slot=card.slot,
                planned_type=card.type,
                actual_type=card.type,
                serial=card.serial,
                up=True,
                changed_at=olt.booted_at + _BOARDS_UP,
                seat=card.seat,
                technology=card.technology,
            )
            for card in layout.description.cards
        ],
        pons={
            name: PonState(
                name=name,
                admin_up=True,
                laser_on=True,
                tx_dbm=pon.tx_dbm,
                oper_up=True,
                changed_at=olt.booted_at + _PORTS_UP,
            )
            for name, pon in layout.pons.items()
        },
        onts={name: _ont(ont) for name, ont in layout.onts.items()},
        boxes={name: _box(ont) for name, ont in layout.onts.items()},
    )


def _olt(olt: OltPart) -> OltState:
    return OltState(
        name=olt.name,
        sys_descr=olt.sys_descr,
        sys_name=olt.sys_name,
        booted_at=olt.booted_at,
        vendor=olt.vendor,
        dialect=olt.dialect,
        sys_object_id=_oid(olt.sys_object_id) if olt.sys_object_id else None,
        software=olt.software,
        quirks=_quirks(olt.quirks),
    )


def _quirks(part: QuirksPart) -> Quirks:
    return Quirks(
        hangs_on_zero_repetitions=part.hangs_on_zero_repetitions,
        loops_after=_oid(part.loops_after) if part.loops_after else None,
        slow_columns=tuple((_oid(prefix), seconds) for prefix, seconds in part.slow_columns.items()),
        absent=tuple(_oid(prefix) for prefix in part.absent),
        answer_delay_s=part.answer_delay_s,
        most_repetitions=part.most_repetitions,
        max_message=part.max_message,
        drops_above_varbinds=part.drops_above_varbinds,
        too_big_above_varbinds=part.too_big_above_varbinds,
        dies_within=_oid(part.dies_within) if part.dies_within else None,
        uptime_offset_s=part.uptime_offset_s,
        shuffles_if_index=part.shuffles_if_index,
    )


def _oid(text: str) -> tuple[int, ...]:
    return tuple(int(arc) for arc in text.split("."))


def _ont(ont: OntLayout) -> OntState:
    return OntState(
        name=ont.name,
        serial=ont.serial,
        password=ont.password,
        equipment_id=ont.model.equipment_id,
        firmware_active=omci_version(ont.model.firmware),
        firmware_standby=omci_version(ont.model.firmware_standby),
        firmware_planned=omci_version(ont.model.firmware),
        uni_card=ont.model.uni_card,
        distance_m=ont.path.length_m,
        changed_at=ont.last_change,
        hardware=ont.model.hardware,
        last_up_at=ont.last_change,
    )


def _box(ont: OntLayout) -> BoxState:
    box, model = ont.box, ont.box.model
    return BoxState(
        ont=ont.name,
        device=box.device,
        manufacturer=model.manufacturer,
        model=model.model,
        product_class=model.product_class,
        data_model=DataModel.TR098 if model.data_model == "tr098" else DataModel.TR181,
        firmware=model.firmware,
        hardware=model.hardware,
        mac=box.mac,
        ppp_username=box.ppp_username,
        ppp_password=box.ppp_password,
        periodic_inform_s=model.periodic_inform_s,
        booted_at=box.booted_at,
    )


def omci_version(version: str) -> bytes:
    """A version as OMCI carries it."""
    return version.encode("ascii").ljust(_OMCI_VERSION_OCTETS, b"\0")
