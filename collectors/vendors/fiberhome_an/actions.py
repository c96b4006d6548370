"""What can be done to ONUs of an AN5516 or AN6000: objects that GEPON-OLT-COMMON-MIB declares read-write.

``authOnuListOnuReboot`` (1 restarts; public code says so too), ``dataPortEnable``, ``oltPonEnable`` (1 and 0). No
object is known for the state of an ONU, and no command line was tried.
"""

from __future__ import annotations

import re

from collectors.cli.sessions import Dialect, Script
from collectors.driving.acting import Line
from collectors.snmp.setting import Setting
from collectors.snmp.values import Oid
from collectors.vendors.fiberhome_an.index import FiberhomeLayout
from domain.olt_actions import ActionKind, OltAction, RebootOnt, SetPonAdmin, SetUniAdmin
from domain.states import Admin

_COMMON: Oid = (1, 3, 6, 1, 4, 1, 5875, 800, 3)
_REBOOT, _UNI, _PON = (*_COMMON, 10, 1, 1, 15), (*_COMMON, 2, 2, 1, 2), (*_COMMON, 2, 3, 1, 1)
_ON_OFF = {Admin.UNLOCKED: 1, Admin.LOCKED: 0}
_LAYOUT = FiberhomeLayout()


class FiberhomeActs:
    """See `collectors.driving.acting.Acts`."""

    snmp = frozenset({ActionKind.REBOOT_ONT, ActionKind.SET_UNI_ADMIN, ActionKind.SET_PON_ADMIN})
    typed = frozenset[ActionKind]()
    dialect: Dialect | None = None
    refusal = re.compile(r"(?!)")

    async def setting(self, line: Line, action: OltAction) -> Setting | None:
        """See `Acts.setting`."""
        match action:
            case RebootOnt():
                return Setting((*_REBOOT, *(_LAYOUT.row("ont", line.ont) or ())), 1)
            case SetUniAdmin(admin, port):
                (onu,) = _LAYOUT.row("ont", line.ont) or (0,)
                return Setting((*_UNI, onu | port), _ON_OFF[admin])
            case SetPonAdmin(admin):
                return Setting((*_PON, *(_LAYOUT.row("pon", line.ont) or ())), _ON_OFF[admin])
            case _:
                return None

    async def script(self, _line: Line, _action: OltAction) -> Script | None:
        """Nothing: no command line was tried."""
        return None
