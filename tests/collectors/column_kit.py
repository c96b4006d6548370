"""Columns of a small agent, and a column read without any network."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from pysnmp.proto.api import v2c

from collectors.load import OltBudget
from collectors.snmp import bulk_wire, fallback
from collectors.snmp.ber import UnrecognisedError
from collectors.snmp.chain import chains_of, rewritten
from collectors.snmp.column_reader import ColumnReader, ColumnRequest, ColumnResult
from collectors.snmp.values import Oid
from domain.errors import DeviceProtocolError
from domain.reading import Reason
from domain.secret import Secret
from tests.collectors.olt_kit import COMMUNITY, FAST, Answer, Request, TinyAgent, tiny_agent

COLUMN = (1, 3, 6, 1, 2, 1, 2, 2, 1, 8)
NEXT = (1, 3, 6, 1, 2, 1, 2, 2, 1, 9)
Row = tuple[Oid, Any]


def serve(rows: Sequence[Row], cap: int = 99) -> Callable[[Request], list[bytes]]:
    """An agent that has these rows, in their order of names, and gives ``cap`` of them at once."""
    ordered = sorted(rows, key=lambda row: row[0])

    def answer(request: Request) -> list[bytes]:
        found = [row for row in ordered if row[0] > request.oids[0]][: min(request.third, cap)]
        return [request.reply(found or [(request.oids[0], v2c.EndOfMibView(""))])]

    return answer


def integers(column: Oid, values: Sequence[tuple[Oid, int]]) -> list[Row]:
    return [((*column, *index), v2c.Integer(value)) for index, value in values]


@asynccontextmanager
async def reading(answer: Answer) -> AsyncIterator[tuple[TinyAgent, ColumnReader]]:
    async with tiny_agent(answer) as agent:
        reader = ColumnReader(retry=FAST)
        try:
            yield agent, reader
        finally:
            await reader.close()


async def read_one(
    answer: Answer, asked: ColumnRequest, timeout_s: float = 2.0, budget: OltBudget | None = None
) -> ColumnResult:
    async with reading(answer) as (agent, reader):
        found = await reader.read(("127.0.0.1", agent.port), Secret(COMMUNITY), [asked], timeout_s, budget)
    return found[asked.oid]


def rows(result: ColumnResult) -> dict[Oid, Any]:
    values = result.values if isinstance(result.values, list) else result.values.tolist()
    return {tuple(index): value for index, value in zip(result.index.tolist(), values, strict=True)}


def fed(asked: ColumnRequest, datagrams: Sequence[bytes]) -> ColumnResult | None:
    """What the reader makes of these replies, as far as they are readable by it; ``None``: not one of them."""
    reader = ColumnReader()
    (chain,) = chains_of([asked])
    taken = 0
    for datagram in datagrams:
        try:
            _, at = bulk_wire.community_frame(datagram)
            _, status, _, body = bulk_wire.frame(datagram, at)
            chain.feed(status, body)
        except (UnrecognisedError, IndexError):
            try:
                response = fallback.decode_response(datagram)
                chain.feed(response.error_status, rewritten(response.varbinds))
            except (DeviceProtocolError, UnrecognisedError):
                continue
        taken += 1
        if chain.done:
            break
    chain.end(Reason.TIMEOUT)
    return reader._result(asked, [chain]) if taken else None
