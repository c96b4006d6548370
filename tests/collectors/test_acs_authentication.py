"""Who a box is: digest and basic, its own secret and the shared one, stale and replayed challenges, certificates."""

from __future__ import annotations

import asyncio
import re
import ssl
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from collectors.boxes.server import AcsServer, tls_context
from collectors.boxes.settings import AcsSettings, AuthMode
from domain.identifiers import DeviceId
from domain.secret import Secret
from tests.certificates import issue
from tests.collectors.boxes_support import DEVICE, IGD, NOW, World, envelope, fault_xml, inform_xml, world

SHARED = "first contact of the tests"
INFORM = envelope(inform_xml({IGD + "DeviceInfo.SoftwareVersion": "9"}, "2 PERIODIC"))


def mode(auth: AuthMode, **options: Any) -> AcsSettings:
    return AcsSettings(auth=auth, bootstrap=Secret(SHARED), **options)


def own(here: World, device: DeviceId = DEVICE) -> httpx.DigestAuth:
    return httpx.DigestAuth(str(device), here.app.credentials.own(str(device)).reveal())


SHARED_AUTH = httpx.DigestAuth("bootstrap", SHARED)


async def post(here: World, auth: httpx.Auth | None = None, body: bytes = INFORM) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as http:
        return await http.post(here.url, content=body, auth=auth or httpx.USE_CLIENT_DEFAULT)


async def test_without_authentication_nothing_is_asked() -> None:
    async with world() as here:
        assert (await post(here)).status_code == 200


async def test_a_box_without_secret_is_challenged_and_its_body_is_not_believed() -> None:
    async with world(settings=mode(AuthMode.REQUIRED)) as here:
        answer = await post(here)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith('Digest realm="acs", qop="auth", nonce=')
        assert (await post(here, httpx.DigestAuth(str(DEVICE), "guessed"))).status_code == 401
        assert (await post(here, httpx.BasicAuth(str(DEVICE), "guessed"))).status_code == 401
        assert here.store.informs == []
        assert here.app.stats.unauthenticated == 4  # the digest client asked twice


async def test_a_box_proves_its_own_secret_and_no_other_box_can_use_it() -> None:
    other = DeviceId("D8D775", "ANOTHER")
    async with world(DEVICE, other, settings=mode(AuthMode.REQUIRED)) as here:
        assert (await post(here, own(here))).status_code == 200
        assert here.known().secured
        assert (await post(here, own(here, other))).status_code == 401


async def test_the_first_contact_uses_the_shared_secret_and_receives_the_box_its_own() -> None:
    async with world(settings=mode(AuthMode.REQUIRED)) as here:
        async with httpx.AsyncClient(trust_env=False) as http:
            assert (await http.post(here.url, content=INFORM, auth=SHARED_AUTH)).status_code == 200
            assert "GetParameterNames" in (await http.post(here.url, content=b"")).text
            request = (await http.post(here.url, content=envelope(fault_xml(9000)))).text  # it tells no names
        found = dict(re.findall(r"<Name>[^<]*ManagementServer\.(\w+)</Name><Value[^>]*>([^<]*)", request))
        assert found["Username"] == str(DEVICE)
        assert (await post(here, httpx.DigestAuth(found["Username"], found["Password"]))).status_code == 200
        assert (await post(here, SHARED_AUTH)).status_code == 401  # it has its own now
        await here.store.opened(here.known(), NOW + timedelta(hours=1))
        assert (await post(here, SHARED_AUTH)).status_code == 401  # it shows no sign of a reset
        reset = envelope(inform_xml({IGD + "DeviceInfo.SoftwareVersion": "9"}, "0 BOOTSTRAP"))
        assert (await post(here, SHARED_AUTH, reset)).status_code == 200


async def test_in_bootstrap_mode_the_shared_secret_always_serves() -> None:
    async with world(settings=mode(AuthMode.BOOTSTRAP)) as here:
        assert (await post(here)).status_code == 401
        assert (await post(here, own(here))).status_code == 200
        assert (await post(here, SHARED_AUTH)).status_code == 200


async def test_a_stranger_needs_a_secret_too_and_is_only_parked() -> None:
    async with world(DeviceId("D8D775", "SOMEONE"), settings=mode(AuthMode.REQUIRED)) as here:
        assert (await post(here)).status_code == 401
        assert here.store.parked_informs == []
        assert (await post(here, SHARED_AUTH)).status_code == 200
        assert len(here.store.parked_informs) == 1


async def test_a_replayed_request_is_stale_and_so_is_an_old_challenge() -> None:
    async with world(settings=mode(AuthMode.REQUIRED)) as here:
        auth = own(here)
        good = await post(here, auth)
        async with httpx.AsyncClient(trust_env=False) as http:
            headers = {"Authorization": good.request.headers["authorization"]}
            replayed = await http.post(here.url, content=INFORM, headers=headers)
            assert replayed.status_code == 401
            assert "stale=true" in replayed.headers["www-authenticate"]
            assert (await http.post(here.url, content=INFORM, auth=auth)).status_code == 200  # the next count
    async with world(settings=mode(AuthMode.REQUIRED, nonce_life_s=-1.0)) as here:
        assert "stale=true" in (await post(here, own(here))).headers["www-authenticate"]


@pytest.mark.parametrize(
    "header",
    [
        "Digest",
        "Digest username=",
        'Digest username="a", nonce="\xe9.x", nc=zz, qop=auth, response="0"',
        "Basic !!",
        "X",
    ],
)
async def test_headers_that_make_no_sense_prove_nothing(header: str) -> None:
    async with world(settings=mode(AuthMode.REQUIRED)) as here, httpx.AsyncClient(trust_env=False) as http:
        headers = {b"Authorization": header.encode("latin-1")}
        assert (await http.post(here.url, content=INFORM, headers=headers)).status_code == 401


async def test_over_tls_basic_and_client_certificates_prove_who_speaks(tmp_path: Path) -> None:
    for arguments in (
        ("ca", "ca"),
        ("acs", "localhost", "ca"),
        ("box", str(DEVICE), "ca"),
        ("thief", "D8D775-X", "ca"),
    ):
        issue(tmp_path, *arguments)
    served = tls_context(tmp_path / "acs.pem", tmp_path / "acs.key", tmp_path / "ca.pem")
    assert served.minimum_version is ssl.TLSVersion.TLSv1_2

    async def informs(certificate: str | None, auth: httpx.Auth | None = None) -> int:
        trust = ssl.create_default_context(cafile=tmp_path / "ca.pem")
        trust.check_hostname = False
        if certificate is not None:
            trust.load_cert_chain(tmp_path / f"{certificate}.pem", tmp_path / f"{certificate}.key")
        async with httpx.AsyncClient(trust_env=False, verify=trust) as http:
            return (await http.post(url, content=INFORM, auth=auth or httpx.USE_CLIENT_DEFAULT)).status_code

    async with (
        world(settings=mode(AuthMode.REQUIRED)) as here,
        AcsServer(here.app, "127.0.0.1", 0, tls=served) as secure,
    ):
        url = f"https://127.0.0.1:{secure.port}/"
        assert await informs(None) == 401
        assert await informs("box") == 200
        assert await informs("thief") == 401
        secret = here.app.credentials.own(str(DEVICE)).reveal()
        assert await informs(None, httpx.BasicAuth(str(DEVICE), secret)) == 200
        assert (await post(here, httpx.BasicAuth(str(DEVICE), secret))).status_code == 401  # not in clear


async def test_a_box_that_waits_for_100_continue_is_told_so_and_endless_headers_are_refused() -> None:
    async with world() as here:
        reader, writer = await asyncio.open_connection("127.0.0.1", here.port)
        head = f"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: {len(INFORM)}\r\n\r\n"
        writer.write(head.encode())
        assert (await reader.readuntil(b"\r\n\r\n")) == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(INFORM)
        assert (await reader.readline()) == b"HTTP/1.1 200 OK\r\n"
        writer.close()
        reader, writer = await asyncio.open_connection("127.0.0.1", here.port)
        writer.write(b"POST / HTTP/1.1\r\n" + b"X-A: " + b"a" * 20_000 + b"\r\n")
        assert b" 431 " in await reader.readline()
        writer.close()
        reader, writer = await asyncio.open_connection("127.0.0.1", here.port)
        writer.write(b"\x16\x03\x01 not http\r\n\r\n")
        assert b" 400 " in await reader.readline()
        writer.close()
