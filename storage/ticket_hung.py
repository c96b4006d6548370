"""What hangs from several signalisations at once: their history, their files, the numbers of the results attached."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import defer

from domain.principal import Principal
from domain.ticket import TicketState
from storage.database import Database
from storage.tables import DiagnosisRow, TicketDiagnosisRow, TicketEventRow, TicketFileRow, TicketRow
from storage.ticket_attachments import AttachedFile, file_of
from storage.tickets import TicketEvent, visible
from storage.uncut import uncut


@dataclass(slots=True)
class Hung:
    """Of one signalisation.

    Attributes:
        events: What happened to it, oldest first.
        files: Without their content, oldest first.
        diagnoses: Numbers of the results attached, newest first.
    """

    events: list[TicketEvent] = field(default_factory=list)
    files: list[AttachedFile] = field(default_factory=list)
    diagnoses: list[str] = field(default_factory=list)


class TicketsHung:
    """Reads it in three queries, however many signalisations there are."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @uncut
    async def of(self, who: Principal, numbers: Sequence[str]) -> Mapping[str, Hung]:
        """By number, of those that the principal deposited or repairs; nothing of the others."""
        found: defaultdict[str, Hung] = defaultdict(Hung)
        seen = visible(who).where(TicketRow.number.in_(numbers)).with_only_columns(TicketRow.number).scalar_subquery()
        events = select(TicketEventRow).where(TicketEventRow.number.in_(seen)).order_by(TicketEventRow.event_id)
        files = (
            select(TicketFileRow)
            .where(TicketFileRow.ticket.in_(seen))
            .order_by(TicketFileRow.at, TicketFileRow.file_id)
            .options(defer(TicketFileRow.content, raiseload=True))
        )
        results = (
            select(TicketDiagnosisRow.ticket, TicketDiagnosisRow.number)
            .join(DiagnosisRow, DiagnosisRow.number == TicketDiagnosisRow.number)
            .where(TicketDiagnosisRow.ticket.in_(seen))
            .order_by(DiagnosisRow.sent_at.desc(), DiagnosisRow.number.desc())
        )
        async with self._database.read() as session:
            for row in await session.scalars(events):
                found[row.number].events.append(
                    TicketEvent(row.at, row.kind, row.account, TicketState(row.state), row.text)
                )
            for file in await session.scalars(files):
                found[file.ticket].files.append(file_of(file))
            for ticket, number in await session.execute(results):
                found[ticket].diagnoses.append(number)
        return found
