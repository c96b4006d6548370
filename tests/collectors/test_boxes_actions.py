"""Acting on a box through the embedded ACS, over real HTTP: done, failed, not sent, unknown, and settled."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from collectors.boxes.settings import AcsSettings
from domain import box_actions as act
from domain.box import KnownBox
from domain.box_actions import BoxAction, BoxOutcome, BoxResult, Diagnostic
from domain.identifiers import Id1
from domain.metric import Readings
from domain.metrics import box as m
from domain.reading import Source, Via, known
from tests.collectors.boxes_support import (
    DEVICE,
    IGD,
    NOW,
    Box,
    World,
    envelope,
    fault_xml,
    inform_xml,
    until,
    world,
)

PING = IGD + "IPPingDiagnostics."
QUICK = AcsSettings(call_retry_s=0.05, diagnostic_poll_s=0.1)


@dataclass
class Cpe(Box):
    """A box that also acts. ``silent_after`` dies once it received that request, without answering."""

    keys: dict[str, str] = field(default_factory=dict)
    types: list[str] = field(default_factory=list)
    dies_on: str = ""
    transfer_status: int = 1
    refuses: int = 0

    def answer(self, request: str) -> bytes:
        method = re.search(r"<cwmp:(\w+)>", request.partition("Body>")[2])
        assert method is not None
        if method[1] == "InformResponse":
            return b""
        for name in ("CommandKey", "ParameterKey"):
            if found := re.search(rf"<{name}>(.*?)</{name}>", request):
                self.keys[method[1]] = found[1]
        self.types += re.findall(r'xsi:type="xsd:(\w+)"', request)
        if method[1] == self.dies_on:
            raise ConnectionResetError
        if self.refuses and method[1] not in ("SetParameterValues", "GetParameterNames", "GetParameterValues"):
            return envelope(fault_xml(self.refuses))
        plain = {
            "Reboot": "",
            "FactoryReset": "",
            "ScheduleInform": "",
            "DeleteObject": "<Status>0</Status>",
            "AddObject": "<InstanceNumber>7</InstanceNumber><Status>0</Status>",
            "Download": f"<Status>{self.transfer_status}</Status>",
            "Upload": f"<Status>{self.transfer_status}</Status>",
            "SetParameterAttributes": "",
            "GetRPCMethods": "<MethodList><string>Inform</string><string>Reboot</string></MethodList>",
            "GetParameterAttributes": "<ParameterList><ParameterAttributeStruct><Name>A</Name>"
            "<Notification>2</Notification></ParameterAttributeStruct></ParameterList>",
        }
        if method[1] in plain:
            self.rpcs.append(method[1])
            return envelope(f"<c:{method[1]}Response>{plain[method[1]]}</c:{method[1]}Response>")
        return super().answer(request)

    async def session(self, *events: str) -> list[int]:
        try:
            return await super().session(*events)
        except ConnectionResetError:
            return []

    async def tells(self, event: str, key: str = "", transfer: str = "") -> None:
        """A session with an event and its key, and maybe a TransferComplete."""
        import httpx

        body = inform_xml({self.root + "ManagementServer.ConnectionRequestURL": self.url}, event)
        async with httpx.AsyncClient(trust_env=False) as http:
            inform = envelope(body.replace("<CommandKey/>", f"<CommandKey>{key}</CommandKey>"))
            assert (await http.post(self.acs_url, content=inform)).status_code == 200
            if transfer:
                answer = await http.post(self.acs_url, content=envelope(transfer))
                assert "TransferCompleteResponse" in answer.text
            while (reply := await http.post(self.acs_url, content=b"")).status_code == 200:
                await http.post(self.acs_url, content=self.answer(reply.text))


def cpe(here: World, **options: Any) -> Cpe:
    return Cpe(here.url, **options)


async def acted(here: World, action: BoxAction, key: str = "k1", timeout_s: float = 3) -> BoxResult:
    return await here.app.actions.act(here.known(), action, key, timeout_s)


async def _ready(here: World, box: Cpe) -> None:
    await box.session("0 BOOTSTRAP")
    box.rpcs.clear()
    box.types.clear()


def transfer_complete(key: str, code: int = 0) -> str:
    return (
        f"<c:TransferComplete><CommandKey>{key}</CommandKey><FaultStruct><FaultCode>{code}</FaultCode>"
        f"<FaultString>{'no server' if code else ''}</FaultString></FaultStruct></c:TransferComplete>"
    )


async def test_values_are_read_and_a_missing_name_does_not_hide_the_others() -> None:
    async with world(settings=QUICK) as here, cpe(here).listening() as box:
        await _ready(here, box)
        good = await acted(here, act.GetValues((IGD + "DeviceInfo.UpTime",)))
        part = await acted(here, act.GetValues((IGD + "DeviceInfo.UpTime", IGD + "Nothing")))
        none = await acted(here, act.GetValues((IGD + "Nothing",)))
    assert good.done
    assert good.values == {IGD + "DeviceInfo.UpTime": "1234"}
    assert good.at == NOW
    assert part.outcome is BoxOutcome.FAILED
    assert part.values == good.values
    assert part.fault is not None
    assert part.fault.parameters == {IGD + "Nothing": 9005}
    assert none.fault is not None
    assert none.fault.code == 9005


async def test_values_are_set_with_the_type_of_the_box_and_our_key() -> None:
    async with world(settings=QUICK) as here, cpe(here).listening() as box:
        await _ready(here, box)
        result = await acted(here, act.SetValues({IGD + "DeviceInfo.UpTime": "0"}), "wave-7")
    assert result.done
    assert box.tree[IGD + "DeviceInfo.UpTime"] == "0"
    assert box.keys["SetParameterValues"] == "wave-7"
    assert box.rpcs == ["GetParameterValues", "SetParameterValues"]


async def test_plain_requests() -> None:
    async with world(settings=QUICK) as here, cpe(here).listening() as box:
        await _ready(here, box)
        assert (await acted(here, act.AddObject(IGD + "X."))).instance == 7
        assert (await acted(here, act.DeleteObject(IGD + "X.7."))).done
        assert set((await acted(here, act.GetMethods())).values) == {"Inform", "Reboot"}
        assert (await acted(here, act.GetAttributes(("A",)))).values == {"A": "2"}
        assert (await acted(here, act.SetAttributes({"A": 2}))).done
        names = await acted(here, act.GetNames(IGD + "DeviceInfo."))
    assert names.values[IGD + "DeviceInfo.UpTime"] == "0"


@pytest.mark.parametrize(("action", "event"), [(act.Reboot(), "M Reboot"), (act.FactoryReset(), "0 BOOTSTRAP")])
async def test_a_restart_is_done_once_the_box_informs_of_it(action: BoxAction, event: str) -> None:
    async with world(settings=QUICK) as here, cpe(here).listening() as box:
        await _ready(here, box)
        asked = asyncio.create_task(acted(here, action))
        await until(lambda: box.rpcs)
        await asyncio.gather(*box.tasks)
        assert not asked.done()
        await box.tells(event, "k1")
        result = await asked
    assert result.done
    assert result.source.locator == event


async def test_a_restart_that_never_shows_is_unknown_and_the_next_boot_settles_it() -> None:
    async with world(settings=QUICK) as here, cpe(here, dies_on="Reboot").listening() as box:
        await _ready(here, box)
        result = await acted(here, act.Reboot(), timeout_s=0.3)
        assert result.outcome is BoxOutcome.UNKNOWN
        settled = await here.app.actions.settle(here.known(), act.Reboot(), "k1", NOW + timedelta(seconds=1), 1)
        assert settled.outcome is BoxOutcome.UNKNOWN
        here.clock.instant = NOW + timedelta(minutes=2)
        box.dies_on = ""
        await box.tells("1 BOOT")
        settled = await here.app.actions.settle(here.known(), act.Reboot(), "k1", NOW + timedelta(seconds=1), 1)
    assert settled.done
    assert settled.at == NOW + timedelta(minutes=2)
    assert "Reboot" not in box.rpcs  # never sent again


async def test_a_set_lost_with_its_session_is_settled_by_the_parameter_key() -> None:
    async with world(settings=QUICK) as here, cpe(here, dies_on="SetParameterValues").listening() as box:
        box.dies_on = ""
        await _ready(here, box)
        box.dies_on = "SetParameterValues"
        box.tree[IGD + "ManagementServer.ParameterKey"] = "ta-1"
        action = act.SetValues({IGD + "DeviceInfo.UpTime": "0"})
        asked = asyncio.create_task(acted(here, action, "ta-1"))
        await until(lambda: here.app.stats.open_sessions == 1 and box.keys.get("SetParameterValues") == "ta-1")
        await box.session("2 PERIODIC")  # takes the place of the session that died
        result = await asked
        other = await here.app.actions.settle(here.known(), action, "ta-2", NOW, 1)
    assert result.done
    assert other.outcome is BoxOutcome.FAILED


@pytest.mark.parametrize("key", ["k1", ""])
async def test_a_download_ends_with_its_transfer_complete_in_a_later_session(key: str) -> None:
    async with world(settings=QUICK) as here, cpe(here).listening() as box:
        await _ready(here, box)
        asked = asyncio.create_task(acted(here, act.Download("1 Firmware Upgrade Image", "http://192.0.2.1/f")))
        await until(lambda: box.rpcs)
        await asyncio.gather(*box.tasks)
        await box.tells("2 PERIODIC", "", transfer_complete(key))
        assert (await asked).done


async def test_a_failed_transfer_says_why() -> None:
    async with world(settings=QUICK) as here, cpe(here).listening() as box:
        await _ready(here, box)
        asked = asyncio.create_task(acted(here, act.Upload("2 Vendor Log File", "http://192.0.2.1/f")))
        await until(lambda: box.rpcs)
        await asyncio.gather(*box.tasks)
        await box.tells("7 TRANSFER COMPLETE", "k1", transfer_complete("k1", 9011))
        result = await asked
    assert result.outcome is BoxOutcome.FAILED
    assert result.fault == act.BoxFault(9011, "no server")


async def test_a_refusal_is_a_failure_with_its_code() -> None:
    async with world(settings=QUICK) as here, cpe(here, refuses=9001).listening() as box:
        await _ready(here, box)
        result = await acted(here, act.Reboot())
    assert result.outcome is BoxOutcome.FAILED
    assert result.fault is not None
    assert result.fault.code == 9001


async def test_a_ping_is_run_by_the_box_and_becomes_an_observation() -> None:
    async with world(settings=QUICK) as here, cpe(here).listening() as box:
        box.tree |= {PING + name: "" for name in ("DiagnosticsState", "Host", "NumberOfRepetitions", "Timeout")}
        await _ready(here, box)
        asked = asyncio.create_task(acted(here, act.Diagnose(Diagnostic.PING, "192.0.2.53")))
        await until(lambda: box.tree[PING + "DiagnosticsState"] == "Requested")
        await asyncio.gather(*box.tasks)
        box.tree |= {PING + "DiagnosticsState": "Complete", PING + "SuccessCount": "4"}
        await box.session("8 DIAGNOSTICS COMPLETE")
        result = await asked
    assert result.done
    assert result.values["SuccessCount"] == "4"
    assert result.readings.value(m.BOX_PING_OK) is True
    assert box.tree[PING + "Host"] == "192.0.2.53"
    assert here.store.observations[-1].value(m.BOX_PING_OK) is True


async def test_a_test_the_box_does_not_have_says_so() -> None:
    async with world(settings=QUICK) as here, cpe(here).listening() as box:
        await _ready(here, box)
        result = await acted(here, act.Diagnose(Diagnostic.WIFI_SCAN))
    assert result.message == "test non pris en charge par cette box"


async def test_a_box_that_cannot_be_called_waits_for_its_next_inform() -> None:
    told: list[str] = []
    async with world(settings=QUICK) as here:
        readings = Readings({m.BOX_INFORM_INTERVAL_S: known(3600, NOW, Source(Via.CWMP))})
        box = KnownBox("OPER", Id1("F00000015"), DEVICE, readings=readings)
        here.store.boxes[DEVICE] = box
        gone = await here.app.actions.act(box, act.Reboot(), "k1", 0.1, told.append)
        assert gone.outcome is BoxOutcome.NOT_SENT
        assert told == ["attend le prochain Inform (au plus 3600 s)"]
        asked = asyncio.create_task(here.app.actions.act(box, act.GetMethods(), "k1", 3))
        await until(lambda: here.app._orders.waiting)
        await cpe(here).session("2 PERIODIC")
        assert (await asked).done
        assert not here.app._orders.waiting
        assert not here.app._orders.watches
