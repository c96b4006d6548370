"""The nginx of `deploy/nginx`, a real one: TLS ends there, client certificates pass on as RFC 9440 says."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import signal
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs12

from api.events import Progress
from api.serve import http
from domain.certificate import Environment
from tests import certificates
from tests.api.certificate_kit import PATH, OtherAuthority, api, issued, token_of
from tests.api.test_client_certificates import believe
from tests.services import require_nginx
from tests.web import golden
from tests.web.world import SUPPORT, World, opened

ROOT = Path(__file__).resolve().parents[2]
SERVICE, FRONT, ASIDE = "127.0.0.41", "127.0.0.42", "127.0.0.43"
PATIENCE_S = 30.0


@dataclass(slots=True)
class Front:
    """A running nginx, and what it says."""

    world: World
    folder: Path
    port: int
    service_port: int
    process: asyncio.subprocess.Process

    async def heard(self, word: str) -> None:
        """Return when nginx has said that."""
        assert self.process.stderr is not None
        said = []
        async with asyncio.timeout(PATIENCE_S):
            while word not in (line := (await self.process.stderr.readline()).decode()):
                said.append(line)
                assert line, f"nginx has ended: {said}"

    @asynccontextmanager
    async def client(self, name: str | None = None, **options: Any) -> AsyncIterator[httpx.AsyncClient]:
        """A machine that shows the certificate of that name, over TLS."""
        context = ssl.create_default_context(cafile=str(self.folder / "site.pem"))
        context.check_hostname = False
        if name is not None:
            context.load_cert_chain(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        async with httpx.AsyncClient(verify=context, base_url=f"https://{FRONT}:{self.port}", **options) as client:
            yield client

    async def made(self, name: str, **changes: Any) -> str:
        """A certificate issued by the service, taken out of its PKCS#12 into files; its identifier."""
        issued_ = await issued(self.world, **changes)
        number = str(issued_["certificate"]["certificate_id"])
        async with api(self.world) as boss:
            file = (await boss.get(f"{PATH}/{number}/file")).content
        key, certificate, _ = pkcs12.load_key_and_certificates(file, issued_["password"].encode())
        assert certificate is not None
        self.keep(name, key, certificate)
        return number

    def keep(self, name: str, key: Any, certificate: x509.Certificate) -> None:
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (self.folder / f"{name}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
        (self.folder / f"{name}.key").write_bytes(private)


@asynccontextmanager
async def nginx(folder: Path, service_port: int) -> AsyncIterator[tuple[int, asyncio.subprocess.Process]]:
    """`deploy/nginx/start` on a free port."""
    with socket.socket() as free:
        free.bind((FRONT, 0))
        port = free.getsockname()[1]
    environment = os.environ | {
        "ESAV_UPSTREAM": f"{SERVICE}:{service_port}",
        "NGINX_LISTEN": f"{FRONT}:{port}",
        "NGINX_TLS_CERT": str(folder / "site.pem"),
        "NGINX_TLS_KEY": str(folder / "site.key"),
        "NGINX_PKI": str(folder / "authority" / "public"),
        "NGINX_RUN": str(folder / "run"),
        "NGINX_LOOK_S": "0.2",
        "NGINX_LOG": "notice",
        "NGINX_WORKERS": "1",
    }
    process = await asyncio.create_subprocess_exec(
        str(ROOT / "deploy" / "nginx" / "start"),
        stderr=asyncio.subprocess.PIPE,
        env=environment,
        start_new_session=True,
    )
    try:
        yield port, process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)  # its own session: nginx and the watch over the files
        await process.wait()


@pytest.fixture
async def front(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Front]:
    require_nginx()
    certificates.issue(tmp_path, "site", "sav.test")
    async with opened(tmp_path, monkeypatch) as world:
        world.clock.instant = datetime.now(UTC)  # nginx has the wall's clock
        believe(world, proxy="127.0.0.1")  # where the loopback's connections come from
        await world.service.certificates.revocations.publish()
        async with http(world.service, SERVICE, 0) as service_port, nginx(tmp_path, service_port) as (port, process):
            found = Front(world, tmp_path, port, service_port, process)
            await found.heard("start worker process")
            yield found


def refused(answer: httpx.Response, status: int, said: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert said in body["detail"], body
    assert (body["status"], body["instance"]) == (status, "/api/v1/me")
    assert [one["field"] for one in body["errors"]] == ["Client-Cert"]


def by_nginx(answer: httpx.Response) -> bool:
    """Whether nginx answered by itself: what the service says has this header from nginx."""
    return "strict-transport-security" not in answer.headers


async def test_an_operators_machine_signs_in_with_its_certificate_through_a_real_nginx(front: Front) -> None:
    await front.made("machine")
    async with front.client("machine") as client:
        answer = await client.get("/api/v1/me")
        assert answer.json() == {
            "operator": golden.OPERATOR,
            "account": "certificat:397480930_eSAV_prod",
            "rights": ["e-SAV Test"],
        }
        asked = await client.post("/api/v1/accesses/F00000015/diagnostics", json={"test": "Infos Box"})
        assert asked.status_code == 202
    key = ec.generate_private_key(ec.SECP384R1())  # a long chain of base64 lines: nothing of the PEM's form is left
    own = front.world.service.certificates._trust.own
    assert own is not None
    stray = own.sign(golden.OPERATOR, Environment.PRODUCTION, "x" * 60, key.public_key(), datetime.now(UTC), 5)
    front.keep("stray", key, stray)
    async with front.client("stray") as client:
        refused(await client.get("/api/v1/me"), 401, "pas de ceux qui ont été délivrés")


async def test_what_a_client_says_of_itself_never_passes(front: Front) -> None:
    await front.made("machine")
    der = x509.load_pem_x509_certificate((front.folder / "machine.pem").read_bytes()).public_bytes(Encoding.DER)
    forged = f":{base64.b64encode(der).decode()}:"
    headers = {"Client-Cert": forged, "Client-Cert-Chain": forged, "X-Forwarded-For": "127.0.0.1"}
    async with front.client() as client:
        answer = await client.get("/api/v1/me", headers=headers)
        assert answer.status_code == 401
        assert "Bearer" in answer.json()["detail"]  # nothing was shown, as far as the service can tell
        underscored = await client.get("/api/v1/me", headers={"Client_Cert": forged})
        assert underscored.status_code == 401
    async with front.client("machine") as client:  # nor is it added to what was verified
        assert (await client.get("/api/v1/me", headers={"Client-Cert": ":YWJj:"})).status_code == 200
    aside = httpx.AsyncHTTPTransport(local_address=ASIDE)
    async with httpx.AsyncClient(transport=aside, base_url=f"http://{SERVICE}:{front.service_port}") as client:
        refused(await client.get("/api/v1/me", headers=headers), 401, "n'est cru que du proxy")


async def refused_by_nginx(front: Front, language: str = "fr") -> httpx.Response:
    """What nginx says to « machine »; a worker of before may take a connection or two, and the service answers."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            async with front.client("machine") as client:
                answer = await client.get("/api/v1/me", headers={"Accept-Language": language})
            if by_nginx(answer):
                return answer


async def test_a_revoked_certificate_is_refused_at_once_by_the_service_and_then_by_nginx(front: Front) -> None:
    number = await front.made("machine")
    async with api(front.world) as boss:
        assert (await boss.post(f"{PATH}/{number}/revocation", json={})).status_code == 200
    async with front.client("machine") as client:
        refused(await client.get("/api/v1/me"), 401, "révoqué")
    await front.heard("reconfiguring")
    await front.heard("start worker process")
    answer = await refused_by_nginx(front)
    refused(answer, 401, "révoqué")
    english = await refused_by_nginx(front, "en-GB, fr;q=0.5")
    assert english.json()["detail"] == "The client certificate was revoked"
    assert english.json()["title"] == "Authentication required"


async def test_other_authorities_and_certificates_that_have_ended_are_refused_by_nginx(front: Front) -> None:
    now, key = datetime.now(UTC), ec.generate_private_key(ec.SECP256R1())
    own = front.world.service.certificates._trust.own
    assert own is not None
    front.keep("other", key, OtherAuthority(now).sign(key.public_key()))
    past = own.sign(golden.OPERATOR, Environment.PRODUCTION, "abc", key.public_key(), now - timedelta(days=9), 3)
    front.keep("past", key, past)
    future = own.sign(golden.OPERATOR, Environment.PRODUCTION, "abc", key.public_key(), now + timedelta(days=3), 9)
    front.keep("future", key, future)
    for name, said in (("other", "pas reconnue ici"), ("past", "a expiré"), ("future", "pas encore valide")):
        async with front.client(name) as client:
            answer = await client.get("/api/v1/me?x=1")
            refused(answer, 401, said)
            assert by_nginx(answer)


async def test_with_a_list_that_is_too_old_nobody_is_let_in_and_it_is_said(front: Front) -> None:
    await front.made("machine")
    own = front.world.service.certificates._trust.own
    assert own is not None
    old = own.revocations([], 1, datetime.now(UTC) - timedelta(days=30), timedelta(days=7))
    (front.folder / "authority" / "public" / "crl.pem").write_bytes(old.pem)
    await front.heard("reconfiguring")
    await front.heard("start worker process")
    refused(await refused_by_nginx(front), 401, "Aucune liste de révocation")


async def test_a_certificate_of_the_other_environment_or_e_service_is_refused_behind_nginx(front: Front) -> None:
    await front.made("trial", environment="Hors-Production")
    await front.made("orders", eservice="FCI")
    for name, said in (("trial", "« Hors-Production »"), ("orders", "l'e-service « FCI »")):
        async with front.client(name) as client:
            refused(await client.get("/api/v1/me"), 403, said)


async def test_people_need_no_certificate_and_nothing_older_than_tls_1_2_is_spoken(front: Front) -> None:
    async with front.client() as client:
        page = await client.get("/connexion")
        assert page.status_code == 200
        assert page.headers["strict-transport-security"] == "max-age=31536000"
        assert (await client.get("/api/v1/certificate-authority/crl")).status_code == 200
    for version, spoken in ((ssl.TLSVersion.TLSv1_1, False), (ssl.TLSVersion.TLSv1_2, True)):
        context = ssl.create_default_context(cafile=str(front.folder / "site.pem"))
        context.check_hostname = False
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        with pytest.warns(DeprecationWarning, match="TLSv1_1") if not spoken else contextlib.nullcontext():
            context.minimum_version = context.maximum_version = version
        async with httpx.AsyncClient(verify=context, base_url=f"https://{FRONT}:{front.port}") as client:
            if spoken:
                assert (await client.get("/connexion")).status_code == 200
            else:
                with pytest.raises(httpx.ConnectError):
                    await client.get("/connexion")


async def test_a_service_that_is_down_is_told_as_a_problem(front: Front) -> None:
    with socket.socket() as free:
        free.bind((SERVICE, 0))
        port = free.getsockname()[1]
    async with nginx(front.folder, port) as (own_port, process):
        other = Front(front.world, front.folder, own_port, port, process)
        await other.heard("start worker process")
        async with other.client() as client:
            answer = await client.get("/api/v1/me")
    assert answer.status_code == 502
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == "Le service ne répond pas"


async def test_events_come_through_as_they_happen(front: Front) -> None:
    """Neither held back until the stream ends, nor cut: each arrives while the next one has not happened."""
    world = front.world
    number = await world.asked()
    headers = {"Authorization": f"Bearer {await token_of(world, SUPPORT)}"}
    path = f"/api/v1/diagnostics/{number}/events"
    async with (
        asyncio.timeout(PATIENCE_S),
        front.client(headers=headers, timeout=PATIENCE_S) as client,
        client.stream("GET", path) as stream,
    ):
        assert stream.headers["content-type"].startswith("text/event-stream")
        told = (json.loads(line[5:]) async for line in stream.aiter_lines() if line.startswith("data:"))
        await world.bus.followed.wait()
        for source in ("olt_snmp", "box"):
            world.bus.publish(number, Progress("source", {"source": source}))
            while (await anext(told)).get("source") != source:
                pass
        world.bus.publish(number, Progress("state", {"state": "Terminé"}, final=True))
        assert [one async for one in told][-1]["state"] == "Terminé"
