"""How a PDU becomes a message and back, whoever vouches for it: a community here, a user in `collectors.snmp.usm`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from collectors.snmp import bulk_wire
from collectors.snmp.ber import UnrecognisedError
from domain.errors import DiagnosticsError


class Session(Protocol):
    """Puts PDUs into messages that an agent accepts, and takes them out of messages that it proves to have sent."""

    community: bytes | None
    """Of SNMP v2c; ``None`` where `open` must be asked."""

    def seal(self, pdu: bytes, message_id: int) -> bytes:
        """The message that carries a PDU."""
        ...

    def open(self, datagram: bytes) -> bytes:
        """The PDU of a message of ours; raises `UnrecognisedError`, `DeviceProtocolError` or `Reported`."""
        ...


class Reported(DiagnosticsError):  # noqa: N818 - an answer of the agent, which may be good news
    """The agent reports on a message of ours instead of answering it.

    Attributes:
        name: The counter of RFC 3414 5 that it names.
        again: The session has learnt from it: the same request, sealed anew, may succeed.
    """

    def __init__(self, name: str, *, again: bool) -> None:
        super().__init__(name)
        self.name = name
        self.again = again


MOST_REPORTS = 4
"""Reports that one request may bring before it is given up: discovery takes two, an agent that restarts two more."""


@dataclass(slots=True)
class CommunitySession:
    """The session of SNMP v2c: a community on every message, and nothing proved."""

    community: bytes | None = field(repr=False)
    _head: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._head = bulk_wire.V2C + bulk_wire.tlv(0x04, self.community or b"")

    def seal(self, pdu: bytes, message_id: int) -> bytes:
        """The message; a v2c message has no identifier of its own."""
        del message_id
        return bulk_wire.tlv(0x30, self._head + pdu)

    def open(self, datagram: bytes) -> bytes:
        """The PDU of a message with this community."""
        community, at = bulk_wire.community_frame(datagram)
        if community != self.community:
            raise UnrecognisedError
        return datagram[at:]


def as_v2c(pdu: bytes) -> bytes:
    """A PDU in a message that every decoder knows, whatever brought it."""
    return bulk_wire.tlv(0x30, bulk_wire.V2C + b"\x04\x00" + pdu)
