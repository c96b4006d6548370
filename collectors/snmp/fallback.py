"""The complete decoder, for messages that the fast codec does not recognise: pysnmp's ASN.1 and pyasn1.

It costs milliseconds a message: it sees datagrams from agents we asked, nothing else.
"""

from __future__ import annotations

from typing import Any

from pyasn1.codec.ber import decoder
from pyasn1.error import PyAsn1Error
from pysnmp.proto import rfc1905
from pysnmp.proto.api import v2c

from collectors.snmp.values import Kind, Response, Value, VarBind
from domain.errors import DeviceProtocolError

_KINDS: tuple[tuple[Any, Kind], ...] = (
    (rfc1905.NoSuchObject, Kind.NO_SUCH_OBJECT),
    (rfc1905.NoSuchInstance, Kind.NO_SUCH_INSTANCE),
    (rfc1905.EndOfMibView, Kind.END_OF_MIB),
    (v2c.Counter64, Kind.COUNTER64),
    (v2c.TimeTicks, Kind.TIME_TICKS),
    (v2c.Counter32, Kind.COUNTER32),
    (v2c.Gauge32, Kind.GAUGE32),
    (v2c.IpAddress, Kind.IP_ADDRESS),
    (v2c.Opaque, Kind.OPAQUE),
    (v2c.ObjectIdentifier, Kind.OID),
    (v2c.OctetString, Kind.OCTETS),
    (v2c.Integer, Kind.INTEGER),
    (v2c.Null, Kind.NULL),
)
_V2C = 1  # msgVersion (RFC 1901 3); SNMPv1 is 0: it has no GETBULK and no Counter64, and is not read
_NUMBERS = frozenset({Kind.INTEGER, Kind.COUNTER32, Kind.GAUGE32, Kind.TIME_TICKS, Kind.COUNTER64})
_OCTETS = frozenset({Kind.OCTETS, Kind.IP_ADDRESS, Kind.OPAQUE})


def value_of(value: Any) -> tuple[Kind, Value]:
    """Kind and value of one of pysnmp's; raises `DeviceProtocolError` for a type that SNMP has not."""
    tags = value.tagSet
    for asn1_type, kind in _KINDS:
        if tags == asn1_type.tagSet:
            if kind in _NUMBERS:
                return kind, int(value)
            if kind in _OCTETS:
                return kind, bytes(value)
            return kind, tuple(value) if kind is Kind.OID else None
    raise DeviceProtocolError("", f"tag {tags!r}")


def decode_response(data: bytes) -> Response:
    """Read any valid encoding of a v2c Response message; raises `DeviceProtocolError` for anything else."""
    try:
        message, rest = decoder.decode(data, asn1Spec=v2c.Message())
        if int(message[0]) != _V2C:
            raise DeviceProtocolError("", "an SNMPv1 message" if int(message[0]) == 0 else "not a v2c message")
        pdu = v2c.apiMessage.get_pdu(message)
        if rest or pdu.tagSet != v2c.ResponsePDU.tagSet:
            raise DeviceProtocolError("", "not a v2c Response")
        varbinds = [VarBind(tuple(name), *value_of(value)) for name, value in v2c.apiPDU.get_varbinds(pdu)]
        return Response(bytes(message[1]), int(pdu[0]), int(pdu[1]), int(pdu[2]), varbinds)
    except (PyAsn1Error, ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise DeviceProtocolError("", type(error).__name__) from error
