"""What can be done to ONTs of an ISAM.

Objects: ifAdminStatus of ONTs, their user ports and PON ports (RFC 2863; the rows are recorded). The object behind the
re-initialisation of an ONT is known by name only. Commands: public code that types them on live OLTs (ten code bases
for the restart and for the planned software, four for the states, two for the negotiation). That planning again the
version which is planned has the OLT bring it to the ONT is C: ``sw-ver-pland`` knows ``delayactivate`` for the contrary
(a public module, tried on R6.2.04), and no OLT here has obeyed it.
"""

from __future__ import annotations

import re

from collectors.cli.sessions import Dialect, Script, Step
from collectors.driving.acting import Line
from collectors.snmp.setting import Setting
from collectors.snmp.values import Kind, Oid
from collectors.snmp.walk import walk_columns
from collectors.vendors.nokia_isam import index
from collectors.vendors.nokia_isam.subslocid import DIALECT
from domain.errors import CollectionError
from domain.identifiers import Firmware, OntName
from domain.olt_actions import (
    ActionKind,
    FirmwareToPlanned,
    OltAction,
    RebootOnt,
    SetOntAdmin,
    SetPonAdmin,
    SetUniAdmin,
    SetUniNegotiation,
)
from domain.reading import Reason
from domain.states import Admin, EthernetRate

_IF_ADMIN: Oid = (1, 3, 6, 1, 2, 1, 2, 2, 1, 7)  # RFC 2863
_UP_DOWN = {Admin.UNLOCKED: 1, Admin.LOCKED: 2}
_UNIS_AN_ONT = 16  # C: user ports read in one request
_RATES = {EthernetRate.TEN: "10baset-fd", EthernetRate.HUNDRED: "100baset-fd", EthernetRate.GIGABIT: "1000baset-fd"}
_ROOT = r">#"
_PLANNED: Oid = (1, 3, 6, 1, 4, 1, 637, 61, 1, 35, 10, 1, 1, 11)  # 14 octets, NUL-padded; as `columns.yaml` reads it
_VERSION = re.compile(r"(?!(?i:auto|disabled|delayactivate)$)[A-Za-z0-9._-]{1,14}")  # ITU-T G.988 9.1.4: 14 octets


class IsamActs:
    """See `collectors.driving.acting.Acts`."""

    snmp = frozenset({ActionKind.SET_ONT_ADMIN, ActionKind.SET_UNI_ADMIN, ActionKind.SET_PON_ADMIN})
    typed = frozenset(ActionKind) - {ActionKind.REPROVISION_ONT}
    dialect: Dialect | None = DIALECT
    refusal = re.compile(r"^[ ]*(?:Error : .*|invalid token)$", re.MULTILINE)

    async def setting(self, line: Line, action: OltAction) -> Setting | None:
        """See `Acts.setting`."""
        match action:
            case SetOntAdmin(admin):
                return Setting((*_IF_ADMIN, index.ont_index(line.ont)), _UP_DOWN[admin])
            case SetUniAdmin(admin, port):
                row = await _user_port(line, port)
                return None if row is None else Setting((*_IF_ADMIN, row), _UP_DOWN[admin])
            case SetPonAdmin(admin):
                row = await _pon_port(line)
                return None if row is None else Setting((*_IF_ADMIN, row), _UP_DOWN[admin])
            case _:
                return None

    async def script(self, line: Line, action: OltAction) -> Script | None:
        """See `Acts.script`."""
        command = await (_plan(line) if isinstance(action, FirmwareToPlanned) else _command(line, action))
        return None if command is None else Script((Step("exit all", _ROOT), Step(command)))


async def _command(line: Line, action: OltAction) -> str | None:
    place = index.cli_ont(line.ont)
    match action:
        case RebootOnt():
            return f"admin equipment ont interface {place} reboot with-active-image"
        case SetOntAdmin(admin):
            return f"configure equipment ont interface {place} admin-state {_word(admin)}"
        case SetUniAdmin(admin, port):
            uni = await _uni_place(line, port)
            no = "" if admin is Admin.UNLOCKED else "no "
            return None if uni is None else f"configure interface port uni:{uni} {no}admin-up"
        case SetUniNegotiation(rate, port):
            uni, word = await _uni_place(line, port), "auto" if rate is None else _RATES.get(rate)
            return None if uni is None or word is None else f"configure ethernet ont {uni} auto-detect {word}"
        case SetPonAdmin(admin):
            return f"configure pon interface {place.rpartition('/')[0]} admin-state {_word(admin)}"
        case _:
            return None


async def _plan(line: Line) -> str | None:
    """Plan again the version that the OLT plans for the ONT; ``None`` where it plans none by name."""
    (answer,) = await line.client.get(line.exchange, [(*_PLANNED, index.ont_index(line.ont))])
    if answer.kind is Kind.FAILED:
        raise CollectionError(line.olt.host, str(answer.value))
    version = Firmware(answer.value).text if isinstance(answer.value, bytes) else ""
    if _VERSION.fullmatch(version) is None:
        return None
    return f"configure equipment ont interface {index.cli_ont(line.ont)} sw-ver-pland {version}"


def _word(admin: Admin) -> str:
    return "up" if admin is Admin.UNLOCKED else "down"


async def _uni_place(line: Line, port: int) -> str | None:
    """``1/1/5/10/19/1/1``: the card is what the interface table says."""
    row = await _user_port(line, port)
    if row is None:
        return None
    place = index.unpack(row)
    return f"{index.cli_ont(line.ont)}/{place.card}/{place.port}"


async def _user_port(line: Line, port: int) -> int | None:
    """IfIndex of a user port, whose card depends on the model of the ONT: the first card that has it."""
    scope = index.unis(_checked(line.ont))
    (walked,) = await walk_columns(line.client, line.exchange, [(_IF_ADMIN, scope)], _UNIS_AN_ONT)
    found = sorted(row[0] for row in walked.rows if index.unpack(row[0]).port == port)
    if not found and walked.reason not in {None, Reason.NOT_SUPPORTED}:
        raise CollectionError(line.olt.host, str(walked.reason))
    return found[0] if found else None


async def _pon_port(line: Line) -> int | None:
    """IfIndex of the PON port, under the low bits that this OLT has."""
    rows = [index.pon_index(line.ont.pon_name, bits) for bits in (0, index.XGS_LOW_BITS)]
    answers = await line.client.get(line.exchange, [(*_IF_ADMIN, row) for row in rows])
    found = [row for row, answer in zip(rows, answers, strict=True) if answer.kind is Kind.INTEGER]
    if not found and answers[0].kind is Kind.FAILED:
        raise CollectionError(line.olt.host, str(answers[0].value))
    return found[0] if found else None


def _checked(name: OntName) -> OntName:
    index.ont_index(name)  # raises for a name that an ISAM cannot have
    return name
