"""Texts of a ZTE ZXA10, laid out as captured on C300 and C320; instants are the OLT's own, without zone (here UTC)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.identifiers import OntName, PonName
from domain.states import DownCause, EthernetRate, Negotiation, OntAlarm
from simulators.cli_ssh.plant_words import gasped, managed, online
from simulators.plant.optics import Direction
from simulators.plant.ports import OltView
from simulators.plant.state import OntState, Stranger

_NEVER = "0000-00-00 00:00:00"
_HISTORY = 10
_MASKED = "********"  # C600 shows no names
_CAUSES = {DownCause.DEACTIVATED: "Deactivate", DownCause.AUTHENTICATION_FAILED: "AuthFail"}
_RATES = {
    EthernetRate.TEN: "full-10",
    EthernetRate.TEN_HALF: "half-10",
    EthernetRate.HUNDRED: "full-100",
    EthernetRate.HUNDRED_HALF: "half-100",
    EthernetRate.GIGABIT: "full-1000",
    EthernetRate.GIGABIT_HALF: "half-1000",
    EthernetRate.TEN_GIGABIT: "full-10000",
}


@dataclass(frozen=True, slots=True)
class Spelling:
    """How interfaces are written."""

    c600: bool

    def pattern(self, kind: str) -> str:
        """A regular expression of an interface, its three numbers as groups."""
        return rf"gpon{'_' if self.c600 else '-'}{kind}{'-' if self.c600 else '_'}(\d+)/(\d+)/(\d+)"

    def onu(self, name: OntName) -> str:
        """``gpon-onu_1/2/1:3`` or ``gpon_onu-1/2/1:3``."""
        return f"{self._head('onu')}{name.shelf}/{name.slot}/{name.pon}:{name.ont}"

    def olt(self, name: PonName) -> str:
        """``gpon-olt_1/2/1`` or ``gpon_olt-1/2/1``."""
        return f"{self._head('olt')}{name.shelf}/{name.slot}/{name.pon}"

    def _head(self, kind: str) -> str:
        return f"gpon_{kind}-" if self.c600 else f"gpon-{kind}_"


def phase(state: OltView, ont: OntState) -> str:
    """Phase of an ONU in the CLI's words."""
    if online(state, ont):
        return "working" if ont.omci_up else "syncMib"
    if gasped(ont):
        return "DyingGasp"
    if OntAlarm.SUF in ont.alarms:
        return "AuthFail"
    return "LOS" if ont.admin_up and state.pons[ont.name.pon_name].laser_on else "OffLine"


def cause(state: OltView, ont: OntState) -> str:
    """Why it went off line last."""
    if gasped(ont):
        return "DyingGasp"
    if ont.down_cause is not None:
        return _CAUSES.get(ont.down_cause, "LOSi")
    return "LOSi" if state.pons[ont.name.pon_name].oper_up else "LOS"


def detail(state: OltView, ont: OntState, spelling: Spelling, now: datetime) -> str:
    """``show gpon onu detail-info``."""
    up = online(state, ont)
    fields = [
        ("Name", _MASKED if spelling.c600 else f"ONU-{ont.name.ont}"),
        ("Type", ont.equipment_id),
        ("State", "ready"),
        ("Admin state", "enable" if ont.admin_up else "disable"),
        ("Phase state", phase(state, ont)),
        ("Authentication mode", "sn"),
        ("SN Bind", "enable with SN check"),
        ("Serial number", str(ont.serial)),
        ("Password", ont.password),
        ("Device ID", ""),
        ("Description", _MASKED if spelling.c600 else ""),
        ("Vport mode", "gemport"),
        ("DBA Mode", "Hybrid"),
        ("ONU Status", "enable"),
        ("Line Profile", "N/A"),
        ("Service Profile", "N/A"),
        ("ONU Distance", f"{round(ont.distance_m)}m" if up else "N/A"),
        ("Online Duration", _duration(ont.changed_at, now) if up else "N/A"),
        ("FEC", "none"),
    ]
    lines = [f"{'ONU interface:':<23}{spelling.onu(ont.name)}"]
    lines += [f"  {f'{name}:':<20} {value}".rstrip() for name, value in fields]
    lines += ["-" * 42, "       Authpass Time          OfflineTime             Cause"]
    return "\n".join([*lines, *_history(state, ont)])


def _history(state: OltView, ont: OntState) -> list[str]:
    """The last passages, the first one first: the plant remembers one instant of each kind."""
    up, down = ont.last_up_at, ont.last_down_at
    again = up is not None and down is not None and down < up
    passages = [(None, down), (up, None)] if again else [(up, down)]
    rows = []
    for number in range(1, _HISTORY + 1):
        begun, ended = passages[number - 1] if number <= len(passages) else (None, None)
        why = cause(state, ont) if ended is not None else ""
        rows.append(f"  {number:>2}   {_instant(begun)}    {_instant(ended)}     {why}".rstrip())
    return rows


def states(state: OltView, onus: Sequence[OntState], layout: str, spelling: Spelling) -> str:
    """``show gpon onu state`` in one of its three layouts."""
    titles = {"channel": "Channel", "o7": "O7 State", "speed": "Speed mode"}
    rows = []
    for ont in onus:
        up, name = online(state, ont), ont.name
        admin, omcc = ("enable" if ont.admin_up else "disable"), ("enable" if up else "disable")
        place = f"{name.shelf}/{name.slot}/{name.pon}:{name.ont}"
        if layout == "speed":
            rows.append(f"{spelling.onu(name):<20} {admin:<12} {omcc:<12} {phase(state, ont):<12} GPON")
        elif layout == "o7":
            seventh = "operation" if up else "initial"
            rows.append(f"{place:<11} {admin:<12} {omcc:<12} {seventh:<12} {phase(state, ont)}")
        else:
            rows.append(f"{place:<11} {admin:<12} {omcc:<11} {phase(state, ont):<12} 1(GPON)")
    heading = "OnuIndex   Admin State  OMCC State  Phase State  Channel"
    if layout == "o7":
        heading = "OnuIndex   Admin State  OMCC State  O7 State     Phase State"
    elif layout == "speed":
        heading = f"OnuIndex             Admin State  OMCC State   Phase State  {titles[layout]}"
    working = sum(online(state, ont) for ont in onus)
    return "\n".join([heading, "-" * 62, *rows, f"ONU Number: {working}/{len(onus)}"])


def attenuation(state: OltView, ont: OntState) -> str:
    """``show pon power attenuation``: both ends of both directions, levels in dBm with three decimals."""
    lines = ["           OLT                  ONU              Attenuation", "-" * 74]
    olt_tx, olt_rx = state.pons[ont.name.pon_name].tx_dbm, ont.olt_rx_dbm
    rx, tx = ont.rx_dbm, ont.tx_dbm
    down = f"{olt_tx:.3f}(dbm)" if olt_tx is not None else "no signal"
    if not online(state, ont) or rx is None or tx is None or olt_rx is None or olt_tx is None:
        rows = {
            Direction.UP: " up      Rx :no signal           Tx:N/A                N/A",
            Direction.DOWN: f" down    Tx :{down}          Rx:N/A                N/A",
        }
    else:
        rows = {
            Direction.UP: f" up      Rx :{olt_rx:.3f}(dbm)      Tx:{tx:.3f}(dbm)        {tx - olt_rx:.3f}(dB)",
            Direction.DOWN: f" down    Tx :{olt_tx:.3f}(dbm)        Rx:{rx:.3f}(dbm)      {olt_tx - rx:.3f}(dB)",
        }
    return "\n".join([*lines, rows[Direction.UP], "", rows[Direction.DOWN]])


def ports(state: OltView, ont: OntState) -> str:
    """``show gpon remote-onu interface eth``: no capture is known, words as public scripts look for them."""
    if not managed(state, ont):
        return "%Code 40506 : ONU is offline."
    auto = ont.uni_negotiation is Negotiation.AUTO
    fields = [
        ("Interface", "eth_0/1"),
        ("Speed config", "auto" if auto else _RATES.get(ont.uni_rate, "full-1000")),
        ("Speed status", _RATES.get(ont.uni_rate, "N/A")),
        ("Operate status", "enable" if ont.uni_up else "disable"),
        ("Admin status", "unlock"),
    ]
    return "\n".join(f"{f'{name}:':<20}{value}" for name, value in fields)


def unconfigured(strangers: Sequence[Stranger], spelling: Spelling) -> str:
    """``show gpon onu uncfg``."""
    lines = ["OltIndex            Model                SN                 PW", "-" * 73]
    for ont in strangers:
        where = spelling.olt(ont.pon)
        lines.append(f"{where:<19} {ont.equipment_id:<20} {ont.serial!s:<18} N/A")
    return "\n".join(lines)


def cards(state: OltView) -> str:
    """``show card``."""
    lines = ["Rack Shelf Slot CfgType RealType Port  HardVer SoftVer         Status", "-" * 79]
    for card in state.cards:
        slot = card.slot if card.slot is not None else card.seat
        ports = sum(pon.slot == card.slot for pon in state.pons) if card.slot is not None else 3
        status = "OFFLINE" if card.missing else ("INSERVICE" if card.up else "HWONLINE")
        types = f"{card.planned_type:<7} {'' if card.missing else card.actual_type:<8}"
        lines.append(f"1    1     {slot!s:<4} {types} {ports:<5} V1.0.0  {state.olt.software:<15} {status}")
    return "\n".join(lines)


def alarm(now: datetime) -> str:
    """An alarm about something else, on a line of its own."""
    place = "gpon-onu_1/9/9:99"
    return f"{now:%H:%M:%S} %%{now:%m/%d/%Y} :Alarm 18007 ONU dying gasp , {place} Phase state: DyingGasp occurred"


def _instant(instant: datetime | None) -> str:
    return _NEVER if instant is None else f"{instant:%Y-%m-%d %H:%M:%S}"


def _duration(since: datetime, now: datetime) -> str:
    hours, rest = divmod(int((now - since).total_seconds()), 3600)
    return f"{hours}h {rest // 60:02}m {rest % 60:02}s"
