"""Reads a ZXA10 through its command line, in the spelling that the OLT takes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from datetime import tzinfo
from typing import Any

from collectors.cli.failures import reason_of
from collectors.cli.sessions import CliSessions, Dialect
from collectors.cli.sheet import Sheet
from collectors.driving.acting import Line
from collectors.vendors.zte_zxan import cli_parse as parse
from collectors.vendors.zte_zxan import cli_tables as tables
from domain.clock import Clock
from domain.errors import CollectionError
from domain.identifiers import OntName, PonName
from domain.metric import Metric, Readings
from domain.olt import CardRow, CliAccess, OltWalk, OntRow, PonRow, TableGap
from domain.reading import Reason

DIALECT = Dialect(
    device_type="zte_zxan",
    prompt=r"^[\w.\-]{1,64}(?:\([\w-]+\))?[>#][ ]?\Z",
    prepare=("terminal length 0",),
    questions=((r"--More--[ ]*\Z", " "), (r"\[yes/no\]:[ ]*\Z", "yes\n")),
    leave=("exit",),
)
"""``ZXAN#``, ``ZXAN(config)#``; the question of pages where it did not obey."""

CAPABILITIES: frozenset[Metric[Any]] = frozenset({*parse.DETAIL, *parse.LEVELS, *parse.UNI})

_SPELLINGS = (("gpon-", "_"), ("gpon_", "-"))  # C300 and C320; C600
_HEARD = ("show gpon onu uncfg", "show pon onu uncfg")  # likewise


class ZteCli:
    """One ONT, the ONTs of a port or the whole OLT, as the command line tells them: `collectors.driving.cli.CliReader`.

    Never raises for a device that is down.

    Args:
        sessions: Sessions of every OLT.
        clock: The clock in force.
        zone: Zone of the instants that the OLT prints; without it they are not read.
    """

    capabilities = CAPABILITIES

    def __init__(self, sessions: CliSessions, clock: Clock, zone: tzinfo | None = None) -> None:
        self._sessions = sessions
        self._clock = clock
        self._zone = zone
        self._spelling: dict[CliAccess, tuple[str, str]] = {}

    async def read_ont(
        self, access: CliAccess, name: OntName, timeout_s: float, wanted: Collection[Metric[Any]] = CAPABILITIES
    ) -> Readings:
        """State, identity, levels and user port of an ONT, each with its reason where it has none."""
        place = f"{name.shelf}/{name.slot}/{name.pon}:{name.ont}"
        every: tuple[tuple[str, tuple[Metric[Any], ...], Callable[[str, Sheet], None]], ...] = (
            ("show gpon onu detail-info", parse.DETAIL, lambda text, to: parse.detail(text, name, self._zone, to)),
            ("show pon power attenuation", parse.LEVELS, parse.attenuation),
            ("show gpon remote-onu interface eth", parse.UNI, parse.ports),
        )
        asked = [question for question in every if not {*wanted}.isdisjoint(question[1])]

        def commands(head: str, tail: str) -> tuple[str, ...]:
            return tuple(f"{show} {head}onu{tail}{place}" for show, _, _ in asked)

        at = self._clock.now()
        try:
            typed, answers = await self._ask(access, commands, timeout_s)
        except CollectionError as error:
            typed = commands(*self._spelling.get(access, _SPELLINGS[0]))
            sheets = [Sheet(at, command) for command in typed]
            for sheet, (_, metrics, _) in zip(sheets, asked, strict=True):
                sheet.lack(metrics, reason_of(error))
        else:
            sheets = [Sheet(at, command) for command in typed]
            for sheet, (_, _, read), answer in zip(sheets, asked, answers, strict=True):
                read(answer, sheet)
        return Readings().merged(*(sheet.readings for sheet in sheets))

    async def read_pon(self, access: CliAccess, pon: PonName, timeout_s: float) -> list[OntRow] | Reason:
        """The ONTs configured on a port, or why they are unknown."""
        at = self._clock.now()
        try:
            asked, answers = await self._ask(access, lambda *spelt: (_list(pon, *spelt),), timeout_s)
        except CollectionError as error:
            return reason_of(error)
        return tables.states(answers[0], pon, at, asked[0])

    async def walk(self, access: CliAccess, olt: str, timeout_s: float) -> OltWalk | Reason:
        """Boards, PON ports by name, ONTs and ONTs not configured, or why nothing could be read."""
        at, deadline = self._clock.now(), asyncio.get_running_loop().time() + timeout_s
        try:
            listed, *answers = await self._sessions.run(access, DIALECT, ("show card", *_HEARD), timeout_s)
            boards = tables.boards(listed, at, "show card")
            pons = [] if isinstance(boards, Reason) else _ports(boards)
            # The first port tells the spelling.
            left_s = deadline - asyncio.get_running_loop().time()
            _, first = await self._ask(access, lambda *spelt: tuple(_list(pon, *spelt) for pon in pons[:1]), left_s)
        except CollectionError as error:
            return reason_of(error)
        asked = [_list(pon, *self._spelling.get(access, _SPELLINGS[0])) for pon in pons]
        left_s = deadline - asyncio.get_running_loop().time()
        others, cut = await self._sessions.series(access, DIALECT, asked[1:], left_s)
        lists = [*first[: len(pons)], *others]
        taken = next((place for place, answer in enumerate(answers) if not parse.refused(answer)), 0)
        strangers = tables.heard(answers[taken], at, _HEARD[taken])
        found = {pon: tables.states(text, pon, at, c) for pon, text, c in zip(pons, lists, asked, strict=False)}
        unread = {"card": boards, "new": strangers}
        gaps = [TableGap(table, rows) for table, rows in unread.items() if isinstance(rows, Reason)]
        gaps += [TableGap("ont", rows) for rows in found.values() if rows in (Reason.MALFORMED, Reason.ERROR)]
        gaps += [] if cut is None else [TableGap("ont", reason_of(cut))]
        return OltWalk(
            olt=olt,
            at=at,
            readings=Readings(),
            cards=() if isinstance(boards, Reason) else tuple(card for card, _ in boards),
            pon_ports=tuple(PonRow(pon, Readings()) for pon in pons),
            onts=tuple(row for rows in found.values() if isinstance(rows, list) for row in rows),
            gaps=tuple(dict.fromkeys(gaps)),
            discovered=() if isinstance(strangers, Reason) else tuple(strangers),
        )

    async def spelling_of(self, line: Line) -> tuple[str, str]:
        """How this OLT spells its interfaces: as learnt, else found by a question that changes nothing."""
        access = line.olt.cli
        if access is not None and access not in self._spelling:
            await self._ask(access, lambda *spelt: (_list(line.ont.pon_name, *spelt),), line.exchange.remaining_s)
        return self._spelling.get(access, _SPELLINGS[0]) if access is not None else _SPELLINGS[0]

    def forget(self, access: CliAccess) -> None:
        """End its session, and learn its spelling again."""
        self._spelling.pop(access, None)
        self._sessions.forget(access)

    async def close(self) -> None:
        """End every session."""
        await self._sessions.close()

    async def _ask(
        self, access: CliAccess, commands: Callable[[str, str], tuple[str, ...]], timeout_s: float
    ) -> tuple[tuple[str, ...], list[str]]:
        """Commands and answers in the spelling that is known, else in the first that the OLT takes."""
        known = self._spelling.get(access)
        asked, answers = commands(*(known or _SPELLINGS[0])), [""]
        for spelling in (known,) if known is not None else _SPELLINGS:
            asked = commands(*spelling)
            answers = await self._sessions.run(access, DIALECT, asked, timeout_s)
            if not asked:
                break
            if not parse.refused(answers[0]):
                self._spelling[access] = spelling
                break
        return asked, answers


def _list(pon: PonName, head: str, tail: str) -> str:
    return f"show gpon onu state {head}olt{tail}{pon.shelf}/{pon.slot}/{pon.pon}"


def _ports(boards: list[tuple[CardRow, int]]) -> list[PonName]:
    found = []
    for card, pons in boards:
        rack, shelf, slot = (int(number) for number in card.name.split("/"))
        found += [PonName(rack, shelf, slot, port) for port in range(1, pons + 1)]
    return found
