"""What can be done to ONUs of a ZXA10.

Objects: restart by tree (public code: five code bases on 1012, five on 1082; an OLT that lacks the table refuses, and
the command line is taken); states: the columns that are read (whether every build lets them be set is C). Commands:
public guides and code. ``reboot`` outside an ONU's view would restart the OLT: it is typed behind that prompt only.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from collectors.cli.sessions import Dialect, Script, Step
from collectors.driving.acting import Line
from collectors.driving.layout import Layout
from collectors.snmp.setting import Setting
from collectors.snmp.values import Kind, Oid
from collectors.vendors.zte_zxan.cli_ont import DIALECT
from domain.errors import CollectionError
from domain.identifiers import OntName
from domain.olt_actions import ActionKind, OltAction, RebootOnt, SetOntAdmin, SetPonAdmin, SetUniAdmin
from domain.states import Admin

_ZTE: Oid = (1, 3, 6, 1, 4, 1, 3902)
_ADMIN_1012, _ADMIN_1082 = (*_ZTE, 1012, 3, 28, 1, 1, 17), (*_ZTE, 1082, 500, 10, 2, 3, 8, 1, 1)
_REBOOT_1012, _REBOOT_1082 = (*_ZTE, 1012, 3, 50, 11, 3, 1, 1), (*_ZTE, 1082, 500, 20, 2, 1, 10, 1, 1)
_UNI_1012 = (*_ZTE, 1012, 3, 50, 14, 1, 1, 5)
_ON_OFF = {Admin.UNLOCKED: 1, Admin.LOCKED: 2}
_CONFIG, _ONU, _PORT = r"\(config\)#", r"\((?:config-)?gpon-onu-mng[^)]*\)#", r"\(config-if[^)]*\)#"

Learn = Callable[[Line], Awaitable[Layout]]


class ZxanActs:
    """See `collectors.driving.acting.Acts`.

    Args:
        learn: The layout of the OLT of a line.
        spelling: How the OLT writes ``gpon-onu_`` (before and behind the word), as far as its answers have told.
    """

    snmp = frozenset({ActionKind.REBOOT_ONT, ActionKind.SET_ONT_ADMIN, ActionKind.SET_UNI_ADMIN})
    typed = frozenset({ActionKind.REBOOT_ONT, ActionKind.SET_UNI_ADMIN, ActionKind.SET_PON_ADMIN})
    dialect: Dialect | None = DIALECT
    refusal = re.compile(r"^[ ]*(?:%Error|%Code).*$", re.MULTILINE)

    def __init__(self, learn: Learn, spelling: Callable[[Line], Awaitable[tuple[str, str]]]) -> None:
        self._learn = learn
        self._spelling = spelling

    async def setting(self, line: Line, action: OltAction) -> Setting | None:
        """See `Acts.setting`: in the tree in which the OLT has the ONU."""
        layout = await self._learn(line)
        new, old = layout.row("ont.b", line.ont), layout.row("ont.a", line.ont)
        rows = [(tree, row) for tree, row in ((_ADMIN_1082, new), (_ADMIN_1012, old)) if row is not None]
        answers = await line.client.get(line.exchange, [(*tree, *row) for tree, row in rows])
        there = [place for place, answer in zip(rows, answers, strict=True) if answer.kind is Kind.INTEGER]
        if not there:
            if any(answer.kind is Kind.FAILED for answer in answers):
                raise CollectionError(line.olt.host, str(answers[0].value))
            return None
        return _setting(action, there)

    async def script(self, line: Line, action: OltAction) -> Script | None:
        """See `Acts.script`."""
        head, tail = await self._spelling(line)
        name = line.ont
        onu = (Step("configure terminal", _CONFIG), Step(f"pon-onu-mng {head}onu{tail}{_place(name)}:{name.ont}", _ONU))
        match action:
            case RebootOnt():
                return Script((*onu, Step("reboot")), leave=("end",))
            case SetUniAdmin(admin, port):
                state = "unlock" if admin is Admin.UNLOCKED else "lock"
                return Script((*onu, Step(f"interface eth eth_0/{port} state {state}")), leave=("end",))
            case SetPonAdmin(admin):
                port_view = Step(f"interface {head}olt{tail}{_place(name)}", _PORT)
                shut = Step("no shutdown" if admin is Admin.UNLOCKED else "shutdown")
                return Script((onu[0], port_view, shut), leave=("end",))
            case _:
                return None


def _setting(action: OltAction, there: list[tuple[Oid, Oid]]) -> Setting | None:
    """The object in the first tree that has it; ``there``: the trees that have the ONU, and its row in each."""
    tree, row = there[0]
    match action:
        case RebootOnt():
            return Setting((*(_REBOOT_1082 if tree == _ADMIN_1082 else _REBOOT_1012), *row), 1)
        case SetOntAdmin(admin):
            return Setting((*tree, *row), _ON_OFF[admin])
        case SetUniAdmin(admin, port):
            old = dict(there).get(_ADMIN_1012)
            return None if old is None else Setting((*_UNI_1012, *old, port), _ON_OFF[admin])
        case _:
            return None


def _place(name: OntName) -> str:
    return f"{name.shelf}/{name.slot}/{name.pon}"
