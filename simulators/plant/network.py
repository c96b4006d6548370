"""The OLT's side of the state: boards, PON ports and ONTs, from what is installed and what is wrong."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from domain.identifiers import PonName
from domain.states import DownCause, EthernetRate, Negotiation, OntAlarm
from simulators.plant.conditions import Conditions
from simulators.plant.environment import Environment
from simulators.plant.initial import omci_version
from simulators.plant.layout import Layout, OntLayout
from simulators.plant.light import Light, Optics
from simulators.plant.state import OntState, PlantState, Stranger

# What an ISAM shows for an ONT that it hears no more; a dying gasp heard on the way down comes on top.
_SILENT = frozenset({OntAlarm.LOS, OntAlarm.INACTIVE})
_BOARD_GONE = frozenset({OntAlarm.INACTIVE})  # no receiver left to miss a signal
_REFUSED = frozenset({OntAlarm.SUF, OntAlarm.INACTIVE})  # it ranges, is refused, and begins again
_LOCKED = frozenset({OntAlarm.DISABLED, OntAlarm.INACTIVE})
SIGNAL_DEGRADED, SIGNAL_FAILED = 1e-9, 1e-5  # errors a bit: defaults of ITU-T G.988 9.2.1
_FIRST_STRANGER = 128  # above every number that a configured ONT has


class Network:
    """Brings boards, ports and ONTs in line with what is wrong; ``changed_at`` moves only where the state does."""

    def __init__(self, state: PlantState, layout: Layout, environment: Environment) -> None:
        self._state = state
        self._layout = layout
        self._environment = environment
        self._optics = Optics(environment)

    def update(self, wrong: Conditions, now: datetime, ports: Collection[PonName]) -> None:
        """Bring everything in line, of the ONTs only those of ``ports``."""
        state = self._state
        state.olt.reachable = not wrong.olt_unreachable
        state.platform.radius_up = not wrong.aaa_silent
        state.platform.dns_up = not wrong.dns_platform_down
        state.platform.lns_up = not wrong.lns_silent
        state.platform.works = tuple(wrong.works)
        for card in state.cards:
            up = card.slot not in wrong.cards_down
            if card.up != up:
                card.up, card.changed_at = up, now
        for name in ports:
            for installed in self._layout.pons[name].onts:
                self._update_ont(state.onts[installed.name], installed, wrong, now)
            self._update_pon(wrong, name, now)
        strangers = self._strangers(wrong)
        if strangers != state.strangers:
            state.strangers = strangers

    def _update_pon(self, wrong: Conditions, name: PonName, now: datetime) -> None:
        pon, installed = self._state.pons[name], self._layout.pons[name]
        pon.admin_up = name not in wrong.pons_locked
        pon.laser_on = pon.admin_up and _lit(name, wrong)
        pon.tx_dbm = self._optics.port_reading_dbm(installed, wrong, now) if pon.laser_on else None
        pon.heat_c = self._environment.heat_c(now, indoors=False)
        aged = self._environment.bias(self._environment.aged_db(now), pon.heat_c)
        pon.bias_factor = aged * wrong.olt_bias.get(name, 1.0)
        pon.disturbed = name in wrong.disturbed
        # The ISAM shows a port down when none of its ONTs is up, whatever its laser does.
        up = pon.admin_up and any(self._state.onts[ont.name].oper_up for ont in installed.onts)
        if pon.oper_up != up:
            pon.oper_up, pon.changed_at = up, now

    def _update_ont(self, ont: OntState, installed: OntLayout, wrong: Conditions, now: datetime) -> None:
        name = installed.name
        light = self._light(installed, wrong, now)
        heard = light is not None and light.holds
        ont.powered = name not in wrong.onts_unpowered
        ont.provisioned, ont.admin_up = name not in wrong.unprovisioned, name not in wrong.locked
        refused = name in wrong.password_refused
        restarting = name in wrong.restarting
        up = heard and ont.powered and ont.admin_up and ont.provisioned and not refused and not restarting
        alarms = _alarms_up(light, name in wrong.rogues) if up and light is not None else None
        if alarms is None:
            alarms = _alarms_down(ont, board=name.slot not in wrong.cards_down, heard=heard, refused=refused)
        ont.alarms = alarms
        if ont.oper_up != up:
            ont.oper_up, ont.changed_at = up, now
            if up:
                ont.last_up_at = now
            else:
                ont.last_down_at = now
                ont.last_gasp_at = now if OntAlarm.DG in ont.alarms else ont.last_gasp_at
                ont.down_cause = DownCause.RESET if restarting else _cause(ont, heard=heard, refused=refused)
        ont.omci_up = name not in wrong.omci_lost
        ont.firmware_active = ont.firmware_planned = omci_version(wrong.planned.get(name, installed.model.firmware))
        if name in wrong.firmware:
            ont.firmware_active = omci_version(wrong.firmware[name].decode("ascii"))
        self._update_levels(ont, light if up else None, wrong, now)
        served = up and ont.omci_up
        ont.uni_admin_up = name not in wrong.unis_locked
        linked = name not in wrong.unis_unplugged and name not in wrong.boxes_unpowered
        ont.uni_up = served and ont.uni_admin_up and linked
        rate, ont.uni_negotiation = wrong.rates.get(name, (EthernetRate.GIGABIT, Negotiation.AUTO))
        ont.uni_rate = rate if ont.uni_up else EthernetRate.NONE

    def _update_levels(self, ont: OntState, light: Light | None, wrong: Conditions, now: datetime) -> None:
        """Levels of a link that lives; those that the ONT reads come by OMCI."""
        asked = light is not None and ont.omci_up
        ont.rx_dbm, ont.tx_dbm = (light.rx_dbm, light.tx_dbm) if light is not None and asked else (None, None)
        ont.olt_rx_dbm = light.olt_rx_dbm if light is not None else None
        ont.ber_up, ont.ber_down = (light.ber_up, light.ber_down) if light is not None else (0.0, 0.0)
        ont.pre_fec = light.pre_fec if light is not None else 0.0
        ont.heat_c = self._environment.heat_c(now, indoors=True)
        aged = self._environment.bias(self._environment.aged_db(now), ont.heat_c)
        ont.bias_factor = aged * wrong.ont_bias.get(ont.name, 1.0)

    def _light(self, installed: OntLayout, wrong: Conditions, now: datetime) -> Light | None:
        """Light between an ONT and the port where it is configured; ``None`` when there is no path or no laser."""
        name = installed.name
        away = name in wrong.moved or name in wrong.swapped
        if away or not _lit(name.pon_name, wrong) or _cut(installed, wrong):
            return None
        return self._optics.between(self._layout.pons[name.pon_name], installed, wrong, now)

    def _strangers(self, wrong: Conditions) -> list[Stranger]:
        """ONTs that show themselves where they are not configured."""
        found: list[Stranger] = []
        for name in sorted(wrong.moved.keys() | wrong.swapped.keys()):
            installed, pon = self._layout.onts[name], wrong.moved.get(name, name.pon_name)
            dark = not _lit(pon, wrong) or pon in wrong.feeders_cut or _cut(installed, wrong)
            if dark or name in wrong.onts_unpowered:
                continue
            number = _FIRST_STRANGER + sum(other.pon == pon for other in found)
            serial = wrong.swapped.get(name, installed.serial)
            model = installed.model
            version = omci_version(model.firmware)
            found.append(Stranger(pon, number, serial, model.equipment_id, model.hardware, version))
        return found


def _lit(pon: PonName, wrong: Conditions) -> bool:
    return pon.slot not in wrong.cards_down and pon not in wrong.lasers_off


def _alarms_up(light: Light, rogue: bool) -> frozenset[OntAlarm]:
    """Of an ONT that is up: the first threshold upstream, the second one, what it says of its own reception."""
    alarms = set()
    if light.ber_up >= SIGNAL_DEGRADED:
        alarms.add(OntAlarm.SD)
    if light.ber_up >= SIGNAL_FAILED:
        alarms.add(OntAlarm.SF)
    if light.ber_down >= SIGNAL_FAILED:
        alarms.add(OntAlarm.RDI)
    if rogue:
        alarms.add(OntAlarm.DOW)
    return frozenset(alarms)


def _alarms_down(ont: OntState, *, board: bool, heard: bool, refused: bool) -> frozenset[OntAlarm]:
    if not board:
        return _BOARD_GONE
    if ont.oper_up and heard and not ont.powered:
        return _SILENT | {OntAlarm.DG}  # its last words were heard
    if heard and ont.powered and (refused or not ont.admin_up):
        return _LOCKED if not ont.admin_up else _REFUSED
    return ont.alarms if OntAlarm.LOS in ont.alarms else _SILENT


def _cause(ont: OntState, *, heard: bool, refused: bool) -> DownCause | None:
    """Why an ONT goes down, where it is neither light nor power."""
    if not heard or not ont.powered:
        return None
    if not ont.admin_up:
        return DownCause.DEACTIVATED
    return DownCause.AUTHENTICATION_FAILED if refused else None


def _cut(installed: OntLayout, wrong: Conditions) -> bool:
    return (
        installed.name in wrong.drops_cut
        or installed.pbo in wrong.pbos_cut
        or (installed.name.pon_name in wrong.feeders_cut and installed.name not in wrong.moved)
    )
