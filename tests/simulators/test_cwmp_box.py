from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from functools import partial

import httpx
import pytest

from domain.identifiers import OntName
from simulators.cwmp_box import BoxFleet
from simulators.cwmp_box.session import retry_delay
from simulators.plant.state import EventKind
from simulators.streams import StreamServer
from tests.shared import shared_dir
from tests.simulators.tiny_acs import Heard, TinyAcs, elements, get_names, get_values, set_values, text_of
from tests.simulators.windows_plant import DARK, FIRST, SECOND, HandPlant, park, three_accesses

IGD = "InternetGatewayDevice."
PPP = f"{IGD}WANDevice.3.WANConnectionDevice.1.WANPPPConnection.1."
SERVER = f"{IGD}ManagementServer."


@pytest.fixture
def plant() -> HandPlant:
    return HandPlant(three_accesses())


@pytest.fixture
async def acs() -> AsyncIterator[TinyAcs]:
    async with TinyAcs() as server:
        yield server


def serial(plant: HandPlant, ont: OntName = FIRST) -> str:
    return plant.state.boxes[ont].device.serial


async def session_with(acs: TinyAcs, plant: HandPlant, *bodies: str, ont: OntName = FIRST) -> list[Heard]:
    """The answers of a box to some RPCs, in one session of its first contact."""
    asked = [acs.ask(serial(plant, ont), body) for body in bodies]
    async with asyncio.timeout(10), BoxFleet(plant, "127.0.0.1", acs.url, inform_at_start=[ont]) as fleet:
        await fleet.wait_informed(ont)
        return [await future for future in asked]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - counters of the fleet wake nobody; each turn lets the loop run
            await asyncio.sleep(0)


async def test_a_first_contact_says_who_the_box_is(plant: HandPlant, acs: TinyAcs) -> None:
    async with BoxFleet(plant, "127.0.0.1", acs.url, inform_at_start=[FIRST]) as fleet:
        async with asyncio.timeout(10):
            await fleet.wait_informed(FIRST)
        url = fleet.connection_request_url(FIRST)
    [inform] = acs.informs
    assert inform.events == ["0 BOOTSTRAP", "1 BOOT"]
    assert inform.namespace == "urn:dslforum-org:cwmp-1-0"
    assert (inform.find("OUI"), inform.find("Manufacturer")) == ("D8D775", "SAGEMCOM")
    assert inform.find("RetryCount") == "0"
    assert inform.find("CurrentTime") == "2019-05-09T08:00:00Z"
    assert inform.values == {
        f"{IGD}DeviceSummary": inform.values[f"{IGD}DeviceSummary"],
        f"{IGD}DeviceInfo.SpecVersion": "1.0",
        f"{IGD}DeviceInfo.HardwareVersion": "F5350-000000-001",
        f"{IGD}DeviceInfo.SoftwareVersion": "9.29.65_F5350_Box",
        f"{IGD}DeviceInfo.ProvisioningCode": "",
        f"{SERVER}ConnectionRequestURL": url,
        f"{SERVER}ParameterKey": "",
        f"{PPP}ExternalIPAddress": "100.64.0.1",
    }
    assert acs.cookies == ["s0"]


def test_an_inform_has_the_structure_of_a_real_sagemcom_one(plant: HandPlant) -> None:
    from lxml import etree

    from simulators.cwmp_box import tr098
    from simulators.cwmp_box.model import Facts, Settings
    from simulators.cwmp_box.rpc import Rpc
    from simulators.cwmp_box.session import InformHead, inform_body
    from simulators.cwmp_box.soap import envelope

    box = plant.state.boxes[FIRST]
    facts = Facts(box, plant.state.onts[FIRST], Settings(), plant.clock.now(), "http://acs/", "http://box/")
    rpc = Rpc(tr098.build(), lambda: facts, lambda _: None)
    body = inform_body(InformHead(box, [("2 PERIODIC", "")], plant.clock.now(), 0), rpc)
    ours = etree.fromstring(envelope("urn:dslforum-org:cwmp-1-0", "1", body))
    real = etree.parse(shared_dir() / "cwmp/quirks/inform_sagemcom_fast2764gv.xml").getroot()

    def shape(root: etree._Element) -> list[str]:
        inform = elements(root, "Inform")[0]
        names = [inform.tag, *(child.tag for child in inform)]
        return [*names, *(child.tag for child in inform[0]), *(child.tag for child in inform[-1][0])]

    assert shape(ours) == shape(real)
    mandatory = {"SoftwareVersion", "HardwareVersion", "SpecVersion", "ProvisioningCode", "ConnectionRequestURL"}
    names = {text_of(element).rpartition(".")[2] for element in ours.iter("Name")}
    assert mandatory | {"ParameterKey", "ExternalIPAddress", "DeviceSummary"} == names


async def test_values_are_read_by_name_and_by_partial_path(plant: HandPlant, acs: TinyAcs) -> None:
    [answer] = await session_with(acs, plant, get_values(f"{IGD}DeviceInfo.UpTime", PPP, f"{PPP}Uptime"))
    assert answer.method == "GetParameterValuesResponse"
    assert answer.values[f"{IGD}DeviceInfo.UpTime"] == str(3 * 86400)
    assert answer.values[f"{PPP}ConnectionStatus"] == "Connected"
    assert answer.values[f"{PPP}LastConnectionError"] == "ERROR_NONE"
    assert answer.values[f"{PPP}ExternalIPAddress"] == "100.64.0.1"
    assert answer.values[f"{PPP}MACAddress"] == "D8:D7:75:55:7E:90"
    assert answer.values[f"{PPP}Uptime"] == "7200"
    assert answer.values[f"{PPP}Username"] == "fti00000@just.example"
    assert answer.values[f"{PPP}Password"] == ""
    assert answer.find("ID") == "acs0"


async def test_the_internet_connection_is_not_the_only_one(plant: HandPlant, acs: TinyAcs) -> None:
    [answer] = await session_with(acs, plant, get_values(f"{IGD}WANDevice.", f"{IGD}Layer3Forwarding."))
    ppp = {n.removesuffix("ConnectionStatus"): v for n, v in answer.values.items() if "WANPPP" in n and "Status" in n}
    assert [path for path, state in ppp.items() if state == "Connected"] == [PPP]
    assert len(ppp) == 3
    assert answer.values[f"{IGD}Layer3Forwarding.DefaultConnectionService"] + "." == PPP


async def test_an_unknown_name_faults_the_whole_call(plant: HandPlant, acs: TinyAcs) -> None:
    answers = await session_with(
        acs,
        plant,
        get_values(f"{IGD}DeviceInfo.UpTime", f"{IGD}DeviceInfo.NoSuch"),
        get_values(f"{IGD}NoSuch."),
        "<cwmp:GetOptions><OptionName>x</OptionName></cwmp:GetOptions>",
        get_names(f"{IGD}NoSuch.", next_level=True),
        get_names(f"{IGD}DeviceInfo.UpTime", next_level=True),
        "<cwmp:GetRPCMethods/>",
    )
    assert [answer.fault for answer in answers] == [9005, 9005, 9000, 9005, 9003, None]
    assert all(answer.method == "Fault" for answer in answers[:5])
    assert "GetParameterValues" in [e.text for e in answers[5].root.iter("string")]


async def test_names_are_listed_level_by_level_or_whole(plant: HandPlant, acs: TinyAcs) -> None:
    level, whole, root = await session_with(
        acs,
        plant,
        get_names(SERVER, next_level=True),
        get_names(f"{IGD}WANDevice.3.", next_level=False),
        get_names("", next_level=True),
    )

    def names(answer: Heard) -> dict[str, str]:
        return {text_of(struct[0]): text_of(struct[1]) for struct in answer.root.iter("ParameterInfoStruct")}

    assert names(level)[f"{SERVER}PeriodicInformInterval"] == "1"
    assert names(level)[f"{SERVER}ConnectionRequestURL"] == "0"
    assert f"{IGD}WANDevice.3.WANConnectionDevice.1.WANPPPConnection." in names(whole)
    assert f"{PPP}ConnectionStatus" in names(whole)
    assert list(names(root)) == [IGD]


async def test_settings_are_written_all_or_nothing(plant: HandPlant, acs: TinyAcs) -> None:
    interval = f"{SERVER}PeriodicInformInterval"
    bad, after, good, last = await session_with(
        acs,
        plant,
        set_values(
            (interval, "unsignedInt", "600"),
            (f"{SERVER}ConnectionRequestURL", "string", "http://elsewhere/"),
            (f"{SERVER}NoSuch", "string", "x"),
            (f"{SERVER}PeriodicInformEnable", "boolean", "perhaps"),
            (f"{SERVER}ConnectionRequestUsername", "unsignedInt", "1"),
        ),
        get_values(interval),
        set_values((interval, "unsignedInt", "600"), key="k1"),
        get_values(interval, f"{SERVER}ParameterKey"),
    )
    assert bad.fault == 9003
    assert bad.detail_faults == {
        f"{SERVER}ConnectionRequestURL": 9008,
        f"{SERVER}NoSuch": 9005,
        f"{SERVER}PeriodicInformEnable": 9007,
        f"{SERVER}ConnectionRequestUsername": 9006,
    }
    assert after.values[interval] == "300"
    assert (good.method, good.find("Status")) == ("SetParameterValuesResponse", "0")
    assert last.values == {interval: "600", f"{SERVER}ParameterKey": "k1"}


async def test_a_tr181_box_speaks_its_own_model(plant: HandPlant, acs: TinyAcs) -> None:
    plant.state.onts[SECOND].uni_up = False
    [answer] = await session_with(acs, plant, get_values("Device."), ont=SECOND)
    assert acs.informs[0].namespace == "urn:dslforum-org:cwmp-1-2"
    assert answer.values["Device.PPP.Interface.1.ConnectionStatus"] == "Connected"
    assert answer.values["Device.IP.Interface.2.IPv4Address.1.IPAddress"] == "100.64.0.2"
    upstream = [n.removesuffix("Upstream") for n, v in answer.values.items() if n.endswith("Upstream") and v == "1"]
    assert upstream == ["Device.Ethernet.Interface.5."]
    assert answer.values[f"{upstream[0]}Status"] == "Down"
    assert answer.values[f"{upstream[0]}CurrentBitRate"] == "0"
    assert answer.values["Device.DeviceInfo.MACAddress"] == "D8:D7:75:50:00:01"


@pytest.mark.parametrize("standard", ["tr098-1.8-params.tsv", "tr181-2.15.1-cwmp-params.tsv"])
def test_every_parameter_is_one_of_the_standard(standard: str) -> None:
    import re

    from simulators.cwmp_box import tr098, tr181

    text = (shared_dir() / "cwmp/bbf" / standard).read_text()
    known = {re.sub(r"\{i\}", "1", line.split("\t")[0]) for line in text.splitlines()}
    tree = tr098.build() if "tr098" in standard else tr181.build()
    ours = {re.sub(r"\.[0-9]+\.", ".1.", p.name) for p in tree.under("")}
    vendor = {"Device.DeviceInfo.ExternalFirmwareVersion", "Device.DeviceInfo.MACAddress"}  # as Sagemcom has them
    extended = {name for name in ours if ".X_" in name}  # TR-106 3.3: a vendor's own
    missing = {name for name in ours if name not in known and re.sub(r"^[^.]*\.", "", name) not in known}
    missing -= vendor | extended
    assert missing == set()


async def test_a_connection_request_needs_the_credentials_that_the_acs_set(plant: HandPlant, acs: TinyAcs) -> None:
    done = acs.ask(
        serial(plant),
        set_values(
            (f"{SERVER}ConnectionRequestUsername", "string", "acs"),
            (f"{SERVER}ConnectionRequestPassword", "string", "s3cret&amp;"),
        ),
    )
    async with BoxFleet(plant, "127.0.0.1", acs.url) as fleet, httpx.AsyncClient() as client:
        url = fleet.connection_request_url(FIRST)
        factory = httpx.DigestAuth("admin", "admin")
        assert (await client.get(url)).status_code == 401
        assert (await client.get(url, auth=httpx.DigestAuth("admin", "no"))).status_code == 401
        assert (await client.get(url, auth=("admin", "admin"))).status_code == 401
        assert (await client.get(url, auth=factory)).status_code == 200
        async with asyncio.timeout(10):
            await fleet.wait_informed(FIRST)
            assert (await done).method == "SetParameterValuesResponse"
        assert (await client.get(url, auth=httpx.DigestAuth("admin", "admin"))).status_code == 401
        assert (await client.get(url, auth=httpx.DigestAuth("acs", "s3cret&"))).status_code == 200
        await acs.wait_informs(2)
        assert (await client.get(url + "x")).status_code == 404
        assert (await client.post(url)).status_code == 405
    assert [inform.events for inform in acs.informs] == [["6 CONNECTION REQUEST"]] * 2


async def test_a_replayed_connection_request_is_refused(plant: HandPlant, acs: TinyAcs) -> None:
    async with BoxFleet(plant, "127.0.0.1", acs.url) as fleet, httpx.AsyncClient() as client:
        url = fleet.connection_request_url(FIRST)
        first = await client.get(url, auth=httpx.DigestAuth("admin", "admin"))
        replay = await client.get(url, headers={"Authorization": first.request.headers["Authorization"]})
    assert (first.status_code, replay.status_code) == (200, 401)


@pytest.mark.parametrize("hung", [True, False])
async def test_a_hung_or_cut_box_answers_nothing_until_it_is_back(plant: HandPlant, acs: TinyAcs, hung: bool) -> None:
    async with BoxFleet(plant, "127.0.0.1", acs.url, inform_at_start=[FIRST]) as fleet:
        await fleet.wait_informed(FIRST)
        plant.silence(FIRST, hung=hung)
        async with httpx.AsyncClient(timeout=0.2) as client:
            with pytest.raises(httpx.ReadTimeout):
                await client.get(fleet.connection_request_url(FIRST))
        plant.clock.advance(timedelta(days=10))
        await acs.wait_informs(2)  # the second box's: the first one stays silent
        assert [inform.serial for inform in acs.informs].count(serial(plant)) == 1

        plant.state.boxes[FIRST].management_up = True
        plant.emit(EventKind.BOX_REACHABLE, FIRST)
        plant.clock.advance(timedelta(seconds=300))
        await until(lambda: [inform.serial for inform in acs.informs].count(serial(plant)) == 2)
    last = next(inform for inform in reversed(acs.informs) if inform.serial == serial(plant))
    assert last.events == ["2 PERIODIC"]


async def test_missed_periodic_informs_are_one_after_a_jump_of_the_clock(plant: HandPlant, acs: TinyAcs) -> None:
    async with BoxFleet(plant, "127.0.0.1", acs.url) as fleet:
        await asyncio.sleep(0)
        assert acs.informs == []  # they run since long: nothing before their instant
        plant.clock.advance(timedelta(days=7))
        await acs.wait_informs(2)
        async with asyncio.timeout(10):
            await fleet.wait_informed(FIRST)
            await fleet.wait_informed(SECOND)
        plant.clock.advance(timedelta(seconds=300))
        await acs.wait_informs(4)
    assert [inform.events for inform in acs.informs] == [["2 PERIODIC"]] * 4
    assert {inform.serial for inform in acs.informs} == {serial(plant, FIRST), serial(plant, SECOND)}


async def test_a_box_that_boots_says_so(plant: HandPlant, acs: TinyAcs) -> None:
    async with BoxFleet(plant, "127.0.0.1", acs.url):
        box = plant.state.boxes[DARK]
        box.powered = box.wan_up = box.management_up = True
        box.booted_at = plant.clock.now()
        plant.emit(EventKind.BOX_BOOTED, DARK)
        await acs.wait_informs(1)
    assert acs.informs[0].events == ["1 BOOT"]
    assert acs.informs[0].values[f"{PPP}ExternalIPAddress"] == "0.0.0.0"


async def test_a_bootstrap_forgets_the_credentials(plant: HandPlant, acs: TinyAcs) -> None:
    acs.ask(serial(plant), set_values((f"{SERVER}ConnectionRequestPassword", "string", "new")))
    async with asyncio.timeout(10), BoxFleet(plant, "127.0.0.1", acs.url, inform_at_start=[FIRST]) as fleet:
        await fleet.wait_informed(FIRST)
        await fleet.bootstrap(FIRST)
        await fleet.wait_informed(FIRST)
        async with httpx.AsyncClient() as client:
            answer = await client.get(fleet.connection_request_url(FIRST), auth=httpx.DigestAuth("admin", "admin"))
        with pytest.raises(KeyError):
            await fleet.bootstrap(DARK.__class__(9, 9, 9, 9, 9))
    assert answer.status_code == 200
    assert [inform.events for inform in acs.informs[:2]] == [["0 BOOTSTRAP", "1 BOOT"]] * 2


async def test_a_refused_inform_is_tried_again_by_the_table_of_the_standard(plant: HandPlant, acs: TinyAcs) -> None:
    acs.refuse = 3
    async with BoxFleet(plant, "127.0.0.1", acs.url, inform_at_start=[FIRST]) as fleet:

        def refused(times: int) -> bool:
            return fleet.stats.failures == times

        for failures in (1, 2, 3):
            await until(partial(refused, failures))
            shortest = timedelta(seconds=5 * 2 ** (failures - 1))
            plant.clock.advance(shortest - timedelta(seconds=1))
            for _ in range(20):
                await asyncio.sleep(0)
            assert fleet.stats.failures == failures
            assert acs.informs == []
            plant.clock.advance(shortest + timedelta(seconds=1))
        async with asyncio.timeout(10):
            await fleet.wait_informed(FIRST)
    assert acs.informs[0].events[:2] == ["0 BOOTSTRAP", "1 BOOT"]
    assert acs.informs[0].find("RetryCount") == "3"


def test_retries_wait_longer_up_to_the_tenth() -> None:
    for retry in range(1, 14):
        shortest = 5 * 2 ** (min(retry, 10) - 1)
        delays = {retry_delay(f"D8D775-N{number}", retry).total_seconds() for number in range(50)}
        assert min(delays) >= shortest
        assert max(delays) <= 2 * shortest
        assert len(delays) > 1


async def test_a_session_dies_with_its_box(plant: HandPlant, acs: TinyAcs) -> None:
    acs.mute = True
    async with BoxFleet(plant, "127.0.0.1", acs.url, inform_at_start=[FIRST]) as fleet:
        await until(lambda: acs.at_once == 1)
        plant.silence(FIRST, hung=True)
        await until(lambda: acs.at_once == 0)
        acs.mute = False
        plant.state.boxes[FIRST].management_up = True
        plant.emit(EventKind.BOX_REACHABLE, FIRST)
        async with asyncio.timeout(10):
            await fleet.wait_informed(FIRST)
    assert acs.informs[0].events == ["0 BOOTSTRAP", "1 BOOT"]


async def test_an_acs_that_closes_after_each_answer_is_served_by_cookie(plant: HandPlant, acs: TinyAcs) -> None:
    acs.close_each = True
    [answer] = await session_with(acs, plant, get_values(f"{IGD}DeviceInfo.SerialNumber"))
    assert answer.values[f"{IGD}DeviceInfo.SerialNumber"] == serial(plant)
    assert acs.cookies == ["s0", "s0"]


async def test_a_park_informs_cheaply_and_not_all_at_once(acs: TinyAcs) -> None:
    plant = HandPlant(park(640))
    async with BoxFleet(plant, "127.0.0.1", acs.url) as fleet:
        plant.clock.advance(timedelta(seconds=75))
        await until(lambda: fleet.stats.sessions > 60)
        plant.clock.advance(timedelta(seconds=300))
        await until(lambda: len({inform.serial for inform in acs.informs}) == 640)
    assert acs.most_at_once <= 32
    assert fleet.stats.failures == 0


async def test_rubbish_on_the_request_port_harms_nobody(plant: HandPlant, acs: TinyAcs) -> None:
    async with BoxFleet(plant, "127.0.0.1", acs.url) as fleet:
        for rubbish in (b"\x00\xff\r\n\r\n", b"GET / HTTP/1.1" + b"x" * 40_000, b"GET\r\n\r\n", b"GET /a"):
            reader, writer = await asyncio.open_connection("127.0.0.1", fleet.connection_request_port)
            writer.write(rubbish)
            writer.write_eof()
            async with asyncio.timeout(5):
                assert (await reader.read()).startswith((b"HTTP/1.1 400", b""))
            writer.close()
            await writer.wait_closed()
        async with httpx.AsyncClient() as client:
            assert (await client.get(fleet.connection_request_url(FIRST))).status_code == 401
    assert plant.listeners == 0


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nWiki\r\n5;x=y\r\npedia\r\n0\r\n\r\n",
            b"Wikipedia",
        ),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", b"abc"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", None),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", None),
        (b"nonsense\r\n\r\n", None),
        (b"", None),
    ],
)
async def test_an_answer_is_read_whole_or_not_at_all(answer: bytes, body: bytes | None) -> None:
    from simulators.cwmp_box.http import AcsConnection, Address, HttpError

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()

    async with StreamServer(serve, "127.0.0.1") as server:
        connection = AcsConnection(Address.parse(f"http://127.0.0.1:{server.port}/"), "test")
        try:
            if body is None:
                with pytest.raises((HttpError, EOFError)):
                    await connection.post(b"")
            else:
                assert (await connection.post(b"")).body == body
        finally:
            await connection.close()
