"""What is attached to signalisations: results, beyond their 48 h, and files."""

from __future__ import annotations

import builtins
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import bindparam, func, select

from domain.errors import NotFoundError
from domain.identifiers import DiagnosisNumber
from domain.principal import Principal
from storage.database import Database
from storage.diagnosis_record import DiagnosisRecord, record_of
from storage.scope import WHO, drop_mine, mine, mine_at_once
from storage.tables import DiagnosisRow, TicketDiagnosisRow, TicketFileRow
from storage.tickets import Ticket, Tickets
from storage.uncut import uncut


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file of a signalisation; ``content`` is empty in lists."""

    file_id: str
    name: str
    media_type: str
    size: int
    sha256: str
    at: datetime
    content: bytes = field(default=b"", repr=False)


_DIAGNOSES = (
    mine_at_once(DiagnosisRow, "snapshot", "diagnosis")
    .join(TicketDiagnosisRow, TicketDiagnosisRow.number == DiagnosisRow.number)
    .where(TicketDiagnosisRow.operator_id == bindparam(WHO), TicketDiagnosisRow.ticket == bindparam("ticket"))
    .order_by(DiagnosisRow.sent_at.desc(), DiagnosisRow.number.desc())
)
_FILES = (
    mine_at_once(TicketFileRow, "content")
    .where(TicketFileRow.ticket == bindparam("ticket"))
    .order_by(TicketFileRow.at, TicketFileRow.file_id)
)


class TicketAttachments:
    """Keeps them; who sees the signalisation sees what is attached to it."""

    def __init__(self, database: Database, tickets: Tickets) -> None:
        self._database = database
        self._tickets = tickets

    async def diagnoses(self, ticket: Ticket) -> builtins.list[DiagnosisRecord]:
        """The results attached to a signalisation that was read, newest first, without their detail."""
        rows = await self._database.rows(_DIAGNOSES, {WHO: ticket.operator_id, "ticket": ticket.number})
        return [record_of(row, detail=False) for row in rows]

    @uncut
    async def diagnosis(self, who: Principal, ticket: str, number: DiagnosisNumber) -> DiagnosisRecord:
        """One result attached, with its detail and its snapshot, whatever its age; raises `NotFoundError`."""
        found = await self._tickets.get(who, ticket)
        query = (
            select(DiagnosisRow)
            .join(TicketDiagnosisRow, TicketDiagnosisRow.number == DiagnosisRow.number)
            .where(
                DiagnosisRow.operator_id == found.operator_id,
                TicketDiagnosisRow.ticket == ticket,
                DiagnosisRow.number == str(number),
            )
        )
        async with self._database.read() as session:
            row = await session.scalar(query)
        if row is None:
            raise NotFoundError("diagnosis", str(number))
        return record_of(row, detail=True)

    async def files(self, ticket: Ticket) -> builtins.list[AttachedFile]:
        """The files of a signalisation that was read, oldest first, without their content."""
        rows = await self._database.rows(_FILES, {WHO: ticket.operator_id, "ticket": ticket.number})
        return [file_of(row) for row in rows]

    @uncut
    async def file(self, who: Principal, ticket: str, file_id: str) -> AttachedFile:
        """One file with its content; raises `NotFoundError`."""
        found = await self._tickets.get(who, ticket)
        query = select(TicketFileRow).where(
            TicketFileRow.operator_id == found.operator_id,
            TicketFileRow.ticket == ticket,
            TicketFileRow.file_id == file_id,
        )
        async with self._database.read() as session:
            row = await session.scalar(query)
        if row is None:
            raise NotFoundError("attachment", file_id)
        return file_of(row, row.content)

    @uncut
    async def count(self, who: Principal, ticket: str) -> int:
        """How many files a signalisation of the operator has."""
        query = mine(TicketFileRow, who).where(TicketFileRow.ticket == ticket)
        async with self._database.read() as session:
            return await session.scalar(select(func.count()).select_from(query.subquery())) or 0

    @uncut
    async def add_file(self, who: Principal, ticket: str, file: AttachedFile) -> None:
        """Attach a file to a signalisation of the operator."""
        async with self._database.write() as session:
            session.add(
                TicketFileRow(
                    operator_id=who.operator_id,
                    file_id=file.file_id,
                    ticket=ticket,
                    name=file.name,
                    media_type=file.media_type,
                    size=file.size,
                    sha256=file.sha256,
                    at=file.at,
                    content=file.content,
                )
            )

    @uncut
    async def drop_file(self, who: Principal, ticket: str, file_id: str) -> None:
        """Take a file away; raises `NotFoundError`."""
        drop = drop_mine(TicketFileRow, who).where(TicketFileRow.ticket == ticket, TicketFileRow.file_id == file_id)
        async with self._database.write() as session:
            if await session.scalar(drop.returning(TicketFileRow.file_id)) is None:
                raise NotFoundError("attachment", file_id)


def file_of(row: TicketFileRow, content: bytes = b"") -> AttachedFile:
    """The file of a row."""
    return AttachedFile(row.file_id, row.name, row.media_type, row.size, row.sha256, row.at, content)
