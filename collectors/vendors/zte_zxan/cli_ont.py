"""Reads ONTs through the ZXA10's command line, in the spelling that the OLT takes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo
from typing import Any

from collectors.cli.failures import reason_of
from collectors.cli.sessions import CliSessions, Dialect
from collectors.cli.sheet import Sheet
from collectors.vendors.zte_zxan import cli_parse as parse
from domain.clock import Clock
from domain.errors import CollectionError
from domain.identifiers import OntName, PonName
from domain.metric import Metric, Readings
from domain.olt import CliAccess, OntRow
from domain.reading import Reason

DIALECT = Dialect(
    device_type="zte_zxan",
    prompt=r"^[\w.\-]{1,64}(?:\([\w-]+\))?[>#][ ]?\Z",
    prepare=("terminal length 0",),
    questions=((r"--More--[ ]*\Z", " "),),
    leave=("exit",),
)
"""``ZXAN#``, ``ZXAN(config)#``; the question of pages where it did not obey."""

CAPABILITIES: frozenset[Metric[Any]] = frozenset({*parse.DETAIL, *parse.LEVELS, *parse.UNI})

_SPELLINGS = (("gpon-", "_"), ("gpon_", "-"))  # C300 and C320; C600


class ZteCli:
    """One ONT, or the ONTs of a port, as the command line tells them. Never raises for a device that is down.

    Args:
        sessions: Sessions of every OLT.
        clock: The clock in force.
        zone: Zone of the instants that the OLT prints; without it they are not read.
    """

    def __init__(self, sessions: CliSessions, clock: Clock, zone: tzinfo | None = None) -> None:
        self._sessions = sessions
        self._clock = clock
        self._zone = zone
        self._spelling: dict[CliAccess, tuple[str, str]] = {}

    async def read_ont(self, access: CliAccess, name: OntName, timeout_s: float) -> Readings:
        """State, identity, levels and user port of an ONT, each with its reason where it has none."""
        place = f"{name.shelf}/{name.slot}/{name.pon}:{name.ont}"

        def commands(head: str, tail: str) -> tuple[str, ...]:
            onu = f"{head}onu{tail}{place}"
            return (
                f"show gpon onu detail-info {onu}",
                f"show pon power attenuation {onu}",
                f"show gpon remote-onu interface eth {onu}",
            )

        at = self._clock.now()
        groups = (parse.DETAIL, parse.LEVELS, parse.UNI)
        try:
            asked, answers = await self._ask(access, commands, timeout_s)
        except CollectionError as error:
            sheets = [Sheet(at, command) for command in commands(*self._spelling.get(access, _SPELLINGS[0]))]
            for sheet, metrics in zip(sheets, groups, strict=True):
                sheet.lack(metrics, reason_of(error))
        else:
            sheets = [Sheet(at, command) for command in asked]
            parse.detail(answers[0], name, self._zone, sheets[0])
            parse.attenuation(answers[1], sheets[1])
            parse.ports(answers[2], sheets[2])
        return Readings().merged(*(sheet.readings for sheet in sheets))

    async def read_pon(self, access: CliAccess, pon: PonName, timeout_s: float) -> list[OntRow] | Reason:
        """The ONTs configured on a port, or why they are unknown."""

        def commands(head: str, tail: str) -> tuple[str, ...]:
            return (f"show gpon onu state {head}olt{tail}{pon.shelf}/{pon.slot}/{pon.pon}",)

        at = self._clock.now()
        try:
            asked, answers = await self._ask(access, commands, timeout_s)
        except CollectionError as error:
            return reason_of(error)
        return parse.states(answers[0], pon, at, asked[0])

    async def _ask(
        self, access: CliAccess, commands: Callable[[str, str], tuple[str, ...]], timeout_s: float
    ) -> tuple[tuple[str, ...], list[str]]:
        """Commands and answers in the spelling that is known, else in the first that the OLT takes."""
        known = self._spelling.get(access)
        asked, answers = commands(*(known or _SPELLINGS[0])), [""]
        for spelling in (known,) if known is not None else _SPELLINGS:
            asked = commands(*spelling)
            answers = await self._sessions.run(access, DIALECT, asked, timeout_s)
            if not parse.refused(answers[0]):
                self._spelling[access] = spelling
                break
        return asked, answers
