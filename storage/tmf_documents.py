"""Documents of the TM Forum interfaces: what a client wrote beside a diagnosis, a signalisation or an incident."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.announcement import Announcement
from domain.principal import Principal
from storage.announcing import announce_in
from storage.database import Database
from storage.scope import mine
from storage.tables import TmfDocumentRow
from storage.uncut import uncut

MOST = 10_000
"""C: documents of one resource that a list looks through, the newest first."""


@dataclass(frozen=True, slots=True)
class TmfDocument:
    """One document.

    Attributes:
        body: What the client wrote.
        gone: Whether it was deleted.
    """

    document_id: str
    body: Mapping[str, Any]
    created_at: datetime
    updated_at: datetime
    gone: bool


class TmfDocuments:
    """Keeps documents, each operator's apart."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @uncut
    async def get(self, who: Principal, resource: str, document_id: str) -> TmfDocument | None:
        """One document, deleted ones included; ``None`` where nothing was written."""
        query = mine(TmfDocumentRow, who).where(
            TmfDocumentRow.resource == resource, TmfDocumentRow.document_id == document_id
        )
        async with self._database.read() as session:
            row = await session.scalar(query)
        return None if row is None else _document(row)

    @uncut
    async def all(self, who: Principal, resource: str, since: datetime | None = None) -> dict[str, TmfDocument]:
        """The documents of a resource by identifier, deleted ones included, the newest first."""
        query = mine(TmfDocumentRow, who).where(TmfDocumentRow.resource == resource)
        if since is not None:
            query = query.where(TmfDocumentRow.created_at >= since)
        query = query.order_by(TmfDocumentRow.created_at.desc(), TmfDocumentRow.document_id.desc()).limit(MOST)
        async with self._database.read() as session:
            return {row.document_id: _document(row) for row in await session.scalars(query)}

    @uncut
    async def put(
        self,
        who: Principal,
        resource: str,
        document_id: str,
        body: Mapping[str, Any],
        at: datetime,
        *,
        gone: bool = False,
        told: Sequence[Announcement] = (),
    ) -> TmfDocument:
        """Write a document, in the place of the former one, and announce it in the same transaction."""
        change = {"body": json.dumps(body, separators=(",", ":")), "updated_at": at, "gone": gone}
        key = {"operator_id": who.operator_id, "resource": resource, "document_id": document_id}
        insert = self._database.insert(TmfDocumentRow).values(**key, created_at=at, **change)
        upsert = insert.on_conflict_do_update(index_elements=list(key), set_=change)
        async with self._database.write() as session:
            await session.execute(upsert)
            await announce_in(session, who.operator_id, told)
            written = mine(TmfDocumentRow, who).where(
                TmfDocumentRow.resource == resource, TmfDocumentRow.document_id == document_id
            )
            return _document((await session.scalars(written)).one())


def _document(row: TmfDocumentRow) -> TmfDocument:
    return TmfDocument(row.document_id, json.loads(row.body), row.created_at, row.updated_at, row.gone)
