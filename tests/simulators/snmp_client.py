"""A raw SNMP client for the tests of the agents.

Requests are encoded and responses decoded by pyasn1 through pysnmp's protocol modules, so that the agents' own codec
is not its own judge.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pyasn1.codec.ber import decoder, encoder
from pyasn1.type.univ import Null, ObjectIdentifier, OctetString
from pysnmp.proto import api
from pysnmp.proto.rfc1902 import Integer32

V1, V2C = api.SNMP_VERSION_1, api.SNMP_VERSION_2C


@dataclass(frozen=True)
class Answer:
    status: int
    index: int
    varbinds: list[tuple[str, Any]]
    octets: int

    def value(self, place: int = 0) -> Any:
        """The Python value: int, bytes, dotted OID, ``None`` for exceptions of RFC 3416."""
        return plain(self.varbinds[place][1])


def plain(value: Any) -> Any:
    name = type(value).__name__
    if name in ("NoSuchObject", "NoSuchInstance", "EndOfMibView"):
        return None
    if isinstance(value, OctetString):
        return bytes(value)
    if isinstance(value, ObjectIdentifier):
        return str(value)
    return None if isinstance(value, Null) else int(value)


_SET_BULK = {"GetBulkRequestPDU"}


def encode(
    kind: str,
    oids: Iterable[str],
    *,
    version: int = V2C,
    community: str = "public",
    request_id: int = 7,
    a: int = 0,
    b: int = 0,
    values: Sequence[Any] = (),
) -> bytes:
    """One request; ``kind`` is the pysnmp name of the PDU, such as ``GetRequestPDU``."""
    module = api.PROTOCOL_MODULES[version]
    pdu = getattr(module, kind)()
    if kind in _SET_BULK:
        module.apiBulkPDU.set_defaults(pdu)
        module.apiBulkPDU.set_non_repeaters(pdu, a)
        module.apiBulkPDU.set_max_repetitions(pdu, b)
        interface = module.apiBulkPDU
    else:
        module.apiPDU.set_defaults(pdu)
        interface = module.apiPDU
    interface.set_request_id(pdu, request_id)
    empty = module.Null("")
    value = Integer32(1) if kind == "SetRequestPDU" else empty
    names = list(oids)
    interface.set_varbinds(pdu, list(zip(names, values or [value] * len(names), strict=True)))
    message = module.Message()
    module.apiMessage.set_defaults(message)
    module.apiMessage.set_community(message, community)
    module.apiMessage.set_pdu(message, pdu)
    octets: bytes = encoder.encode(message)
    return octets


def decode(data: bytes, version: int = V2C) -> Answer:
    module = api.PROTOCOL_MODULES[version]
    message, rest = decoder.decode(data, asn1Spec=module.Message())
    assert not rest
    pdu = module.apiMessage.get_pdu(message)
    return Answer(
        int(module.apiPDU.get_error_status(pdu)),
        int(module.apiPDU.get_error_index(pdu)),
        [(str(oid), value) for oid, value in module.apiPDU.get_varbinds(pdu)],
        len(data),
    )


class Client:
    """Sends one datagram at a time and waits for its answer."""

    def __init__(self, port: int, community: str = "public", host: str = "127.0.0.1") -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.connect((host, port))
        self._community = community

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    async def exchange(self, datagram: bytes, timeout_s: float = 5.0) -> bytes | None:
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(self._socket, datagram)
        try:
            async with asyncio.timeout(timeout_s):
                return await loop.sock_recv(self._socket, 65535)
        except TimeoutError:
            return None

    async def ask(self, kind: str, oids: Iterable[str], *, version: int = V2C, a: int = 0, b: int = 0) -> Answer:
        data = await self.exchange(encode(kind, oids, version=version, community=self._community, a=a, b=b))
        assert data is not None, "no answer"
        return decode(data, version)

    async def set(self, *objects: tuple[str, Any], version: int = V2C) -> Answer:
        """Set objects, each with its value: an int (INTEGER), or octets."""
        values = [Integer32(value) if isinstance(value, int) else OctetString(value) for _, value in objects]
        oids = [oid for oid, _ in objects]
        data = await self.exchange(
            encode("SetRequestPDU", oids, version=version, community=self._community, values=values)
        )
        assert data is not None, "no answer"
        return decode(data, version)

    async def get(self, *oids: str) -> Answer:
        return await self.ask("GetRequestPDU", oids)

    async def bulk(self, *oids: str, repetitions: int, alone: int = 0) -> Answer:
        return await self.ask("GetBulkRequestPDU", oids, a=alone, b=repetitions)

    async def walk(self, root: str, repetitions: int = 50) -> list[tuple[str, Any]]:
        """Every instance under ``root`` by GETBULK, in the order given; ``1`` is everything."""
        rows: list[tuple[str, Any]] = []
        at = "1.0" if root == "1" else root
        while True:
            answer = await self.bulk(at, repetitions=repetitions)
            assert answer.status == 0
            assert answer.varbinds
            for oid, value in answer.varbinds:
                if type(value).__name__ == "EndOfMibView" or not (oid + ".").startswith(root + "."):
                    return rows
                rows.append((oid, value))
            at = answer.varbinds[-1][0]
