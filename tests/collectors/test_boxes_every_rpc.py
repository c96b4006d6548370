"""Each RPC of the ACS against the simulated boxes, TR-098 and TR-181, over HTTP: done, refused, answered badly.

The boxes are written from the standard, apart from the ACS: what one says wrongly the other does not understand.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import pytest

from domain import box_actions as act
from domain.box import KnownBox
from domain.box_actions import BoxAction, BoxEvent, BoxOutcome, BoxResult
from domain.identifiers import OntName
from domain.metrics import box as m
from domain.secret import Secret
from domain.states import PppStatus
from simulators.cwmp_box.manners import Defect
from simulators.plant.state import BoxState, DataModel
from tests.collectors.boxes_support import DEVICE, IGD, World, envelope, inform_xml, until, world
from tests.collectors.test_boxes_actions import QUICK, Cpe
from tests.collectors.test_boxes_fleet import World as Site
from tests.collectors.test_boxes_fleet import simulated
from tests.simulators.file_server import FileServer

MAPPINGS = {
    DataModel.TR098: f"{IGD}WANDevice.3.WANConnectionDevice.1.WANPPPConnection.1.PortMapping.",
    DataModel.TR181: "Device.NAT.PortMapping.",
}
STATUS = {
    DataModel.TR098: f"{IGD}WANDevice.3.WANConnectionDevice.1.WANPPPConnection.1.ConnectionStatus",
    DataModel.TR181: "Device.PPP.Interface.1.ConnectionStatus",
}


@dataclass
class Here:
    """One box of a site and how to act on it."""

    site: Site
    ont: OntName
    known: KnownBox

    @property
    def truth(self) -> BoxState:
        return self.site.plant.state.boxes[self.ont]

    @property
    def root(self) -> str:
        return self.truth.data_model.value

    async def acted(self, action: BoxAction, key: str = "k1", timeout_s: float = 8) -> BoxResult:
        return await self.site.app.actions.act(self.known, action, key, timeout_s)

    async def skip(self, seconds: float) -> None:
        self.site.plant.clock.advance(seconds)  # type: ignore[attr-defined]  # a clock of its own
        self.site.plant.run_due()


@asynccontextmanager
async def box(model: DataModel) -> AsyncIterator[Here]:
    async with simulated() as site:
        ont = site.first(model)
        yield Here(site, ont, await site.contact(ont))


@pytest.mark.parametrize("model", DataModel)
async def test_the_methods_of_a_box_are_asked_and_told(model: DataModel) -> None:
    async with box(model) as here:
        told = await here.acted(act.GetMethods())
    assert {"AddObject", "Upload", "ScheduleInform", "SetParameterAttributes"} <= set(told.values)


@pytest.mark.parametrize("model", DataModel)
async def test_an_object_is_added_written_read_and_deleted(model: DataModel) -> None:
    path = MAPPINGS[model]
    async with box(model) as here:
        added = await here.acted(act.AddObject(path), "k1")
        name = f"{path}{added.instance}.ExternalPort"
        written = await here.acted(act.SetValues({name: "8443"}), "k2")
        wrong = await here.acted(act.SetValues({name: "70000"}), "k3")
        read = await here.acted(act.GetValues((path,)))
        names = await here.acted(act.GetNames(path))
        deleted = await here.acted(act.DeleteObject(f"{path}{added.instance}."), "k4")
        again = await here.acted(act.DeleteObject(f"{path}{added.instance}."), "k5")
        gone = await here.acted(act.GetValues((name,)))
        other = await here.acted(act.AddObject(path), "k6")
    assert added.done
    assert (added.instance, other.instance) == (1, 2)
    assert written.done
    assert read.values[name] == "8443"
    assert wrong.outcome is BoxOutcome.FAILED
    assert wrong.fault is not None
    assert (wrong.fault.code, wrong.fault.parameters) == (9003, {name: 9007})
    assert names.values == {f"{path}1.": "1"}
    assert deleted.done
    assert [result.fault.code for result in (again, gone) if result.fault] == [9005, 9005]


@pytest.mark.parametrize("model", DataModel)
@pytest.mark.parametrize(
    ("action", "code"),
    [
        (lambda root: act.AddObject(f"{root}DeviceInfo."), 9005),
        (lambda root: act.AddObject(f"{root}NoSuch"), 9005),
        (lambda root: act.SetAttributes({f"{root}DeviceInfo.UpTime": 2}), 9009),
        (lambda root: act.SetAttributes({f"{root}NoSuch": 1}), 9005),
        (lambda root: act.GetAttributes((f"{root}NoSuch",)), 9005),
        (lambda root: act.GetNames(f"{root}NoSuch."), 9005),
        (lambda root: act.SetValues({f"{root}DeviceInfo.UpTime": "1"}), 9003),
        (lambda _: act.ScheduleInform(0), 9003),
        (lambda _: act.Upload("9 Nothing", "http://127.0.0.1:9/f"), 9003),
        (lambda _: act.Upload("1 Vendor Configuration File", "sftp://127.0.0.1/f"), 9013),
        (lambda _: act.Download("3 Vendor Configuration File", "http://127.0.0.1:9/f"), 9003),
    ],
)
async def test_a_refusal_is_told_with_its_code(model: DataModel, action, code: int) -> None:
    async with box(model) as here:
        result = await here.acted(action(here.root))
    assert result.outcome is BoxOutcome.FAILED
    assert result.fault is not None
    assert result.fault.code == code


async def test_a_box_without_room_says_so() -> None:
    path = f"{IGD}LANDevice.1.LANHostConfigManagement.DHCPStaticAddress."
    async with box(DataModel.TR098) as here:
        results = [await here.acted(act.AddObject(path), f"k{number}") for number in range(9)]
    assert [result.instance for result in results[:8]] == list(range(1, 9))
    assert results[8].fault is not None
    assert results[8].fault.code == 9004


@pytest.mark.parametrize("model", DataModel)
async def test_an_active_notification_brings_the_new_value_by_itself(model: DataModel) -> None:
    name = STATUS[model]
    async with box(model) as here:
        store = here.site.store
        assert (await here.acted(act.SetAttributes({name: 2}))).done
        assert (await here.acted(act.GetAttributes((name,)))).values == {name: "2"}
        heard = len(store.informs)
        here.site.plant.fault("ppp-refused", str(here.ont))
        await here.skip(6)
        await until(lambda: any("4 VALUE CHANGE" in inform.events for inform in store.informs[heard:]))
    told = next(inform for inform in store.informs[heard:] if "4 VALUE CHANGE" in inform.events)
    assert told.parameters[name] == "Disconnected"
    assert store.boxes[here.known.device].readings.value(m.BOX_PPP_STATUS) is PppStatus.DISCONNECTED


@pytest.mark.parametrize("model", DataModel)
async def test_a_passive_notification_comes_with_the_next_inform(model: DataModel) -> None:
    name = STATUS[model]
    async with box(model) as here:
        store = here.site.store
        assert (await here.acted(act.SetAttributes({name: 1}))).done
        heard = len(store.informs)
        here.site.plant.fault("ppp-refused", str(here.ont))
        await here.skip(6)
        assert len(store.informs) == heard
        await here.skip(here.truth.periodic_inform_s)
        await until(lambda: any(inform.device == here.known.device for inform in store.informs[heard:]))
    told = next(inform for inform in store.informs[heard:] if inform.device == here.known.device)
    assert told.events == ("2 PERIODIC", "4 VALUE CHANGE")
    assert told.parameters[name] == "Disconnected"


async def test_an_inform_on_demand_is_done_when_it_comes_with_its_own_key() -> None:
    async with box(DataModel.TR098) as here:
        late = asyncio.create_task(here.acted(act.ScheduleInform(600), "late"))
        soon = asyncio.create_task(here.acted(act.ScheduleInform(60), "soon"))
        executed = here.site.plant.orders.executed
        await until(lambda: {entry.key for entry in executed} >= {"late", "soon"})
        await here.skip(61)
        first = await soon
        assert not late.done()
        await here.skip(600)
        second = await late
    assert (first.done, second.done) == (True, True)
    assert here.site.store.announcements[-1].key == "late"


@pytest.mark.parametrize("model", DataModel)
async def test_a_file_is_uploaded_and_its_transfer_complete_comes_in_a_later_session(model: DataModel) -> None:
    async with FileServer(login=("box", "s3cret")) as files, box(model) as here:
        order = act.Upload("1 Vendor Configuration File", files.url("cfg"), "box", Secret("s3cret"))
        sessions = here.site.fleet.stats.sessions
        done = await here.acted(order, "u-7")
        assert here.site.fleet.stats.sessions > sessions
        refused = await here.acted(act.Upload(order.file_type, order.url, "box", Secret("no")), "u-8")
    assert done.done
    assert done.source.locator == "TransferComplete"
    assert f"{here.root}ManagementServer.PeriodicInformInterval=".encode() in files.received["cfg"]
    assert refused.outcome is BoxOutcome.FAILED
    assert refused.fault is not None
    assert refused.fault.code == 9012
    assert [(e.code, e.key) for e in here.site.store.announcements if e.key == "u-7"] == [
        ("M Upload", "u-7"), ("TransferComplete", "u-7"),
    ]  # fmt: skip


async def test_a_download_waits_its_delay_and_a_missing_image_is_a_fault() -> None:
    async with FileServer() as files, box(DataModel.TR181) as here:
        files.files["good"] = f"version=SG9\nmodel={here.truth.product_class}\n".encode()
        missing = await here.acted(act.Download("1 Firmware Upgrade Image", files.url("none")), "d-1")
        task = asyncio.create_task(here.acted(act.Download("1 Firmware Upgrade Image", files.url("good"), delay_s=60)))
        await until(lambda: here.site.fleet._obeying._tasks)
        await here.skip(50)
        assert here.truth.firmware != "SG9"
        await here.skip(11)
        await until(lambda: here.truth.firmware == "SG9")
        await here.skip(60)
        assert (await task).done
    assert missing.fault is not None
    assert missing.fault.code == 9016
    assert here.truth.firmware == "SG9"


# Wrong answers


@pytest.mark.parametrize(
    "action",
    [
        act.SetAttributes({STATUS[DataModel.TR098]: 2}),
        act.AddObject(MAPPINGS[DataModel.TR098]),
        act.SetValues({f"{IGD}DeviceInfo.ProvisioningCode": "x"}),
    ],
)
async def test_a_box_that_answers_something_else_leaves_it_unknown_and_says_so(action: BoxAction) -> None:
    async with box(DataModel.TR098) as here:
        here.site.fleet.manners(here.ont).defects = frozenset({Defect.WRONG_ANSWER_ALWAYS})
        result = await here.acted(action, "k9")
    assert result.outcome is BoxOutcome.UNKNOWN
    assert result.message == "la box n'a pas répondu à ce qui lui était demandé"


@pytest.mark.parametrize("action", [act.GetMethods(), act.GetAttributes((STATUS[DataModel.TR098],))])
async def test_a_read_that_is_never_answered_fails_and_says_so(action: BoxAction) -> None:
    async with box(DataModel.TR098) as here:
        here.site.fleet.manners(here.ont).defects = frozenset({Defect.WRONG_ANSWER_ALWAYS})
        result = await here.acted(action)
    assert result.outcome is BoxOutcome.FAILED
    assert result.message


@dataclass
class Odd(Cpe):
    """A box whose answer to one request is ``says``."""

    says: str = ""

    def answer(self, request: str) -> bytes:
        if "<cwmp:AddObject>" in request or "<cwmp:Download>" in request:
            self.rpcs.append("odd")
            return envelope(self.says)
        return super().answer(request)


async def odd(here: World, says: str, action: BoxAction, timeout_s: float = 0.5) -> BoxResult:
    async with Odd(here.url, says=says).listening() as cpe:
        await cpe.session("0 BOOTSTRAP")
        return await here.app.actions.act(here.known(), action, "k1", timeout_s)


@pytest.mark.parametrize("number", ["", "<InstanceNumber/>", "<InstanceNumber>0</InstanceNumber>"])
async def test_an_object_whose_number_is_not_told_is_not_said_to_be_there(number: str) -> None:
    async with world(settings=QUICK) as here:
        says = f"<c:AddObjectResponse>{number}<Status>0</Status></c:AddObjectResponse>"
        result = await odd(here, says, act.AddObject(IGD + "X."))
    assert result.outcome is BoxOutcome.UNKNOWN
    assert result.message == "la box n'a pas dit quel objet elle a créé"


@pytest.mark.parametrize("status", ["", "<Status/>", "<Status>1</Status>"])
async def test_a_transfer_without_status_is_not_done_until_the_box_says_so(status: str) -> None:
    async with world(settings=QUICK) as here:
        says = f"<c:DownloadResponse>{status}</c:DownloadResponse>"
        result = await odd(here, says, act.Download("1 Firmware Upgrade Image", "http://192.0.2.1/f"))
    assert result.outcome is BoxOutcome.UNKNOWN


async def test_a_fault_whose_code_cannot_be_read_is_no_success() -> None:
    async with world(settings=QUICK) as here, Cpe(here.url).listening() as cpe:
        await cpe.session("0 BOOTSTRAP")
        fault = "<FaultStruct><FaultCode>E-17</FaultCode><FaultString>flash</FaultString></FaultStruct>"
        message = f"<c:TransferComplete><CommandKey>k1</CommandKey>{fault}</c:TransferComplete>"
        await cpe.tells("7 TRANSFER COMPLETE", "", message)
    assert BoxEvent(here.clock.now(), "TransferComplete", "k1", 9002, "flash") in here.store.announcements


async def test_an_inform_on_demand_without_key_beside_its_m_event_is_that_one_and_no_other() -> None:
    async with world(settings=QUICK) as here, Cpe(here.url).listening() as cpe:
        await cpe.session("0 BOOTSTRAP")
        body = inform_xml({}, "3 SCHEDULED", "M ScheduleInform")
        keyed = body[::-1].replace("<CommandKey/>"[::-1], "<CommandKey>soon</CommandKey>"[::-1], 1)[::-1]
        async with httpx.AsyncClient(trust_env=False) as http:
            assert (await http.post(here.url, content=envelope(keyed))).status_code == 200
        late = await here.app.actions.settle(here.known(DEVICE), act.ScheduleInform(60), "late", here.clock.now(), 0.1)
        soon = await here.app.actions.settle(here.known(DEVICE), act.ScheduleInform(60), "soon", here.clock.now(), 0.1)
    assert (late.outcome, soon.outcome) == (BoxOutcome.UNKNOWN, BoxOutcome.DONE)
