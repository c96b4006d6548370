"""A box written in the test, and a store in memory: the two ends that the embedded ACS stands between."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Self

import httpx

from collectors.boxes.app import AcsApp, acs_app
from collectors.boxes.connection_request import networks
from collectors.boxes.server import AcsServer
from collectors.boxes.settings import AcsSettings
from domain.box import ConnectionRequest, Inform, KnownBox
from domain.box_actions import BoxEvent
from domain.box_trust import came_with_own, came_with_shared
from domain.clock import FixedClock
from domain.identifiers import DeviceId, Id1
from domain.metric import Readings
from domain.secret import Secret
from simulators.streams import StreamServer

NOW = datetime(2019, 5, 9, 8, 29, tzinfo=UTC)
DEVICE = DeviceId("D8D775", "LK19063DP431094")
KEY = Secret("a key of the tests")
LOOPBACK = networks("127.0.0.0/8")

IGD = "InternetGatewayDevice."
PPP = IGD + "WANDevice.3.WANConnectionDevice.1.WANPPPConnection.2."
TREE_098: dict[str, str | None] = {
    IGD + "DeviceInfo.SoftwareVersion": "9.29.65_F5350_Box",
    IGD + "DeviceInfo.HardwareVersion": "253680418",
    IGD + "DeviceInfo.SerialNumber": DEVICE.serial,
    IGD + "DeviceInfo.ModelName": "F@ST 5350",
    IGD + "DeviceInfo.ProductClass": "F5350",
    IGD + "DeviceInfo.UpTime": "1234",
    IGD + "ManagementServer.PeriodicInformInterval": " 3600 ",
    IGD + "ManagementServer.ConnectionRequestUsername": "",
    IGD + "ManagementServer.ConnectionRequestPassword": "",
    IGD + "ManagementServer.Username": "",
    IGD + "ManagementServer.Password": "",
    IGD + "ManagementServer.PeriodicInformTime": "",
    IGD + "WANDevice.1.WANCommonInterfaceConfig.PhysicalLinkStatus": "Down",
    IGD + "WANDevice.3.WANCommonInterfaceConfig.PhysicalLinkStatus": "Up",
    IGD + "WANDevice.1.WANConnectionDevice.1.WANPPPConnection.1.ConnectionStatus": "Disconnected",
    IGD + "WANDevice.1.WANConnectionDevice.1.WANPPPConnection.1.ExternalIPAddress": "0.0.0.0",
    PPP + "ConnectionStatus": "Connected",
    PPP + "Enable": "1",
    PPP + "LastConnectionError": "ERROR_NONE",
    PPP + "ExternalIPAddress": "203.0.113.10",
    PPP + "MACAddress": "d8:d7:75:55:7e:90",
    PPP + "Password": "",
}
INFORM_098 = (
    IGD + "DeviceInfo.SoftwareVersion",
    IGD + "DeviceInfo.HardwareVersion",
    PPP + "ExternalIPAddress",
)

_METHODS = {
    "SetParameterValues": "_set_values",
    "GetParameterNames": "_get_names",
    "GetParameterValues": "_get_values",
}
_HEAD = (
    '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema" '
    'xmlns:c="{namespace}"><soap:Header><c:ID soap:mustUnderstand="1">{id}</c:ID></soap:Header><soap:Body>'
)


async def until(condition: Callable[[], object]) -> None:
    """Let the loop run until something is true; fails after 5 s."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - it yields and never waits
            await asyncio.sleep(0)


def envelope(body: str, namespace: str = "urn:dslforum-org:cwmp-1-0", header_id: str = "ID 7591") -> bytes:
    return (_HEAD.format(namespace=namespace, id=header_id) + body + "</soap:Body></soap:Envelope>").encode()


def values_xml(values: Mapping[str, str | None]) -> str:
    items = "".join(
        f"<ParameterValueStruct><Name>{name}</Name>"
        + ("" if value is None else f'<Value xsi:type="xsd:string">{value}</Value>')
        + "</ParameterValueStruct>"
        for name, value in values.items()
    )
    return f"<ParameterList>{items}</ParameterList>"


def inform_xml(
    values: Mapping[str, str | None], *events: str, device: DeviceId = DEVICE, retry: int = 0, product: str = "F5350"
) -> str:
    codes = "".join(f"<EventStruct><EventCode>{e}</EventCode><CommandKey/></EventStruct>" for e in events)
    return (
        f"<c:Inform><DeviceId><Manufacturer>Sagemcom</Manufacturer><OUI>{device.oui}</OUI>"
        f"<ProductClass>{product}</ProductClass><SerialNumber>{device.serial}</SerialNumber></DeviceId>"
        f"<Event>{codes}</Event><MaxEnvelopes>1</MaxEnvelopes><CurrentTime>0001-01-01T00:00:00Z</CurrentTime>"
        f"<RetryCount>{retry}</RetryCount>{values_xml(values)}</c:Inform>"
    )


def fault_xml(code: int) -> str:
    return (
        "<soap:Fault><faultcode>Client</faultcode><faultstring>CWMP fault</faultstring><detail><c:Fault>"
        f"<FaultCode>{code}</FaultCode><FaultString>no</FaultString></c:Fault></detail></soap:Fault>"
    )


class MemoryStore:
    """A `BoxStore` in memory; ``broken`` makes it raise."""

    def __init__(self, *devices: DeviceId) -> None:
        self.boxes = {device: KnownBox("OPER", Id1("F00000015"), device) for device in devices}
        self.informs: list[Inform] = []
        self.parked_informs: list[Inform] = []
        self.observations: list[Readings] = []
        self.announcements: list[BoxEvent] = []
        self.broken: set[str] = set()
        self.overtaken: dict[DeviceId, KnownBox] = {}  # what is found of them: somebody came at the same time

    def _check(self, call: str) -> None:
        if call in self.broken:
            raise RuntimeError(call)

    async def find(self, device: DeviceId) -> KnownBox | None:
        self._check("find")
        return self.overtaken.get(device) or self.boxes.get(device)

    async def informed(self, box: KnownBox, inform: Inform, readings: Readings) -> None:
        self._check("informed")
        self.informs.append(inform)
        urls = [v for name, v in inform.parameters.items() if name.endswith("ManagementServer.ConnectionRequestURL")]
        connection = ConnectionRequest(urls[0], "", Secret("")) if urls and urls[0] else None
        known = self.boxes[box.device]
        connection = connection or known.connection
        self.boxes[box.device] = replace(known, connection=connection, readings=known.readings.merged(readings))

    async def observed(self, box: KnownBox, readings: Readings) -> None:
        self._check("observed")
        self.observations.append(readings)

    async def announced(self, box: KnownBox, events: Sequence[BoxEvent]) -> None:
        self._check("announced")
        self.announcements += events

    async def events(self, box: KnownBox, since: datetime) -> Sequence[BoxEvent]:
        return [event for event in self.announcements if event.at >= since]

    async def secured(self, box: KnownBox, generation: int | None, *, renew: bool) -> KnownBox | None:
        return self._trusted(came_with_own(self.boxes[box.device], generation, renew=renew))

    def _trusted(self, known: KnownBox | None) -> KnownBox | None:
        if known is not None:
            self.boxes[known.device] = known
        return known

    async def opened(self, box: KnownBox, until: datetime | None) -> None:
        self.boxes[box.device] = replace(self.boxes[box.device], open_until=until)

    async def shared(self, box: KnownBox, mark: str, *, again: bool, another: bool) -> KnownBox | None:
        before = self.boxes[box.device]
        return self._trusted(came_with_shared(before, box, mark, again=again, another=another))

    async def parked(self, inform: Inform) -> None:
        self._check("parked")
        self.parked_informs.append(inform)


@dataclass
class Box:
    """A CPE: a tree, a CWMP client, and a connection-request server with digest.

    ``discoverable`` says whether GetParameterNames works; ``dead_turns`` requests get no answer; ``only_inform`` dies
    after its Inform.
    """

    acs_url: str
    tree: dict[str, str | None] = field(default_factory=lambda: dict(TREE_098))
    inform_names: tuple[str, ...] = INFORM_098
    root: str = IGD
    device: DeviceId = DEVICE
    namespace: str = "urn:dslforum-org:cwmp-1-0"
    discoverable: bool = True
    missing_fault: int | None = 9005
    dead_turns: int = 0
    only_inform: bool = False
    calls_answer: int = 200
    dropped_calls: int = 0
    answers_calls: bool = True
    check_digest: bool = True
    rpcs: list[str] = field(default_factory=list)
    asked: list[tuple[str, ...]] = field(default_factory=list)
    calls: int = 0
    port: int = 0
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/bc0ixdwivirge3m3"

    async def session(self, *events: str) -> list[int]:
        """One whole session; the statuses of the answers."""
        values = {name: self.tree[name] for name in self.inform_names}
        values[self.root + "ManagementServer.ConnectionRequestURL"] = self.url
        statuses: list[int] = []
        async with httpx.AsyncClient(trust_env=False, timeout=5) as http:
            body = envelope(inform_xml(values, *events, device=self.device), self.namespace)
            while True:
                answer = await http.post(self.acs_url, content=body)
                statuses.append(answer.status_code)
                if answer.status_code != 200 or not answer.content or self.only_inform:
                    return statuses
                body = self.answer(answer.text)

    def answer(self, request: str) -> bytes:
        method = re.search(r"<cwmp:(\w+)>", request.partition("Body>")[2])
        assert method is not None, request
        assert f'xmlns:cwmp="{self.namespace}"' in request
        if method[1] == "InformResponse":
            return b""
        self.rpcs.append(method[1])
        if self.dead_turns:
            self.dead_turns -= 1
            return b""
        return envelope(getattr(self, _METHODS[method[1]])(request), self.namespace)

    def _set_values(self, request: str) -> str:
        for name, value in re.findall(r"<Name>(.*?)</Name><Value[^>]*>(.*?)</Value>", request):
            self.tree[name] = value
        return "<c:SetParameterValuesResponse><Status>0</Status></c:SetParameterValuesResponse>"

    def _get_names(self, request: str) -> str:
        if not self.discoverable:
            return fault_xml(9000)
        found = re.search(r"<ParameterPath>(.*?)</ParameterPath>", request)
        assert found is not None
        names = [name for name in self.tree if name.startswith(found[1])]
        if not names:
            return fault_xml(9005)
        items = "".join(
            f"<ParameterInfoStruct><Name>{n}</Name><Writable>0</Writable></ParameterInfoStruct>" for n in names
        )
        return f"<c:GetParameterNamesResponse><ParameterList>{items}</ParameterList></c:GetParameterNamesResponse>"

    def _get_values(self, request: str) -> str:
        names = tuple(re.findall(r"<string>(.*?)</string>", request))
        self.asked.append(names)
        result: dict[str, str | None] = {}
        for name in names:
            found = {n: v for n, v in self.tree.items() if n == name or (name.endswith(".") and n.startswith(name))}
            if not found and self.missing_fault:
                return fault_xml(self.missing_fault)
            result |= found
        return f"<c:GetParameterValuesResponse>{values_xml(result)}</c:GetParameterValuesResponse>"

    # Connection requests

    async def serve_call(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while request := (await reader.readuntil(b"\r\n\r\n")).decode():
            if self.dropped_calls:
                self.dropped_calls -= 1
                return
            if not self.answers_calls:
                await asyncio.Event().wait()
            status = self._status(request)
            extra = (
                'WWW-Authenticate: Digest realm="box", nonce="5a", qop="auth", algorithm=MD5\r\n'
                if status == 401
                else ""
            )
            writer.write(f"HTTP/1.1 {status} X\r\n{extra}Content-Length: 0\r\n\r\n".encode())
            await writer.drain()
            if status == 200:
                self.calls += 1
                task = asyncio.create_task(self._informs())
                self.tasks.add(task)

    async def _informs(self) -> None:
        await self.session("6 CONNECTION REQUEST")

    def _status(self, request: str) -> int:
        found = re.search(r"^Authorization: Digest (.*)$", request, re.MULTILINE)
        if found is None:
            return 401 if self.check_digest else self.calls_answer
        part = dict(re.findall(r'(\w+)="?([^",\r]*)"?', found[1]))
        username = self.tree[self.root + "ManagementServer.ConnectionRequestUsername"]
        password = self.tree[self.root + "ManagementServer.ConnectionRequestPassword"]

        def h(*parts: str | None) -> str:
            return hashlib.md5(":".join(p or "" for p in parts).encode()).hexdigest()  # noqa: S324

        path = request.split(" ", 2)[1]
        wanted = h(h(username, "box", password), part["nonce"], part["nc"], part["cnonce"], part["qop"], h("GET", path))
        return self.calls_answer if part["response"] == wanted and part["username"] == username else 401

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Self]:
        server = StreamServer(self.serve_call, "127.0.0.1", self.port)
        self.port = await server.open()
        try:
            yield self
        finally:
            await server.close()
            for task in self.tasks:
                if not task.done():
                    task.cancel()
            await asyncio.gather(*self.tasks, return_exceptions=True)


@dataclass
class World:
    """An ACS that listens, its store and its URL."""

    app: AcsApp
    store: MemoryStore
    url: str
    port: int
    clock: FixedClock
    server: AcsServer

    def box(self, **options: Any) -> Box:
        return Box(self.url, **options)

    def known(self, device: DeviceId = DEVICE) -> KnownBox:
        return self.store.boxes[device]


@asynccontextmanager
async def world(
    *devices: DeviceId, settings: AcsSettings | None = None, keep_alive_s: float = 45.0
) -> AsyncIterator[World]:
    store = MemoryStore(*(devices or (DEVICE,)))
    clock = FixedClock(NOW)
    app = acs_app(store, clock, KEY, LOOPBACK, settings)
    async with AcsServer(app, "127.0.0.1", 0, keep_alive_s) as server:
        yield World(app, store, f"http://127.0.0.1:{server.port}/cwmp", server.port, clock, server)
