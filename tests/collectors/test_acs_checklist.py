"""What a good ACS gets right, item by item, where no other test says it: each is a complaint of users or a box's habit.

The numbers are those of the checklist that the ACS is built from (ADR-0020).
"""

from __future__ import annotations

import asyncio
import gzip

import httpx
import pytest

from collectors.boxes.settings import AcsSettings
from domain import box_actions as act
from domain.box_actions import BoxOutcome
from domain.metrics import box as m
from tests.collectors.boxes_support import DEVICE, IGD, TREE_098, envelope, fault_xml, inform_xml, until, world
from tests.collectors.test_acs_session import INFORM, Wire
from tests.collectors.test_boxes_actions import QUICK, Cpe, acted, cpe

TRANSFER = (
    "<c:TransferComplete><CommandKey>{key}</CommandKey><FaultStruct><FaultCode>{code}</FaultCode>"
    "<FaultString>{text}</FaultString></FaultStruct><StartTime>0001-01-01T00:00:00Z</StartTime>"
    "<CompleteTime>0001-01-01T00:00:00Z</CompleteTime></c:TransferComplete>"
)


async def test_2_an_inform_begins_a_new_session_even_on_a_connection_whose_last_one_never_ended() -> None:
    async with world() as here, Wire(here) as wire:
        assert (await wire.post(INFORM))[0] == 200
        assert (await wire.post(INFORM))[0] == 200
        assert (await wire.post(b""))[0] in (200, 204)
        assert here.app.stats.superseded == 1
        assert here.app.stats.open_sessions <= 1


async def test_3_a_cookie_of_another_session_or_of_another_server_opens_nothing() -> None:
    async with world() as here, httpx.AsyncClient(trust_env=False) as http:
        headers = {"Cookie": "acs=0123456789abcdef0123; JSESSIONID=1, acs=zzz; Path=/"}
        assert (await http.post(here.url, content=INFORM, headers=headers)).status_code == 200
        assert here.app.stats.informs == 1


async def test_4_an_idle_connection_outlives_a_box_that_thinks() -> None:
    async with world() as here:
        assert here.server._handling.keep_alive_s > here.app.settings.session_timeout_s


@pytest.mark.parametrize("method", ["Kicked", "X_VENDOR_Thing"])
async def test_5_a_request_of_the_box_that_we_do_not_know_is_a_well_formed_fault_8000(method: str) -> None:
    async with world() as here, Wire(here) as wire:
        await wire.post(INFORM)
        status, body = await wire.post(envelope(f"<c:{method}></c:{method}>"))
        assert status == 200
        assert b"<FaultCode>8000</FaultCode>" in body
        assert b"<SOAP-ENV:Fault>" in body


async def test_6_hold_requests_of_a_box_changes_nothing_and_we_never_send_it() -> None:
    held = INFORM.replace(b"</c:ID>", b"</c:ID><c:HoldRequests>1</c:HoldRequests>")
    async with world() as here, Wire(here) as wire:
        status, body = await wire.post(held)
        assert status == 200
        assert b"HoldRequests" not in body
        assert b"<MaxEnvelopes>1</MaxEnvelopes>" in body


@pytest.mark.parametrize("version", ["1-0", "1-1", "1-2", "1-3", "1-4", "1-5"])
async def test_9_any_version_is_answered_in_its_own_namespace(version: str) -> None:
    namespace = f"urn:dslforum-org:cwmp-{version}"
    async with world() as here, Wire(here) as wire:
        body = inform_xml({IGD + "DeviceInfo.SoftwareVersion": "9"}, "2 PERIODIC")
        status, answer = await wire.post(envelope(body, namespace))
        assert (status, namespace.encode() in answer) == (200, True)


async def test_11_a_body_in_latin_1_that_says_utf_8_is_read() -> None:
    body = envelope(inform_xml({IGD + "DeviceInfo.SoftwareVersion": "version d'été"}, "2 PERIODIC"))
    async with world() as here, httpx.AsyncClient(trust_env=False) as http:
        headers = {"Content-Type": 'text/xml; charset="utf-8"'}
        raw = body.decode().encode("latin-1")
        assert (await http.post(here.url, content=raw, headers=headers)).status_code == 200
        assert here.known().readings.value(m.BOX_FIRMWARE) == "version d'été"


async def test_13_a_content_length_that_lies_never_makes_a_request_of_the_tail() -> None:
    body = envelope(inform_xml({IGD + "DeviceInfo.SoftwareVersion": "é" * 20}, "2 PERIODIC"))
    async with world() as here, Wire(here) as wire:
        told = len(body.decode())  # characters, as client 1 counts
        wire.writer.write(f"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {told}\r\n\r\n".encode() + body)
        first, _ = await wire.answer()
        assert first in (200, 400)
        assert await wire.closed() or first == 400
        assert here.app.stats.informs <= 1


async def test_15_and_19_the_fault_of_each_parameter_reaches_who_asked() -> None:
    class Refusing(Cpe):
        def _set_values(self, request: str) -> str:
            if "ProvisioningCode" not in request:
                return super()._set_values(request)
            one = (
                f"<SetParameterValuesFault><ParameterName>{IGD}DeviceInfo.ProvisioningCode</ParameterName>"
                "<FaultCode>9007</FaultCode><FaultString>no</FaultString></SetParameterValuesFault>"
            )
            return fault_xml(9003).replace("</c:Fault>", one + "</c:Fault>")

    async with world(settings=QUICK) as here, Refusing(here.url).listening() as box:
        box.tree[IGD + "DeviceInfo.ProvisioningCode"] = "old"
        await box.session("0 BOOTSTRAP")
        result = await acted(here, act.SetValues({IGD + "DeviceInfo.ProvisioningCode": "new"}))
    assert result.outcome is BoxOutcome.FAILED
    assert result.fault is not None
    assert result.fault.code == 9003
    assert result.fault.parameters == {IGD + "DeviceInfo.ProvisioningCode": 9007}


async def test_15_status_1_says_that_it_applies_after_a_restart() -> None:
    class Later(Cpe):
        def _set_values(self, request: str) -> str:
            return super()._set_values(request).replace("<Status>0", "<Status>1")

    async with world(settings=QUICK) as here, Later(here.url).listening() as box:
        box.tree[IGD + "DeviceInfo.ProvisioningCode"] = "old"
        await box.session("0 BOOTSTRAP")
        result = await acted(here, act.SetValues({IGD + "DeviceInfo.ProvisioningCode": "new"}))
    assert (result.outcome, result.after_reboot) == (BoxOutcome.DONE, True)


async def test_16_a_batch_too_big_for_the_box_is_halved() -> None:
    class Small(Cpe):
        def _get_values(self, request: str) -> str:
            return fault_xml(9004) if request.count("<string>") > 4 else super()._get_values(request)

    async with world(settings=QUICK) as here, Small(here.url).listening() as box:
        await box.session("0 BOOTSTRAP")
    assert here.store.observations[-1].value(m.BOX_FIRMWARE) == TREE_098[IGD + "DeviceInfo.SoftwareVersion"]


@pytest.mark.parametrize("event", ["7 TRANSFER COMPLETE", "M Download", "2 PERIODIC"])
@pytest.mark.parametrize("key", ["k1", ""])
async def test_20_a_transfer_ends_by_its_message_whatever_the_event_and_even_without_its_key(
    event: str, key: str
) -> None:
    async with world(settings=QUICK) as here, cpe(here).listening() as box:
        await box.session("0 BOOTSTRAP")
        asked = asyncio.create_task(acted(here, act.Download("1 Firmware Upgrade Image", "http://192.0.2.1/f")))
        await until(lambda: "Download" in box.rpcs)
        await box.tells(event, key, TRANSFER.format(key=key, code=0, text=""))
        result = await asked
    assert result.outcome is BoxOutcome.DONE


async def test_21_the_reason_of_a_failed_transfer_reaches_who_asked() -> None:
    async with world(settings=QUICK) as here, cpe(here).listening() as box:
        await box.session("0 BOOTSTRAP")
        asked = asyncio.create_task(acted(here, act.Download("1 Firmware Upgrade Image", "http://192.0.2.1/f")))
        await until(lambda: "Download" in box.rpcs)
        await box.tells("7 TRANSFER COMPLETE", "k1", TRANSFER.format(key="k1", code=9016, text="404 Not Found"))
        result = await asked
    assert result.fault is not None
    assert (result.outcome, result.fault.code, result.fault.text) == (BoxOutcome.FAILED, 9016, "404 Not Found")


EVENTS = (
    "0 BOOTSTRAP", "1 BOOT", "2 PERIODIC", "3 SCHEDULED", "4 VALUE CHANGE", "5 KICKED", "6 CONNECTION REQUEST",
    "7 TRANSFER COMPLETE", "8 DIAGNOSTICS COMPLETE", "9 REQUEST DOWNLOAD", "10 AUTONOMOUS TRANSFER COMPLETE",
    "11 DU STATE CHANGE COMPLETE", "12 AUTONOMOUS DU STATE CHANGE COMPLETE", "13 WAKEUP", "14 HEARTBEAT", "M Reboot",
    "M ScheduleInform", "M Download", "M Upload", "X 001BBF Thing",
)  # fmt: skip


@pytest.mark.parametrize("event", EVENTS)
async def test_22_every_event_is_taken(event: str) -> None:
    async with world() as here, here.box().listening() as box:
        assert (await box.session(event))[-1] == 204
    assert here.store.informs[0].events == (event,)


async def test_22_several_events_at_once_are_all_kept_but_the_routine_ones() -> None:
    async with world() as here, here.box().listening() as box:
        await box.session("1 BOOT", "M Reboot", "4 VALUE CHANGE", "2 PERIODIC")
    assert [event.code for event in here.store.announcements] == ["1 BOOT", "M Reboot"]


async def test_23_an_inform_repeated_because_our_answer_was_lost_announces_nothing_twice() -> None:
    async with world() as here, httpx.AsyncClient(trust_env=False) as http:
        for retry in (0, 1, 2):
            body = envelope(inform_xml({IGD + "DeviceInfo.SoftwareVersion": "9"}, "1 BOOT", retry=retry))
            assert (await http.post(here.url, content=body)).status_code == 200
    assert [event.code for event in here.store.announcements] == ["1 BOOT"]


async def test_25_a_box_is_called_only_where_it_said_and_in_allowed_networks() -> None:
    async with world(settings=QUICK) as here, here.box().listening() as box:
        await box.session("0 BOOTSTRAP")
        known = here.known()
        assert known.connection is not None
        object.__setattr__(known.connection, "url", "http://169.254.169.254/latest")
        outcome = await here.app.gateway.read(known, 1)
    assert box.calls == 0
    assert m.BOX_REACH in outcome.readings
    assert not outcome.readings[m.BOX_REACH].known


async def test_27_a_storm_is_accepted_and_ended_never_refused() -> None:
    async with world(settings=AcsSettings()) as here:

        async def one() -> list[int]:
            async with Wire(here) as wire:
                return [(await wire.post(INFORM))[0], (await wire.post(b""))[0]]

        answers = await asyncio.gather(*(one() for _ in range(100)))
    assert {status for statuses in answers for status in statuses} <= {200, 204}
    assert here.app.stats.informs == 100


async def test_31_secrets_that_we_set_are_in_no_log_and_no_repr(capsys: pytest.CaptureFixture[str]) -> None:
    async with world(settings=QUICK) as here, cpe(here).listening() as box:
        await box.session("0 BOOTSTRAP")
        action = act.SetValues({IGD + "LANDevice.1.WLANConfiguration.1.KeyPassphrase": "une clé secrète"})
        await acted(here, action)
    assert "secrète" not in repr(action)
    assert "secrète" not in "".join(capsys.readouterr())


async def test_11_a_compressed_inform_larger_than_the_limit_is_refused_whole() -> None:
    async with world(settings=AcsSettings(body_limit_bytes=2000)) as here, httpx.AsyncClient(trust_env=False) as http:
        squeezed = gzip.compress(INFORM + b" " * 5000)
        answer = await http.post(here.url, content=squeezed, headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 413
    assert here.store.informs == []
    assert DEVICE.serial.encode() not in answer.content
