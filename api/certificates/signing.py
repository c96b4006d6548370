"""From what was asked to what is kept: a key pair made here, an operator's request, a certificate deposited."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from api.certificates.authority import Authority
from api.certificates.keys import (
    SHA2,
    as_pkcs12,
    checked_key,
    checked_password,
    checked_request,
    drawn_password,
    new_key,
    same_key,
)
from api.certificates.trust import Trust
from domain.certificate import Certificate, Environment, EService
from domain.errors import InvalidValueError
from domain.principal import Right
from domain.secret import Secret
from storage.certificates import Signed


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for.

    Attributes:
        label: ``None``: the usual one.
        request: The operator's CSR (PEM); ``None``: the key pair is made here.
        password: Of the PKCS#12; ``None``: one is drawn.
        rights: Of the machine that shows it.
    """

    eservice: EService
    environment: Environment
    rights: frozenset[Right] = frozenset()
    label: str | None = None
    request: str | None = None
    password: Secret | None = None


async def signed_here(
    authority: Authority, operator_id: str, wish: Wish, label: str, now: datetime, days: int
) -> tuple[Signed, Secret | None, str | None]:
    """A certificate of the embedded authority, the password of its PKCS#12 and the CSR kept, whichever there is."""
    if wish.request is not None:
        key, request = checked_request(wish.request)
        certificate = authority.sign(operator_id, wish.environment, label, key, now, days)
        return described(certificate, None), None, request
    password = drawn_password() if wish.password is None else checked_password(wish.password.reveal())
    pair = new_key()
    certificate = authority.sign(operator_id, wish.environment, label, pair.public_key(), now, days)
    file = await asyncio.to_thread(as_pkcs12, label, pair, certificate, [authority.certificate], password)
    return described(certificate, file), password, None


def deposited(trust: Trust, about: Certificate, request: str, pem: str, now: datetime) -> Signed:
    """A certificate that another authority signed for a request; raises `InvalidValueError`."""
    try:
        certificate = x509.load_pem_x509_certificate(pem.encode())
        key = checked_key(certificate.public_key(), "certificate")
    except InvalidValueError:
        raise
    except ValueError:
        raise InvalidValueError("certificate", "", "a certificate (X.509, PEM)") from None
    if not trust.is_outside(certificate):
        raise InvalidValueError(
            "certificate", about.label, "a certificate signed by an authority that is believed here"
        )
    asked, _ = checked_request(request)
    if not same_key(asked, key):
        raise InvalidValueError("certificate", about.label, "the certificate of the key that the request holds")
    _check(certificate, about, now)
    if trust.outside is not None and trust.outside.revokes(certificate, now):
        raise InvalidValueError("certificate", about.label, "a certificate that its authority has not revoked")
    return described(certificate, None)


def _check(certificate: x509.Certificate, about: Certificate, now: datetime) -> None:
    algorithm = certificate.signature_hash_algorithm
    if algorithm is None or algorithm.name not in SHA2:
        raise InvalidValueError("certificate", about.label, "a certificate signed with SHA-2")
    if not certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc:
        raise InvalidValueError("certificate", about.label, "a certificate that is valid now")
    try:
        usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return  # RFC 5280 4.2.1.12: any use
    if ExtendedKeyUsageOID.CLIENT_AUTH not in usages:
        raise InvalidValueError("certificate", about.label, "a certificate for clients (TLS Web Client Authentication)")


def described(certificate: x509.Certificate, pkcs12: bytes | None) -> Signed:
    """A certificate as the records keep it."""
    return Signed(
        pem=certificate.public_bytes(Encoding.PEM).decode(),
        serial=f"{certificate.serial_number:x}",
        fingerprint=certificate.fingerprint(hashes.SHA256()).hex(),
        not_before=certificate.not_valid_before_utc,
        expires_at=certificate.not_valid_after_utc,
        pkcs12=pkcs12,
    )
