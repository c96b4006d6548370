"""CWMP messages (TR-069 Annex A): what is asked of a box, what it answers, and what it asks of us.

Answers are written in the one style that every client stack tried accepts: no XML declaration, prefix ``cwmp``,
children without namespace, a Header with ID.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol
from xml.sax.saxutils import escape, quoteattr

from collectors.boxes.envelope import Envelope, EnvelopeError, child, children, local_name, text_of
from domain.box import Inform
from domain.errors import InvalidValueError
from domain.identifiers import DeviceId

METHODS: Final = ("Inform", "GetRPCMethods", "TransferComplete", "AutonomousTransferComplete")
"""The requests of a box that this ACS answers."""

FAULT_METHOD_NOT_SUPPORTED: Final = 8000  # TR-069 A.5.2
BOX_FAULTS: Final = range(9000, 9900)
"""Fault codes that a box may give (A.5.1): 9000 to 9799 of the standard, 9800 to 9899 of vendors."""
FAULT_NO_ANSWER: Final = 0
"""Our own code for a box that ended its turn without answering: no CWMP fault has it."""


class Rpc(Protocol):
    """A request to a box."""

    @property
    def name(self) -> str:
        """Its method; the answer is called the same with ``Response``."""
        ...

    def body(self) -> str:
        """Its XML, inside the SOAP body."""
        ...


@dataclass(frozen=True, slots=True)
class GetParameterValues:
    """Ask for values, by full name or by partial path (A.3.2.2)."""

    names: tuple[str, ...]
    name: str = field(default="GetParameterValues", init=False)

    def body(self) -> str:
        """Its XML."""
        items = "".join(f"<string>{escape(name)}</string>" for name in self.names)
        count = f'SOAP-ENC:arrayType="xsd:string[{len(self.names)}]"'
        return f"<cwmp:GetParameterValues><ParameterNames {count}>{items}</ParameterNames></cwmp:GetParameterValues>"


@dataclass(frozen=True, slots=True)
class GetParameterNames:
    """Ask for the names under a path (A.3.2.3)."""

    path: str
    next_level: bool
    name: str = field(default="GetParameterNames", init=False)

    def body(self) -> str:
        """Its XML."""
        return (
            f"<cwmp:GetParameterNames><ParameterPath>{escape(self.path)}</ParameterPath>"
            f"<NextLevel>{int(self.next_level)}</NextLevel></cwmp:GetParameterNames>"
        )


@dataclass(frozen=True, slots=True, repr=False)
class SetParameterValues:
    """Set texts, all or nothing (A.3.2.1). Values may be secrets: never shown."""

    values: Mapping[str, str]
    name: str = field(default="SetParameterValues", init=False)

    def body(self) -> str:
        """Its XML."""
        items = "".join(
            f"<ParameterValueStruct><Name>{escape(name)}</Name>"
            f'<Value xsi:type="xsd:string">{escape(value)}</Value></ParameterValueStruct>'
            for name, value in self.values.items()
        )
        count = f'SOAP-ENC:arrayType="cwmp:ParameterValueStruct[{len(self.values)}]"'
        return (
            f"<cwmp:SetParameterValues><ParameterList {count}>{items}</ParameterList>"
            "<ParameterKey></ParameterKey></cwmp:SetParameterValues>"
        )


@dataclass(frozen=True, slots=True)
class RpcFault:
    """A Fault of a box (A.5): its code, and the codes of single parameters."""

    code: int
    text: str = ""
    parameters: Mapping[str, int] = field(default_factory=dict)


Answer = Envelope | RpcFault
"""What a request brings back."""


def write(namespace: str, header_id: str, body: str) -> bytes:
    """An envelope around ``body``, in the box's own namespace."""
    return (
        '<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/" '
        'xmlns:SOAP-ENC="http://schemas.xmlsoap.org/soap/encoding/" '
        'xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f"xmlns:cwmp={quoteattr(namespace)}>"
        f'<SOAP-ENV:Header><cwmp:ID SOAP-ENV:mustUnderstand="1">{escape(header_id)}</cwmp:ID></SOAP-ENV:Header>'
        f"<SOAP-ENV:Body>{body}</SOAP-ENV:Body></SOAP-ENV:Envelope>"
    ).encode()


def inform_response() -> str:
    """Our answer to an Inform; one envelope at a time (A.3.3.1)."""
    return "<cwmp:InformResponse><MaxEnvelopes>1</MaxEnvelopes></cwmp:InformResponse>"


def answer_to_box(method: str) -> str:
    """Our answer to a request of the box; a Fault 8000 for what we do not do."""
    if method in ("TransferComplete", "AutonomousTransferComplete"):
        return f"<cwmp:{method}Response></cwmp:{method}Response>"
    if method == "GetRPCMethods":
        items = "".join(f"<string>{name}</string>" for name in METHODS)
        return (
            f'<cwmp:GetRPCMethodsResponse><MethodList SOAP-ENC:arrayType="xsd:string[{len(METHODS)}]">{items}'
            "</MethodList></cwmp:GetRPCMethodsResponse>"
        )
    return (
        "<SOAP-ENV:Fault><faultcode>Client</faultcode><faultstring>CWMP fault</faultstring><detail><cwmp:Fault>"
        f"<FaultCode>{FAULT_METHOD_NOT_SUPPORTED}</FaultCode><FaultString>Method not supported</FaultString>"
        "</cwmp:Fault></detail></SOAP-ENV:Fault>"
    )


def read_inform(envelope: Envelope, at: datetime) -> Inform:
    """The Inform of an envelope; raises `EnvelopeError` when it does not say who sends it."""
    content = envelope.content
    identity = child(content, "DeviceId")
    try:
        device = DeviceId(
            (text_of(identity, "OUI") or "").strip().upper(), (text_of(identity, "SerialNumber") or "").strip()
        )
    except InvalidValueError as error:
        raise EnvelopeError("bad_inform") from error
    codes = (text_of(event, "EventCode") for event in children(child(content, "Event"), "EventStruct"))
    return Inform(
        device=device,
        events=tuple(code.strip()[:64] for code in codes if code and code.strip()),
        at=at,
        parameters=read_values(envelope),
        cwmp_namespace=envelope.namespace,
        retry_count=_integer(text_of(content, "RetryCount")),
        product_class=(text_of(identity, "ProductClass") or "").strip()[:64],
        manufacturer=(text_of(identity, "Manufacturer") or "").strip()[:64],
    )


def read_values(envelope: Envelope) -> dict[str, str | None]:
    """Names and texts of a ParameterList; ``None`` where the box sent a name without a value."""
    values: dict[str, str | None] = {}
    for item in children(child(envelope.content, "ParameterList"), "ParameterValueStruct"):
        name: str | None = None
        value: str | None = None
        for part in item:
            kind = local_name(part)
            if kind == "Name":
                name = (part.text or "").strip()
            elif kind == "Value":
                value = part.text or ""
        if name:
            values[name] = value
    return values


def read_names(envelope: Envelope) -> tuple[str, ...]:
    """Names of a GetParameterNamesResponse; objects end with a dot."""
    items = children(child(envelope.content, "ParameterList"), "ParameterInfoStruct")
    names = (text_of(item, "Name") for item in items)
    return tuple(name.strip() for name in names if name and name.strip())


def read_fault(envelope: Envelope) -> RpcFault:
    """The fault of a Fault envelope, however its prefixes are written."""
    fault = child(child(envelope.content, "detail"), "Fault")
    parameters = {
        (text_of(item, "ParameterName") or "").strip(): _integer(text_of(item, "FaultCode"))
        for item in children(fault, "SetParameterValuesFault")
    }
    return RpcFault(
        _integer(text_of(fault, "FaultCode")), (text_of(fault, "FaultString") or "").strip()[:128], parameters
    )


def _integer(text: str | None) -> int:
    compact = (text or "").strip()
    return int(compact) if compact.isascii() and compact.isdigit() and len(compact) < 10 else 0
