"""« Mes certificats numériques »: for the administrators of an operator and those that they delegate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import uuid4

import structlog

from api.certificates.keys import checked_request
from api.certificates.listing import Listed, Wanted, listed
from api.certificates.mails import mails
from api.certificates.revocations import Revocations
from api.certificates.signing import Wish, deposited, signed_here
from api.certificates.trust import Trust
from domain.certificate import (
    Certificate,
    CertificateState,
    NoticeKind,
    NoticePolicy,
    Origin,
    RevocationReason,
    checked_label,
    usual_label,
)
from domain.clock import Clock
from domain.errors import ConflictError, ForbiddenError, InvalidValueError
from domain.principal import Principal, Right
from domain.secret import Secret
from storage.certificate_desk import CertificateDesk, Delegate
from storage.certificates import Certificates, Signed
from storage.mails import NewMail

_log = structlog.get_logger(__name__)

ACCESS: Final = "certificats numériques"
"""What the account lacks: it is no right of its own, but the administrator's or his delegate's."""

RESERVED: Final = frozenset({Right.INVENTORY, Right.NOC, Right.TREATMENT})
"""Rights over network and inventory: given by who has them."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A new certificate; ``password`` opens its PKCS#12, is shown once and kept nowhere."""

    certificate: Certificate
    password: Secret | None


@dataclass(frozen=True, slots=True)
class Rules:
    """How certificates are made: their life in days, the usual delays, whether another authority signs."""

    days: int
    usual: NoticePolicy
    external: bool


class CertificateService:
    """Certificates of an operator. Without an authority (``trust.own``, ``trust.outside``) nothing new can be made."""

    def __init__(
        self,
        certificates: Certificates,
        desk: CertificateDesk,
        trust: Trust,
        revocations: Revocations,
        clock: Clock,
        rules: Rules,
    ) -> None:
        self._certificates = certificates
        self._desk = desk
        self._trust = trust
        self.revocations = revocations
        self._clock = clock
        self._rules = rules

    @property
    def authority_pem(self) -> bytes | None:
        """The certificate of the embedded authority."""
        return None if self._trust.own is None else self._trust.own.pem

    async def may(self, who: Principal) -> bool:
        """Whether the account manages certificates: at once when it is delegated or dismissed."""
        return who.may(Right.ADMINISTRATOR) or await self._desk.is_delegate(who)

    def givable(self, who: Principal) -> Sequence[Right]:
        """The rights that the account may give a certificate."""
        return [right for right in Right if right in _givable(who)]

    async def list(self, who: Principal, wanted: Wanted) -> Listed:
        """The certificates of the operator, as wanted."""
        await self._enter(who)
        return listed(await self._certificates.list(who), wanted, self._clock.now())

    async def get(self, who: Principal, certificate_id: str) -> Certificate:
        """One certificate of the operator."""
        await self._enter(who)
        return await self._certificates.get(who, certificate_id)

    async def successor(self, who: Principal, certificate_id: str) -> Certificate | None:
        """What renews a certificate of the operator."""
        return await self._certificates.successor(await self.get(who, certificate_id))

    async def request_of(self, who: Principal, certificate_id: str) -> str | None:
        """The CSR that a certificate came with."""
        await self._enter(who)
        return await self._certificates.request_of(who, certificate_id)

    async def download(self, who: Principal, certificate_id: str) -> tuple[Certificate, bytes | None]:
        """A certificate and, where its key was made here, its PKCS#12: at any time, as often as wanted."""
        await self._enter(who)
        return await self._certificates.download(who, certificate_id, self._clock.now())

    async def issue(self, who: Principal, wish: Wish) -> Issued:
        """A new certificate; its managers are told."""
        await self._enter(who)
        _may_give(who, wish.rights)
        label = usual_label(who.operator_id, wish.eservice, wish.environment)
        label = label if wish.label is None else checked_label(wish.label)
        return await self._make(who, wish, label, renews=None)

    async def renew(self, who: Principal, certificate_id: str, request: str | None, password: Secret | None) -> Issued:
        """Another certificate in the place of one that stays valid to its end: same label, service and rights."""
        former = await self.get(who, certificate_id)
        if former.state(self._clock.now()) not in {CertificateState.VALID, CertificateState.EXPIRED}:
            raise ConflictError("certificate", former.label, "only a certificate that is valid, or was, is renewed")
        _may_give(who, former.rights)
        wish = Wish(former.eservice, former.environment, former.rights, former.label, request, password)
        return await self._make(who, wish, former.label, renews=former.certificate_id)

    async def deposit(self, who: Principal, certificate_id: str, pem: str) -> Certificate:
        """Publish what another authority signed; its managers are told."""
        about = await self.get(who, certificate_id)
        request = await self._certificates.request_of(who, certificate_id)
        if about.origin is not Origin.EXTERNAL or request is None:
            raise ConflictError("certificate", about.label, "it is not waiting for a signature")
        now = self._clock.now()
        signed = deposited(self._trust, about, request, pem, now)
        told = await self._mails(about, signed)
        await self._certificates.sign(who, replace(about, published_at=now), signed, told)
        _log.info("certificate deposited", operator=who.operator_id, by=who.account, certificate=certificate_id)
        return await self._certificates.get(who, certificate_id)

    async def revoke(self, who: Principal, certificate_id: str, reason: RevocationReason) -> Certificate:
        """Revoke: it lets nobody in from the next request on, and stands in the revocation list."""
        await self._enter(who)
        await self._certificates.revoke(who, certificate_id, reason, self._clock.now())
        _log.info("certificate revoked", operator=who.operator_id, by=who.account, certificate=certificate_id)
        await self.revocations.renew()
        return await self._certificates.get(who, certificate_id)

    async def delegates(self, who: Principal) -> Sequence[Delegate]:
        """Those that the administrators gave the access to."""
        who.require(Right.ADMINISTRATOR)
        return await self._desk.delegates(who)

    async def delegate(self, who: Principal, login: str) -> None:
        """Give an account the access, at once."""
        who.require(Right.ADMINISTRATOR)
        await self._desk.delegate(who, login, self._clock.now())

    async def dismiss(self, who: Principal, login: str) -> None:
        """Take the access away, at once."""
        who.require(Right.ADMINISTRATOR)
        await self._desk.dismiss(who, login, self._clock.now())

    async def policy(self, who: Principal) -> NoticePolicy:
        """When the operator is told that a certificate ends."""
        await self._enter(who)
        return await self.policy_of(who.operator_id)

    async def policy_of(self, operator_id: str) -> NoticePolicy:
        """The delays of an operator, or the usual ones."""
        return await self._desk.policy(operator_id) or self._rules.usual

    async def set_policy(self, who: Principal, policy: NoticePolicy) -> NoticePolicy:
        """Keep other delays."""
        await self._enter(who)
        await self._desk.set_policy(who, policy, self._clock.now())
        return policy

    async def _enter(self, who: Principal) -> None:
        if not await self.may(who):
            raise ForbiddenError(ACCESS)

    async def _make(self, who: Principal, wish: Wish, label: str, renews: str | None) -> Issued:
        now = self._clock.now()
        new = Certificate(
            operator_id=who.operator_id,
            certificate_id=uuid4().hex,
            label=label,
            eservice=wish.eservice,
            environment=wish.environment,
            origin=Origin.GENERATED if wish.request is None else Origin.REQUESTED,
            rights=wish.rights,
            requested_at=now,
            requested_by=who.account,
            renews=renews,
        )
        if self._rules.external:
            return await self._expect(who, replace(new, origin=Origin.EXTERNAL), wish.request)
        if self._trust.own is None:
            raise ConflictError("certificate", label, "this service has no authority: none is signed here")
        signed, password, request = await signed_here(
            self._trust.own, who.operator_id, wish, label, now, self._rules.days
        )
        await self._certificates.add(who, new, signed, request, await self._mails(new, signed))
        _log.info("certificate issued", operator=who.operator_id, by=who.account, certificate=new.certificate_id)
        return Issued(await self._certificates.get(who, new.certificate_id), password)

    async def _expect(self, who: Principal, new: Certificate, request: str | None) -> Issued:
        """Keep a request until the other authority has signed it."""
        if request is None:
            raise InvalidValueError("csr", "", "a request of your own: another authority signs here")
        _, kept = checked_request(request)
        await self._certificates.add(who, new, None, kept, ())
        return Issued(await self._certificates.get(who, new.certificate_id), None)

    async def _mails(self, new: Certificate, signed: Signed) -> Sequence[NewMail]:
        kind = NoticeKind.CREATION if new.renews is None else NoticeKind.RENEWAL
        policy = await self.policy_of(new.operator_id)
        return mails(kind, new, signed.expires_at, await self._desk.recipients(new.operator_id), policy.language)


def _givable(who: Principal) -> frozenset[Right]:
    """A delegate gives rights that he has; an administrator any but those over the network, unless he has them."""
    return who.rights if not who.may(Right.ADMINISTRATOR) else who.rights | (frozenset(Right) - RESERVED)


def _may_give(who: Principal, rights: frozenset[Right]) -> None:
    for right in rights - _givable(who):
        raise ForbiddenError(right.value)
