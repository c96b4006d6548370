"""CWMP messages (TR-069 Annex A): what is asked of a box, what it answers, and what it asks of us.

Answers are written in the one style that every client stack tried accepts: no XML declaration, prefix ``cwmp``,
children without namespace, a Header with ID.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from collectors.boxes.envelope import Envelope, EnvelopeError, child, children, local, text_of
from domain.box import Inform
from domain.box_actions import BoxEvent, BoxFault
from domain.errors import InvalidValueError
from domain.identifiers import DeviceId

TRANSFERS: Final = ("TransferComplete", "AutonomousTransferComplete")
_NOTED: Final = ("RequestDownload", "DUStateChangeComplete", "AutonomousDUStateChangeComplete")
"""What asks nothing back: a box repeats it until it is answered (A.3.3.4, A.4.2.1, A.4.2.2)."""
METHODS: Final = ("Inform", "GetRPCMethods", *TRANSFERS, *_NOTED)
"""The requests of a box that this ACS answers."""
VERSIONS: Final = ("1.4", "1.3", "1.2", "1.1", "1.0")
"""The versions of CWMP that this ACS speaks, best first."""

_TYPES: Final = frozenset(
    {"string", "int", "unsignedInt", "long", "unsignedLong", "boolean", "dateTime", "base64", "base64Binary"}
    | {"hexBinary"}
)

_USE: Final = '<cwmp:UseCWMPVersion SOAP-ENV:mustUnderstand="1">{}</cwmp:UseCWMPVersion>'
FAULT_METHOD_NOT_SUPPORTED: Final = 8000  # TR-069 A.5.2
BOX_FAULTS: Final = range(9000, 9900)
"""Fault codes that a box may give (A.5.1): 9000 to 9799 of the standard, 9800 to 9899 of vendors."""
FAULT_NO_ANSWER: Final = 0
"""Our own code for a box that ended its turn without answering, or answered something else: no CWMP fault has it."""
_UNREADABLE: Final = 9002  # internal error (A.5.1): a fault whose code cannot be read is a fault all the same


RpcFault = BoxFault

Answer = Envelope | RpcFault
"""What a request brings back."""


def version_in_use(offered: Sequence[str]) -> str | None:
    """The best version that a box offers (SupportedCWMPVersions, TR-069 3.7.2.1) and we speak; ``None`` for none."""
    return next((version for version in VERSIONS if version in offered), None)


def write(namespace: str, header_id: str, body: str, version: str | None = None) -> bytes:
    """An envelope around ``body``, in the box's own namespace; ``version`` tells a box that asks which is in use."""
    use = "" if version is None else _USE.format(version)
    return (
        '<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/" '
        'xmlns:SOAP-ENC="http://schemas.xmlsoap.org/soap/encoding/" '
        'xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f"xmlns:cwmp={quoteattr(namespace)}>"
        f'<SOAP-ENV:Header><cwmp:ID SOAP-ENV:mustUnderstand="1">{escape(header_id)}</cwmp:ID>{use}</SOAP-ENV:Header>'
        f"<SOAP-ENV:Body>{body}</SOAP-ENV:Body></SOAP-ENV:Envelope>"
    ).encode()


def inform_response() -> str:
    """Our answer to an Inform; one envelope at a time (A.3.3.1)."""
    return "<cwmp:InformResponse><MaxEnvelopes>1</MaxEnvelopes></cwmp:InformResponse>"


def answer_to_box(method: str) -> str:
    """Our answer to a request of the box; a Fault 8000 for what we do not do."""
    if method in TRANSFERS or method in _NOTED:
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
    told = [
        (code.strip()[:64], (text_of(event, "CommandKey") or "").strip()[:32])
        for event in children(child(content, "Event"), "EventStruct")
        if (code := text_of(event, "EventCode")) and code.strip()
    ]
    return Inform(
        device=device,
        events=tuple(code for code, _ in told),
        command_keys=tuple(key for _, key in told),
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
            kind = local(part.tag)
            if kind == "Name":
                name = (part.text or "").strip()
            elif kind == "Value":
                value = part.text or ""
        if name:
            values[name] = value
    return values


def read_types(envelope: Envelope) -> dict[str, str]:
    """The type of each value of a ParameterList, without prefix; names without a declared type are left out."""
    types: dict[str, str] = {}
    for item in children(child(envelope.content, "ParameterList"), "ParameterValueStruct"):
        name, value = (text_of(item, "Name") or "").strip(), child(item, "Value")
        # The schema-instance namespace is the one of 1999 on some boxes, and its prefix undeclared on others.
        said = () if value is None else (str(text) for key, text in value.items() if local(str(key)) == "type")
        kind = next(iter(said), "").rpartition(":")[2].strip()
        if name and kind in _TYPES:
            types[name] = kind
    return types


def read_names(envelope: Envelope) -> dict[str, bool]:
    """Names of a GetParameterNamesResponse, objects with a final dot, and whether each is writable."""
    found: dict[str, bool] = {}
    for item in children(child(envelope.content, "ParameterList"), "ParameterInfoStruct"):
        if name := (text_of(item, "Name") or "").strip():
            found[name] = (text_of(item, "Writable") or "").strip().lower() in ("1", "true")
    return found


def read_attributes(envelope: Envelope) -> dict[str, str | None]:
    """Notification attribute of each parameter of a GetParameterAttributesResponse."""
    items = children(child(envelope.content, "ParameterList"), "ParameterAttributeStruct")
    found = (((text_of(item, "Name") or "").strip(), text_of(item, "Notification")) for item in items)
    return {name: value for name, value in found if name}


def read_methods(envelope: Envelope) -> tuple[str, ...]:
    """Methods of a GetRPCMethodsResponse."""
    items = child(envelope.content, "MethodList")
    return () if items is None else tuple(item.text.strip() for item in items if item.text and item.text.strip())


def read_status(envelope: Envelope) -> int | None:
    """Status of a response: 0 is done, 1 is later (A.3.2.1, A.3.2.8); ``None`` when the box does not say."""
    return _number(text_of(envelope.content, "Status"))


def read_instance(envelope: Envelope) -> int | None:
    """Number of the object that AddObject made (from 1, A.2.2.1), ``None`` when the box does not say."""
    return _number(text_of(envelope.content, "InstanceNumber")) or None


def read_transfer(envelope: Envelope, at: datetime) -> BoxEvent:
    """What a TransferComplete or AutonomousTransferComplete says."""
    content = envelope.content
    fault = child(content, "FaultStruct")
    return BoxEvent(
        at,
        envelope.method,
        (text_of(content, "CommandKey") or "").strip()[:32],
        _transfer_fault(text_of(fault, "FaultCode")),
        (text_of(fault, "FaultString") or "").strip()[:256],
    )


def _transfer_fault(text: str | None) -> int:
    """0 for a transfer that went well; what cannot be read is no success."""
    code = _number(text)
    return code if code is not None else _UNREADABLE * bool((text or "").strip())


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
    return _number(text) or 0


def _number(text: str | None) -> int | None:
    compact = (text or "").strip()
    return int(compact) if compact.isascii() and compact.isdigit() and len(compact) < 10 else None
