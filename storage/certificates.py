"""Certificates of operators, each operator's apart; what is told of them is written in the same transaction."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from domain.certificate import Certificate, Environment, EService, NoticeKind, Origin, RevocationReason
from domain.errors import ConflictError, NotFoundError
from domain.principal import Principal
from storage.accounts import right_names, rights_of
from storage.audit import Entry, append_in
from storage.database import Database
from storage.mails import NewMail, mail_in
from storage.scope import change_mine, mine
from storage.tables import CertificateNoticeRow, CertificateRow
from storage.uncut import uncut

KIND = "certificate"


@dataclass(frozen=True, slots=True)
class Signed:
    """What a signature gives; ``pkcs12`` is under a password that is not kept."""

    pem: str = field(repr=False)
    serial: str
    fingerprint: str
    not_before: datetime
    expires_at: datetime
    pkcs12: bytes | None = field(default=None, repr=False)


class Certificates:
    """Keeps certificates."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @uncut
    async def add(
        self, who: Principal, new: Certificate, signed: Signed | None, request: str | None, mails: Sequence[NewMail]
    ) -> None:
        """A new certificate, published when ``signed``; raises `ConflictError` where what it renews was renewed."""
        try:
            async with self._database.write() as session:
                if new.renews is not None:
                    await self._renewable(session, who, new.renews)
                session.add(_row(who, new, signed, request))
                await session.flush()
                await _audit(session, who, new.requested_at, new.certificate_id, "request", new)
                if signed is not None:
                    await _told(session, who, new, mails, new.requested_at)
        except IntegrityError:  # another renewal of the same meanwhile
            raise ConflictError("certificate", new.label, "it was renewed already") from None

    @uncut
    async def sign(self, who: Principal, new: Certificate, signed: Signed, mails: Sequence[NewMail]) -> None:
        """Publish one that was waiting for another authority; raises `ConflictError` when it no longer is."""
        at = new.published_at or new.requested_at
        change = (
            change_mine(CertificateRow, who)
            .where(CertificateRow.certificate_id == new.certificate_id, CertificateRow.pem.is_(None))
            .where(CertificateRow.revoked_at.is_(None))
            .values(**_signed_values(signed), published_at=at)
            .returning(CertificateRow.certificate_id)
        )
        known = select(CertificateRow.certificate_id).where(CertificateRow.fingerprint == signed.fingerprint)
        async with self._database.write() as session:
            if await session.scalar(known) is not None:
                raise ConflictError("certificate", new.label, "this certificate was deposited already")
            if await session.scalar(change) is None:
                raise ConflictError("certificate", new.label, "it is not waiting for a signature")
            await _audit(session, who, at, new.certificate_id, "deposit", new)
            await _told(session, who, new, mails, at)

    @uncut
    async def get(self, who: Principal, certificate_id: str) -> Certificate:
        """One certificate of the operator; raises `NotFoundError`."""
        async with self._database.read() as session:
            return _certificate(await self._mine(session, who, certificate_id))

    @uncut
    async def list(self, who: Principal) -> builtins.list[Certificate]:
        """Every certificate of the operator, the oldest first; an operator has tens of them."""
        query = mine(CertificateRow, who).order_by(CertificateRow.requested_at, CertificateRow.certificate_id)
        async with self._database.read() as session:
            return [_certificate(row) for row in await session.scalars(query)]

    @uncut
    async def request_of(self, who: Principal, certificate_id: str) -> str | None:
        """The CSR (PEM) of a certificate, if it came with one; raises `NotFoundError`."""
        async with self._database.read() as session:
            return (await self._mine(session, who, certificate_id)).request

    @uncut
    async def download(self, who: Principal, certificate_id: str, at: datetime) -> tuple[Certificate, bytes | None]:
        """A published certificate and its PKCS#12; the first time is noted. Raises `NotFoundError`, `ConflictError`."""
        first = (
            change_mine(CertificateRow, who)
            .where(CertificateRow.certificate_id == certificate_id, CertificateRow.downloaded_at.is_(None))
            .values(downloaded_at=at)
        )
        async with self._database.write() as session:
            row = await self._mine(session, who, certificate_id)
            if row.pem is None:
                raise ConflictError("certificate", row.label, "it is not signed yet")
            await _audit(session, who, at, certificate_id, "download", _certificate(row))
            await session.execute(first)
            return _certificate(row), row.pkcs12

    @uncut
    async def revoke(self, who: Principal, certificate_id: str, reason: RevocationReason, at: datetime) -> None:
        """Revoke, for good: an earlier revocation stands. Raises `NotFoundError`."""
        change = (
            change_mine(CertificateRow, who)
            .where(CertificateRow.certificate_id == certificate_id, CertificateRow.revoked_at.is_(None))
            .values(revoked_at=at, revoked_by=who.account, reason=reason.value)
            .returning(CertificateRow.certificate_id)
        )
        async with self._database.write() as session:
            row = await self._mine(session, who, certificate_id)
            if await session.scalar(change) is not None:
                await _audit(session, who, at, certificate_id, "revoke", _certificate(row), reason.value)

    @uncut
    async def by_fingerprint(self, fingerprint: str) -> Certificate | None:
        """The certificate of that SHA-256, whose ever it is: for who shows it in a TLS handshake."""
        async with self._database.read() as session:
            row = await session.scalar(select(CertificateRow).where(CertificateRow.fingerprint == fingerprint))
        return None if row is None else _certificate(row)

    @uncut
    async def revoked(self, since: datetime) -> builtins.list[Certificate]:
        """What was revoked and signed here, of every operator, and had not ended at ``since``: for the CRL."""
        query = (
            select(CertificateRow)
            .where(CertificateRow.revoked_at.is_not(None), CertificateRow.expires_at >= since)
            .where(CertificateRow.origin != Origin.EXTERNAL.value)
            .order_by(CertificateRow.revoked_at, CertificateRow.certificate_id)
        )
        async with self._database.read() as session:
            return [_certificate(row) for row in await session.scalars(query)]

    @uncut
    async def ending(self, now: datetime, until: datetime) -> builtins.list[Certificate]:
        """What is valid and ends before ``until``, of every operator, the first to end first: for the daily round."""
        query = (
            select(CertificateRow)
            .where(CertificateRow.revoked_at.is_(None))
            .where(CertificateRow.expires_at > now, CertificateRow.expires_at <= until)
            .order_by(CertificateRow.expires_at, CertificateRow.certificate_id)
        )
        async with self._database.read() as session:
            return [_certificate(row) for row in await session.scalars(query)]

    @uncut
    async def successor(self, certificate: Certificate) -> Certificate | None:
        """What takes the place of a certificate and is not revoked."""
        async with self._database.read() as session:
            row = await session.scalar(_successor(certificate.operator_id, certificate.certificate_id))
        return None if row is None else _certificate(row)

    @uncut
    async def told(self, certificate: Certificate) -> frozenset[NoticeKind]:
        """The kinds of mail that were written about a certificate."""
        query = select(CertificateNoticeRow.kind).where(
            CertificateNoticeRow.operator_id == certificate.operator_id,
            CertificateNoticeRow.certificate_id == certificate.certificate_id,
        )
        async with self._database.read() as session:
            return frozenset(NoticeKind(kind) for kind in await session.scalars(query))

    @uncut
    async def tell(self, certificate: Certificate, kind: NoticeKind, mails: Sequence[NewMail], at: datetime) -> bool:
        """Write the mails of one kind about a certificate, once; whether this was the time."""
        once = (
            self._database.insert(CertificateNoticeRow)
            .values(
                operator_id=certificate.operator_id, certificate_id=certificate.certificate_id, kind=kind.value, at=at
            )
            .on_conflict_do_nothing(index_elements=["certificate_id", "kind"])
            .returning(CertificateNoticeRow.kind)
        )
        async with self._database.write() as session:
            if (await session.execute(once)).first() is None:
                return False
            await mail_in(session, certificate.operator_id, mails, at)
            return True

    async def _mine(self, session: AsyncSession, who: Principal, certificate_id: str) -> CertificateRow:
        row = await session.scalar(mine(CertificateRow, who).where(CertificateRow.certificate_id == certificate_id))
        if row is None:
            raise NotFoundError("certificate", certificate_id)
        return row

    async def _renewable(self, session: AsyncSession, who: Principal, certificate_id: str) -> None:
        row = await self._mine(session, who, certificate_id)
        if await session.scalar(_successor(who.operator_id, certificate_id)) is not None:
            raise ConflictError("certificate", row.label, "it was renewed already")


def _successor(operator_id: str, certificate_id: str) -> Select[CertificateRow]:
    return select(CertificateRow).where(
        CertificateRow.operator_id == operator_id,
        CertificateRow.renews == certificate_id,
        CertificateRow.revoked_at.is_(None),
    )


async def _told(
    session: AsyncSession, who: Principal, new: Certificate, mails: Sequence[NewMail], at: datetime
) -> None:
    kind = NoticeKind.CREATION if new.renews is None else NoticeKind.RENEWAL
    session.add(
        CertificateNoticeRow(operator_id=who.operator_id, certificate_id=new.certificate_id, kind=kind.value, at=at)
    )
    await mail_in(session, who.operator_id, mails, at)


async def _audit(
    session: AsyncSession, who: Principal, at: datetime, number: str, what: str, about: Certificate, reason: str = ""
) -> None:
    body = {
        "account": who.account,
        "what": what,
        "label": about.label,
        "eservice": about.eservice.value,
        "environment": about.environment.value,
        "rights": right_names(about.rights),
    }
    if reason:
        body["reason"] = reason
    await append_in(session, Entry(who.operator_id, at, KIND, number, body))


def _signed_values(signed: Signed) -> dict[str, object]:
    return {
        "pem": signed.pem,
        "serial": signed.serial,
        "fingerprint": signed.fingerprint,
        "not_before": signed.not_before,
        "expires_at": signed.expires_at,
        "pkcs12": signed.pkcs12,
    }


def _row(who: Principal, new: Certificate, signed: Signed | None, request: str | None) -> CertificateRow:
    return CertificateRow(
        operator_id=who.operator_id,
        certificate_id=new.certificate_id,
        label=new.label,
        eservice=new.eservice.value,
        environment=new.environment.value,
        origin=new.origin.value,
        rights=right_names(new.rights),
        requested_at=new.requested_at,
        requested_by=new.requested_by,
        published_at=new.requested_at if signed is not None else None,
        renews=new.renews,
        request=request,
        **({} if signed is None else _signed_values(signed)),
    )


def _certificate(row: CertificateRow) -> Certificate:
    return Certificate(
        operator_id=row.operator_id,
        certificate_id=row.certificate_id,
        label=row.label,
        eservice=EService(row.eservice),
        environment=Environment(row.environment),
        origin=Origin(row.origin),
        rights=rights_of(row.rights),
        requested_at=row.requested_at,
        requested_by=row.requested_by,
        has_key=row.pkcs12 is not None,
        serial=row.serial,
        fingerprint=row.fingerprint,
        not_before=row.not_before,
        expires_at=row.expires_at,
        published_at=row.published_at,
        renews=row.renews,
        downloaded_at=row.downloaded_at,
        revoked_at=row.revoked_at,
        revoked_by=row.revoked_by,
        reason=None if row.reason is None else RevocationReason(row.reason),
        pem=row.pem,
    )
