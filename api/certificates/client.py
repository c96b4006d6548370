"""Who shows a client certificate: ``Client-Cert`` (RFC 9440) from the proxy that ended TLS, and nobody else."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes

from api.certificates.settings import CertificateSettings
from api.certificates.trust import Trust
from domain.certificate import Certificate, CertificateState, Environment, EService
from domain.clock import Clock
from domain.errors import CertificateRefusedError
from domain.principal import Principal
from storage.certificates import Certificates

HEADER: Final = "client-cert"
_BYTES = re.compile(r":([A-Za-z0-9+/]*={0,2}):")  # RFC 9651 3.3.5: a byte sequence
_LONGEST = 16_384


class ClientCertificates:
    """Makes a `Principal` of what a trusted proxy passes on. Needs nothing of the request's content."""

    def __init__(
        self, certificates: Certificates, trust: Trust, settings: CertificateSettings | None, clock: Clock
    ) -> None:
        self._certificates = certificates
        self._trust = trust
        self._proxies = () if settings is None else settings.proxies
        self._environment = Environment.PRODUCTION if settings is None else settings.environment
        self._clock = clock

    def trusts(self, peer: str | None) -> bool:
        """Whether that address is the proxy's."""
        try:
            address = ipaddress.ip_address(peer or "")
        except ValueError:
            return False
        mapped = getattr(address, "ipv4_mapped", None)  # how a socket of both families tells of IPv4
        return any((mapped or address) in network for network in self._proxies)

    async def principal(self, peer: str | None, values: Sequence[str]) -> Principal:
        """Who the header stands for; raises `CertificateRefusedError`, which says why."""
        if not self.trusts(peer):
            raise CertificateRefusedError("untrusted")
        certificate = _parsed(values)
        now = self._clock.now()
        known = await self._certificates.by_fingerprint(certificate.fingerprint(hashes.SHA256()).hex())
        self._check_authority(certificate, known, now)
        if known is None:
            raise CertificateRefusedError("unknown")
        if known.environment is not self._environment:
            raise CertificateRefusedError("environment", theirs=known.environment.value, ours=self._environment.value)
        if known.eservice is not EService.E_SAV:
            raise CertificateRefusedError("eservice", theirs=known.eservice.value, ours=EService.E_SAV.value)
        return Principal(known.operator_id, f"certificat:{known.label}", known.rights, known.certificate_id)

    def _check_authority(self, certificate: x509.Certificate, known: Certificate | None, now: datetime) -> None:
        """Signed by who is believed, in force, and not revoked: asked again behind nginx, at once and not by a file."""
        own, outside = self._trust.is_own(certificate), self._trust.is_outside(certificate)
        if not own and not outside:
            raise CertificateRefusedError("authority")
        if now >= certificate.not_valid_after_utc:
            raise CertificateRefusedError("expired")
        if now < certificate.not_valid_before_utc:
            raise CertificateRefusedError("early")
        if known is not None and known.state(now) is CertificateState.REVOKED:
            raise CertificateRefusedError("revoked")
        if outside and not own and self._trust.outside is not None:
            revoked = self._trust.outside.revokes(certificate, now)
            if revoked is None:
                raise CertificateRefusedError("no list")
            if revoked:
                raise CertificateRefusedError("revoked")


def _parsed(values: Sequence[str]) -> x509.Certificate:
    """The certificate of the header: one byte sequence in one field."""
    found = _BYTES.fullmatch(values[0].strip()) if len(values) == 1 and len(values[0]) <= _LONGEST else None
    if found is None:
        raise CertificateRefusedError("malformed")
    try:
        return x509.load_der_x509_certificate(base64.b64decode(found[1], validate=True))
    except (binascii.Error, ValueError, UnsupportedAlgorithm):
        raise CertificateRefusedError("malformed") from None
