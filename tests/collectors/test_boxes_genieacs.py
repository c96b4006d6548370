"""The GenieACS adapter against a small HTTP server that behaves as its documentation and our measures say."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from collectors.boxes import genieacs
from collectors.boxes.genieacs import GenieAcs
from domain import box_actions as act
from domain.box import KnownBox
from domain.box_actions import BoxOutcome
from domain.clock import FixedClock
from domain.identifiers import DeviceId, Id1
from domain.metrics import box as m
from domain.reading import Quality, Reason
from domain.snapshot import Outcome
from domain.states import PppStatus, Reach
from domain.teleaction import ActionState
from simulators.streams import StreamServer
from teleactions.setting_effects import written
from tests.collectors.boxes_support import DEVICE, NOW, TREE_098
from tests.teleactions.cases import case

KNOWN = KnownBox("OPER", Id1("F00000015"), DEVICE)
NAME = f"{DEVICE.oui}-F%40ST%205350-{DEVICE.serial}"  # as GenieACS names it: encoded once in the identifier itself
UPTIME = "InternetGatewayDevice.DeviceInfo.UpTime"


def document() -> dict[str, Any]:
    found: dict[str, Any] = {
        "_id": NAME,
        "_deviceId": {"_OUI": DEVICE.oui, "_SerialNumber": DEVICE.serial},
        "Events": {},
    }
    for name, value in TREE_098.items():
        node = found
        for part in name.split("."):
            node = node.setdefault(part, {})
        node |= {"_value": value, "_type": "xsd:unsignedInt" if name == UPTIME else "xsd:string"}
    return found


@dataclass
class Nbi:
    """The NBI: ``online`` boxes do their tasks, the others leave them in the queue; ``faulty`` ones leave a fault."""

    online: bool = True
    faulty: bool = False
    status: int = 200
    devices: list[dict[str, Any]] = field(default_factory=lambda: [document()])
    tasks: list[dict[str, Any]] = field(default_factory=list)
    posted: list[dict[str, Any]] = field(default_factory=list)
    faults: list[dict[str, Any]] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)

    def answer(self, method: str, target: str, body: bytes) -> tuple[int, Any]:
        self.targets.append(target)
        parsed = urlsplit(target)
        parts = parsed.path.strip("/").split("/")
        if self.status != 200:
            return self.status, {}
        if method == "GET":
            wanted = json.loads(parse_qs(parsed.query)["query"][0])
            items = getattr(self, parts[0])
            if parts[0] == "devices":
                return 200, [d for d in items if d["_deviceId"]["_SerialNumber"] == wanted["_deviceId._SerialNumber"]]
            return 200, [item for item in items if item.items() >= wanted.items()]
        if method == "DELETE":
            items = getattr(self, parts[0])
            items[:] = [item for item in items if item["_id"] != unquote(parts[1])]
            return 200, {}
        assert unquote(parts[1]) == NAME  # encoded again in the URL, or the device is not found
        task = {"_id": "5f0", "device": NAME, **json.loads(body)}
        self.posted.append(task)
        if self.faulty:
            self.faults.append({"_id": f"{NAME}:task_5f0", "code": "cwmp.9005", "message": "Invalid parameter name"})
        if self.faulty or not self.online:
            self.tasks.append(task)
        return (200 if self.online else 202), task

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            lines = head.split("\r\n")
            length = next((int(line[15:]) for line in lines if line.lower().startswith("content-length:")), 0)
            method, target, _ = lines[0].split(" ")
            status, found = self.answer(method, target, await reader.readexactly(length))
            body = json.dumps(found).encode()
            writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)


@asynccontextmanager
async def genie(nbi: Nbi) -> AsyncIterator[GenieAcs]:
    async with StreamServer(nbi.serve, "127.0.0.1") as server:
        adapter = GenieAcs(f"http://127.0.0.1:{server.port}", FixedClock(NOW))
        try:
            yield adapter
        finally:
            await adapter.close()


async def test_a_box_is_refreshed_and_read_in_our_vocabulary() -> None:
    nbi = Nbi()
    async with genie(nbi) as acs:
        outcome = await acs.read(KNOWN, 3)
    assert outcome.readings.value(m.BOX_FIRMWARE) == "9.29.65_F5350_Box"
    assert outcome.readings.value(m.BOX_PPP_STATUS) is PppStatus.CONNECTED
    assert outcome.readings.value(m.BOX_REACH) is Reach.ANSWERED
    assert outcome.sources[0].outcome is Outcome.OK
    assert nbi.posted[0]["name"] == "getParameterValues"
    assert "connection_request" in nbi.targets[1]


async def test_an_unknown_box_was_never_seen_and_a_broken_nbi_is_an_error() -> None:
    async with genie(Nbi(devices=[])) as acs:
        outcome = await acs.read(KNOWN, 3)
        assert outcome.readings[m.BOX_FIRMWARE].reason is Reason.NEVER_SEEN
        assert (await acs.act(KNOWN, act.Reboot(), "k", 3)).outcome is BoxOutcome.NOT_SENT
    async with genie(Nbi(status=500)) as acs:
        assert (await acs.read(KNOWN, 3)).readings[m.BOX_FIRMWARE].reason is Reason.ERROR
        assert (await acs.act(KNOWN, act.Reboot(), "k", 3)).outcome is BoxOutcome.UNKNOWN


async def test_a_200_whose_task_stays_in_the_queue_is_not_done_and_is_withdrawn() -> None:
    nbi = Nbi(online=False)
    async with genie(nbi) as acs:
        result = await acs.act(KNOWN, act.SetValues({UPTIME: "0"}), "k", 3)
        stored = await acs.read(KNOWN, 3)
    assert result.outcome is BoxOutcome.NOT_SENT
    assert result.message == "attend le prochain Inform"
    assert nbi.tasks == []
    assert stored.sources[0].outcome is Outcome.PARTIAL
    assert stored.readings.value(m.BOX_REACH) is Reach.SILENT


async def test_a_fault_fails_the_action_and_leaves_nothing_behind() -> None:
    nbi = Nbi(faulty=True)
    async with genie(nbi) as acs:
        result = await acs.act(KNOWN, act.GetValues((UPTIME,)), "k", 3)
    assert result.outcome is BoxOutcome.FAILED
    assert result.fault == act.BoxFault(9005, "Invalid parameter name")
    assert nbi.tasks == nbi.faults == []


async def test_values_are_read_and_set_with_their_types() -> None:
    nbi = Nbi()
    async with genie(nbi) as acs:
        read = await acs.act(KNOWN, act.GetValues((UPTIME,)), "k", 3)
        accepted = await acs.act(KNOWN, act.SetValues({UPTIME: "0"}), "k", 3)
        same = await acs.settle(KNOWN, act.SetValues({UPTIME: "1234"}), "k", NOW, 3)
        other = await acs.settle(KNOWN, act.SetValues({UPTIME: "0"}), "k", NOW, 3)
    assert read.values == {UPTIME: "1234"}
    assert accepted.done
    assert nbi.posted[1]["parameterValues"] == [[UPTIME, "0", "xsd:unsignedInt"]]
    assert (same.outcome, other.outcome) == (BoxOutcome.DONE, BoxOutcome.UNKNOWN)


@pytest.mark.parametrize(
    ("action", "name"),
    [
        (act.Reboot(), "reboot"),
        (act.FactoryReset(), "factoryReset"),
        (act.AddObject("InternetGatewayDevice.X."), "addObject"),
        (act.DeleteObject("InternetGatewayDevice.X.1."), "deleteObject"),
        (act.Download("1 Firmware Upgrade Image", "http://192.0.2.1/f.bin"), "download"),
        (act.GetNames("InternetGatewayDevice.X."), "refreshObject"),
    ],
)
async def test_each_action_is_a_task_of_theirs(action: act.BoxAction, name: str) -> None:
    nbi = Nbi()
    async with genie(nbi) as acs:
        await acs.act(KNOWN, action, "k", 3)
    assert nbi.posted[0]["name"] == name


async def test_a_restart_is_unknown_until_its_boot_shows() -> None:
    nbi = Nbi()
    async with genie(nbi) as acs:
        assert (await acs.act(KNOWN, act.Reboot(), "k", 3)).outcome is BoxOutcome.UNKNOWN
        assert (await acs.settle(KNOWN, act.Reboot(), "k", NOW, 3)).outcome is BoxOutcome.UNKNOWN
        nbi.devices[0]["Events"]["1_BOOT"] = {"_value": (NOW + timedelta(minutes=2)).isoformat()}
        settled = await acs.settle(KNOWN, act.Reboot(), "k", NOW, 3)
    assert settled.done
    assert settled.at == NOW + timedelta(minutes=2)


async def test_what_a_genieacs_cannot_do_is_refused() -> None:
    async with genie(Nbi()) as acs:
        result = await acs.act(KNOWN, act.ScheduleInform(5), "k", 3)
    assert result.outcome is BoxOutcome.FAILED
    assert "non prise en charge" in result.message


async def test_another_box_is_not_ours() -> None:
    async with genie(Nbi()) as acs:
        outcome = await acs.read(KnownBox("OPER", Id1("F00000015"), DeviceId("D8D775", "OTHER")), 3)
    assert outcome.readings[m.BOX_FIRMWARE].reason is Reason.NEVER_SEEN


async def test_a_value_has_the_instant_at_which_the_genieacs_read_it() -> None:
    nbi = Nbi(online=False)
    old = (NOW - timedelta(hours=7)).isoformat()
    node = nbi.devices[0]["InternetGatewayDevice"]["DeviceInfo"]["SoftwareVersion"]
    node["_timestamp"] = old
    async with genie(nbi) as adapter:
        readings = (await adapter.read(KNOWN, 3)).readings
    assert readings[m.BOX_FIRMWARE].at == NOW - timedelta(hours=7)
    assert readings[m.BOX_FIRMWARE].quality is Quality.STORED


async def test_the_nbi_has_less_time_than_we_so_that_no_task_is_left_behind() -> None:
    nbi = Nbi()
    async with genie(nbi) as adapter:
        await adapter.act(KNOWN, act.Reboot(), "k", 5)
    assert any("timeout=4000&connection_request" in target for target in nbi.targets)


async def test_a_202_leaves_nothing_in_the_queue_and_says_that_the_box_is_waited_for() -> None:
    nbi = Nbi(online=False)
    async with genie(nbi) as adapter:
        result = await adapter.act(KNOWN, act.SetValues({UPTIME: "1"}), "k", 3)
    assert result.outcome is BoxOutcome.NOT_SENT
    assert "attend le prochain Inform" in result.message
    assert nbi.tasks == []


async def test_a_test_is_set_waited_for_and_read_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(genieacs, "_FIRST_LOOK_S", 0.01)
    nbi = Nbi()
    ping = {
        name: {"_value": value, "_type": "xsd:string"}
        for name, value in {"DiagnosticsState": "None", "Host": "", "SuccessCount": "0"}.items()
    }
    nbi.devices[0]["InternetGatewayDevice"]["IPPingDiagnostics"] = ping
    answered = nbi.answer

    def running(method: str, target: str, body: bytes) -> tuple[int, Any]:
        if b"refreshObject" in body and len([t for t in nbi.posted if t["name"] == "refreshObject"]) == 1:
            ping["DiagnosticsState"]["_value"], ping["SuccessCount"]["_value"] = "Complete", "3"
        return answered(method, target, body)

    nbi.answer = running  # type: ignore[method-assign]  # the same, with a test that ends
    async with genie(nbi) as adapter:
        done = await adapter.act(KNOWN, act.Diagnose(act.Diagnostic.PING, "203.0.113.1"), "k", 5)
        absent = await adapter.act(KNOWN, act.Diagnose(act.Diagnostic.NSLOOKUP, "portail.example"), "k", 5)
    assert nbi.posted[0]["parameterValues"][0] == [
        "InternetGatewayDevice.IPPingDiagnostics.Host", "203.0.113.1", "xsd:string",
    ]  # fmt: skip
    assert [task["name"] for task in nbi.posted].count("refreshObject") == 2
    assert done.readings.value(m.BOX_PING_OK) is True
    assert absent.message == "test non pris en charge par cette box"


NTP = "InternetGatewayDevice.Time.NTPServer1"


def with_ntp(value: str, read_at: datetime | None = None) -> Nbi:
    """A box that shows that server of time, as the GenieACS read it then."""
    nbi = Nbi()
    told = {"_value": value, "_type": "xsd:string"} | ({} if read_at is None else {"_timestamp": read_at.isoformat()})
    nbi.devices[0]["InternetGatewayDevice"].setdefault("Time", {})["NTPServer1"] = told
    return nbi


async def told_of_a_write(nbi: Nbi, value: str) -> ActionState:
    """What a parameter written by a process that was killed meanwhile is told as, once it would show."""
    async with genie(nbi) as acs:
        result = await acs.settle(KNOWN, act.SetValues({NTP: value}), "ta-OPER-1", NOW, 3)
    return written(case(result, {}, {}, parameters={"name": NTP, "value": value}, sets={NTP: value})).state


async def test_a_write_whose_answer_was_lost_is_told_by_what_the_box_shows() -> None:
    assert await told_of_a_write(with_ntp("ntp.example"), "ntp.example") is ActionState.DONE
    assert await told_of_a_write(with_ntp("other.example"), "ntp.example") is ActionState.NO_EFFECT
    assert await told_of_a_write(Nbi(), "ntp.example") is ActionState.FAILED  # it has no such parameter


async def test_a_box_that_is_off_proves_a_write_by_what_the_genieacs_has_read_since_alone() -> None:
    for read_at, told in (
        (NOW + timedelta(seconds=1), ActionState.DONE),
        (NOW - timedelta(hours=7), ActionState.UNKNOWN),
        (None, ActionState.UNKNOWN),
    ):
        nbi = with_ntp("ntp.example", read_at)
        nbi.online = False
        assert await told_of_a_write(nbi, "ntp.example") is told


async def test_a_task_that_was_left_in_the_queue_is_withdrawn_and_does_not_tell_that_nothing_was_sent() -> None:
    """A session that is open has loaded it: the box may be carrying it out as it is withdrawn."""
    nbi = Nbi()
    nbi.tasks = [{"_id": "5ee", "device": NAME, "name": "reboot", "uniqueKey": "ta-OPER-1"}]
    async with genie(nbi) as acs:
        settled = await acs.settle(KNOWN, act.Reboot(), "ta-OPER-1", NOW, 3)
        assert (settled.outcome, settled.key, nbi.tasks) == (BoxOutcome.UNKNOWN, "ta-OPER-1", [])
        nbi.tasks = [{"_id": "5ee", "device": NAME, "name": "reboot", "uniqueKey": "somebody else's"}]
        assert (await acs.settle(KNOWN, act.Reboot(), "ta-OPER-1", NOW, 3)).outcome is BoxOutcome.UNKNOWN
        assert len(nbi.tasks) == 1
        await acs.act(KNOWN, act.SetValues({NTP: "ntp.example"}), "ta-OPER-2", 3)
    assert nbi.posted[-1]["uniqueKey"] == "ta-OPER-2"  # by which it would be found


@pytest.mark.parametrize("fault", [False, True])
async def test_a_restart_is_seen_though_its_task_was_left_in_the_queue(fault: bool) -> None:
    """A box that restarts before it has answered leaves the GenieACS a fault of its own, and is no refusal."""
    nbi = Nbi()
    nbi.tasks = [{"_id": "5ee", "device": NAME, "name": "reboot", "uniqueKey": "ta-OPER-1"}]
    if fault:
        nbi.faults = [{"_id": f"{NAME}:task_5ee", "code": "session_terminated", "message": "The TR-069 session ended"}]
    nbi.devices[0]["Events"]["1_BOOT"] = {"_value": (NOW + timedelta(seconds=9)).isoformat()}
    async with genie(nbi) as acs:
        settled = await acs.settle(KNOWN, act.Reboot(), "ta-OPER-1", NOW, 3)
    assert (settled.outcome, settled.fault) == (BoxOutcome.DONE, None)
    assert nbi.tasks == nbi.faults == []


async def test_a_task_that_was_left_with_a_fault_tells_it() -> None:
    nbi = Nbi()
    nbi.tasks = [{"_id": "5ee", "device": NAME, "name": "setParameterValues", "uniqueKey": "ta-OPER-1"}]
    nbi.faults = [{"_id": f"{NAME}:task_5ee", "code": "cwmp.9007", "message": "Invalid parameter value"}]
    async with genie(nbi) as acs:
        settled = await acs.settle(KNOWN, act.SetValues({NTP: "x"}), "ta-OPER-1", NOW, 3)
    assert settled.fault == act.BoxFault(9007, "Invalid parameter value")
    assert nbi.tasks == nbi.faults == []
