"""Reads a SmartAX through its command line."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from collectors.cli.failures import reason_of
from collectors.cli.sessions import CliSessions, Dialect
from collectors.cli.sheet import Sheet
from collectors.vendors.huawei_smartax import cli_parse as parse
from collectors.vendors.huawei_smartax import cli_tables as tables
from domain.clock import Clock
from domain.errors import CollectionError
from domain.identifiers import OntName, PonName
from domain.metric import Metric, Readings
from domain.olt import CardRow, CliAccess, OltWalk, OntRow, PonRow, TableGap
from domain.reading import Reason

DIALECT = Dialect(
    device_type="huawei_smartax",
    prompt=r"^[^\s<>#%:()]{1,64}(?:\([\w./-]+\))?[>#][ ]?\Z",
    prepare=("enable", "undo smart", "scroll", "infoswitch cli OFF"),
    questions=(
        (r"\{[ ]?<cr>[^\n{}]*\}:[ ]*\Z", "\n"),
        (r"\(y/n\)\[n\]:[ ]*\Z", "y\n"),
        (r"---- More \( Press 'Q' to break \) ----[ ]*\Z", " "),
    ),
    leave=("quit", "y"),
)
"""``MA5800>``, ``MA5800#``, ``MA5800(config)#``, ``MA5800(config-if-gpon-0/1)#``; questions where it did not obey."""

CAPABILITIES: frozenset[Metric[Any]] = frozenset({*parse.INFO, *parse.OPTICS, *parse.VERSION, *parse.UNI})

_PORTS_A_BOARD = 16  # of every line board that is known; the device says of those that are not there


@dataclass(frozen=True)
class _Question:
    """A command, what it tells, and how its answer is read; ``inside``: in the view of the ONT's board only."""

    command: str
    metrics: tuple[Metric[Any], ...]
    read: Callable[[str, Sheet], None]
    inside: bool = False


def _questions(name: OntName) -> tuple[_Question, ...]:
    place, port = f"{name.shelf} {name.slot} {name.pon} {name.ont}", f"{name.pon} {name.ont}"
    return (
        _Question(f"display ont info {place}", parse.INFO, lambda text, sheet: parse.info(text, name, sheet)),
        _Question(f"display ont version {place}", parse.VERSION, parse.version),
        _Question(f"display ont optical-info {port}", parse.OPTICS, parse.optics, inside=True),
        _Question(
            f"display ont port state {port} eth-port all",
            parse.UNI,
            lambda text, sheet: parse.ports(text, name, sheet),
            inside=True,
        ),
    )


class HuaweiCli:
    """One ONT, the ONTs of a port or the whole OLT, as the command line tells them: `collectors.driving.cli.CliReader`.

    Never raises for a device that is down.
    """

    capabilities = CAPABILITIES

    def __init__(self, sessions: CliSessions, clock: Clock) -> None:
        self._sessions = sessions
        self._clock = clock

    async def read_ont(
        self, access: CliAccess, name: OntName, timeout_s: float, wanted: Collection[Metric[Any]] = CAPABILITIES
    ) -> Readings:
        """State, identity, optics and user port of an ONT, each with its reason where it has none."""
        at = self._clock.now()
        asked = [question for question in _questions(name) if not {*wanted}.isdisjoint(question.metrics)]
        inside = [question.command for question in asked if question.inside]
        commands = [question.command for question in asked if not question.inside]
        if inside:
            commands += ["config", f"interface gpon {name.shelf}/{name.slot}", *inside, "return"]
        sheets = [Sheet(at, question.command) for question in asked]
        try:
            answers = dict(zip(commands, await self._sessions.run(access, DIALECT, commands, timeout_s), strict=True))
        except CollectionError as error:
            for sheet, question in zip(sheets, asked, strict=True):
                sheet.lack(question.metrics, reason_of(error))
        else:
            for sheet, question in zip(sheets, asked, strict=True):
                question.read(answers[question.command], sheet)
        return Readings().merged(*(sheet.readings for sheet in sheets))

    async def read_pon(self, access: CliAccess, pon: PonName, timeout_s: float) -> list[OntRow] | Reason:
        """The ONTs configured on a port, or why they are unknown."""
        command = _list(pon)
        at = self._clock.now()
        try:
            answer = await self._sessions.send(access, DIALECT, command, timeout_s)
        except CollectionError as error:
            return reason_of(error)
        return tables.onts(answer, pon, at, command)

    async def walk(self, access: CliAccess, olt: str, timeout_s: float) -> OltWalk | Reason:
        """Up time, boards, PON ports by name, ONTs and ONTs not configured, or why nothing could be read."""
        at, deadline = self._clock.now(), asyncio.get_running_loop().time() + timeout_s
        asked = ("display sysuptime", "display board 0", "display ont autofind all")
        sheet = Sheet(at, asked[0])
        try:
            answers = await self._sessions.run(access, DIALECT, asked, timeout_s)
        except CollectionError as error:
            return reason_of(error)
        tables.uptime(answers[0], sheet)
        cards = tables.boards(answers[1], at, asked[1])
        pons = [] if isinstance(cards, Reason) else _ports(cards)
        commands = [_list(pon) for pon in pons]
        left_s = deadline - asyncio.get_running_loop().time()
        lists, cut = await self._sessions.series(access, DIALECT, commands, left_s)
        heard = tables.autofind(answers[2], at, asked[2])
        found = {p: tables.onts(text, p, at, c) for p, text, c in zip(pons, lists, commands, strict=False)}
        gaps = [TableGap(table, rows) for table, rows in (("card", cards), ("new", heard)) if isinstance(rows, Reason)]
        gaps += [TableGap("ont", rows) for rows in found.values() if rows in (Reason.MALFORMED, Reason.ERROR)]
        gaps += [] if cut is None else [TableGap("ont", reason_of(cut))]
        there = {pon: rows for pon, rows in found.items() if isinstance(rows, list)}
        return OltWalk(
            olt=olt,
            at=at,
            readings=sheet.readings,
            cards=() if isinstance(cards, Reason) else tuple(cards),
            pon_ports=tuple(PonRow(pon, Readings()) for pon in there),
            onts=tuple(row for rows in there.values() for row in rows),
            gaps=tuple(dict.fromkeys(gaps)),
            discovered=() if isinstance(heard, Reason) else tuple(heard),
        )

    def forget(self, access: CliAccess) -> None:
        """End its session."""
        self._sessions.forget(access)

    async def close(self) -> None:
        """End every session."""
        await self._sessions.close()


def _list(pon: PonName) -> str:
    return f"display ont info {pon.shelf} {pon.slot} {pon.pon} all"


def _ports(cards: list[CardRow]) -> list[PonName]:
    slots = [card.slot for card in cards if card.slot is not None]
    return [PonName(0, 0, slot, port) for slot in slots for port in range(_PORTS_A_BOARD)]
