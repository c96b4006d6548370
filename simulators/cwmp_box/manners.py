"""How boxes misbehave on the wire: NAT, slow links, deaths in a session, wrong answers, firmware with known defects.

Each is drawn once for a box, from its identity: the same park misbehaves the same way in every run. Defects are those
seen from real stacks: cookies lost or echoed with their attributes, values without ``Value``, raw ampersands, a charset
that is not the one declared, another answer than the one asked for.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Final

from domain.errors import InvalidValueError
from domain.identifiers import DeviceId
from simulators.agenda import stable_hash
from simulators.cwmp_box.authorization import Login
from simulators.cwmp_box.http import AcsConnection, Address, Response

CLOSED_PORT: Final = 9  # the port of "discard", on which nothing listens: what a box behind NAT looks like from outside
_VALUE = re.compile(rb'<Value xsi:type="[^"]*">[^<]*</Value></ParameterValueStruct></ParameterList>')
_TEXT = re.compile(rb'(<Value xsi:type="xsd:string">)([^<]*)(</Value>)')
_RESPONSE = re.compile(rb"cwmp:(?:Get|Set|Add|Delete)\w+Response")


class BoxDiedError(EOFError):
    """A box died in the middle of a session."""


class Defect(StrEnum):
    """A defect of a firmware, or of what stands between the box and its ACS."""

    NO_COOKIES = "no_cookies"  # never gives a cookie back
    ECHOED_COOKIE = "echoed_cookie"  # gives the whole Set-Cookie line back, attributes and all
    STALE_COOKIE = "stale_cookie"  # keeps its cookie into its next sessions
    RAW_AMPERSAND = "raw_ampersand"  # does not escape what it says
    LATIN_1 = "latin_1"  # says UTF-8 and writes ISO 8859-1
    NO_VALUE = "no_value"  # leaves out the Value of its last parameter
    WRONG_ANSWER = "wrong_answer"  # answers something else than what was asked
    WRONG_ANSWER_ALWAYS = "wrong_answer_always"  # does so every time: drawn by no share
    TRAILING_NUL = "trailing_nul"  # counts the NUL that ends a C string
    NEW_CONNECTIONS = "new_connections"  # closes after every answer


_FIRMWARE: Final = (
    Defect.NO_COOKIES, Defect.ECHOED_COOKIE, Defect.STALE_COOKIE, Defect.RAW_AMPERSAND, Defect.LATIN_1,
    Defect.NO_VALUE, Defect.TRAILING_NUL, Defect.NEW_CONNECTIONS,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shares:
    """Which share of a park behaves how, 0 to 1.

    Attributes:
        nat: Boxes that cannot be called.
        slow: Boxes behind a slow link, ``slow_s`` before each message.
        wrong: Boxes that answer something else, once in a session.
        deaths: Boxes that die in the middle of every third session.
        defects: Boxes whose firmware has one of the known defects.
    """

    nat: float = 0.0
    slow: float = 0.0
    wrong: float = 0.0
    deaths: float = 0.0
    defects: float = 0.0
    slow_s: float = 0.5

    def __post_init__(self) -> None:
        for item in fields(self):
            share = getattr(self, item.name)
            if not 0 <= share <= (60 if item.name == "slow_s" else 1):
                raise InvalidValueError(item.name, share, "a share, 0 to 1")


@dataclass(slots=True)
class Manners:
    """How one box behaves.

    Attributes:
        nat: Whether connection requests are refused.
        delay_s: Wait before each message, wall seconds.
        dies: Whether it dies in the middle of every third session.
        defects: Its defects.
        sessions: Sessions so far.
        cookie: The cookie line it keeps, where it keeps one.
    """

    nat: bool = False
    delay_s: float = 0.0
    dies: bool = False
    defects: frozenset[Defect] = frozenset()
    sessions: int = 0
    cookie: str = ""


def manners_of(device: DeviceId, shares: Shares) -> Manners:
    """The manners of a box, drawn from its identity."""

    def drawn(what: str, share: float) -> bool:
        return stable_hash(f"{what} {device}") % 10_000 < share * 10_000

    defects: set[Defect] = set()
    if drawn("defects", shares.defects):
        defects.add(_FIRMWARE[stable_hash(f"which defect {device}") % len(_FIRMWARE)])
    if drawn("wrong", shares.wrong):
        defects.add(Defect.WRONG_ANSWER)
    return Manners(
        nat=drawn("nat", shares.nat),
        delay_s=shares.slow_s if drawn("slow", shares.slow) else 0.0,
        dies=drawn("deaths", shares.deaths),
        defects=frozenset(defects),
    )


class ManneredConnection(AcsConnection):
    """A connection of a box that misbehaves."""

    def __init__(self, address: Address, user_agent: str, manners: Manners, login: Login) -> None:
        super().__init__(address, user_agent, login)
        self._manners = manners
        self._messages = 0
        self._wrong = False
        manners.sessions += 1
        if Defect.STALE_COOKIE in manners.defects and manners.cookie:
            self._cookies["stale"] = manners.cookie

    async def post(self, body: bytes) -> Response:
        """Send a message in the box's own way."""
        manners, self._messages = self._manners, self._messages + 1
        if manners.dies and self._messages > 1 and manners.sessions % 3 == 0:
            self.abort()
            raise BoxDiedError("the box died")
        if manners.delay_s:
            await asyncio.sleep(manners.delay_s)
        response = await super().post(self._spoilt(body) if body else body)
        if Defect.NO_COOKIES in manners.defects:
            self._cookies.clear()
        elif Defect.STALE_COOKIE in manners.defects:
            manners.cookie = next(iter(self._cookies.values()), "")
        if Defect.NEW_CONNECTIONS in manners.defects:
            await self.close()
        return response

    def _cookie_line(self) -> str:
        line = super()._cookie_line()
        return f"{line}; Path=/; HttpOnly" if line and Defect.ECHOED_COOKIE in self._manners.defects else line

    def _spoilt(self, body: bytes) -> bytes:
        defects: Iterable[Defect] = self._manners.defects
        for defect in defects:
            body = self._with(defect, body)
        return body

    def _strays(self, defect: Defect, body: bytes) -> bool:
        always = defect is Defect.WRONG_ANSWER_ALWAYS
        return (always or not self._wrong) and _RESPONSE.search(body) is not None

    def _with(self, defect: Defect, body: bytes) -> bytes:
        match defect:
            case Defect.RAW_AMPERSAND:
                return _TEXT.sub(rb"\1\2 & co\3", body, count=1) if self._messages > 1 else body
            case Defect.LATIN_1:
                return _TEXT.sub(b"\\1\\2 d\xe9j\xe0\\3", body, count=1) if self._messages > 1 else body
            case Defect.NO_VALUE:
                return _VALUE.sub(b"</ParameterValueStruct></ParameterList>", body)
            case Defect.TRAILING_NUL:
                return body + b"\x00"
            case Defect.WRONG_ANSWER | Defect.WRONG_ANSWER_ALWAYS if self._strays(defect, body):
                self._wrong = True
                return _RESPONSE.sub(b"cwmp:RebootResponse", body)
        return body
