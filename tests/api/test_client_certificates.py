"""Who shows a client certificate: believed from the proxy alone, and told clearly why not."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from fastapi import Request
from pydantic import SecretStr

from api.certificates.client import ClientCertificates
from api.certificates.settings import CertificateSettings
from api.security.peer import source_of
from api.settings import Settings
from api.wiring.certificates import parts
from domain.certificate import Environment
from domain.principal import Principal
from tests.api.certificate_kit import ESAV, INTRUDER, PATH, OtherAuthority, api, issued, pem_of, request_of, token_of
from tests.web import golden
from tests.web.world import ADMINISTRATOR, SUPPORT, World, opened

PROXY = "127.0.0.7"


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    async with opened(tmp_path, monkeypatch) as found:
        believe(found)
        yield found


def believe(world: World, environment: Environment = Environment.PRODUCTION, proxy: str = PROXY) -> None:
    """The proxy's address is trusted, and this is that environment."""
    settings = CertificateSettings(passphrase=SecretStr("x" * 16), trusted_proxies=[proxy], environment=environment)
    service: Any = world.service
    service.client_certificates = ClientCertificates(
        service.records.certificates, service.certificates._trust, settings, world.clock
    )


def header(certificate: x509.Certificate) -> str:
    return f":{base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()}:"


@asynccontextmanager
async def machine(world: World, *shown: str, peer: str = PROXY, who: Principal | None = None) -> AsyncIterator[Any]:
    """The API asked by who shows that, from that address; ``who``: with a token beside."""
    async with api(world, None, peer=peer) as client:
        headers = [("Client-Cert", one) for one in shown]
        if who is not None:
            headers.append(("Authorization", f"Bearer {await token_of(world, who)}"))
        client.headers = httpx.Headers([*client.headers.raw, *((k.encode(), v.encode()) for k, v in headers)])
        yield client


async def shown_by(world: World, **changes: Any) -> tuple[str, str]:
    """The header of a new certificate, and its identifier."""
    number = (await issued(world, **changes))["certificate"]["certificate_id"]
    return header(await pem_of(world, number)), number


def refused(answer: httpx.Response, status: int, said: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert said in body["detail"]
    assert [one["field"] for one in body["errors"]] == ["Client-Cert"]


async def test_a_certificate_is_its_operator_with_the_rights_that_were_declared(world: World) -> None:
    value, _ = await shown_by(world)
    async with machine(world, value) as client:
        me = (await client.get("/me")).json()
        assert me == {
            "operator": golden.OPERATOR,
            "account": "certificat:397480930_eSAV_prod",
            "rights": ["e-SAV Test"],
        }
        assert len((await client.get("/accesses")).json()) == 2
        assert (await client.get("/ticket-types")).status_code == 403
        assert (await client.post("/accesses/F00000015/diagnostics", json={"test": "Infos Box"})).status_code == 202


async def test_the_header_is_believed_from_the_proxy_alone(world: World) -> None:
    value, _ = await shown_by(world)
    for peer in ("127.0.0.1", "127.0.0.8", "testclient", "192.0.2.1", "::1"):
        async with machine(world, value, peer=peer) as client:
            refused(await client.get("/me"), 401, "n'est cru que du proxy")
    async with machine(world, value, peer="127.0.0.8", who=SUPPORT) as client:
        refused(await client.get("/me"), 401, "n'est cru que du proxy")


async def test_without_certificates_in_the_settings_no_header_is_believed(world: World) -> None:
    value, _ = await shown_by(world)
    service: Any = world.service
    settings = world.service.settings.model_copy(update={"certificates": None})
    service.client_certificates = parts(settings, world.clock, service.records).clients
    async with machine(world, value) as client:
        refused(await client.get("/me"), 401, "n'est cru que du proxy")


@pytest.mark.parametrize(
    "value",
    [
        "",
        ":",
        "::",
        "abc",
        ":abc",
        ":YWJj:",
        ":!!!!:",
        "YWJj",
        ":YWJj:;a=1",
        '"YWJj"',
        ":YW Jj:",
        ":" + "A" * 20_000 + ":",
    ],
)
async def test_what_is_no_certificate_in_one_byte_sequence_is_refused(world: World, value: str) -> None:
    async with machine(world, value) as client:
        refused(await client.get("/me"), 401, "illisible")


async def test_two_headers_are_refused(world: World) -> None:
    value, _ = await shown_by(world)
    async with machine(world, value, value) as client:
        refused(await client.get("/me"), 401, "illisible")


async def test_a_revoked_certificate_lets_nobody_in_from_the_next_request_on(world: World) -> None:
    value, number = await shown_by(world)
    async with machine(world, value) as client, api(world) as boss:
        assert (await client.get("/me")).status_code == 200
        await boss.post(f"{PATH}/{number}/revocation", json={"reason": "keyCompromise"})
        refused(await client.get("/me"), 401, "révoqué")
        english = await client.get("/me", headers={"Accept-Language": "en"})
        assert english.json()["detail"] == "The client certificate was revoked"


async def test_a_certificate_lets_in_until_its_last_second(world: World) -> None:
    value, number = await shown_by(world)
    ends = (await pem_of(world, number)).not_valid_after_utc
    async with machine(world, value) as client:
        world.clock.instant = ends - timedelta(seconds=1)
        assert (await client.get("/me")).status_code == 200
        world.clock.instant = ends
        refused(await client.get("/me"), 401, "a expiré")
        world.clock.instant = golden.NOW - timedelta(minutes=6)
        refused(await client.get("/me"), 401, "pas encore valide")


async def test_a_certificate_of_the_other_environment_is_refused_by_both(world: World) -> None:
    production, _ = await shown_by(world)
    trial, _ = await shown_by(world, environment="Hors-Production")
    async with machine(world, trial) as client:
        refused(
            await client.get("/me"), 403, "pour l'environnement « Hors-Production », et celui-ci est « Production »"
        )
    believe(world, Environment.NON_PRODUCTION)
    async with machine(world, trial) as client:
        assert (await client.get("/me")).status_code == 200
    async with machine(world, production) as client:
        refused(await client.get("/me"), 403, "« Production », et celui-ci est « Hors-Production »")


async def test_a_certificate_of_another_e_service_is_refused(world: World) -> None:
    value, _ = await shown_by(world, eservice="FCI")
    async with machine(world, value) as client:
        refused(await client.get("/me"), 403, "pour l'e-service « FCI »")


async def test_a_certificate_of_another_authority_is_refused_though_it_claims_the_same_name(world: World) -> None:
    other = OtherAuthority(world.clock.now())
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    async with machine(world, header(other.sign(key))) as client:
        refused(await client.get("/me"), 401, "pas reconnue ici")
    async with machine(world, header(other.certificate)) as client:
        refused(await client.get("/me"), 401, "pas reconnue ici")


async def test_what_our_authority_signed_and_nobody_issued_is_refused(world: World) -> None:
    authority = world.service.certificates._trust.own
    assert authority is not None
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    stray = authority.sign(golden.OPERATOR, Environment.PRODUCTION, "abc", key, world.clock.now(), 30)
    async with machine(world, header(stray)) as client:
        refused(await client.get("/me"), 401, "pas de ceux qui ont été délivrés")


async def test_a_certificate_beside_a_token_must_be_of_the_same_operator(world: World) -> None:
    value, number = await shown_by(world)
    async with machine(world, value, who=SUPPORT) as client:
        assert (await client.get("/me")).json()["account"] == SUPPORT.account
    async with machine(world, value, who=INTRUDER) as client:
        refused(await client.get("/me"), 403, "pas du même opérateur")
    async with api(world) as boss:
        await boss.post(f"{PATH}/{number}/revocation", json={})
    async with machine(world, value, who=SUPPORT) as client:
        refused(await client.get("/me"), 401, "révoqué")


async def test_a_machine_makes_no_token_that_would_outlive_its_certificate(world: World) -> None:
    value, _ = await shown_by(world)
    async with machine(world, value) as client:
        assert (await client.post("/me/tokens", json={"rights": ["e-SAV Test"]})).status_code == 403
        assert (await client.get(PATH)).status_code == 403


async def test_a_machine_sees_nothing_of_another_operator(world: World) -> None:
    theirs = (await issued(world, INTRUDER))["certificate"]["certificate_id"]
    value = header(await pem_of(world, theirs, INTRUDER))
    async with machine(world, value) as client:
        assert (await client.get("/me")).json()["operator"] == INTRUDER.operator_id
        assert (await client.get("/accesses")).json() == []
        assert (await client.get("/accesses/F00000015")).status_code == 404


async def test_the_page_shows_the_refusal_in_french(world: World) -> None:
    transport = httpx.ASGITransport(world.app, client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://sav.test") as browser:
        answer = await browser.get("/", headers={"Client-Cert": ":YWJj:", "Accept": "text/html"})
    assert answer.status_code == 401
    assert "proxy qui termine TLS" in answer.text


@pytest.mark.parametrize(
    ("peer", "forwarded", "traced"),
    [
        (PROXY, "198.51.100.7", "198.51.100.7"),
        (PROXY, "203.0.113.1, 198.51.100.7", "198.51.100.7"),  # the client's own claim stands first
        (PROXY, "", PROXY),
        ("::ffff:127.0.0.7", "198.51.100.7", "198.51.100.7"),
        ("127.0.0.8", "198.51.100.7", "127.0.0.8"),
    ],
)
async def test_where_a_request_began_is_what_the_trusted_proxy_says(
    world: World, peer: str, forwarded: str, traced: str
) -> None:
    scope = {
        "type": "http", "app": world.app, "client": (peer, 1), "headers": [(b"x-forwarded-for", forwarded.encode())],
    }  # fmt: skip
    assert source_of(Request(scope)) == traced


@pytest.fixture
def elsewhere(world: World, tmp_path: Path) -> tuple[OtherAuthority, Path]:
    """Another authority signs: the service waits for what it signs."""
    other = OtherAuthority(world.clock.now())
    authorities, lists = tmp_path / "autres.pem", tmp_path / "autres.crl.pem"
    authorities.write_bytes(other.certificate.public_bytes(Encoding.PEM))
    lists.write_bytes(other.revoking())
    settings = Settings.ephemeral(tmp_path).model_copy(
        update={
            "certificates": CertificateSettings(
                authority="external",
                external_ca=authorities,
                external_crl=lists,
                trusted_proxies=[PROXY],
                public_folder=tmp_path / "public",
            )
        }
    )
    found = parts(settings, world.clock, world.service.records)
    service: Any = world.service
    service.certificates, service.client_certificates = found.service, found.clients
    return other, lists


async def expected(world: World, key: Any, **changes: Any) -> str:
    """A request that waits for the other authority."""
    made = await issued(world, csr=request_of(key), **changes)
    assert made["certificate"]["state"] == "pending"
    return str(made["certificate"]["certificate_id"])


async def test_a_request_waits_for_the_other_authority_and_its_certificate_is_deposited(
    world: World, elsewhere: tuple[OtherAuthority, Path]
) -> None:
    other, lists = elsewhere
    key = ec.generate_private_key(ec.SECP256R1())
    number = await expected(world, key)
    async with api(world) as boss:
        assert (await boss.post(PATH, json=ESAV)).status_code == 422  # no key is made here
        assert (await boss.get(f"{PATH}/{number}/file")).status_code == 409
        request = x509.load_pem_x509_csr((await boss.get(f"{PATH}/{number}/csr")).content)
        signed = other.sign(request.public_key(), usage=ExtendedKeyUsageOID.CLIENT_AUTH)
        pem = signed.public_bytes(Encoding.PEM).decode()
        answer = await boss.put(f"{PATH}/{number}/certificate", json={"certificate": pem})
        assert answer.status_code == 200, answer.text
        assert (answer.json()["state"], answer.json()["origin"]) == ("valid", "external")
        assert (await boss.put(f"{PATH}/{number}/certificate", json={"certificate": pem})).status_code == 409
        assert (await boss.get(f"{PATH}/{number}/file")).text == pem
    async with machine(world, header(signed)) as client:
        assert (await client.get("/me")).status_code == 200
        lists.write_bytes(other.revoking([signed.serial_number]))
        refused(await client.get("/me"), 401, "révoqué")
        lists.write_bytes(other.revoking(days=1))
        assert (await client.get("/me")).status_code == 200
        world.clock.instant += timedelta(days=1)
        refused(await client.get("/me"), 401, "Aucune liste de révocation")
    async with api(world, None) as nobody:
        assert (await nobody.get("/certificate-authority/crl")).status_code == 404
        assert (await nobody.get("/certificate-authority")).status_code == 404


async def test_what_is_not_the_certificate_of_the_request_is_not_deposited(
    world: World, elsewhere: tuple[OtherAuthority, Path]
) -> None:
    from cryptography.hazmat.primitives import hashes

    other, lists = elsewhere
    key, stranger = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    number = await expected(world, key)
    public = key.public_key()
    revoked = other.sign(public)
    lists.write_bytes(other.revoking([revoked.serial_number]))
    cases = {
        "signé par une autorité reconnue": OtherAuthority(world.clock.now()).sign(public),
        "de la clé que contient la demande": other.sign(stranger.public_key()),
        "signé avec SHA-2": other.sign(public, digest=hashes.SHA224()),
        "en cours de validité": other.sign(public, days=-1),
        "de client": other.sign(public, usage=ExtendedKeyUsageOID.SERVER_AUTH),
        "n'a pas révoqué": revoked,
    }
    async with api(world) as boss:
        for said, certificate in cases.items():
            pem = certificate.public_bytes(Encoding.PEM).decode()
            answer = await boss.put(f"{PATH}/{number}/certificate", json={"certificate": pem})
            assert answer.status_code == 422, (said, answer.text)
            assert said in answer.json()["detail"], answer.text
        answer = await boss.put(f"{PATH}/{number}/certificate", json={"certificate": "pas un certificat"})
        assert answer.status_code == 422
        assert (await boss.get(f"{PATH}/{number}")).json()["state"] == "pending"
        await boss.post(f"{PATH}/{number}/revocation", json={})  # it is called off
        pem = other.sign(public).public_bytes(Encoding.PEM).decode()
        assert (await boss.put(f"{PATH}/{number}/certificate", json={"certificate": pem})).status_code == 409


async def test_one_certificate_is_not_deposited_for_two_operators(
    world: World, elsewhere: tuple[OtherAuthority, Path]
) -> None:
    other, _ = elsewhere
    key = ec.generate_private_key(ec.SECP256R1())
    pem = other.sign(key.public_key()).public_bytes(Encoding.PEM).decode()
    first, second = await expected(world, key), None
    async with api(world) as boss, api(world, INTRUDER) as intruder:
        assert (await boss.put(f"{PATH}/{first}/certificate", json={"certificate": pem})).status_code == 200
        made = await intruder.post(PATH, json={**ESAV, "rights": [], "csr": request_of(key)})
        second = made.json()["certificate"]["certificate_id"]
        answer = await intruder.put(f"{PATH}/{second}/certificate", json={"certificate": pem})
        assert answer.status_code == 409
        assert "397480930" not in answer.text
    assert ADMINISTRATOR.operator_id == "397480930"
