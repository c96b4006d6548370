"""Which authorities are believed, and what they revoked: ours, and those of a file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from api.certificates.authority import Authority, AuthorityError


class Outside:
    """Authorities of a file and their revocation lists, read again whenever a file changes."""

    def __init__(self, authorities: Path, lists: Path) -> None:
        self._authorities_file = authorities
        self._lists_file = lists
        self._seen: tuple[int, int] | None = None
        self._authorities: list[x509.Certificate] = []
        self._lists: list[x509.CertificateRevocationList] = []
        self.read()

    @property
    def authorities(self) -> Sequence[x509.Certificate]:
        """The authorities."""
        self.read()
        return self._authorities

    @property
    def pem(self) -> tuple[bytes, bytes]:
        """The two files, for nginx."""
        return self._authorities_file.read_bytes(), self._lists_file.read_bytes()

    def read(self) -> bool:
        """Read the files if they changed, and tell whether they had; raises `AuthorityError`."""
        try:
            seen = self._authorities_file.stat().st_mtime_ns, self._lists_file.stat().st_mtime_ns
            if seen == self._seen:
                return False
            found = x509.load_pem_x509_certificates(self._authorities_file.read_bytes())
            lists = [x509.load_pem_x509_crl(part) for part in _parts(self._lists_file.read_bytes())]
        except (OSError, ValueError) as error:
            raise AuthorityError(f"{self._authorities_file}, {self._lists_file}: {type(error).__name__}") from None
        self._seen, self._authorities = seen, found
        self._lists = [one for one in lists if any(_signed_by(one, authority) for authority in found)]
        return True

    def revokes(self, certificate: x509.Certificate, now: datetime) -> bool | None:
        """Whether its authority revoked it; ``None`` where no list of it is in force: nobody knows."""
        self.read()
        known = [
            one
            for one in self._lists
            if one.issuer == certificate.issuer and one.next_update_utc is not None and now < one.next_update_utc
        ]
        if not known:
            return None
        return any(one.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None for one in known)


class Trust:
    """Who may have signed a client certificate."""

    def __init__(self, own: Authority | None, outside: Outside | None) -> None:
        self.own = own
        self.outside = outside

    def is_own(self, certificate: x509.Certificate) -> bool:
        """Whether our authority signed it."""
        return self.own is not None and issued_by(certificate, self.own.certificate)

    def is_outside(self, certificate: x509.Certificate) -> bool:
        """Whether an authority of the file signed it."""
        found = () if self.outside is None else self.outside.authorities
        return any(issued_by(certificate, one) for one in found)


def issued_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    """Whether that authority's key signed the certificate."""
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _signed_by(one: x509.CertificateRevocationList, authority: x509.Certificate) -> bool:
    try:
        return one.issuer == authority.subject and one.is_signature_valid(authority.public_key())  # type: ignore[arg-type] # another kind of key raises
    except (TypeError, ValueError, UnsupportedAlgorithm):
        return False


def _parts(content: bytes) -> list[bytes]:
    """The CRLs of a file of several."""
    end = b"-----END X509 CRL-----"
    return [part + end + b"\n" for part in content.split(end) if b"BEGIN X509 CRL" in part]
