"""The OLT's side of the state: boards, PON ports and ONTs, from what is installed and what is wrong."""

from __future__ import annotations

from datetime import datetime

from domain.identifiers import PonName
from domain.states import EthernetRate, OntAlarm
from simulators.plant.conditions import Conditions
from simulators.plant.layout import Layout, OntLayout
from simulators.plant.optics import levels
from simulators.plant.state import OntState, PlantState

# What an ISAM shows for an ONT that it hears no more; a dying gasp heard on the way down comes on top.
_SILENT = frozenset({OntAlarm.LOS, OntAlarm.INACTIVE})
_BOARD_GONE = frozenset({OntAlarm.INACTIVE})  # no receiver left to miss a signal


def update_network(state: PlantState, layout: Layout, wrong: Conditions, now: datetime) -> None:
    """Bring boards, PON ports and ONTs in line with ``wrong``; ``changed_at`` moves only where the state does."""
    state.olt.reachable = not wrong.olt_unreachable
    for card in state.cards:
        up = card.slot not in wrong.cards_down
        if card.up != up:
            card.up, card.changed_at = up, now
    for installed in layout.onts.values():
        _update_ont(state.onts[installed.name], installed, layout, wrong, now)
    for name in layout.pons:
        _update_pon(state, layout, wrong, name, now)


def _update_pon(state: PlantState, layout: Layout, wrong: Conditions, name: PonName, now: datetime) -> None:
    pon, installed = state.pons[name], layout.pons[name]
    pon.laser_on = pon.admin_up and name not in wrong.lasers_off and name.slot not in wrong.cards_down
    pon.tx_dbm = installed.tx_dbm if pon.laser_on else None
    # The ISAM shows a port down when none of its ONTs is up, whatever its laser does.
    up = pon.admin_up and any(state.onts[ont.name].oper_up for ont in installed.onts)
    if pon.oper_up != up:
        pon.oper_up, pon.changed_at = up, now


def _update_ont(ont: OntState, installed: OntLayout, layout: Layout, wrong: Conditions, now: datetime) -> None:
    name = installed.name
    board = name.slot not in wrong.cards_down
    lit = board and name.pon_name not in wrong.lasers_off and not _cut(installed, wrong)
    ont.powered = name not in wrong.onts_unpowered
    up = lit and ont.powered and ont.admin_up and ont.provisioned
    if up:
        ont.alarms = frozenset()
    elif not board:
        ont.alarms = _BOARD_GONE
    elif ont.oper_up and lit and not ont.powered:
        ont.alarms = _SILENT | {OntAlarm.DG}  # its last words were heard
    elif OntAlarm.LOS not in ont.alarms:
        ont.alarms = _SILENT
    if ont.oper_up != up:
        ont.oper_up, ont.changed_at = up, now
        if up:
            ont.last_up_at = now
        else:
            ont.last_down_at = now
            ont.last_gasp_at = now if OntAlarm.DG in ont.alarms else ont.last_gasp_at
    if up:
        received = levels(installed.path, layout.pons[name.pon_name].tx_dbm, installed.tx_dbm)
        ont.rx_dbm, ont.olt_rx_dbm, ont.tx_dbm = received.ont_rx_dbm, received.olt_rx_dbm, installed.tx_dbm
    else:
        ont.rx_dbm = ont.olt_rx_dbm = ont.tx_dbm = None
    ont.uni_up = up and name not in wrong.unis_unplugged and name not in wrong.boxes_unpowered
    ont.uni_rate = EthernetRate.GIGABIT if ont.uni_up else EthernetRate.NONE


def _cut(installed: OntLayout, wrong: Conditions) -> bool:
    return (
        installed.name in wrong.drops_cut
        or installed.pbo in wrong.pbos_cut
        or installed.name.pon_name in wrong.feeders_cut
    )
