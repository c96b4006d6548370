"""What command lines of several vendors show of the plant alike."""

from __future__ import annotations

from domain.identifiers import PonName
from simulators.plant.ddm import Ddm, ont_ddm
from simulators.plant.ports import OltView, OntsByPort
from simulators.plant.state import CardState, OntState, Stranger


def online(state: OltView, ont: OntState) -> bool:
    """Whether the OLT works with an ONT: it is up, and so is its board."""
    return ont.oper_up and all(card.up and not card.missing for card in _boards(state, ont))


def managed(state: OltView, ont: OntState) -> bool:
    """Whether it can be asked for what it measures itself."""
    return ont.omci_up and online(state, ont)


def gasped(ont: OntState) -> bool:
    """Whether the last thing heard of it was that it lost its power."""
    return ont.last_gasp_at is not None and ont.last_gasp_at == ont.last_down_at


def diagnostics(state: OltView, ont: OntState) -> Ddm | None:
    """Diagnostics of its module; ``None`` while it cannot be asked."""
    return ont_ddm(ont) if online(state, ont) else None


def strangers(state: OltView) -> list[Stranger]:
    """What shows itself without being configured: ONTs without configuration, and ONTs from elsewhere."""
    forgotten = [
        Stranger(ont.name.pon_name, ont.name.ont, ont.serial, ont.equipment_id, ont.hardware, ont.firmware_active)
        for ont in state.onts.values()
        if not ont.provisioned and ont.powered and state.pons[ont.name.pon_name].laser_on
    ]
    return [*forgotten, *state.strangers]


def of_port(state: OltView, pon: PonName) -> list[OntState]:
    """The configured ONTs of a PON port; one that makes its ONTs when they are asked for makes no others."""
    onts = state.onts
    if isinstance(onts, OntsByPort):
        return [ont for ont in onts.of_port(pon) if ont.provisioned]
    return [ont for name, ont in onts.items() if name.pon_name == pon and ont.provisioned]


def in_the_middle(text: str, alarm: str) -> str:
    """``text`` with an alarm between two of its lines, as one that comes while it is printed."""
    lines = text.split("\n")
    middle = len(lines) // 2
    return "\n".join([*lines[:middle], alarm, *lines[middle:]])


def _boards(state: OltView, ont: OntState) -> list[CardState]:
    return [card for card in state.cards if card.slot == ont.name.slot]
