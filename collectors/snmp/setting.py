"""SNMP SET (RFC 3416 4.2.5), v2c and v3, through pysnmp: sent once, within the OLT's budget, never repeated.

A SET whose answer is lost may have been done or not: `DeviceTimeoutError` says so, and the caller reads back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pysnmp.hlapi.v3arch.asyncio import ObjectIdentity, ObjectType, set_cmd
from pysnmp.proto.rfc1902 import Integer32, OctetString, Unsigned32

from collectors.load import Budgets
from collectors.snmp.engines import Answer, Engines
from collectors.snmp.values import Agent, Kind, Oid, dotted
from domain.errors import CollectionError, InvalidValueError

STATUSES = {  # error-status of RFC 3416 3
    1: "tooBig",
    2: "noSuchName",
    3: "badValue",
    4: "readOnly",
    5: "genErr",
    6: "noAccess",
    7: "wrongType",
    8: "wrongLength",
    9: "wrongEncoding",
    10: "wrongValue",
    11: "noCreation",
    12: "inconsistentValue",
    13: "resourceUnavailable",
    14: "commitFailed",
    15: "undoFailed",
    16: "authorizationError",
    17: "notWritable",
    18: "inconsistentName",
}
_DOUBTFUL = frozenset({"undoFailed", "genErr"})  # RFC 3416 4.2.5: it could not be undone, or nobody knows
_TYPES: dict[Kind, Any] = {Kind.INTEGER: Integer32, Kind.GAUGE32: Unsigned32, Kind.OCTETS: OctetString}


class SetRefusedError(CollectionError):
    """The agent refuses a SET.

    Attributes:
        status: Name of the error-status.
        oid: The object at fault; ``None`` where the agent does not say which.
        doubtful: Whether something may have been changed all the same.
    """

    def __init__(self, target: str, status: str, oid: Oid | None) -> None:
        super().__init__(target, f"{status} {dotted(oid) if oid else ''}".strip())
        self.status = status
        self.oid = oid
        self.doubtful = status in _DOUBTFUL


@dataclass(frozen=True, slots=True)
class Setting:
    """An object and the value it is to have: an integer (INTEGER, Unsigned32) or octets, by its ``kind``."""

    oid: Oid
    value: int | bytes
    kind: Kind = Kind.INTEGER

    def __post_init__(self) -> None:
        if self.kind not in _TYPES or isinstance(self.value, bytes) is not (self.kind is Kind.OCTETS):
            raise InvalidValueError("setting", self.kind.name, "INTEGER, GAUGE32 or OCTETS with a value of that type")


class Setter(Protocol):
    """Sets objects of agents."""

    async def set(self, agent: Agent, settings: Sequence[Setting], timeout_s: float) -> None:
        """Set all of them or none. See `SnmpSetter.set`."""
        ...


@dataclass(frozen=True, slots=True)
class SnmpSetter:
    """`Setter` over pysnmp."""

    engines: Engines
    budgets: Budgets

    async def set(self, agent: Agent, settings: Sequence[Setting], timeout_s: float) -> None:
        """Set all of them or none.

        Raises:
            SetRefusedError: The agent refuses; it names the object at fault.
            DeviceTimeoutError: No answer came: whether it was done is not known.
            DeviceUnreachableError: It was not sent.
            DeviceProtocolError: The agent refuses the user (nothing was done), or its answer makes no sense.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_s
        budget = self.budgets.of(agent.host, agent.port)
        wait_s = budget.policer.when(loop.time(), live=True)
        if wait_s > 0:
            budget.held += 1
            await asyncio.sleep(min(wait_s, timeout_s))
        answered = False
        budget.live_sent(loop.time())
        try:
            answer = await self.engines.run(agent, _command(settings), deadline - loop.time())
            answered = True
        finally:
            budget.live_ended(answered=answered)
        _check(agent, settings, answer)


def _command(settings: Sequence[Setting]) -> Any:
    objects = [ObjectType(ObjectIdentity(one.oid), _TYPES[one.kind](one.value)) for one in settings]

    def command(engine: Any, credentials: Any, target: Any, context: Any) -> Any:
        return set_cmd(engine, credentials, target, context, *objects, lookupMib=False)

    return command


def _check(agent: Agent, settings: Sequence[Setting], answer: Answer) -> None:
    status, at = int(answer[1]), int(answer[2])
    if status == 0:
        return
    at_fault = settings[at - 1].oid if 1 <= at <= len(settings) else None
    name = STATUSES.get(status, f"status {status}")
    raise SetRefusedError(agent.host, name, at_fault)
