"""A small ACS for the tests of boxes: it keeps every Inform and runs the RPCs that a test queues for a box."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import Self

from lxml import etree

from simulators.streams import StreamServer

_ENVELOPE = (
    '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:soapenc="http://schemas.xmlsoap.org/soap/encoding/" xmlns:xs="http://www.w3.org/2001/XMLSchema"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:cwmp="{namespace}">'
    '<soap:Header><cwmp:ID soap:mustUnderstand="1">{id}</cwmp:ID></soap:Header><soap:Body>{body}</soap:Body>'
    "</soap:Envelope>"
)


def elements(root: etree._Element, name: str) -> list[etree._Element]:
    """All the elements of that local name."""
    return list(root.iter(f"{{*}}{name}"))


def text_of(element: etree._Element) -> str:
    """The text of an element that must have some."""
    assert element.text is not None
    return element.text


def local(element: etree._Element) -> str:
    return etree.QName(element).localname


@dataclass
class Heard:
    """One message of a box."""

    method: str
    root: etree._Element
    session: str

    def find(self, name: str) -> str | None:
        found = elements(self.root, name)
        return (found[0].text or "") if found else None

    @property
    def serial(self) -> str:
        return self.find("SerialNumber") or ""

    @property
    def namespace(self) -> str:
        return next(uri for uri in self.root.nsmap.values() if uri.startswith("urn:dslforum-org:cwmp"))

    @property
    def events(self) -> list[str]:
        return [text_of(e) for e in elements(self.root, "EventCode")]

    @property
    def values(self) -> dict[str, str]:
        structs = elements(self.root, "ParameterValueStruct")
        return {text_of(s[0]): s[1].text or "" for s in structs}

    @property
    def fault(self) -> int | None:
        text = self.find("FaultCode")
        return None if text is None else int(text)

    @property
    def detail_faults(self) -> dict[str, int]:
        found = elements(self.root, "SetParameterValuesFault")
        return {text_of(f[0]): int(text_of(f[1])) for f in found}


@dataclass
class TinyAcs:
    """``async with TinyAcs() as acs``: ``acs.url``, ``acs.informs``, ``acs.ask(serial, body)``."""

    refuse: int = 0  # Informs to answer with HTTP 503 before taking one
    close_each: bool = False  # close the connection after each answer
    mute: bool = False  # take messages and never answer
    informs: list[Heard] = field(default_factory=list)
    answers: list[Heard] = field(default_factory=list)
    transfers: list[Heard] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    cookies: list[str] = field(default_factory=list)
    port: int = 0

    def __post_init__(self) -> None:
        self._plans: dict[str, deque[tuple[str, asyncio.Future[Heard]]]] = defaultdict(deque)
        self._news = asyncio.Condition()
        self._sessions: dict[str, str] = {}
        self._open: dict[str, asyncio.Future[Heard]] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/acs"

    async def __aenter__(self) -> Self:
        self._server = StreamServer(self._serve, "127.0.0.1")
        self.port = await self._server.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.close()

    def ask(self, serial: str, body: str) -> asyncio.Future[Heard]:
        """Queue an RPC for a box; the future is its answer."""
        future: asyncio.Future[Heard] = asyncio.get_running_loop().create_future()
        self._plans[serial].append((body, future))
        return future

    async def wait_informs(self, count: int, timeout_s: float = 10) -> list[Heard]:
        async with asyncio.timeout(timeout_s), self._news:
            await self._news.wait_for(lambda: len(self.informs) >= count)
        return self.informs

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            while await self._exchange(reader, writer):
                pass
        finally:
            self.at_once -= 1

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in head.split("\r\n")[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        if self.mute:
            await reader.read()
            return False
        session = headers.get("cookie", "").removeprefix("sid=")
        status, answer, cookie = await self._respond(body, session)
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(answer)}"]
        if cookie:
            lines.append(f"Set-Cookie: sid={cookie}; Path=/")
        if self.close_each:
            lines.append("Connection: close")
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode() + answer)
        await writer.drain()
        return not self.close_each

    async def _respond(self, body: bytes, session: str) -> tuple[str, bytes, str]:
        if not body:
            return (*self._next(session), "")
        root = etree.fromstring(body)
        message = Heard(local(elements(root, "Body")[0][0]), root, session)
        if message.method == "Inform":
            return await self._inform(message)
        if message.method == "TransferComplete":
            self.transfers.append(message)
            done = "<cwmp:TransferCompleteResponse/>"
            return "200 OK", self._envelope(message.namespace, message.find("ID") or "", done), ""
        self.answers.append(message)
        self._open.pop(session).set_result(message)
        return (*self._next(session), "")

    async def _inform(self, message: Heard) -> tuple[str, bytes, str]:
        if self.refuse:
            self.refuse -= 1
            return "503 Service Unavailable", b"", ""
        session = f"s{len(self.informs)}"
        self._sessions[session] = message.serial
        self._namespace = message.namespace
        async with self._news:
            self.informs.append(message)
            self._news.notify_all()
        body = "<cwmp:InformResponse><MaxEnvelopes>1</MaxEnvelopes></cwmp:InformResponse>"
        return "200 OK", self._envelope(message.namespace, message.find("ID") or "", body), session

    def _next(self, session: str) -> tuple[str, bytes]:
        serial = self._sessions.get(session)
        if serial is None:
            return "400 Bad Request", b""
        self.cookies.append(session)
        if not self._plans[serial]:
            return "204 No Content", b""
        body, future = self._plans[serial].popleft()
        self._open[session] = future
        return "200 OK", self._envelope(self._namespace, f"acs{len(self.answers)}", body)

    @staticmethod
    def _envelope(namespace: str, message_id: str, body: str) -> bytes:
        return _ENVELOPE.format(namespace=namespace, id=message_id, body=body).encode()


def get_values(*names: str) -> str:
    items = "".join(f"<string>{name}</string>" for name in names)
    return (
        f'<cwmp:GetParameterValues><ParameterNames soapenc:arrayType="xs:string[{len(names)}]">{items}'
        "</ParameterNames></cwmp:GetParameterValues>"
    )


def get_names(path: str, *, next_level: bool) -> str:
    return (
        f"<cwmp:GetParameterNames><ParameterPath>{path}</ParameterPath><NextLevel>{int(next_level)}</NextLevel>"
        "</cwmp:GetParameterNames>"
    )


def set_values(*values: tuple[str, str, str], key: str = "") -> str:
    items = "".join(
        f'<ParameterValueStruct><Name>{name}</Name><Value xsi:type="xs:{kind}">{value}</Value></ParameterValueStruct>'
        for name, kind, value in values
    )
    return (
        f"<cwmp:SetParameterValues><ParameterList>{items}</ParameterList><ParameterKey>{key}</ParameterKey>"
        "</cwmp:SetParameterValues>"
    )
