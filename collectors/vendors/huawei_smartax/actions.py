"""What can be done to ONTs of a SmartAX.

Objects: HUAWEI-XPON-MIB hwGponDeviceOntControlActive and …Reset (a public system sets them; the value 1 of the restart
is C), hwGponDeviceOntEthernetOperateStatus (public code [3]); ifAdminStatus of a PON port (a public command guide).
Commands: those guides, and public scripts that use them on live OLTs.
"""

from __future__ import annotations

import re

from collectors.cli.sessions import Dialect, Script, Step
from collectors.driving.acting import Line
from collectors.snmp.setting import Setting
from collectors.snmp.values import Oid
from collectors.vendors.huawei_smartax.cli_ont import DIALECT
from collectors.vendors.huawei_smartax.index import SmartaxLayout
from domain.identifiers import OntName
from domain.olt_actions import (
    ActionKind,
    FirmwareToPlanned,
    OltAction,
    RebootOnt,
    ReprovisionOnt,
    SetOntAdmin,
    SetPonAdmin,
    SetUniAdmin,
    SetUniNegotiation,
)
from domain.states import Admin, EthernetRate

_XPON: Oid = (1, 3, 6, 1, 4, 1, 2011, 6, 128, 1, 1, 2)
_ACTIVE, _RESET, _UNI = (*_XPON, 46, 1, 1), (*_XPON, 46, 1, 2), (*_XPON, 62, 1, 5)
_IF_ADMIN: Oid = (1, 3, 6, 1, 2, 1, 2, 2, 1, 7)  # RFC 2863
_ON_OFF = {Admin.UNLOCKED: 1, Admin.LOCKED: 2}
_MBIT = {EthernetRate.TEN: 10, EthernetRate.HUNDRED: 100, EthernetRate.GIGABIT: 1000}
_FORCED = {rate: f"off speed {mbit} duplex full" for rate, mbit in _MBIT.items()}
_CONFIG, _BOARD = r"\(config\)#", r"\(config-if-x?gpon-\d+/\d+\)#"
_LAYOUT = SmartaxLayout()


class SmartaxActs:
    """See `collectors.driving.acting.Acts`."""

    snmp = frozenset(
        {ActionKind.REBOOT_ONT, ActionKind.SET_ONT_ADMIN, ActionKind.SET_UNI_ADMIN, ActionKind.SET_PON_ADMIN}
    )
    typed = frozenset(ActionKind) - {ActionKind.FIRMWARE_TO_PLANNED}  # nothing is planned on a SmartAX
    dialect: Dialect | None = DIALECT
    refusal = re.compile(r"^[ ]*(?:Failure: |% ).*$", re.MULTILINE)

    async def setting(self, line: Line, action: OltAction) -> Setting | None:
        """See `Acts.setting`."""
        ont = _LAYOUT.row("ont", line.ont) or ()
        match action:
            case RebootOnt():
                return Setting((*_RESET, *ont), 1)
            case SetOntAdmin(admin):
                return Setting((*_ACTIVE, *ont), _ON_OFF[admin])
            case SetUniAdmin(admin, port):
                return Setting((*_UNI, *ont, port), _ON_OFF[admin])
            case SetPonAdmin(admin):
                return Setting((*_IF_ADMIN, ont[0]), _ON_OFF[admin])
            case _:
                return None

    async def script(self, line: Line, action: OltAction) -> Script | None:
        """See `Acts.script`."""
        name = line.ont
        command = _command(name, action)
        if command is None:
            return None
        enter = (Step("config", _CONFIG), Step(f"interface gpon {name.shelf}/{name.slot}", _BOARD))
        return Script((*enter, Step(command)), leave=("return",))


def _command(name: OntName, action: OltAction) -> str | None:
    ont = f"{name.pon} {name.ont}"
    match action:
        case RebootOnt() | ReprovisionOnt():
            return f"ont {'reset' if isinstance(action, RebootOnt) else 're-register'} {ont}"
        case SetOntAdmin(admin):
            return f"ont {'activate' if admin is Admin.UNLOCKED else 'deactivate'} {ont}"
        case SetUniAdmin(admin, port):
            on = "on" if admin is Admin.UNLOCKED else "off"
            return f"ont port attribute {ont} eth {port} operational-state {on}"
        case SetUniNegotiation(rate, port):
            setting = "on" if rate is None else _FORCED.get(rate)
            return setting and f"ont port attribute {ont} eth {port} auto-neg {setting}"
        case SetPonAdmin(admin):
            return f"{'undo ' if admin is Admin.UNLOCKED else ''}shutdown {name.pon}"
        case FirmwareToPlanned():
            return None
