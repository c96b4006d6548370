"""What the tests of digital certificates share: who asks, requests and what is read of the files."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from domain.account import Profile
from domain.principal import Principal, Right
from tests.web import golden
from tests.web.world import ADMINISTRATOR, World

PATH = "/certificates"
ESAV: dict[str, Any] = {"eservice": "e-SAV", "environment": "Production", "rights": ["e-SAV Test"]}
DELEGATE = Principal(golden.OPERATOR, "camille.durand", frozenset({Right.TEST}))
INTRUDER = Principal("512345678", "admin.deux", frozenset({Right.ADMINISTRATOR, Right.TEST}))
MAIL = "camille.durand@operateur.example"
BOSS_MAIL = "admin.un@operateur.example"


async def token_of(world: World, who: Principal) -> str:
    """A token of an account, made at need."""
    key = f"long/{who.operator_id}/{who.account}"  # the world's own last a week
    if key not in world.tokens:
        issued = await world.service.records.tokens.issue(who, world.clock.now(), timedelta(days=3650))
        world.tokens[key] = issued.token.reveal()
    return world.tokens[key]


@asynccontextmanager
async def api(world: World, who: Principal | None = ADMINISTRATOR, **options: Any) -> AsyncIterator[httpx.AsyncClient]:
    """The API as that account; ``peer``: the address that it is asked from; ``headers``."""
    headers = dict(options.get("headers", {}))
    if who is not None:
        headers["Authorization"] = f"Bearer {await token_of(world, who)}"
    transport = httpx.ASGITransport(world.app, client=(options.get("peer", "127.0.0.9"), 40_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://sav.test/api/v1", headers=headers) as client:
        yield client


async def with_mail(world: World) -> None:
    """The administrator has an address, and so has an account that may be delegated to."""
    accounts, now = world.service.records.accounts, world.clock.now()
    boss = Profile("UN", "Admin", BOSS_MAIL, "0199001234")
    await accounts.change(ADMINISTRATOR, ADMINISTRATOR.account, boss, ADMINISTRATOR.rights)
    person = Profile("DURAND", "Camille", MAIL, "0199001235")
    await accounts.create(ADMINISTRATOR, DELEGATE.account, person, DELEGATE.rights, now)


async def issued(world: World, who: Principal = ADMINISTRATOR, **changes: Any) -> dict[str, Any]:
    """A new certificate: what the API answered."""
    async with api(world, who) as client:
        answer = await client.post(PATH, json={**ESAV, **changes})
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found


async def pem_of(world: World, certificate_id: str, who: Principal = ADMINISTRATOR) -> x509.Certificate:
    """The certificate, as it was signed."""
    pem = (await world.service.records.certificates.get(who, certificate_id)).pem
    assert pem is not None
    return x509.load_pem_x509_certificate(pem.encode())


def rsa_key(bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


def request_of(key: Any, digest: Any = None) -> str:
    """A PKCS#10 request; its subject claims another operator."""
    name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "un autre")])
    made = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, digest or hashes.SHA256())
    return made.public_bytes(Encoding.PEM).decode()


class OtherAuthority:
    """An authority that is not ours, with its revocation list."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Autorité d'ailleurs")])
        self.certificate = self._build(self.name, self.key.public_key(), hashes.SHA256(), ca=True)

    def sign(self, key: Any, *, digest: Any = None, usage: Any = None, days: int = 30) -> x509.Certificate:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "client")])
        return self._build(subject, key, digest or hashes.SHA256(), ca=False, usage=usage, days=days)

    def _build(
        self, subject: x509.Name, key: Any, digest: Any, *, ca: bool, usage: Any = None, days: int = 30
    ) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder().subject_name(subject).issuer_name(self.name).public_key(key)
            .serial_number(x509.random_serial_number()).not_valid_before(self.now - timedelta(days=60))
            .not_valid_after(self.now + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )  # fmt: skip
        if usage is not None:
            builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        return builder.sign(self.key, digest)

    def revoking(self, serials: Sequence[int] = (), *, days: int = 7) -> bytes:
        """Its list (PEM)."""
        builder = (
            x509.CertificateRevocationListBuilder().issuer_name(self.name)
            .last_update(self.now - timedelta(days=1)).next_update(self.now + timedelta(days=days))
        )  # fmt: skip
        for serial in serials:
            one = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(self.now).build()
            builder = builder.add_revoked_certificate(one)
        return builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM)
