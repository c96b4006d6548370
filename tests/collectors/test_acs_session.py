"""The embedded ACS over real HTTP: sessions, strangers, and everything a box does wrong."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import Mapping

import httpx
import pytest
from lxml import etree

from collectors.boxes.settings import AcsSettings
from domain.identifiers import DeviceId
from domain.metrics import box as m
from tests.collectors.boxes_support import (
    DEVICE,
    IGD,
    NOW,
    PPP,
    TREE_098,
    World,
    envelope,
    fault_xml,
    inform_xml,
    world,
)
from tests.shared import shared_dir

OTHER = DeviceId("001BBF", "NQ0000000000001")
TWIN = DeviceId("D8D775", "LK19063DP999999")
INFORM = envelope(inform_xml({IGD + "DeviceInfo.SoftwareVersion": "9.29.65_F5350_Box"}, "2 PERIODIC"))


class Wire:
    """A cookie-less HTTP/1.1 client on one connection, as several boxes are."""

    def __init__(self, here: World) -> None:
        self._here = here

    async def __aenter__(self) -> Wire:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self._here.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.close()
        await self.writer.wait_closed()

    async def post(self, body: bytes, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
        lines = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
        head = f"POST /acs HTTP/1.1\r\nHost: acs\r\n{lines}Content-Length: {len(body)}\r\n\r\n"
        self.writer.write(head.encode() + body)
        return await self.answer()

    async def answer(self) -> tuple[int, bytes]:
        async with asyncio.timeout(5):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = next((int(line[16:]) for line in head.split("\r\n") if line.startswith("content-length: ")), 0)
            return int(head.split()[1]), await self.reader.readexactly(length)

    async def closed(self) -> bool:
        async with asyncio.timeout(5):
            try:
                return await self.reader.read() == b""
            except ConnectionResetError:
                return True


async def _post(here: World, body: bytes, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as http:
        return await http.post(here.url, content=body, headers={k.replace("_", "-"): v for k, v in headers.items()})


async def test_a_first_contact_sets_credentials_then_reads_the_vocabulary() -> None:
    async with world() as here, here.box().listening() as box:
        statuses = await box.session("0 BOOTSTRAP", "1 BOOT")
        again = await box.session("2 PERIODIC")
    assert statuses[-1] == 204
    # what it has, its credentials, when to inform
    assert box.rpcs[:3] == ["GetParameterNames", "SetParameterValues", "SetParameterValues"]
    assert set(box.rpcs[3:-1]) == {"GetParameterNames"}
    assert box.rpcs[-1] == "GetParameterValues"
    assert PPP + "ConnectionStatus" in box.asked[0]
    assert PPP + "Password" not in box.asked[0]
    assert here.store.observations[0].value(m.BOX_WAN_IP) == "203.0.113.10"
    assert again == [200, 204]  # nothing waits: no request
    assert here.app.stats.completed == 2


async def test_a_second_box_of_the_same_firmware_is_not_asked_its_names() -> None:
    async with world(DEVICE, TWIN) as here, here.box().listening() as one, here.box(device=TWIN).listening() as two:
        await one.session("0 BOOTSTRAP")
        await two.session("0 BOOTSTRAP")
    assert two.rpcs == ["GetParameterNames", "SetParameterValues", "SetParameterValues", "GetParameterValues"]


async def test_a_box_whose_connection_is_down_under_shared_names_tells_its_own_names_once() -> None:
    tree = dict(TREE_098)
    for name in [n for n in tree if n.startswith(PPP)]:
        tree[name.replace("WANDevice.3", "WANDevice.8")] = tree[name]
    tree[PPP + "ConnectionStatus"] = "Disconnected"
    async with (
        world(DEVICE, TWIN) as here,
        here.box().listening() as one,
        here.box(device=TWIN, tree=tree).listening() as two,
    ):
        await one.session("0 BOOTSTRAP")
        await two.session("0 BOOTSTRAP")
        assert "GetParameterNames" in two.rpcs
        assert here.store.observations[1].value(m.BOX_PPP_STATUS) == "Connected"
        two.rpcs.clear()
        two.tree[PPP.replace("WANDevice.3", "WANDevice.8") + "ConnectionStatus"] = "Connecting"
        await two.session("1 BOOT")
    assert two.rpcs == ["GetParameterNames", "SetParameterValues", "SetParameterValues", "GetParameterValues"]


async def test_the_inform_of_a_known_box_is_kept_with_its_readings() -> None:
    async with world() as here, here.box().listening() as box:
        await box.session("2 PERIODIC")
    inform = here.store.informs[0]
    assert inform.device == DEVICE
    assert inform.events == ("2 PERIODIC",)
    assert inform.at == NOW
    assert inform.product_class == "F5350"
    readings = here.store.boxes[DEVICE].readings
    assert readings.value(m.BOX_LAST_INFORM) == NOW
    assert readings.value(m.BOX_FIRMWARE) == "9.29.65_F5350_Box"
    assert readings.value(m.BOX_SERIAL) == DEVICE.serial
    assert m.BOX_PPP_STATUS not in readings


async def test_a_stranger_is_parked_and_asked_nothing() -> None:
    async with world(OTHER) as here, here.box().listening() as box:
        statuses = await box.session("0 BOOTSTRAP")
    assert statuses == [200, 204]
    assert box.rpcs == []
    assert here.store.parked_informs[0].device == DEVICE
    assert here.app.stats.strangers == 1


async def test_a_client_without_cookies_is_known_by_its_connection() -> None:
    async with world() as here, Wire(here) as wire:
        assert (await wire.post(INFORM))[0] == 200
        status, body = await wire.post(b"")
        assert status == 200
        assert b"GetParameterNames" in body
        assert (await wire.post(envelope(fault_xml(9003))))[0] == 200  # goes on with the read
        await wire.post(INFORM)  # a new session on the connection of an unfinished one
        assert here.app.stats.open_sessions == 1
        assert here.app.stats.superseded == 1
    assert here.app.stats.faults == 1


async def test_a_client_that_changes_connection_is_known_by_its_cookie_however_it_returns_it() -> None:
    async with world() as here:
        cookie = (await _post(here, INFORM)).headers["set-cookie"]
        assert ";" not in cookie
        answer = await _post(here, b"", cookie=f"other=1, {cookie}; Path=/; HttpOnly")
        assert "GetParameterNames" in answer.text


async def test_a_cookie_path_is_a_setting() -> None:
    async with world(settings=AcsSettings(cookie_path=True)) as here:
        assert (await _post(here, INFORM)).headers["set-cookie"].endswith("; Path=/")


async def test_two_boxes_behind_one_keep_alive_connection_do_not_mix() -> None:
    async with world(DEVICE, OTHER) as here, Wire(here) as wire:
        first = await _cookie_of(wire, inform_xml({IGD + "DeviceInfo.SoftwareVersion": "1"}, "0 BOOTSTRAP"))
        second = await _cookie_of(
            wire, inform_xml({"Device.DeviceInfo.SoftwareVersion": "2"}, "0 BOOTSTRAP", device=OTHER)
        )
        _, body = await wire.post(b"", {"Cookie": first})
        assert IGD.encode() in body
        _, body = await wire.post(b"", {"Cookie": second})
        assert b"<ParameterPath>Device." in body


async def _cookie_of(wire: Wire, body: str) -> str:
    content = envelope(body)
    wire.writer.write(f"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content)
    head = (await wire.reader.readuntil(b"\r\n\r\n")).decode()
    headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in head.split("\r\n") if ": " in line)}
    await wire.reader.readexactly(int(headers["content-length"]))
    return headers["set-cookie"]


async def test_the_answer_speaks_the_namespace_of_the_box() -> None:
    namespace = "urn:dslforum-org:cwmp-1-4"
    async with world() as here, here.box(namespace=namespace).listening() as box:
        assert (await box.session("0 BOOTSTRAP"))[-1] == 204  # the box of the test checks each answer
    assert here.store.informs[0].cwmp_namespace == namespace


async def test_the_inform_response_has_the_style_that_every_client_accepts() -> None:
    async with world() as here:
        answer = await _post(here, INFORM)
    assert not answer.text.startswith("<?xml")
    root = etree.fromstring(answer.content)
    assert root.nsmap["cwmp"] == "urn:dslforum-org:cwmp-1-0"
    assert root.find(".//MaxEnvelopes").text == "1"  # type: ignore[union-attr]  # it fails where it is missing
    assert root.findtext(".//{urn:dslforum-org:cwmp-1-0}ID") == "ID 7591"


async def test_requests_of_the_box_are_answered_before_its_turn_ends() -> None:
    async with world(OTHER) as here, Wire(here) as wire:
        await wire.post(INFORM)
        _, body = await wire.post(envelope("<c:TransferComplete><CommandKey/></c:TransferComplete>"))
        assert b"TransferCompleteResponse" in body
        _, body = await wire.post(envelope("<c:GetRPCMethods/>"))
        assert b"<string>Inform</string>" in body
        _, body = await wire.post(envelope("<c:Kicked><Command>x</Command></c:Kicked>"))
        assert etree.fromstring(body).findtext(".//FaultCode") == "8000"
        assert (await wire.post(b""))[0] == 204


async def test_duplicate_informs_are_taken_again() -> None:
    async with world() as here:
        for retry in range(3):
            body = envelope(inform_xml({IGD + "DeviceInfo.SoftwareVersion": "x"}, "1 BOOT", retry=retry))
            assert (await _post(here, body)).status_code == 200
    assert [inform.retry_count for inform in here.store.informs] == [0, 1, 2]
    assert here.app.stats.superseded == 2


@pytest.mark.parametrize(
    ("body", "counter"),
    [
        (b"hello", "malformed"),
        (b"\x00\xff\xfe\x01" * 50, "malformed"),
        (b"<html><body>not soap</body></html>", "malformed"),
        (b"<a:Envelope xmlns:a='x'><a:Header/></a:Envelope>", "malformed"),
        (envelope("<c:Inform><DeviceId><OUI>zz</OUI></DeviceId></c:Inform>"), "malformed"),
        (envelope("<c:Inform/>"), "malformed"),
        (b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "boum">]>' + INFORM, "doctypes"),
        (b"<!doctype html>" + INFORM, "doctypes"),
    ],
)
async def test_what_is_no_inform_is_refused_and_counted(body: bytes, counter: str) -> None:
    async with world() as here:
        assert (await _post(here, body)).status_code == 400
        assert getattr(here.app.stats, counter) == 1
        assert (await _post(here, INFORM)).status_code == 200  # and the ACS lives on


async def test_an_entity_bomb_is_refused() -> None:
    bomb = b'<!DOCTYPE l [<!ENTITY a "ha">' + b"".join(
        f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">'.encode() for i in range(1, 10)
    )
    async with world() as here:
        answer = await _post(here, b"<?xml version='1.0'?>" + bomb + b"]>" + INFORM.replace(b"2 PERIODIC", b"&a9;"))
    assert answer.status_code == 400
    assert here.app.stats.doctypes == 1


async def test_a_body_of_ten_megabytes_is_refused_before_it_is_read_and_the_connection_closed() -> None:
    async with world() as here, Wire(here) as wire:
        wire.writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n")
        assert (await wire.answer())[0] == 413
        assert await wire.closed()
    assert here.app.stats.oversized == 1


async def test_a_chunked_body_is_cut_at_the_limit() -> None:
    async with world() as here, Wire(here) as wire:
        wire.writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        wire.writer.write(b"400001\r\n" + b" " * 0x400001 + b"\r\n")
        assert (await wire.answer())[0] == 413
    assert here.app.stats.oversized == 1


async def test_a_compression_bomb_is_bounded() -> None:
    async with world() as here:
        bomb = gzip.compress(b" " * 50_000_000)
        assert (await _post(here, bomb, content_encoding="gzip")).status_code == 413
    assert here.app.stats.oversized == 1


@pytest.mark.parametrize(
    ("encoding", "squeeze"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", lambda data: zlib.compress(data, wbits=-15)),
        ("identity", bytes),
    ],
)
async def test_compressed_informs_are_read(encoding: str, squeeze) -> None:
    async with world() as here:
        assert (await _post(here, squeeze(INFORM), content_encoding=encoding)).status_code == 200


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br"])
async def test_a_broken_compression_is_malformed(encoding: str) -> None:
    async with world() as here:
        assert (await _post(here, b"\x1f\x8bnonsense", content_encoding=encoding)).status_code == 400
        assert (await _post(here, gzip.compress(INFORM)[:-20], content_encoding="gzip")).status_code == 400


async def test_an_inform_without_event_is_taken() -> None:
    async with world() as here:
        assert (await _post(here, envelope(inform_xml({IGD + "DeviceInfo.SoftwareVersion": "x"})))).status_code == 200
    assert here.store.informs[0].events == ()


async def test_an_empty_request_outside_any_session_ends_politely_and_an_answer_does_not() -> None:
    async with world() as here:
        assert (await _post(here, b"")).status_code == 204
        assert (await _post(here, b" \r\n")).status_code == 204
        answer = envelope("<c:GetParameterValuesResponse/>")
        assert (await _post(here, answer, cookie="acs=0123456789abcdef0123")).status_code == 400
        async with httpx.AsyncClient(trust_env=False) as http:
            assert (await http.get(here.url)).status_code == 405
    assert here.app.stats.orphans == 3


async def test_an_answer_that_was_not_asked_is_counted_and_the_session_goes_on() -> None:
    async with world() as here, Wire(here) as wire:
        await wire.post(INFORM)
        await wire.post(b"")
        status, _ = await wire.post(envelope("<c:RebootResponse/>"))
        assert status == 200
    assert here.app.stats.unexpected == 1


@pytest.mark.parametrize("call", ["find", "informed", "observed"])
async def test_a_store_that_fails_answers_500_and_releases_the_session(call: str) -> None:
    async with world() as here, here.box().listening() as box:
        here.store.broken.add(call)
        assert (await box.session("0 BOOTSTRAP"))[-1] == 500
        assert here.app.stats.open_sessions == 0
        assert here.app.stats.store_errors == 1
        here.store.broken.clear()
        assert (await box.session("0 BOOTSTRAP"))[-1] == 204


async def test_a_store_that_cannot_park_answers_500() -> None:
    async with world(OTHER) as here:
        here.store.broken.add("parked")
        assert (await _post(here, INFORM)).status_code == 500


async def test_a_box_that_goes_away_is_released_after_the_timeout() -> None:
    async with world(settings=AcsSettings(session_timeout_s=0.05)) as here:
        released = asyncio.Event()
        release = here.app._sessions.release

        def watched(session):
            alive = release(session)
            released.set()
            return alive

        here.app._sessions.release = watched  # type: ignore[method-assign]  # the same, watched
        await _post(here, INFORM)
        await asyncio.wait_for(released.wait(), 5)
        await asyncio.sleep(0)
    assert here.app.stats.expired == 1
    assert here.app.stats.open_sessions == 0


@pytest.mark.parametrize("settings", [AcsSettings(max_rpcs=3), AcsSettings(session_cap_s=0.0)])
async def test_a_session_without_end_is_cut(settings: AcsSettings) -> None:
    async with world(settings=settings) as here, here.box().listening() as box:
        assert (await box.session("0 BOOTSTRAP"))[-1] == 204
    assert here.app.stats.rpcs == (3 if settings.max_rpcs == 3 else 0)


async def test_two_requests_at_once_in_one_session_do_not_break_it() -> None:
    async with world() as here:
        gate = asyncio.Event()
        entered = asyncio.Event()
        observed = here.store.observed

        async def slow(box, readings) -> None:
            entered.set()
            await gate.wait()
            await observed(box, readings)

        here.store.observed = slow  # type: ignore[method-assign]  # the same, held back
        async with here.box().listening() as box:
            running = asyncio.create_task(box.session("0 BOOTSTRAP"))
            await asyncio.wait_for(entered.wait(), 5)
            token = next(iter(here.app._sessions._by_token))
            assert (await _post(here, b"", cookie=f"acs={token}")).status_code == 400
            gate.set()
            assert (await running)[-1] == 204


async def test_the_real_inform_of_a_sagemcom_box_is_read() -> None:
    body = (shared_dir() / "cwmp/quirks/inform_sagemcom_fast2764gv.xml").read_bytes()
    async with world(OTHER) as here:
        assert (await _post(here, body)).status_code == 200
    readings = here.store.boxes[OTHER].readings
    assert readings.value(m.BOX_FIRMWARE) == "v82B0-v8480"
    assert readings.value(m.BOX_WAN_IP) == "203.0.113.10"  # the PPP one among four connections
    assert here.store.informs[0].manufacturer == "SAGEMCOM"


async def test_the_real_inform_with_two_events_and_a_padded_count_is_read() -> None:
    body = (shared_dir() / "cwmp/quirks/inform_two_events_commandkey_on_m_download_broadcom.xml").read_bytes()
    async with world(DeviceId("001478", "001478000001")) as here:
        assert (await _post(here, body)).status_code == 200
    assert here.store.informs[0].events == ("M Download", "7 TRANSFER COMPLETE")
    assert here.store.informs[0].retry_count == 1


async def test_fault_codes_that_do_not_exist_do_not_fill_the_log() -> None:
    """A box chooses its codes: each new one was a line of log, and was remembered for ever."""
    async with world() as here, Wire(here) as wire:
        assert (await wire.post(INFORM))[0] == 200
        for code in range(20):
            await wire.post(envelope(fault_xml(100_000 + code)))
            await wire.post(INFORM)
        assert len([kind for kind in here.app._log._seen if kind.startswith("box_fault")]) == 1


async def test_a_name_with_an_endless_instance_number_is_no_failure_of_the_store() -> None:
    endless = IGD + f"WANDevice.{'9' * 5000}.WANConnectionDevice.1.WANPPPConnection.1.ConnectionStatus"
    async with world() as here, Wire(here) as wire:
        assert (await wire.post(envelope(inform_xml({endless: "Connected"}, "2 PERIODIC"))))[0] == 200
    assert here.app.stats.store_errors == 0
