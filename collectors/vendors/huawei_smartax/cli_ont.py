"""Reads ONTs through the SmartAX's command line."""

from __future__ import annotations

from typing import Any

from collectors.cli.failures import reason_of
from collectors.cli.sessions import CliSessions, Dialect
from collectors.cli.sheet import Sheet
from collectors.vendors.huawei_smartax import cli_parse as parse
from domain.clock import Clock
from domain.errors import CollectionError
from domain.identifiers import OntName, PonName
from domain.metric import Metric, Readings
from domain.olt import CliAccess, OntRow
from domain.reading import Reason

DIALECT = Dialect(
    device_type="huawei_smartax",
    prompt=r"^[^\s<>#%:()]{1,64}(?:\([\w./-]+\))?[>#][ ]?\Z",
    prepare=("enable", "undo smart", "scroll", "infoswitch cli OFF"),
    questions=(
        (r"\{[ ]?<cr>[^\n{}]*\}:[ ]*\Z", "\n"),
        (r"---- More \( Press 'Q' to break \) ----[ ]*\Z", " "),
    ),
    leave=("quit", "y"),
)
"""``MA5800>``, ``MA5800#``, ``MA5800(config)#``, ``MA5800(config-if-gpon-0/1)#``; questions where it did not obey."""

CAPABILITIES: frozenset[Metric[Any]] = frozenset({*parse.INFO, *parse.OPTICS, *parse.VERSION, *parse.UNI})


class HuaweiCli:
    """One ONT, or the ONTs of a port, as the command line tells them. Never raises for a device that is down."""

    def __init__(self, sessions: CliSessions, clock: Clock) -> None:
        self._sessions = sessions
        self._clock = clock

    async def read_ont(self, access: CliAccess, name: OntName, timeout_s: float) -> Readings:
        """State, identity, optics and user port of an ONT, each with its reason where it has none."""
        place = f"{name.shelf} {name.slot} {name.pon} {name.ont}"
        info, version = f"display ont info {place}", f"display ont version {place}"
        optics = f"display ont optical-info {name.pon} {name.ont}"
        ports = f"display ont port state {name.pon} {name.ont} eth-port all"
        at = self._clock.now()
        sheets = [Sheet(at, command) for command in (info, version, optics, ports)]
        board = ("config", f"interface gpon {name.shelf}/{name.slot}", optics, ports, "return")
        try:
            answers = await self._sessions.run(access, DIALECT, (info, version, *board), timeout_s)
        except CollectionError as error:
            groups = (parse.INFO, parse.VERSION, parse.OPTICS, parse.UNI)
            for sheet, metrics in zip(sheets, groups, strict=True):
                sheet.lack(metrics, reason_of(error))
        else:
            parse.info(answers[0], name, sheets[0])
            parse.version(answers[1], sheets[1])
            parse.optics(answers[4], sheets[2])
            parse.ports(answers[5], name, sheets[3])
        return Readings().merged(*(sheet.readings for sheet in sheets))

    async def read_pon(self, access: CliAccess, pon: PonName, timeout_s: float) -> list[OntRow] | Reason:
        """The ONTs configured on a port, or why they are unknown."""
        command = f"display ont info {pon.shelf} {pon.slot} {pon.pon} all"
        at = self._clock.now()
        try:
            answer = await self._sessions.send(access, DIALECT, command, timeout_s)
        except CollectionError as error:
            return reason_of(error)
        return parse.onts(answer, pon, at, command)
