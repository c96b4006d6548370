"""Holes found by reading the ACS against the standard a second time: each is a test that bears its name."""

from __future__ import annotations

import asyncio
import re
import ssl
from pathlib import Path

import httpx
import pytest

from collectors.boxes.envelope import EnvelopeError, parse
from collectors.boxes.rpc import read_values
from collectors.boxes.schedule import since_first_try
from collectors.boxes.server import AcsServer, tls_context
from collectors.boxes.settings import AcsSettings, AuthMode
from domain import box_actions as act
from domain.box_actions import BoxOutcome
from domain.identifiers import DeviceId
from domain.secret import Secret
from tests.certificates import issue
from tests.collectors.boxes_support import DEVICE, IGD, Box, envelope, inform_xml, until, values_xml, world
from tests.collectors.test_acs_session import Wire

FIRMWARE = {IGD + "DeviceInfo.SoftwareVersion": "9"}
INFORM = envelope(inform_xml(FIRMWARE, "2 PERIODIC"))
QUICK = AcsSettings(call_timeout_s=0.5, call_retry_s=0.05)


async def test_a_box_that_restarts_again_and_informs_at_its_second_try_is_heard_a_second_time() -> None:
    """A box comes back before its network does: its first try is often lost. An hour later it is another restart."""
    async with world() as here, httpx.AsyncClient(trust_env=False) as http:
        await http.post(here.url, content=envelope(inform_xml(FIRMWARE, "1 BOOT")))
        here.store.announcements[0] = act.BoxEvent(
            here.store.announcements[0].at - since_first_try(1) - since_first_try(0), "1 BOOT"
        )
        await http.post(here.url, content=envelope(inform_xml(FIRMWARE, "1 BOOT", retry=1)))
        assert [event.code for event in here.store.announcements] == ["1 BOOT", "1 BOOT"]


def test_the_time_since_the_first_try_follows_the_windows_of_the_standard() -> None:
    waits = [since_first_try(retry).total_seconds() - 30 * (retry + 1) for retry in (0, 1, 2, 3, 10, 11)]
    assert waits == [0, 10, 30, 70, 10_230, 15_350]
    assert since_first_try(10**9) == since_first_try(100)


async def test_a_factory_reset_that_never_left_does_not_open_the_box_to_the_shared_secret() -> None:
    settings = AcsSettings(auth=AuthMode.REQUIRED, bootstrap=Secret("first contact"), call_timeout_s=0.2)
    async with world(settings=settings) as here:
        own = httpx.DigestAuth(str(DEVICE), here.app.credentials.own(str(DEVICE)).reveal())
        async with httpx.AsyncClient(trust_env=False) as http:
            assert (await http.post(here.url, content=INFORM, auth=own)).status_code == 200
            assert here.known().secured
            result = await here.app.actions.act(here.known(), act.FactoryReset(), "k", 0.2)
            assert result.outcome is BoxOutcome.NOT_SENT
            assert here.known().secured
            shared = httpx.DigestAuth("bootstrap", "first contact")
            assert (await http.post(here.url, content=INFORM, auth=shared)).status_code == 401


async def test_a_box_whose_acs_password_cannot_be_set_gets_the_other_credentials_all_the_same() -> None:
    class Refusing(Box):
        def _set_values(self, request: str) -> str:
            refused = re.findall(r"<Name>(\S*ManagementServer\.(?:Username|Password))</Name>", request)
            if not refused:
                return super()._set_values(request)
            each = "".join(
                f"<SetParameterValuesFault><ParameterName>{name}</ParameterName><FaultCode>9008</FaultCode>"
                "<FaultString>read only</FaultString></SetParameterValuesFault>"
                for name in refused
            )
            return (
                "<soap:Fault><faultcode>Client</faultcode><faultstring>CWMP fault</faultstring><detail><c:Fault>"
                f"<FaultCode>9003</FaultCode><FaultString>no</FaultString>{each}</c:Fault></detail></soap:Fault>"
            )

    async with world() as here, Refusing(here.url).listening() as box:
        await box.session("0 BOOTSTRAP")
        assert box.tree[IGD + "ManagementServer.ConnectionRequestUsername"] == str(DEVICE)
        assert box.tree[IGD + "ManagementServer.Username"] == ""


async def test_a_long_answer_on_a_slow_link_keeps_its_session() -> None:
    settings = AcsSettings(session_timeout_s=0.3)
    async with world(settings=settings, keep_alive_s=0.3) as here, Wire(here) as wire:
        await wire.post(envelope(inform_xml(FIRMWARE, "0 BOOTSTRAP")))
        status, asked = await wire.post(b"")
        assert (status, b"GetParameterNames" in asked) == (200, True)
        body = envelope("<c:GetParameterNamesResponse><ParameterList/></c:GetParameterNamesResponse>")
        wire.writer.write(f"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n\r\n".encode())
        now, pieces = asyncio.get_running_loop().time, 10
        size = -(-len(body) // pieces)
        for at in range(0, len(body), size):
            wire.writer.write(body[at : at + size])
            later = now() + 0.1
            await until(lambda later=later: now() > later)  # type: ignore[misc]  # mypy infers no lambda with a default
        status, asked = await wire.answer()
        assert (status, here.app.stats.expired) == (200, 0)
        assert b"SetParameterValues" in asked


async def test_a_body_that_never_ends_is_left_at_the_end_of_the_longest_session() -> None:
    settings = AcsSettings(session_cap_s=0.3)
    async with world(settings=settings, keep_alive_s=0.2) as here:
        _, writer = await asyncio.open_connection("127.0.0.1", here.port)
        writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4000000\r\n\r\n")
        await until(lambda: here.server.connections)

        def trickled() -> bool:
            writer.write(b" ")
            return not here.server.connections

        await until(trickled)
        writer.transport.abort()


def test_an_ampersand_of_a_cdata_section_stays_one_and_endless_sections_cost_nothing() -> None:
    name = IGD + "LANDevice.1.WLANConfiguration.1.SSID"
    values = values_xml({name: "<![CDATA[Tom & Léa &amp; co]]> & moi"})
    read = read_values(parse(envelope(f"<c:GetParameterValuesResponse>{values}</c:GetParameterValuesResponse>")))
    assert read[name] == "Tom & Léa &amp; co & moi"
    with pytest.raises(EnvelopeError):
        parse(b"<a>&" + b"<![CDATA[" * 400_000)  # a search from each would take minutes


@pytest.mark.parametrize("method", ["RequestDownload", "DUStateChangeComplete", "AutonomousDUStateChangeComplete"])
async def test_what_a_box_tells_until_it_is_answered_is_answered(method: str) -> None:
    async with world() as here, Wire(here) as wire:
        await wire.post(INFORM)
        _, body = await wire.post(envelope(f"<c:{method}></c:{method}>"))
        assert f"<cwmp:{method}Response>".encode() in body
        assert (await wire.post(b""))[0] in (200, 204)


@pytest.mark.parametrize(
    ("offered", "used"), [("1.0,1.1,1.2,1.3,1.4", "1.4"), (" 1.3, 1.2 ", "1.3"), ("1.9,1.0", "1.0"), ("2.0", None)]
)
async def test_a_box_that_offers_versions_of_cwmp_is_told_which_is_in_use_and_no_other_box_is(
    offered: str, used: str | None
) -> None:
    header = f"</c:ID><c:SupportedCWMPVersions>{offered}</c:SupportedCWMPVersions>".encode()
    async with world() as here, Wire(here) as wire:
        _, plain = await wire.post(INFORM)
        assert b"UseCWMPVersion" not in plain
        _, body = await wire.post(INFORM.replace(b"</c:ID>", header))
        found = re.search(rb"<cwmp:UseCWMPVersion[^>]*>([^<]*)<", body)
        assert (None if found is None else found[1].decode()) == used
        assert b"UseCWMPVersion" not in (await wire.post(b""))[1]


async def test_a_certificate_in_lower_case_is_that_of_the_same_box_and_its_serial_is_not_bent(tmp_path: Path) -> None:
    for arguments in (("ca", "ca"), ("acs", "localhost", "ca"), ("box", str(DEVICE).replace("D8D775", "d8d775"), "ca")):
        issue(tmp_path, *arguments)
    trust = ssl.create_default_context(cafile=tmp_path / "ca.pem")
    trust.check_hostname = False
    trust.load_cert_chain(tmp_path / "box.pem", tmp_path / "box.key")
    served = tls_context(tmp_path / "acs.pem", tmp_path / "acs.key", tmp_path / "ca.pem")
    other = DeviceId(DEVICE.oui, DEVICE.serial.lower())
    settings = AcsSettings(auth=AuthMode.REQUIRED, bootstrap=Secret("first contact"))
    async with (
        world(DEVICE, other, settings=settings) as here,
        AcsServer(here.app, "127.0.0.1", 0, tls=served) as secure,
        httpx.AsyncClient(trust_env=False, verify=trust) as http,
    ):
        url = f"https://127.0.0.1:{secure.port}/"
        assert (await http.post(url, content=INFORM)).status_code == 200
        bent = envelope(inform_xml(FIRMWARE, "2 PERIODIC", device=other))
        assert (await http.post(url, content=bent)).status_code == 401
