"""The embedded authority: signs certificates and revocation lists with a key that is encrypted at rest."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from api.certificates.keys import PublicKey, encrypted
from domain.certificate import Certificate, Environment, RevocationReason
from domain.errors import DiagnosticsError
from domain.secret import Secret

LIFE = timedelta(days=3652)  # C: ten years, five times that of what it signs
BACKDATED = timedelta(minutes=5)  # C: clocks of operators that are late
_FLAGS = {reason: x509.ReasonFlags(reason.value) for reason in RevocationReason}


class AuthorityError(DiagnosticsError):
    """The files of the authority cannot be used: the reason, without any secret."""


@dataclass(frozen=True, slots=True)
class RevocationList:
    """A CRL, in DER, and the instants that it says."""

    der: bytes
    pem: bytes
    number: int
    this_update: datetime
    next_update: datetime


class Authority:
    """A certificate and its key. ``repr`` shows neither."""

    def __init__(self, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey, crl_url: str | None) -> None:
        self.certificate = certificate
        self._key = key
        self._crl_url = crl_url

    def __repr__(self) -> str:
        return "<Authority>"

    @property
    def pem(self) -> bytes:
        """Its certificate."""
        return self.certificate.public_bytes(Encoding.PEM)

    def sign(
        self, operator_id: str, environment: Environment, label: str, key: PublicKey, now: datetime, days: int
    ) -> x509.Certificate:
        """A client certificate: ``O`` is the operator, ``OU`` the environment, ``CN`` the label."""
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, operator_id),
                x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, environment.value),
                x509.NameAttribute(NameOID.COMMON_NAME, label[:64]),  # RFC 5280 ub-common-name
            ]
        )
        until = min(now + timedelta(days=days), self.certificate.not_valid_after_utc)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.certificate.subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(max(now - BACKDATED, self.certificate.not_valid_before_utc))
            .not_valid_after(until)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(client=True), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(_authority_key(self.certificate), critical=False)
        )
        if self._crl_url is not None:
            point = x509.DistributionPoint([x509.UniformResourceIdentifier(self._crl_url)], None, None, None)
            builder = builder.add_extension(x509.CRLDistributionPoints([point]), critical=False)
        return builder.sign(self._key, hashes.SHA384())

    def revocations(
        self, revoked: Iterable[Certificate], number: int, now: datetime, life: timedelta
    ) -> RevocationList:
        """A CRL (RFC 5280 5) of these certificates."""
        this = now.replace(microsecond=0)
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(this)
            .next_update(this + life)
            .add_extension(x509.CRLNumber(number), critical=False)
            .add_extension(_authority_key(self.certificate), critical=False)
        )
        for one in revoked:
            if one.serial is not None and one.revoked_at is not None:
                builder = builder.add_revoked_certificate(_entry(one.serial, one.revoked_at, one.reason))
        made = builder.sign(self._key, hashes.SHA384())
        return RevocationList(
            made.public_bytes(Encoding.DER), made.public_bytes(Encoding.PEM), number, this, this + life
        )


def open_authority(folder: Path, passphrase: Secret, crl_url: str | None, now: datetime) -> Authority:
    """The authority of a folder, made at the first start; raises `AuthorityError`."""
    key_file, certificate_file = folder / "authority.key.pem", folder / "authority.pem"
    if key_file.exists() is not certificate_file.exists():
        raise AuthorityError(f"{folder}: the authority's key and certificate go together; one is missing")
    if not key_file.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        made = _made(crl_url, now)
        write(certificate_file, made.pem, 0o644)
        write(key_file, encrypted(made._key, passphrase), 0o600)  # noqa: SLF001 - its only keeper
        return made
    try:
        key = load_pem_private_key(key_file.read_bytes(), passphrase.reveal().encode())
        certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
    except (ValueError, TypeError):
        raise AuthorityError(f"{folder}: the authority cannot be read: is the passphrase the right one?") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        raise AuthorityError(f"{folder}: the authority's key is not that of its certificate")
    return Authority(certificate, key, crl_url)


def write(path: Path, content: bytes, mode: int) -> None:
    """Replace a file as a whole: who reads it sees the former or the new one."""
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def _made(crl_url: str | None, now: datetime) -> Authority:
    key = ec.generate_private_key(ec.SECP384R1())
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Just Fibre"),
            x509.NameAttribute(NameOID.COMMON_NAME, "Certificats numériques e-services"),
        ]
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(client=False), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA384())
    )
    return Authority(certificate, key, crl_url)


def _usage(*, client: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=client,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=not client,
        crl_sign=not client,
        encipher_only=False,
        decipher_only=False,
    )


def _authority_key(certificate: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    key = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(key)


def _entry(serial: str, at: datetime, reason: RevocationReason | None) -> x509.RevokedCertificate:
    builder = x509.RevokedCertificateBuilder().serial_number(int(serial, 16)).revocation_date(at.replace(microsecond=0))
    if reason is not None and reason is not RevocationReason.UNSPECIFIED:  # RFC 5280 5.3.1: then it should be absent
        builder = builder.add_extension(x509.CRLReason(_FLAGS[reason]), critical=False)
    return builder.build()
