"""What boxes do beyond reading and writing: objects, attributes, uploads, Informs on demand. TR-098 and TR-181."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from domain.identifiers import OntName
from simulators.cwmp_box import BoxFleet
from simulators.plant.state import EventKind
from tests.simulators.file_server import FileServer
from tests.simulators.test_cwmp_box import IGD, PPP, SERVER, serial, session_with, until
from tests.simulators.tiny_acs import Heard, TinyAcs, get_names, get_values, set_values, text_of
from tests.simulators.windows_plant import FIRST, SECOND, HandPlant, three_accesses

ONTS = {"InternetGatewayDevice.": FIRST, "Device.": SECOND}
OBJECTS = {  # path, how many fit, a parameter of each instance with its type, a good value, a bad one
    f"{PPP}PortMapping.": (32, "ExternalPort", "unsignedInt", "8080", "70000"),
    f"{IGD}LANDevice.1.LANHostConfigManagement.DHCPStaticAddress.": (8, "Yiaddr", "string", "192.168.1.20", "192.168"),
    "Device.NAT.PortMapping.": (32, "InternalClient", "string", "192.168.1.20", "nobody"),
    "Device.DHCPv4.Server.Pool.1.StaticAddress.": (8, "Chaddr", "string", "02:00:5E:10:00:01", "02-00"),
    "Device.WiFi.SSID.": (3, "SSID", "string", "Invités", "x" * 33),
}


@pytest.fixture
def plant() -> HandPlant:
    return HandPlant(three_accesses())


@pytest.fixture
async def acs() -> AsyncIterator[TinyAcs]:
    async with TinyAcs() as server:
        yield server


def ont_of(path: str) -> OntName:
    return ONTS[path.partition(".")[0] + "."]


def call(name: str, **fields: object) -> str:
    inner = "".join(f"<{key}>{value}</{key}>" for key, value in fields.items())
    return f"<cwmp:{name}>{inner}</cwmp:{name}>"


def add(path: str, key: str = "") -> str:
    return call("AddObject", ObjectName=path, ParameterKey=key)


def delete(path: str, key: str = "") -> str:
    return call("DeleteObject", ObjectName=path, ParameterKey=key)


def notify(*wanted: tuple[str, object], change: int = 1) -> str:
    items = "".join(
        f"<SetParameterAttributesStruct><Name>{name}</Name><NotificationChange>{change}</NotificationChange>"
        f"<Notification>{level}</Notification><AccessListChange>0</AccessListChange><AccessList/>"
        "</SetParameterAttributesStruct>"
        for name, level in wanted
    )
    return f"<cwmp:SetParameterAttributes><ParameterList>{items}</ParameterList></cwmp:SetParameterAttributes>"


def attributes(*names: str) -> str:
    items = "".join(f"<string>{name}</string>" for name in names)
    return f"<cwmp:GetParameterAttributes><ParameterNames>{items}</ParameterNames></cwmp:GetParameterAttributes>"


def levels(answer: Heard) -> dict[str, str]:
    return {text_of(item[0]): text_of(item[1]) for item in answer.root.iter("ParameterAttributeStruct")}


def names(answer: Heard) -> dict[str, str]:
    return {text_of(item[0]): text_of(item[1]) for item in answer.root.iter("ParameterInfoStruct")}


async def test_a_box_says_every_rpc_that_it_has_and_no_other(plant: HandPlant, acs: TinyAcs) -> None:
    told, *answers = await session_with(
        acs, plant, "<cwmp:GetRPCMethods/>", *(call(name) for name in ("GetQueuedTransfers", "ChangeDUState"))
    )
    assert [item.text for item in told.root.iter("string")] == [
        "AddObject", "DeleteObject", "Download", "FactoryReset", "GetParameterAttributes", "GetParameterNames",
        "GetParameterValues", "GetRPCMethods", "Reboot", "ScheduleInform", "SetParameterAttributes",
        "SetParameterValues", "Upload",
    ]  # fmt: skip
    assert [answer.fault for answer in answers] == [9000, 9000]


@pytest.mark.parametrize("path", OBJECTS)
async def test_an_object_is_added_filled_counted_and_deleted(plant: HandPlant, acs: TinyAcs, path: str) -> None:
    _, leaf, kind, good, bad = OBJECTS[path]
    first = 2 if path.endswith("SSID.") else 1
    name = f"{path}{first}.{leaf}"
    parent = path.rpartition(".")[0].rpartition(".")[0] + "."
    counter = f"{parent}{path.split('.')[-2]}NumberOfEntries"
    key_name = path.partition(".")[0] + ".ManagementServer.ParameterKey"
    empty, added, refused, filled, read, listed, gone, again, left, missing = await session_with(
        acs,
        plant,
        get_values(path),
        add(path, "k1"),
        set_values((name, kind, bad)),
        set_values((name, kind, good), key="k2"),
        get_values(name, counter, key_name),
        get_names(path, next_level=True),
        delete(f"{path}{first}.", "k3"),
        add(path),
        get_values(counter, key_name),
        get_values(name),
        ont=ont_of(path),
    )
    assert empty.fault is None
    assert (added.find("InstanceNumber"), added.find("Status")) == (str(first), "0")
    assert (refused.fault, refused.detail_faults) == (9003, {name: 9007})
    assert filled.method == "SetParameterValuesResponse"
    assert read.values == {name: good, counter: str(first), key_name: "k2"}
    assert names(listed)[f"{path}{first}."] == "1"  # it can be deleted
    assert gone.find("Status") == "0"
    assert again.find("InstanceNumber") == str(first + 1)  # a number is never given twice
    assert left.values == {counter: str(first), key_name: ""}
    assert missing.fault == 9005


@pytest.mark.parametrize("path", OBJECTS)
async def test_what_cannot_be_added_or_deleted_is_refused_with_its_code(
    plant: HandPlant, acs: TinyAcs, path: str
) -> None:
    room = OBJECTS[path][0]
    root = path.partition(".")[0] + "."
    answers = await session_with(
        acs,
        plant,
        add(path.rstrip(".")),
        add(f"{root}DeviceInfo."),
        add(f"{path}1."),
        add(path, "k" * 33),
        delete(path),
        delete(f"{path}1."),
        delete(f"{root}DeviceInfo."),
        delete(f"{path}x."),
        *[add(path)] * (room + 1),
        ont=ont_of(path),
    )
    assert [answer.fault for answer in answers[:8]] == [9005, 9005, 9005, 9003, 9005, 9005, 9005, 9005]
    assert [answer.fault for answer in answers[8:]] == [None] * room + [9004]


async def test_names_of_objects_say_where_instances_can_be_added(plant: HandPlant, acs: TinyAcs) -> None:
    level, whole = await session_with(
        acs, plant, get_names("Device.NAT.", next_level=True), get_names("Device.WiFi.", next_level=False), ont=SECOND
    )
    assert names(level) == {"Device.NAT.PortMapping.": "1", "Device.NAT.PortMappingNumberOfEntries": "0"}
    shown = names(whole)
    assert (shown["Device.WiFi.SSID."], shown["Device.WiFi.SSID.1."], shown["Device.WiFi.Radio."]) == ("1", "0", "0")


async def test_a_box_that_pretends_adds_nothing(plant: HandPlant, acs: TinyAcs) -> None:
    plant.state.boxes[FIRST].deaf = True
    path = f"{PPP}PortMapping."
    added, count = await session_with(acs, plant, add(path, "k1"), get_values(f"{PPP}PortMappingNumberOfEntries"))
    assert added.find("InstanceNumber") == "1"
    assert count.values == {f"{PPP}PortMappingNumberOfEntries": "0"}


async def test_a_factory_reset_forgets_objects_and_attributes(plant: HandPlant, acs: TinyAcs) -> None:
    status = f"{PPP}ConnectionStatus"
    for body in (add(f"{PPP}PortMapping."), notify((status, 2))):
        acs.ask(serial(plant), body)
    async with asyncio.timeout(10), BoxFleet(plant, "127.0.0.1", acs.url, inform_at_start=[FIRST]) as fleet:
        await fleet.wait_informed(FIRST)
        counted = acs.ask(serial(plant), get_values(f"{PPP}PortMappingNumberOfEntries"))
        told = acs.ask(serial(plant), attributes(status))
        await fleet.bootstrap(FIRST)
        await fleet.wait_informed(FIRST)
        assert (await counted).values == {f"{PPP}PortMappingNumberOfEntries": "0"}
        assert levels(await told) == {status: "0"}


# Attributes


async def test_attributes_are_set_by_name_or_path_all_or_nothing(plant: HandPlant, acs: TinyAcs) -> None:
    status, uptime = f"{PPP}ConnectionStatus", f"{IGD}DeviceInfo.UpTime"
    answers = await session_with(
        acs,
        plant,
        attributes(status, f"{IGD}DeviceInfo.SoftwareVersion"),
        notify((status, 2), (f"{IGD}NoSuch", 2)),
        notify((status, 2), (uptime, 2)),
        notify((status, 3)),
        notify((f"{IGD}DeviceInfo.SoftwareVersion", 0)),
        attributes(status),
        notify((f"{IGD}LANDevice.1.WLANConfiguration.1.AssociatedDevice.", 1), (status, 2), (uptime, 1)),
        attributes(f"{IGD}LANDevice.1.WLANConfiguration.1.AssociatedDevice.", status, uptime),
        notify((status, 0), change=0),
        attributes(status),
        attributes(f"{IGD}NoSuch"),
    )
    assert levels(answers[0]) == {status: "0", f"{IGD}DeviceInfo.SoftwareVersion": "2"}
    assert [answer.fault for answer in answers[1:5]] == [9005, 9009, 9003, 9009]
    assert levels(answers[5]) == {status: "0"}
    assert answers[6].method == "SetParameterAttributesResponse"
    rssi = f"{IGD}LANDevice.1.WLANConfiguration.1.AssociatedDevice.1.X_BROADCOM_COM_RSSI"
    assert (levels(answers[7])[rssi], levels(answers[7])[status], levels(answers[7])[uptime]) == ("1", "2", "1")
    assert levels(answers[9]) == {status: "2"}
    assert answers[10].fault == 9005


@pytest.mark.parametrize(
    ("ont", "name"),
    [(FIRST, f"{PPP}LastConnectionError"), (SECOND, "Device.PPP.Interface.1.LastConnectionError")],
)
async def test_an_active_change_is_told_at_once_and_once(
    plant: HandPlant, acs: TinyAcs, ont: OntName, name: str
) -> None:
    acs.ask(serial(plant, ont), notify((name, 2)))
    async with asyncio.timeout(10), BoxFleet(plant, "127.0.0.1", acs.url, inform_at_start=[ont]) as fleet:
        await fleet.wait_informed(ont)
        plant.clock.advance(timedelta(seconds=6))  # nothing changed: nothing is said
        plant.state.boxes[ont].ppp_last_error = "ERROR_ISP_TIME_OUT"
        await until(lambda: bool(fleet._watch._agenda.instant(ont)))
        assert len(acs.informs) == 1
        plant.clock.advance(timedelta(seconds=6))
        await acs.wait_informs(2)
        await until(lambda: fleet.stats.sessions == 2)
        plant.clock.advance(timedelta(seconds=6))
        await until(lambda: fleet._watch._agenda.instant(ont) is not None)
    told = acs.informs[1]
    assert told.events == ["4 VALUE CHANGE"]
    assert told.values[name] == "ERROR_ISP_TIME_OUT"
    assert len(acs.informs) == 2


async def test_a_passive_change_goes_with_the_next_inform(plant: HandPlant, acs: TinyAcs) -> None:
    name = f"{PPP}LastConnectionError"
    acs.ask(serial(plant), notify((name, 1)))
    async with asyncio.timeout(10), BoxFleet(plant, "127.0.0.1", acs.url, inform_at_start=[FIRST]) as fleet:
        await fleet.wait_informed(FIRST)
        plant.state.boxes[FIRST].ppp_last_error = "ERROR_ISP_TIME_OUT"
        plant.clock.advance(timedelta(seconds=1))
        plant.clock.advance(timedelta(seconds=300))
        await until(lambda: [i.serial for i in acs.informs].count(serial(plant)) == 2)
        plant.clock.advance(timedelta(seconds=300))
        await until(lambda: [i.serial for i in acs.informs].count(serial(plant)) == 3)
    mine = [inform for inform in acs.informs if inform.serial == serial(plant)]
    assert mine[1].events == ["2 PERIODIC", "4 VALUE CHANGE"]
    assert mine[1].values[name] == "ERROR_ISP_TIME_OUT"
    assert mine[2].events == ["2 PERIODIC"]
    assert name not in mine[2].values


async def test_what_the_acs_writes_itself_is_no_news_to_it(plant: HandPlant, acs: TinyAcs) -> None:
    ssid = f"{IGD}LANDevice.1.WLANConfiguration.1.SSID"
    acs.ask(serial(plant), notify((ssid, 2)))
    acs.ask(serial(plant), set_values((ssid, "string", "Maison")))
    async with asyncio.timeout(10), BoxFleet(plant, "127.0.0.1", acs.url, inform_at_start=[FIRST]) as fleet:
        await fleet.wait_informed(FIRST)
        plant.clock.advance(timedelta(seconds=6))
        await until(lambda: fleet._watch._agenda.instant(FIRST) is not None)
        plant.clock.advance(timedelta(seconds=6))
        await until(lambda: fleet._watch._agenda.instant(FIRST) is not None)
    assert len(acs.informs) == 1


# Informs on demand


async def test_informs_come_after_their_delays_each_with_its_key(plant: HandPlant, acs: TinyAcs) -> None:
    bad = acs.ask(serial(plant), call("ScheduleInform", DelaySeconds=0, CommandKey="k0"))
    worse = acs.ask(serial(plant), call("ScheduleInform", DelaySeconds="soon", CommandKey="k0"))
    for delay_s, key in ((60, "k1"), (60, "k2"), (120, "k3")):
        acs.ask(serial(plant), call("ScheduleInform", DelaySeconds=delay_s, CommandKey=key))
    async with asyncio.timeout(10), BoxFleet(plant, "127.0.0.1", acs.url, inform_at_start=[FIRST]) as fleet:
        await fleet.wait_informed(FIRST)
        await until(lambda: len(plant.orders.executed) == 3)
        plant.clock.advance(timedelta(seconds=59))
        for _ in range(20):
            await asyncio.sleep(0)
        assert len(acs.informs) == 1
        plant.clock.advance(timedelta(seconds=2))
        await acs.wait_informs(2)
        await until(lambda: fleet.stats.sessions == 2)
        plant.clock.advance(timedelta(seconds=60))
        await acs.wait_informs(3)

    def keyed(inform: Heard) -> list[tuple[str, str]]:
        return [(text_of(item[0]), item[1].text or "") for item in inform.root.iter("EventStruct")]

    assert ((await bad).fault, (await worse).fault) == (9003, 9003)
    assert keyed(acs.informs[1]) == [
        ("3 SCHEDULED", "k1"), ("3 SCHEDULED", "k2"), ("M ScheduleInform", "k1"), ("M ScheduleInform", "k2"),
    ]  # fmt: skip
    assert keyed(acs.informs[2]) == [("3 SCHEDULED", "k3"), ("M ScheduleInform", "k3")]


# Files


def upload(url: str, kind: str = "1 Vendor Configuration File", **fields: object) -> str:
    return call("Upload", **{"CommandKey": "u1", "FileType": kind, "URL": url, "DelaySeconds": 0} | fields)


async def test_a_configuration_is_sent_and_said_to_be_in_a_later_session(plant: HandPlant, acs: TinyAcs) -> None:
    ssid = f"{IGD}LANDevice.1.WLANConfiguration.1.SSID"
    async with FileServer(login=("box", "s3cret")) as files, asyncio.timeout(10):
        for body in (
            set_values((ssid, "string", "Maison"), (f"{SERVER}Password", "string", "a password of the tests")),
            upload(files.url("box.cfg"), Username="box", Password="s3cret", DelaySeconds=30),
        ):
            asked = acs.ask(serial(plant), body)
        async with BoxFleet(plant, "127.0.0.1", acs.url, inform_at_start=[FIRST]) as fleet:
            await fleet.wait_informed(FIRST)
            assert (await asked).find("Status") == "1"
            for _ in range(20):
                await asyncio.sleep(0)
            assert not files.received
            plant.clock.advance(timedelta(seconds=31))
            await acs.wait_informs(2)
            await until(lambda: fleet.stats.sessions == 2)
    sent = files.received["box.cfg"].decode()
    assert f"{ssid}=Maison\n" in sent
    assert "a password of the tests" not in sent
    assert acs.informs[1].events == ["7 TRANSFER COMPLETE", "M Upload"]
    [complete] = acs.transfers
    assert (complete.find("CommandKey"), complete.find("FaultCode")) == ("u1", "0")


async def test_a_log_tells_what_the_box_did(plant: HandPlant, acs: TinyAcs) -> None:
    async with FileServer() as files, asyncio.timeout(10):
        acs.ask(serial(plant), add(f"{PPP}PortMapping.", "k1"))
        acs.ask(serial(plant), upload(files.url("box.log?id=7"), "2 Vendor Log File"))
        async with BoxFleet(plant, "127.0.0.1", acs.url, inform_at_start=[FIRST]):
            await acs.wait_informs(2)
    assert b"cwmp: SetParameterValues" in files.received["box.log?id=7"]


@pytest.mark.parametrize(
    ("status", "login", "code"), [(404, None, 9016), (500, None, 9011), (0, ("box", "other"), 9012), (-1, None, 9015)]
)
async def test_a_file_that_cannot_be_sent_says_why(
    plant: HandPlant, acs: TinyAcs, status: int, login: tuple[str, str] | None, code: int
) -> None:
    async with FileServer(login=login, status=max(status, 0)) as files, asyncio.timeout(10):
        url = files.url("f") if status >= 0 else "http://127.0.0.1:9/f"
        acs.ask(serial(plant), upload(url, Username="box", Password="s3cret"))
        async with BoxFleet(plant, "127.0.0.1", acs.url, inform_at_start=[FIRST]) as fleet:
            await acs.wait_informs(2)
            await until(lambda: fleet.stats.sessions == 2)
    [complete] = acs.transfers
    assert (complete.find("CommandKey"), complete.find("FaultCode")) == ("u1", str(code))
    assert not files.received


@pytest.mark.parametrize("method", ["Upload", "Download"])
async def test_a_transfer_that_makes_no_sense_is_refused_at_once(plant: HandPlant, acs: TinyAcs, method: str) -> None:
    def body(kind: str, url: str, **more: object) -> str:
        return call(method, CommandKey="k", FileType=kind, URL=url, **more)

    answers = await session_with(
        acs,
        plant,
        body("9 Something", "http://127.0.0.1:9/f"),
        body("1 X", ""),
        body("1 X", "ftp://127.0.0.1/f"),
        body("1 X", "http://me:pw@127.0.0.1:9/f"),
        body("1 X", "http://127.0.0.1:9/f", DelaySeconds="later"),
    )
    assert [answer.fault for answer in answers] == [9003, 9003, 9013, 9003, 9003]


async def test_a_box_off_the_network_tells_of_its_change_once_it_is_back(plant: HandPlant, acs: TinyAcs) -> None:
    name = f"{PPP}LastConnectionError"
    acs.ask(serial(plant), notify((name, 2)))
    async with asyncio.timeout(10), BoxFleet(plant, "127.0.0.1", acs.url, inform_at_start=[FIRST]) as fleet:
        await fleet.wait_informed(FIRST)
        plant.silence(FIRST, hung=False)
        plant.state.boxes[FIRST].ppp_last_error = "ERROR_NO_CARRIER"
        plant.clock.advance(timedelta(seconds=6))
        await until(lambda: fleet._cpe(FIRST).awaits("4 VALUE CHANGE"))
        plant.state.boxes[FIRST].management_up = True
        plant.emit(EventKind.BOX_REACHABLE, FIRST)
        await acs.wait_informs(2)
    assert acs.informs[1].values[name] == "ERROR_NO_CARRIER"
