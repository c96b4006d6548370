"""The SNMP client: GET and GETBULK that never raise for what an agent does.

Every variable asked comes back, with its value or with `Kind.FAILED` and the `Reason`. ``tooBig`` splits the request
in halves and remembers the size that this agent takes; an error on one variable costs that variable only.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import TracebackType
from typing import Protocol, Self

from collectors.load import Budgets, OltBudget, RoundTrip
from collectors.snmp import ber, fallback
from collectors.snmp.legacy import Legacy, ended
from collectors.snmp.resolve import resolve
from collectors.snmp.sealing import CommunitySession, Reported, Session
from collectors.snmp.udp import Counters, Decoder, Retry, UdpEndpoint
from collectors.snmp.usm.session import Sessions
from collectors.snmp.values import Agent, Kind, Oid, Response, VarBind
from domain.errors import DeviceProtocolError, DeviceTimeoutError, DeviceUnreachableError
from domain.reading import Reason

_AskInV1 = Callable[[Agent, Sequence[Oid], float], Awaitable[Response]]

_TOO_BIG, _NO_SUCH_NAME = 1, 2  # error-status (RFC 3416 3); noSuchName from agents that still speak v1 inside
_VARIABLES_IN_V1 = 10  # C: each that is missing costs a request more
_ROWS_IN_V1 = 8  # C: GETNEXT requests that stand for one GETBULK
_VARIABLES_A_GET = 48  # C: about 1 kB of request, below any usual MTU
_VARIABLES_BESIDE = 24  # C: in a GETBULK, beside the rows that it is for
_MARGIN_S = 0.01  # C: before its deadline, what has not left leaves no more
_ERRORS_A_GET = 4  # C: variables set aside one by one before the request is given up


@dataclass(slots=True)
class Exchange:
    """One piece of work with an agent: who, until when, and how many requests it took.

    Attributes:
        deadline: Instant of the event loop's monotonic clock, in seconds.
        live: Somebody waits for the answer: it goes before polling, which walks belong to.
    """

    agent: Agent
    deadline: float
    requests: int = 0
    live: bool = True

    @classmethod
    def within(cls, agent: Agent, timeout_s: float, *, live: bool = True) -> Exchange:
        """An exchange that ends ``timeout_s`` from now."""
        return cls(agent, asyncio.get_running_loop().time() + timeout_s, live=live)

    @property
    def remaining_s(self) -> float:
        """Time left; zero or less when there is none."""
        return self.deadline - asyncio.get_running_loop().time()


@dataclass(frozen=True, slots=True)
class Bulk:
    """Answer of a GETBULK: for each start, the variables that follow it; ``reason`` when it failed."""

    columns: tuple[list[VarBind], ...]
    reason: Reason | None = None


class SnmpClient(Protocol):
    """Reads agents. An agent that fails is an answer, not an exception."""

    async def get(self, exchange: Exchange, oids: Sequence[Oid]) -> list[VarBind]:
        """The variables of these names, in this order."""
        ...

    async def bulk(self, exchange: Exchange, starts: Sequence[Oid], max_repetitions: int) -> Bulk:
        """The variables that follow each of ``starts``, up to ``max_repetitions`` each: fewer is not the end."""
        ...

    async def get_beside(
        self, exchange: Exchange, oids: Sequence[Oid], starts: Sequence[Oid], max_repetitions: int
    ) -> tuple[list[VarBind], Bulk]:
        """As `get` of ``oids`` and `bulk` of ``starts``, at once and in as few requests as there can be."""
        ...

    def forget(self, agent: Agent) -> None:
        """Drop what was learnt of an agent that is asked so no more."""
        ...

    async def close(self) -> None:
        """Close the sockets."""
        ...


@dataclass(slots=True)
class UdpSnmpClient:
    """`SnmpClient` over UDP: one socket for all agents, opened at the first request. Also an async context manager."""

    retry: Retry = field(default_factory=Retry)
    decoder: Decoder = fallback.decode_response
    counters: Counters = field(default_factory=Counters)
    budgets: Budgets = field(default_factory=Budgets)
    sessions: Sessions = field(default_factory=Sessions)
    legacy: Legacy | None = None
    _endpoints: dict[socket.AddressFamily, UdpEndpoint] = field(default_factory=dict)
    _sizes: dict[Agent, int] = field(default_factory=dict)
    _trips: dict[Agent, RoundTrip] = field(default_factory=dict)
    _closed: bool = False

    async def __aenter__(self) -> Self:
        """Nothing is opened before the first request."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the sockets."""
        await self.close()

    def forget(self, agent: Agent) -> None:
        """See `SnmpClient.forget`."""
        self._sizes.pop(agent, None)
        self._trips.pop(agent, None)
        if self.legacy is not None:
            self.legacy.forget(agent)

    async def close(self) -> None:
        """Close the sockets, for good: requests in flight, and any later one, are ``unreachable``."""
        self._closed = True
        if self.legacy is not None:
            await self.legacy.close()
        for endpoint in self._endpoints.values():
            endpoint.close()
        self._endpoints.clear()

    async def get(self, exchange: Exchange, oids: Sequence[Oid]) -> list[VarBind]:
        """See `SnmpClient.get`. Long lists travel as several requests at once."""
        if not oids:
            return []
        v1 = self.legacy is not None and self.legacy.speaks(exchange.agent)
        size = min(self._sizes.get(exchange.agent, _VARIABLES_A_GET), _VARIABLES_IN_V1 if v1 else _VARIABLES_A_GET)
        if len(oids) > size:
            chunks = [oids[start : start + size] for start in range(0, len(oids), size)]
            answers = await asyncio.gather(*(self.get(exchange, chunk) for chunk in chunks))
            return [varbind for answer in answers for varbind in answer]
        return await self._get_once(exchange, oids, len(oids) if v1 else _ERRORS_A_GET)

    async def bulk(self, exchange: Exchange, starts: Sequence[Oid], max_repetitions: int) -> Bulk:
        """See `SnmpClient.bulk`. Asks for at least one repetition: some OLTs hang on none (`olt_mibs.md` 7)."""
        repetitions = max(1, max_repetitions)
        if self.legacy is not None and self.legacy.speaks(exchange.agent):
            return await self._bulk_in_v1(exchange, self.legacy, starts, min(repetitions, _ROWS_IN_V1))
        response = await self._ask(exchange, partial(_bulk_pdu, starts, repetitions, 0))
        nothing: tuple[list[VarBind], ...] = tuple([] for _ in starts)
        if isinstance(response, Reason):
            return Bulk(nothing, response)
        if response.error_status == _TOO_BIG and repetitions > 1:
            return await self.bulk(exchange, starts, repetitions // 2)
        if response.error_status or not response.varbinds:
            return Bulk(nothing, Reason.ERROR if response.error_status else Reason.MALFORMED)
        return Bulk(tuple(response.varbinds[column :: len(starts)] for column in range(len(starts))))

    async def get_beside(
        self, exchange: Exchange, oids: Sequence[Oid], starts: Sequence[Oid], max_repetitions: int
    ) -> tuple[list[VarBind], Bulk]:
        """See `SnmpClient.get_beside`.

        What is too much for one GET rides in the GETBULK: as non-repeaters, each being what follows the name before it.
        """
        size = self._sizes.get(exchange.agent, _VARIABLES_A_GET)
        v1 = self.legacy is not None and self.legacy.speaks(exchange.agent)
        over = oids[size:]
        if v1 or not starts or not 0 < len(over) <= _VARIABLES_BESIDE:
            return await asyncio.gather(self.get(exchange, oids), self.bulk(exchange, starts, max_repetitions))
        mixed = self._mixed(exchange, over, starts, max(1, max_repetitions))
        named, (alone, rows) = await asyncio.gather(self.get(exchange, oids[:size]), mixed)
        return [*named, *alone], rows

    async def _mixed(
        self, exchange: Exchange, oids: Sequence[Oid], starts: Sequence[Oid], repetitions: int
    ) -> tuple[list[VarBind], Bulk]:
        names = [*map(_before, oids), *starts]
        response = await self._ask(exchange, partial(_bulk_pdu, names, repetitions, len(oids)))
        if isinstance(response, Reason):
            return _failed(oids, response), Bulk(tuple([] for _ in starts), response)
        if response.error_status or len(response.varbinds) < len(names):  # one after the other, then
            return await asyncio.gather(self.get(exchange, oids), self.bulk(exchange, starts, repetitions))
        rest = response.varbinds[len(oids) :]
        alone = [_there(name, found) for name, found in zip(oids, response.varbinds, strict=False)]
        return alone, Bulk(tuple(rest[column :: len(starts)] for column in range(len(starts))))

    async def _bulk_in_v1(self, exchange: Exchange, legacy: Legacy, starts: Sequence[Oid], repetitions: int) -> Bulk:
        """Rows one after the other, of all columns at once; those that have ended are asked no more."""
        columns: tuple[list[VarBind], ...] = tuple([] for _ in starts)
        at, alive = [*starts], list(range(len(starts)))
        for _ in range(repetitions):
            response = await self._in_v1(exchange, legacy.following, [at[column] for column in alive])
            if isinstance(response, Response) and response.error_status == _NO_SUCH_NAME:
                gone = alive[response.error_index - 1] if 0 < response.error_index <= len(alive) else alive[0]
                columns[gone].append(VarBind(at[gone], Kind.END_OF_MIB, None))
                alive.remove(gone)
            elif isinstance(response, Reason) or response.error_status or len(response.varbinds) != len(alive):
                reason = response if isinstance(response, Reason) else Reason.ERROR
                return Bulk(columns, None if any(columns) else reason)
            else:
                for column, varbind in zip(alive, response.varbinds, strict=True):
                    end = VarBind(at[column], Kind.END_OF_MIB, None)
                    columns[column].append(end if ended(varbind) else varbind)
                    at[column] = varbind.oid
                alive = [column for column in alive if columns[column][-1].kind is not Kind.END_OF_MIB]
            if not alive:
                break
        return Bulk(columns)

    async def _in_v1(self, exchange: Exchange, ask: _AskInV1, oids: Sequence[Oid]) -> Response | Reason:
        if exchange.remaining_s <= 0:
            return Reason.TIMEOUT
        exchange.requests += 1
        try:
            longest_s = exchange.remaining_s if exchange.live else self.retry.silence_s  # its copies share that time
            return await self._police(exchange, lambda: ask(exchange.agent, oids, min(exchange.remaining_s, longest_s)))
        except (DeviceTimeoutError, TimeoutError):
            return Reason.TIMEOUT
        except DeviceUnreachableError:
            return Reason.UNREACHABLE
        except DeviceProtocolError:
            return Reason.ERROR

    async def _get_once(self, exchange: Exchange, oids: Sequence[Oid], patience: int) -> list[VarBind]:
        if self.legacy is not None and self.legacy.speaks(exchange.agent):
            response = await self._in_v1(exchange, self.legacy.get, oids)
        else:
            response = await self._ask(exchange, partial(_get_pdu, oids))
        if isinstance(response, Reason):
            return _failed(oids, response)
        if response.error_status == 0:
            return _paired(oids, response.varbinds)
        if response.error_status == _TOO_BIG:
            if len(oids) == 1:
                return _failed(oids, Reason.ERROR)
            self._sizes[exchange.agent] = (len(oids) + 1) // 2
            return await self.get(exchange, oids)
        return await self._without(exchange, oids, response, patience)

    async def _without(
        self, exchange: Exchange, oids: Sequence[Oid], response: Response, patience: int
    ) -> list[VarBind]:
        """Ask again without the variable that the agent refuses."""
        at = response.error_index - 1
        if not 0 <= at < len(oids) or patience == 0:
            return _failed(oids, Reason.ERROR)
        refused = (
            VarBind(oids[at], Kind.NO_SUCH_OBJECT, None)
            if response.error_status == _NO_SUCH_NAME
            else VarBind(oids[at], Kind.FAILED, Reason.ERROR)
        )
        others = [*oids[:at], *oids[at + 1 :]]
        answer = await self._get_once(exchange, others, patience - 1) if others else []
        return [*answer[:at], refused, *answer[at:]]

    async def _ask(self, exchange: Exchange, pdu: Callable[[int], bytes]) -> Response | Reason:
        remaining_s = exchange.remaining_s
        if remaining_s <= 0:
            return Reason.TIMEOUT
        try:
            async with asyncio.timeout(remaining_s):
                family, address = await resolve(exchange.agent.host, exchange.agent.port)
                if self._closed:
                    return Reason.UNREACHABLE
                exchange.requests += 1
                session = self._session(exchange.agent)
                trip = self._trips.setdefault(exchange.agent, RoundTrip())
                endpoint = self._endpoint(family)
                return await self._police(exchange, partial(endpoint.ask, address, session, pdu, trip))
        except TimeoutError:
            if self.legacy is not None:
                self.legacy.suspect(exchange.agent)
            return Reason.TIMEOUT
        except Reported:  # SNMPv3: a user, a password or a level that the agent does not take
            return Reason.ERROR
        except (OSError, OverflowError, UnicodeError):  # no route, no such name, no such port
            return Reason.UNREACHABLE

    async def _police(self, exchange: Exchange, ask: Callable[[], Awaitable[Response]]) -> Response | Reason:
        """Ask within the OLT's budget: a live read goes before polling, and waits only for live reads before it.

        Polling leaves an OLT alone that has kept silent, and gives up a request once all its copies have.
        """
        loop = asyncio.get_running_loop()
        budget = self.budgets.of(exchange.agent.host, exchange.agent.port)
        try:
            async with asyncio.timeout_at(exchange.deadline - _MARGIN_S):
                refusal = await _turn(budget, live=exchange.live)
        except TimeoutError:
            refusal = Reason.NOT_READ  # its turn did not come: nothing was asked, and nothing is known of the OLT
        if refusal is not None:
            budget.refused += 1
            return refusal
        answered, began = False, loop.time()
        begin, end = (budget.live_sent, budget.live_ended) if exchange.live else (budget.walk_sent, budget.walk_ended)
        begin(began)
        try:
            async with asyncio.timeout(None if exchange.live else self.retry.silence_s):
                response = await ask()
            answered = True
            return response
        finally:
            end(answered=answered)
            if not (answered or exchange.live) and loop.time() - began >= self.retry.longest_s:
                budget.breaker.silent(loop.time(), Reason.TIMEOUT)

    def _session(self, agent: Agent) -> Session:
        if agent.user is not None:
            return self.sessions.of(agent.host, agent.port, agent.user, asyncio.get_running_loop().time)
        return CommunitySession(agent.community.reveal().encode())

    def _endpoint(self, family: socket.AddressFamily) -> UdpEndpoint:
        found = self._endpoints.get(family)
        if found is None:
            found = self._endpoints[family] = UdpEndpoint(family, self.decoder, self.retry, self.counters)
        return found


async def _turn(budget: OltBudget, *, live: bool) -> Reason | None:
    """Return when a request may leave; why it may not, where polling is to leave the OLT alone.

    What is allowed is looked at again after each wait: several may have waited for one place, or for one instant.
    """
    loop, held = asyncio.get_running_loop(), False
    while True:
        if not live:
            if budget.resting():
                return Reason.NOT_READ
            await _room(budget)
            silence = budget.breaker.refusal(loop.time())
            if silence is not None:
                return silence
        wait_s = budget.policer.when(loop.time(), live=live)
        if wait_s <= 0:
            return None
        budget.held += not held
        held = True
        await asyncio.sleep(wait_s)


async def _room(budget: OltBudget) -> None:
    """Return when polling may add a request to those in flight; live ones keep their places."""
    while budget.room() <= 0:
        free = asyncio.Event()
        budget.listen(free.set)
        try:
            await free.wait()
        finally:
            budget.forget(free.set)


def _get_pdu(oids: Sequence[Oid], request_id: int) -> bytes:
    return ber.get_pdu(request_id, oids)


def _bulk_pdu(starts: Sequence[Oid], repetitions: int, alone: int, request_id: int) -> bytes:
    return ber.bulk_pdu(request_id, starts, repetitions, alone)


def _before(oid: Oid) -> Oid:
    """A name that ``oid`` follows, with no other of its table in between."""
    return (*oid[:-1], oid[-1] - 1) if oid[-1] else oid[:-1]


def _there(name: Oid, found: VarBind) -> VarBind:
    """What followed the name before ``name``: itself, or another where it does not exist."""
    if found.oid == name and found.kind is not Kind.END_OF_MIB:
        return found
    of_column = found.oid[:-2] == name[:-2] and found.kind is not Kind.END_OF_MIB
    return VarBind(name, Kind.NO_SUCH_INSTANCE if of_column else Kind.NO_SUCH_OBJECT, None)


def _failed(oids: Sequence[Oid], reason: Reason) -> list[VarBind]:
    return [VarBind(name, Kind.FAILED, reason) for name in oids]


def _paired(oids: Sequence[Oid], varbinds: Sequence[VarBind]) -> list[VarBind]:
    """The answers where they belong: a variable answered under another name is not believed."""
    if len(varbinds) != len(oids):
        return _failed(oids, Reason.MALFORMED)
    return [
        answer if answer.oid == name else VarBind(name, Kind.FAILED, Reason.MALFORMED)
        for name, answer in zip(oids, varbinds, strict=True)
    ]
