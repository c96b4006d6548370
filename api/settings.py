"""Settings of the service, from the environment (``DIAG_…``) or a ``.env`` file. Nothing is read at import."""

from __future__ import annotations

import re
import secrets
from datetime import time
from ipaddress import IPv4Address
from pathlib import Path
from typing import Literal, Self

from pydantic import AwareDatetime, BaseModel, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from api.certificates.settings import CertificateSettings
from api.oidc_settings import OidcSettings, checked_address
from api.platform_settings import PlatformSettings

_PLACEHOLDERS = {"", "changeme", "change-me", "secret", "password"}


class InfluxSettings(BaseModel):
    """An InfluxDB 2.x server. ``database`` is the one of InfluxQL that is mapped to the bucket; the bucket's name."""

    url: str
    org: str = ""
    bucket: str
    token: SecretStr
    database: str = ""


class SmtpSettings(BaseModel):
    """An SMTP server; with a username, STARTTLS is asked for."""

    host: str
    port: int = Field(default=587, ge=1, le=65535)
    sender: str
    username: str = ""
    password: SecretStr = SecretStr("")


class Settings(BaseSettings):
    """How this instance runs.

    Attributes:
        database_url: SQLAlchemy URL of the records.
        acs_key: Key that the boxes' own secrets and connection-request passwords are derived from.
        acs_auth: How boxes prove who they are: ``off``, ``bootstrap`` or ``required``.
        acs_bootstrap_secret: Secret of boxes that have none of their own yet, with ``acs_bootstrap_username``.
        acs_bootstrap_former_secret: The shared secret before it; good until ``acs_bootstrap_former_until``.
        acs_readmit_s: How long a box that was reset may come again with a shared secret, once that was asked for.
        acs_tls_cert: Certificate of the ACS, with ``acs_tls_key``: boxes may then inform over TLS on ``acs_tls_port``.
        acs_boxes_ca: Authority of the boxes' client certificates.
        acs_inform_interval_s: PeriodicInformInterval that boxes are given; without it they keep theirs.
        acs_session_timeout_s: A box that says nothing for that long has left its session.
        acs_stun_address: IPv4 address under which boxes reach ``acs_stun_port`` (UDP), to be called behind NAT.
        acs_call_basic: Whether a box that knows no digest is called with its password in clear.
        acs_cookie_path: Whether the session cookie says ``Path=/``, which some boxes need.
        genieacs_url: REST interface (NBI) of a GenieACS that the boxes inform, in the place of the embedded ACS.
        radius_secret: Shared secret of the accounting clients.
        box_networks: Networks in which boxes may be called (a box reports its own URL: anything else is refused).
        box_ping_target: Address beyond the platform that a *Diagnostic global* has a box ping; empty: none.
        box_dns_name: Name that it has it look up; empty: none.
        platform: What is probed of the Internet platform (``DIAG_PLATFORM__RADIUS``…); without it, nothing.
        known_hosts: File of the OLTs' SSH host keys (OpenSSH's form); without it any key is accepted.
        test_deadline_s: A test ends after this time with what it has.
        poll_period_s: Seconds of the observed world between two readings of an OLT.
        walk_every_s: Seconds between two walks of all tables, where columns are read in between.
        trap_port: Where OLTs announce; 1162 because 162 takes a privilege.
        engine_file: Who we are to OLTs that send SNMPv3 informs, and how often we have started.
        telemetry_folder: Segments of the embedded store, or the outbox of InfluxDB.
        telemetry_keep_days: Retention of the embedded store; InfluxDB has its own.
        keep_diagnoses_days: Retention of results of tests; those that a signalisation refers to stay.
        keep_incidents_days: Of collective incidents and planned works, from their end.
        keep_traces_days: Of what boxes announced, what webhooks were told, tokens that have ended, boxes of no access.
        influx: Server that telemetry is written to (``DIAG_INFLUX__URL``…); without it, the embedded store.
        coa_host: BRAS, or RADIUS proxy in front of them, that closes sessions (RFC 5176); ``None``: nobody does.
        coa_secret: Shared with it; ``radius_secret`` without it.
        coa_port25_open: Name, at the BRAS, of the filter that lets TCP port 25 through.
        coa_port25_closed: Name of the one that does not; without both, a team carries the orders about port 25 out.
        trends_at: Hour of Paris at which the fleet's trends are scanned.
        teleaction_patience: Factor of the deadlines of téléactions; 1 but for simulated boxes that start faster.
        maintenance_window: Hours of Europe/Paris in which works may disturb customers.
        firmware_catalogue: TOML file of the firmware that boxes may be given.
        smtp: Server that mails the owners of accounts (``DIAG_SMTP__HOST``…); without it, codes are handed over.
        certificates: Certificates of operators (``DIAG_CERTIFICATES__…``); without it, none is made nor believed.
        metrics_olts: OLTs with series of their own in ``/metrics``; the others are in the totals only.
        operator_pending_tests: Tests of one operator that run or wait at once; the next is refused (429).
        operator_tests_per_minute: Tests that one operator may ask a minute.
        reference_tests: Whether a creation, an exchange and a repair are followed by a DELC kept as reference.
        gtr_countdown_s: Working seconds left of a GTR at which its countdown is told, each once.
        gtr_freezes: Whether the GTR's clock stands still while a signalisation is « Gelée ».
        closing_codes: Table of closing codes in the place of ours (YAML).
        deposit_patience_s: How long a deposit waits for the test that it runs first.
        webhooks_insecure: Whether webhooks may be plain HTTP and lead to private addresses: a laboratory's.
        tmf_sandbox_operator: Operator whose TM Forum clients may name what does not exist: for kits; empty: none.
        secure_cookies: Whether the sign-in cookie is for HTTPS only.
        public_url: Address that browsers reach the page at; OpenID Connect providers send them back there.
        oidc: OpenID Connect providers by name (``DIAG_OIDC__NAME__ISSUER``…); without any, local accounts only.
    """

    model_config = SettingsConfigDict(env_prefix="DIAG_", env_nested_delimiter="__", env_file=".env", extra="ignore")

    database_url: str = "sqlite+aiosqlite:///var/records.sqlite"
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    acs_host: str = "127.0.0.1"
    acs_port: int = Field(default=7547, ge=0, le=65535)
    acs_key: SecretStr
    acs_auth: Literal["off", "bootstrap", "required"] = "off"
    acs_bootstrap_username: str = "bootstrap"
    acs_bootstrap_secret: SecretStr | None = None
    acs_bootstrap_former_secret: SecretStr | None = None
    acs_bootstrap_former_until: AwareDatetime | None = None
    acs_readmit_s: float = Field(default=7_200.0, ge=60, le=604_800)
    acs_tls_port: int = Field(default=7548, ge=0, le=65535)
    acs_tls_cert: Path | None = None
    acs_tls_key: Path | None = None
    acs_boxes_ca: Path | None = None
    acs_inform_interval_s: int | None = Field(default=None, ge=60, le=604_800)
    acs_session_timeout_s: float = Field(default=30.0, gt=0, le=300)
    acs_cookie_path: bool = False
    acs_stun_address: IPv4Address | None = None
    acs_stun_port: int = Field(default=3478, ge=0, le=65535)
    acs_call_basic: bool = False
    genieacs_url: str | None = Field(default=None, pattern="^https?://")
    radius_host: str = "127.0.0.1"
    radius_port: int = Field(default=1813, ge=0, le=65535)
    radius_secret: SecretStr
    coa_host: str | None = None
    coa_port: int = Field(default=3799, ge=1, le=65535)
    coa_secret: SecretStr | None = None
    coa_port25_open: str | None = None
    coa_port25_closed: str | None = None
    syslog_host: str = "127.0.0.1"
    syslog_port: int = Field(default=5514, ge=0, le=65535)
    box_networks: str = "127.0.0.0/8"
    box_ping_target: str = ""
    box_dns_name: str = ""
    platform: PlatformSettings | None = None
    known_hosts: Path | None = None
    test_deadline_s: float = Field(default=6.0, gt=0, le=120)
    box_deadline_s: float = Field(default=4.0, gt=0, le=120)
    poll_period_s: float = Field(default=300.0, gt=0)
    walk_every_s: float = Field(default=3600.0, gt=0)
    trap_host: str = "127.0.0.1"
    trap_port: int = Field(default=1162, ge=0, le=65535)
    engine_file: Path = Path("var/snmp-engine.json")
    telemetry_folder: Path = Path("var/telemetry")
    telemetry_keep_days: float = Field(default=30.0, gt=0)
    keep_diagnoses_days: float = Field(default=90.0, ge=2)
    keep_incidents_days: float = Field(default=365.0, ge=2)
    keep_traces_days: float = Field(default=30.0, ge=2)
    influx: InfluxSettings | None = None
    trends_at: time = time(3, 30)
    max_running_teleactions: int = Field(default=16, ge=1)
    teleaction_patience: float = Field(default=1.0, gt=0)
    maintenance_window: str = "02:00-06:00"
    firmware_catalogue: Path | None = None
    smtp: SmtpSettings | None = None
    certificates: CertificateSettings | None = None
    metrics_olts: int = Field(default=1000, ge=0)
    max_running_tests: int = Field(default=64, ge=1)
    operator_pending_tests: int = Field(default=500, ge=1)
    operator_tests_per_minute: int = Field(default=1200, ge=3)
    reference_tests: bool = True
    webhooks_insecure: bool = False
    gtr_countdown_s: tuple[int, ...] = (4 * 3600, 3600)  # C: half a day left, then the last hour
    gtr_freezes: bool = False
    closing_codes: Path | None = None
    deposit_patience_s: float = Field(default=30.0, gt=0, le=300)
    tmf_sandbox_operator: str = ""
    secure_cookies: bool = True
    public_url: str = ""
    oidc: dict[str, OidcSettings] = {}

    @model_validator(mode="after")
    def _providers_are_named(self) -> Self:
        if self.oidc and not self.public_url:
            raise ValueError("DIAG_OIDC needs DIAG_PUBLIC_URL: providers send browsers back there")
        if self.public_url:
            checked_address(self.public_url)
        for name in self.oidc:
            if re.fullmatch("[a-z0-9-]{1,32}", name) is None:
                raise ValueError(f"DIAG_OIDC: {name!r} is no name: letters, digits, hyphens, 32 at most")
        return self

    @model_validator(mode="after")
    def _no_placeholder(self) -> Self:
        for name in ("acs_key", "radius_secret", "coa_secret", "acs_bootstrap_secret", "acs_bootstrap_former_secret"):
            secret: SecretStr | None = getattr(self, name)
            if secret is not None and secret.get_secret_value().strip().lower() in _PLACEHOLDERS:
                raise ValueError(f"DIAG_{name.upper()} is a placeholder: give it a value of its own")
        return self

    @model_validator(mode="after")
    def _acs_is_whole(self) -> Self:
        if (self.acs_tls_cert is None) is not (self.acs_tls_key is None):
            raise ValueError("DIAG_ACS_TLS_CERT and DIAG_ACS_TLS_KEY go together")
        if self.acs_boxes_ca is not None and self.acs_tls_cert is None:
            raise ValueError("DIAG_ACS_BOXES_CA needs DIAG_ACS_TLS_CERT: client certificates exist over TLS only")
        if self.acs_auth == "bootstrap" and self.acs_bootstrap_secret is None:
            raise ValueError("DIAG_ACS_AUTH=bootstrap needs DIAG_ACS_BOOTSTRAP_SECRET")
        if self.acs_auth == "required" and self.acs_bootstrap_secret is None and self.acs_boxes_ca is None:
            raise ValueError("DIAG_ACS_AUTH=required needs DIAG_ACS_BOOTSTRAP_SECRET or DIAG_ACS_BOXES_CA")
        return self

    @model_validator(mode="after")
    def _rotation_is_whole(self) -> Self:
        former, until = self.acs_bootstrap_former_secret, self.acs_bootstrap_former_until
        if (former is None) is not (until is None):
            raise ValueError("DIAG_ACS_BOOTSTRAP_FORMER_SECRET and DIAG_ACS_BOOTSTRAP_FORMER_UNTIL go together")
        if former is not None and self.acs_bootstrap_secret is None:
            raise ValueError("DIAG_ACS_BOOTSTRAP_FORMER_SECRET needs DIAG_ACS_BOOTSTRAP_SECRET, which takes its place")
        if former is not None and former == self.acs_bootstrap_secret:
            raise ValueError("DIAG_ACS_BOOTSTRAP_FORMER_SECRET is DIAG_ACS_BOOTSTRAP_SECRET: nothing was changed")
        return self

    @classmethod
    def ephemeral(cls, folder: Path) -> Self:
        """Settings of a throw-away instance on free ports of the loopback, with drawn secrets."""
        return cls(
            _env_file=None,
            database_url=f"sqlite+aiosqlite:///{folder / 'records.sqlite'}",
            port=0,
            acs_port=0,
            radius_port=0,
            syslog_port=0,
            trap_port=0,
            engine_file=folder / "snmp-engine.json",
            telemetry_folder=folder / "telemetry",
            acs_key=SecretStr(secrets.token_urlsafe(32)),
            radius_secret=SecretStr(secrets.token_urlsafe(16)),
            certificates=CertificateSettings(
                passphrase=SecretStr(secrets.token_urlsafe(32)),
                folder=folder / "authority",
                public_folder=folder / "authority" / "public",
            ),
            secure_cookies=False,
            webhooks_insecure=True,
            reference_tests=False,  # a plant that is provisioned at once would be tested whole
        )


def explain(error: ValidationError) -> str:
    """What is wrong with the environment, a line a variable, without values."""
    return "\n".join(
        f"DIAG_{'__'.join(str(part) for part in item['loc']).upper()}: {item['msg']}" if item["loc"] else item["msg"]
        for item in error.errors(include_input=False)
    )
