"""Agents that speak SNMPv1 only (RFC 1157), through pysnmp: slow, complete, and found out by their silence in v2c.

v1 has no GETBULK, which GETNEXT stands for, and no Counter64: an agent gives such an object as one that it has not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from pysnmp.hlapi.v3arch.asyncio import ObjectIdentity, ObjectType, get_cmd, next_cmd

from collectors.snmp.engines import Answer, Engines
from collectors.snmp.fallback import value_of
from collectors.snmp.values import Agent, Kind, Oid, Response, VarBind
from domain.errors import CollectionError, DeviceTimeoutError

_log = structlog.get_logger(__name__)

_SYS_OBJECT_ID: Oid = (1, 3, 6, 1, 2, 1, 1, 2, 0)
_COPIES = 3  # a read may be repeated
_PATIENCE_S = 3.0  # C: for the question whether an agent speaks v1
_AGAIN_S = 600.0  # C: before an agent that kept silent is asked again
_MOST = 4096  # agents whose silence is remembered
_ENDED = frozenset({Kind.NO_SUCH_OBJECT, Kind.NO_SUCH_INSTANCE, Kind.END_OF_MIB, Kind.NULL})


@dataclass(slots=True)
class Legacy:
    """Who speaks v1 only, and how they are asked.

    Attributes:
        agents: Those that answered in v1 after their silence in v2c, by host and port.
    """

    engines: Engines
    agents: set[tuple[str, int]] = field(default_factory=set)
    _asked: dict[tuple[str, int], float] = field(default_factory=dict)
    _asking: set[asyncio.Task[bool | None]] = field(default_factory=set)

    def speaks(self, agent: Agent) -> bool:
        """Whether an agent is known to speak v1 only. One that is declared with a user speaks v3."""
        return (agent.host, agent.port) in self.agents and agent.user is None

    def suspect(self, agent: Agent) -> None:
        """An agent kept silent in v2c: ask it in v1, beside whatever goes on, and not too often."""
        where, now = (agent.host, agent.port), asyncio.get_running_loop().time()
        asked = self._asked.get(where)
        if agent.user is not None or where in self.agents or (asked is not None and now - asked < _AGAIN_S):
            return
        if len(self._asked) >= _MOST:
            self._asked.clear()
        self._asked[where] = now
        task = asyncio.create_task(self.detect(agent, _PATIENCE_S))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    def forget(self, agent: Agent) -> None:
        """Drop what was found out of an agent that is asked so no more."""
        self.agents.discard((agent.host, agent.port))
        self._asked.pop((agent.host, agent.port), None)

    async def detect(self, agent: Agent, timeout_s: float) -> bool | None:
        """Whether an agent answers in v1 and not in v2c; it is then read in v1 from now on. ``None``: in neither.

        Both are asked, for its silence may have been the time that one column takes, or a bad moment of the way.
        """
        await self.engines.ready(2)
        old, new = await asyncio.gather(*(self._answers(agent, timeout_s, v1=v1) for v1 in (True, False)))
        if old and not new:
            self.agents.add((agent.host, agent.port))
            _log.warning("snmp_v1_only", host=agent.host, port=agent.port)
        return old and not new if old or new else None

    async def _answers(self, agent: Agent, timeout_s: float, *, v1: bool) -> bool:
        """Whether an agent answers a question that costs it nothing, asked as often as any read."""
        try:
            response = await self._ask(agent, get_cmd, [_SYS_OBJECT_ID], timeout_s, v1=v1)
        except CollectionError:
            return False
        return not response.error_status

    async def get(self, agent: Agent, oids: Sequence[Oid], timeout_s: float) -> Response:
        """One GET; raises `CollectionError`."""
        return await self._ask(agent, get_cmd, oids, timeout_s, v1=True)

    async def following(self, agent: Agent, oids: Sequence[Oid], timeout_s: float) -> Response:
        """One GETNEXT; raises `CollectionError`."""
        return await self._ask(agent, next_cmd, oids, timeout_s, v1=True)

    async def close(self) -> None:
        """End the questions under way, and the engines where nobody else is using them."""
        for task in self._asking:
            task.cancel()
        await asyncio.gather(*self._asking, return_exceptions=True)
        await self.engines.rest()

    async def _ask(self, agent: Agent, operation: Any, oids: Sequence[Oid], timeout_s: float, *, v1: bool) -> Response:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_s
        for left in range(_COPIES, 0, -1):
            share_s = (deadline - loop.time()) / left
            try:
                return _response(await self.engines.run(agent, _command(operation, oids), share_s, v1=v1))
            except DeviceTimeoutError:
                if left == 1:
                    raise
        raise DeviceTimeoutError(agent.host, "no answer")


def ended(varbind: VarBind) -> bool:
    """Whether a variable says that there is nothing there, or nothing more."""
    return varbind.kind in _ENDED


def _command(operation: Any, oids: Sequence[Oid]) -> Any:
    def command(engine: Any, credentials: Any, target: Any, context: Any) -> Any:
        objects = [ObjectType(ObjectIdentity(one)) for one in oids]
        return operation(engine, credentials, target, context, *objects, lookupMib=False)

    return command


def _response(answer: Answer) -> Response:
    _, status, place, told = answer
    varbinds = [VarBind(tuple(name), *value_of(value)) for name, value in told]
    return Response(b"", 0, int(status), int(place), varbinds)
