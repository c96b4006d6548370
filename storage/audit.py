"""The audit trail: entries chained by SHA-256, appended in the transaction of what they tell, never changed.

``hash = SHA-256(previous ‖ canonical JSON of the entry)``. Each téléaction keeps the place and the hash of its last
entry, so that an end cut off the trail is found as well.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from storage.database import Database
from storage.tables import AuditRow, TeleactionRow
from storage.uncut import uncut

GENESIS: Final = "0" * 64
"""What stands before the first entry."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry to append; ``body`` is ready for JSON and holds no secret."""

    operator_id: str
    at: datetime
    kind: str
    number: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Break:
    """A place where the trail is not what was written: which entry, which téléaction, and what is wrong."""

    seq: int
    number: str
    what: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What a verification found: entries read, hash of the last one (to keep elsewhere), and the breaks."""

    entries: int
    head: str
    breaks: tuple[Break, ...]


async def append_in(session: AsyncSession, entry: Entry) -> tuple[int, str]:
    """Append an entry inside a transaction; its place and hash."""
    if session.get_bind().dialect.name == "postgresql":  # SQLite has one writer, which holds the lock already
        await session.execute(text("LOCK TABLE audit IN EXCLUSIVE MODE"))
    last = (await session.execute(select(AuditRow.seq, AuditRow.hash).order_by(AuditRow.seq.desc()).limit(1))).first()
    seq, previous = (1, GENESIS) if last is None else (last.seq + 1, last.hash)
    body = json.dumps(dict(entry.body), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    digest = chained(previous, seq, entry, body)
    session.add(
        AuditRow(
            seq=seq,
            operator_id=entry.operator_id,
            at=entry.at,
            kind=entry.kind,
            number=entry.number,
            body=body,
            previous=previous,
            hash=digest,
        )
    )
    await session.flush()
    return seq, digest


def chained(previous: str, seq: int, entry: Entry, body: str) -> str:
    """The hash of an entry."""
    at = entry.at.astimezone(UTC).isoformat()
    content = json.dumps([previous, seq, entry.operator_id, at, entry.kind, entry.number, body], ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()


class AuditTrail:
    """Reads and verifies the trail."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @uncut
    async def of(self, operator_id: str, number: str) -> list[dict[str, Any]]:
        """The entries of a téléaction of that operator, oldest first."""
        query = (
            select(AuditRow)
            .where(AuditRow.operator_id == operator_id, AuditRow.number == number)
            .order_by(AuditRow.seq)
        )
        async with self._database.read() as session:
            return [
                {
                    "seq": row.seq,
                    "at": row.at,
                    "kind": row.kind,
                    "hash": row.hash,
                    "previous": row.previous,
                    **json.loads(row.body),
                }
                for row in await session.scalars(query)
            ]

    @uncut
    async def verify(self, head: str = "") -> Verified:
        """Check every entry against the chain, and every téléaction against its last entry.

        ``head``: a hash that an earlier verification gave: the trail must still contain it.
        """
        breaks: list[Break] = []
        hashes: dict[int, str] = {}
        previous, expected = GENESIS, 1
        async with self._database.read() as session:
            for row in await session.scalars(select(AuditRow).order_by(AuditRow.seq)):
                breaks += [Break(seq, "", "missing") for seq in range(expected, row.seq)]
                entry = Entry(row.operator_id, row.at, row.kind, row.number, {})
                if chained(row.previous, row.seq, entry, row.body) != row.hash:
                    breaks.append(Break(row.seq, row.number, "altered"))
                elif row.previous != previous and row.seq == expected:
                    breaks.append(Break(row.seq, row.number, "not chained to the entry before"))
                hashes[row.seq] = row.hash
                previous, expected = row.hash, row.seq + 1
            kept = await session.execute(
                select(TeleactionRow.number, TeleactionRow.audit_seq, TeleactionRow.audit_hash).order_by(
                    TeleactionRow.audit_seq
                )
            )
            for number, seq, digest in kept:
                if seq not in hashes and seq >= expected:
                    breaks.append(Break(seq, number, "missing"))
                elif seq in hashes and hashes[seq] != digest:
                    breaks.append(Break(seq, number, "not the entry that its téléaction knows"))
        if head and head not in hashes.values():
            breaks.append(Break(0, "", "the head given is not in the trail"))
        return Verified(len(hashes), previous, tuple(breaks))
