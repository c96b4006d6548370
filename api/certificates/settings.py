"""How digital certificates are made and believed (``DIAG_CERTIFICATES__…``)."""

from __future__ import annotations

import ipaddress
from datetime import time
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, SecretStr, model_validator

from domain.certificate import Environment, NoticePolicy

PASSPHRASE_MIN = 16
_USUAL = NoticePolicy()


class CertificateSettings(BaseModel):
    """The authority, and what is believed of who shows a certificate.

    Attributes:
        authority: ``embedded`` signs here; ``external`` waits for certificates that another authority signed.
        passphrase: Encrypts the key of the embedded authority at rest.
        folder: The embedded authority: its key (encrypted) and its certificate.
        public_folder: What nginx reads: ``ca.pem`` and ``crl.pem``.
        external_ca: Authorities (PEM) whose certificates may be deposited, with ``external_crl``.
        external_crl: Their revocation lists (PEM), read again whenever the file changes.
        environment: Of this service: certificates of the other one are refused.
        trusted_proxies: Addresses of the nginx that ends TLS: ``Client-Cert`` is believed from there alone.
        days: Life of a certificate.
        crl_days: Life of a revocation list; another is made at half of it.
        crl_url: Where the list is published; it stands in each certificate.
        notices_at: Hour of Paris at which ends to come are told.
        alert_days: Usual delay of the alert, of operators that gave none; ``reminder_days`` likewise.
    """

    authority: Literal["embedded", "external"] = "embedded"
    passphrase: SecretStr | None = None
    folder: Path = Path("var/authority")
    public_folder: Path = Path("var/authority/public")
    external_ca: Path | None = None
    external_crl: Path | None = None
    environment: Environment = Environment.PRODUCTION
    trusted_proxies: Annotated[list[str], Field(max_length=50)] = []
    days: int = Field(default=730, ge=1, le=825)
    crl_days: int = Field(default=7, ge=1, le=30)
    crl_url: str | None = Field(default=None, pattern=r"^https?://[\x21-\x7e]+$", max_length=500)
    notices_at: time = time(8, 0)
    alert_days: int = _USUAL.alert_days
    reminder_days: int = _USUAL.reminder_days

    @property
    def policy(self) -> NoticePolicy:
        """The usual delays."""
        return NoticePolicy(self.alert_days, self.reminder_days)

    @property
    def proxies(self) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
        """The trusted proxies, as networks."""
        return tuple(ipaddress.ip_network(text) for text in self.trusted_proxies)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        secret = "" if self.passphrase is None else self.passphrase.get_secret_value().strip()
        if self.authority == "embedded" and len(secret) < PASSPHRASE_MIN:
            raise ValueError(f"DIAG_CERTIFICATES__PASSPHRASE needs {PASSPHRASE_MIN} characters at least")
        if self.authority == "external" and self.external_ca is None:
            raise ValueError("DIAG_CERTIFICATES__AUTHORITY=external needs DIAG_CERTIFICATES__EXTERNAL_CA")
        if (self.external_ca is None) is not (self.external_crl is None):
            raise ValueError("DIAG_CERTIFICATES__EXTERNAL_CA and DIAG_CERTIFICATES__EXTERNAL_CRL go together")
        for text in self.trusted_proxies:
            if _too_wide(text):
                raise ValueError(f"DIAG_CERTIFICATES__TRUSTED_PROXIES: {text} is no address nor small network")
        _ = self.policy
        return self


def _too_wide(text: str) -> bool:
    """Whether it is no network, or one of more than 256 addresses: proxies are named, not guessed."""
    try:
        return ipaddress.ip_network(text).num_addresses > 256
    except ValueError:
        return True
