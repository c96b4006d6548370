"""Reads whole columns of agents by GETBULK, straight into arrays.

Public interface::

    reader = ColumnReader()                       # one for the process: one socket an address family
    columns = await reader.read(
        ("192.0.2.7", 161),                       # address of the agent
        Secret("community"),                      # or a collectors.snmp.usm.user.UsmUser for SNMPv3
        [ColumnRequest(oid, ColumnKind.INTEGER, index_arity=1), ...],
        timeout_s=60.0,
        budget=budget,                            # collectors.load.OltBudget, shared with live reads
    )                                             # -> dict[Oid, ColumnResult]
    column = columns[oid]
    column.index      # int64, shape (rows, arity), increasing; the same object when two columns have the same rows
    column.values     # int64 | uint64 array, or list[bytes]
    column.gap        # None, or the Reason why some rows are unknown; column.gaps says which; column.unknown(index)
    column.spoilt     # {index: Reason} of rows whose value is not what was asked
    await reader.close()

An agent that fails is an answer, never an exception. ``read`` returns by ``timeout_s`` with what came.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from collectors.load import OltBudget, Pace
from collectors.snmp import fallback
from collectors.snmp.agent_read import AgentRead
from collectors.snmp.bulk_socket import BulkSocket
from collectors.snmp.bulk_wire import encode_name
from collectors.snmp.chain import Chain, chains_of
from collectors.snmp.column_decode import Decoded, IndexCache, decode_column
from collectors.snmp.column_locate import locate, walk
from collectors.snmp.column_types import ColumnKind, ColumnRequest, ColumnResult, Gap
from collectors.snmp.resolve import resolve
from collectors.snmp.sealing import CommunitySession, Session
from collectors.snmp.udp import Counters, Decoder, Retry
from collectors.snmp.usm.session import Sessions
from collectors.snmp.usm.user import UsmUser
from collectors.snmp.values import Oid
from domain.reading import Reason
from domain.secret import Secret

_LONG = 600  # C: rows; a shorter column is a few requests

__all__ = ["ColumnKind", "ColumnReader", "ColumnRequest", "ColumnResult", "Gap"]


@dataclass(slots=True)
class ColumnReader:
    """Reads columns of any number of agents at once. See the head of this file.

    Attributes:
        retry: When a request is repeated; the wait then follows each column's own round trip.
        counters: What went through the sockets.
        sessions: SNMPv3 engines and users; share it with the live client, so that they are discovered once.
        paces: What was learnt of agents that are read without a budget.
    """

    retry: Retry = field(default_factory=Retry)
    decoder: Decoder = fallback.decode_response
    counters: Counters = field(default_factory=Counters)
    sessions: Sessions = field(default_factory=Sessions)
    paces: dict[tuple[str, int], Pace] = field(default_factory=dict)
    _sockets: dict[socket.AddressFamily, BulkSocket] = field(default_factory=dict)
    _indexes: IndexCache = field(default_factory=IndexCache)

    async def read(
        self,
        address: tuple[str, int],
        credentials: Secret | UsmUser,
        requests: Sequence[ColumnRequest],
        timeout_s: float,
        budget: OltBudget | None = None,
    ) -> dict[Oid, ColumnResult]:
        """Read columns of the agent at ``address``; see the head of this file. Never raises for what an agent does."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_s
        chains = chains_of(requests)
        granted = budget or self._unbound(address)
        try:
            async with asyncio.timeout_at(deadline):
                family, where = await resolve(*address)
                at = self._socket(family, loop)
                session = self._session(credentials, address)
        except TimeoutError:
            _end(chains, Reason.TIMEOUT)
        except (OSError, OverflowError, UnicodeError):  # no such name, no such port
            _end(chains, Reason.UNREACHABLE)
        else:
            await AgentRead(at, where, session, granted, self.retry, chains, deadline).run()
        found = {
            asked.oid: self._result(asked, [chain for chain in chains if chain.column == place])
            for place, asked in enumerate(requests)
        }
        _mark(granted.pace, requests, found)
        if budget is not None and budget.contract.varbinds_per_cycle is None:  # else counted as they came
            budget.cycle_varbinds += sum(len(column.index) + len(column.spoilt) for column in found.values())
        return found

    def _unbound(self, address: tuple[str, int]) -> OltBudget:
        budget = OltBudget()
        budget.pace = self.paces.setdefault(address, budget.pace)
        return budget

    async def close(self) -> None:
        """Close the sockets."""
        for opened in self._sockets.values():
            opened.close()
        self._sockets.clear()

    def _socket(self, family: socket.AddressFamily, loop: asyncio.AbstractEventLoop) -> BulkSocket:
        found = self._sockets.get(family)
        if found is None or found.loop is not loop:
            if found is not None:
                found.close()
            found = self._sockets[family] = BulkSocket(family, self.decoder, self.counters, loop)
        return found

    def _session(self, credentials: Secret | UsmUser, address: tuple[str, int]) -> Session:
        if isinstance(credentials, UsmUser):
            return self.sessions.of(*address, credentials, asyncio.get_running_loop().time)
        return CommunitySession(credentials.reveal().encode())

    def _result(self, asked: ColumnRequest, chains: Sequence[Chain]) -> ColumnResult:
        """All ranges in one go; one by one only when something in them is not to be believed."""
        buffer = b"".join(body for chain in chains for body in chain.bodies)
        starts = locate(buffer, chains[0].prefix)
        whole = None if starts is None else self._decode(asked, chains[0], buffer, starts)
        if whole is not None and whole.cut is None:
            gaps = tuple(Gap(chain.reason, chain.after, chain.scope) for chain in chains if chain.reason is not None)
            return ColumnResult(whole.index, whole.values, gaps, whole.spoilt, asked.scopes)
        parts, found = [], []
        for chain in chains:
            sound, places, complete = walk(chain, self.decoder)
            part = self._decode(asked, chain, sound, np.array(places, np.int64))
            parts.append(part)
            if part.cut is not None or not complete:
                after = tuple(part.index[-1].tolist()) if len(part.index) else None
                found.append(Gap(Reason.MALFORMED, after, chain.scope))
            elif chain.reason is not None:
                found.append(Gap(chain.reason, chain.after, chain.scope))
        return _joined(asked, parts, found)

    def _decode(self, asked: ColumnRequest, chain: Chain, buffer: bytes, starts: NDArray[np.int64]) -> Decoded:
        return decode_column(buffer, starts, chain.prefix, asked.kind, asked.index_arity, self._indexes)


def _joined(asked: ColumnRequest, parts: Sequence[Decoded], gaps: Sequence[Gap]) -> ColumnResult:
    arity = max(part.index.shape[1] for part in parts)
    filled = [part for part in parts if part.index.shape[1] == arity]
    values = [part.values for part in filled]
    return ColumnResult(
        np.concatenate([part.index for part in filled]),
        [value for part in values for value in part] if isinstance(values[0], list) else np.concatenate(values),
        tuple(gaps),
        {index: reason for part in parts for index, reason in part.spoilt.items()},
        asked.scopes,
    )


def _mark(pace: Pace, requests: Sequence[ColumnRequest], found: Mapping[Oid, ColumnResult]) -> None:
    """Keep where long columns may be cut in the next read."""
    for asked in requests:
        index = found[asked.oid].index
        if found[asked.oid].gap is None and len(index) > _LONG:
            column = pace.column(encode_name(asked.oid), asked.max_repetitions)
            column.marked(index[column.rows :: column.rows, 0].tolist())


def _end(chains: Sequence[Chain], reason: Reason) -> None:
    for chain in chains:
        chain.end(reason)
