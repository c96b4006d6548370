"""Texts of a Huawei MA5600T / MA5800, laid out as captured; boards, lists and ports as public templates read them.

Instants are in UTC with their zone, as ``2019-05-09 08:00:00+00:00``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from domain.identifiers import PonName
from domain.states import DownCause, EthernetRate, Negotiation
from simulators.cli_ssh.plant_words import diagnostics, gasped, managed, online
from simulators.plant.ports import OltView
from simulators.plant.state import OntState, Stranger

_CAUSES = {DownCause.DEACTIVATED: "deact-success", DownCause.AUTHENTICATION_FAILED: "operator check fail"}
RULE = "  " + "-" * 77
_RATE = {
    EthernetRate.TEN: "10",
    EthernetRate.TEN_HALF: "10",
    EthernetRate.HUNDRED: "100",
    EthernetRate.HUNDRED_HALF: "100",
    EthernetRate.GIGABIT: "1000",
    EthernetRate.GIGABIT_HALF: "1000",
    EthernetRate.TEN_GIGABIT: "10000",
}


def _block(fields: Sequence[tuple[str, str]], width: int) -> str:
    return "\n".join([RULE, *(f"  {name:<{width}}: {value}" for name, value in fields), RULE])


def _instant(instant: datetime | None) -> str:
    return "-" if instant is None else f"{instant:%Y-%m-%d %H:%M:%S}+00:00"


def _duration(since: datetime, now: datetime) -> str:
    seconds = int((now - since).total_seconds())
    days, rest = divmod(seconds, 86400)
    hours, rest = divmod(rest, 3600)
    return f"{days} day(s), {hours} hour(s), {rest // 60} minute(s), {rest % 60} second(s)"


def down_cause(state: OltView, ont: OntState) -> str:
    """Why the ONT went down last, in the CLI's words."""
    if ont.last_down_at is None:
        return "-"
    if gasped(ont):
        return "dying-gasp"
    if ont.down_cause is not None:
        return _CAUSES.get(ont.down_cause, "LOSi/LOBi")
    return "LOSi/LOBi" if state.pons[ont.name.pon_name].oper_up else "LOS"


def config_state(state: OltView, ont: OntState) -> str:
    """Whether the OLT has configured the ONT."""
    if not online(state, ont):
        return "initial"
    return "normal" if managed(state, ont) else "failed"


def info(state: OltView, ont: OntState, now: datetime) -> str:
    """``display ont info`` of one ONT."""
    name, up = ont.name, online(state, ont)
    fields = [
        ("F/S/P", f"{name.shelf}/{name.slot}/{name.pon}"),
        ("ONT-ID", str(name.ont)),
        ("Control flag", "active" if ont.admin_up else "deactivated"),
        ("Run state", "online" if up else "offline"),
        ("Config state", config_state(state, ont)),
        ("Match state", "match" if up else "initial"),
        ("DBA type", "SR" if up else "-"),
        ("ONT distance(m)", str(round(ont.distance_m)) if up else "-"),
        ("ONT last distance(m)", str(round(ont.distance_m))),
        ("ONT battery state", "not support" if up else "-"),
        ("Memory occupation", "-"),
        ("CPU occupation", "-"),
        ("Temperature", f"{ddm.temperature_c}(C)" if (ddm := diagnostics(state, ont)) else "-"),
        ("Authentic type", "SN-auth"),
        ("SN", f"{ont.serial.hex} ({ont.serial.vendor_id}-{ont.serial.specific})"),
        ("Management mode", "OMCI"),
        ("Software work mode", "normal"),
        ("Isolation state", "normal"),
        ("ONT IP 0 address/mask", "-"),
        ("Description", "ONT_NO_DESCRIPTION"),
        ("Last down cause", down_cause(state, ont)),
        ("Last up time", _instant(ont.last_up_at)),
        ("Last down time", _instant(ont.last_down_at)),
        ("Last dying gasp time", _instant(ont.last_gasp_at)),
        ("ONT online duration", _duration(ont.changed_at, now) if up else "-"),
        ("Type C support", "Not support"),
        ("Interoperability-mode", "ITU-T"),
    ]
    return _block(fields, 24)


def optics(state: OltView, ont: OntState) -> str:
    """``display ont optical-info`` of one ONT that is on line."""
    ddm = diagnostics(state, ont)
    if ddm is None or ont.rx_dbm is None or ont.tx_dbm is None or ont.olt_rx_dbm is None:
        return "  Failure: The ONT is not online"
    fields = [
        ("ONU NNI port ID", "0"),
        ("Module type", "GPON"),
        ("Module sub-type", "CLASS B+"),
        ("Used type", "ONU"),
        ("Encapsulation Type", "BOSA ON BOARD"),
        ("Optical power precision(dBm)", "3.0"),
        ("Vendor name", "HUAWEI          "),
        ("Rx optical power(dBm)", f"{ont.rx_dbm:.2f}"),
        ("Rx power current warning threshold(dBm)", "[-,-]"),
        ("Rx power current alarm threshold(dBm)", "[-29.0,-7.0]"),
        ("Tx optical power(dBm)", f"{ont.tx_dbm:.2f}"),
        ("Tx power current alarm threshold(dBm)", "[0.0,5.0]"),
        ("Laser bias current(mA)", str(ddm.bias_ma)),
        ("Tx bias current alarm threshold(mA)", "[2.000,100.000]"),
        ("Temperature(C)", str(ddm.temperature_c)),
        ("Temperature alarm threshold(C)", "[-61,95]"),
        ("Voltage(V)", f"{ddm.voltage_v:.3f}"),
        ("Supply voltage alarm threshold(V)", "[3.000,3.600]"),
        ("OLT Rx ONT optical power(dBm)", f"{ont.olt_rx_dbm:.2f}"),
        ("CATV Rx optical power(dBm)", "-"),
        ("CATV Rx power alarm threshold(dBm)", "[-,-]"),
    ]
    return _block(fields, 39)


def version(ont: OntState) -> str:
    """``display ont version``."""
    name = ont.name
    fields = [
        ("F/S/P", f"{name.shelf}/{name.slot}/{name.pon}"),
        ("ONT-ID", str(name.ont)),
        ("Vendor-ID", ont.serial.vendor_id),
        ("ONT Version", ont.hardware or "-"),
        ("Product-ID", "-"),
        ("Equipment-ID", ont.equipment_id),
        ("Main Software Version", _version(ont.firmware_active)),
        ("Standby Software Version", _version(ont.firmware_standby)),
    ]
    return _block(fields, 26)


def _version(octets: bytes) -> str:
    return octets.rstrip(b"\0 ").decode("ascii", "replace") or "-"


def ports(ont: OntState) -> str:
    """``display ont port state … eth-port all``."""
    rate = _RATE.get(ont.uni_rate, "-")
    half = ont.uni_rate.value.endswith("half")
    auto = "auto_" if ont.uni_negotiation is Negotiation.AUTO else ""
    duplex = "-" if rate == "-" else f"{auto}{'half' if half else 'full'}"
    speed = "-" if rate == "-" else f"{auto}{rate}"
    link = "up" if ont.uni_up else "down"
    row = f"  {ont.name.ont:>6} {1:>7} {'GE':>10}    {speed:<12} {duplex:<11} {link:<10} noloop"
    heading = "  ONT-ID     ONT        ONT   Speed(Mbps)    Duplex       LinkState   RingStatus"
    return "\n".join([RULE, heading, "          port-ID  Port-type", RULE, row, RULE])


def onts(state: OltView, pon: PonName, found: Sequence[OntState]) -> str:
    """``display ont info`` of a port."""
    rows = []
    for ont in found:
        up = online(state, ont)
        place = f"{pon.shelf}/ {pon.slot}/{pon.pon}"
        words = f"{'active':<12} {'online' if up else 'offline':<8} {config_state(state, ont):<8}"
        rows.append(f"  {place:<8} {ont.name.ont:>4}  {ont.serial.hex}  {words} {'match' if up else 'initial':<8} no")
    working = sum(online(state, ont) for ont in found)
    total = f"  In port {pon.shelf}/ {pon.slot}/{pon.pon} , the total of ONTs are: {len(found)}, online: {working}"
    heading = "  F/S/P   ONT         SN         Control     Run      Config   Match    Protect"
    under = "                     ID                     flag        state    state    state    side"
    return "\n".join([RULE, heading, under, RULE, *rows, RULE, total, RULE])


def boards(state: OltView) -> str:
    """``display board 0``."""
    heading = "  SlotID  BoardName  Status          SubType0 SubType1    Online/Offline"
    rows = []
    for card in state.cards:
        slot = card.slot if card.slot is not None else card.seat
        status = "Failed" if card.missing or not card.up else ("Normal" if card.slot is not None else "Active_normal")
        rows.append(
            f"  {slot!s:<7} {card.actual_type:<10} {status:<15}          {'':<11} {'Offline' if card.missing else ''}"
        )
    return "\n".join([RULE[:68], heading, RULE[:68], *rows, RULE[:68]])


def uptime(state: OltView, now: datetime) -> str:
    """``display sysuptime``."""
    seconds = int((now - state.olt.booted_at).total_seconds())
    days, rest = divmod(seconds, 86400)
    hours, rest = divmod(rest, 3600)
    return f"  System up time: {days} day {hours} hour {rest // 60} minute {rest % 60} second "


def autofind(found: Sequence[Stranger], now: datetime) -> str:
    """``display ont autofind all``."""
    if not found:
        return "  Failure: The automatically found ONTs do not exist"
    blocks = []
    for number, ont in enumerate(found, 1):
        fields = [
            ("Number", str(number)),
            ("F/S/P", f"{ont.pon.shelf}/{ont.pon.slot}/{ont.pon.pon}"),
            ("Ont SN", f"{ont.serial.hex} ({ont.serial.vendor_id}-{ont.serial.specific})"),
            ("Password", "0x00000000000000000000"),
            ("Loid", ""),
            ("Checkcode", ""),
            ("VendorID", ont.serial.vendor_id),
            ("Ont Version", ont.hardware),
            ("Ont SoftwareVersion", _version(ont.firmware)),
            ("Ont EquipmentID", ont.equipment_id),
            ("Ont autofind time", _instant(now)),
        ]
        blocks.append("\n".join(f"   {label:<20}: {value}" for label, value in fields))
    return "\n".join([RULE, f"\n{RULE}\n".join(blocks), RULE, f"   The number of GPON autofind ONT is {len(found)}"])


def alarm(now: datetime) -> str:
    """An alarm about something else, with fields that look like those of a table."""
    return "\n".join(
        [
            f"  ! FAULT MAJOR {_instant(now)} ALARM NAME :The distribution fiber is broken or the OLT cannot receive",
            "  expected optical signals from the ONT(LOSi/LOBi)",
            "  PARAMETERS :FrameID: 0, SlotID: 7, PortID: 9, ONT ID: 99, Equipment ID: HG8010H",
            "  Run state               : offline",
            "  Rx optical power(dBm)                  : -39.99",
            "  --- END",
        ]
    )
