"""SOAP envelopes of a box: written from templates, as a gSOAP stack writes them; read with lxml.

Names of TR-069 A.3 and A.4: the RPC element is in the CWMP namespace, its children in none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from lxml import etree

_OPEN = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:SOAP-ENC="http://schemas.xmlsoap.org/soap/encoding/"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:cwmp="{namespace}">'
    '<SOAP-ENV:Header><cwmp:ID SOAP-ENV:mustUnderstand="1">{id}</cwmp:ID></SOAP-ENV:Header><SOAP-ENV:Body>'
)
_CLOSE = "</SOAP-ENV:Body></SOAP-ENV:Envelope>"


class SoapError(Exception):
    """Not an envelope that a box understands."""


@dataclass(frozen=True, slots=True)
class Value:
    """One ParameterValueStruct; ``kind`` is its xsi:type, empty when it has none."""

    name: str
    value: str
    kind: str


@dataclass(frozen=True, slots=True)
class Message:
    """What an ACS sent: the RPC's local name, its element and the header's ID."""

    method: str
    element: etree._Element
    id: str

    def text(self, name: str) -> str:
        """Text of the first child of that local name, stripped; empty when there is none."""
        found = _child(self.element, name)
        return "" if found is None else (found.text or "").strip()

    def has(self, name: str) -> bool:
        """Whether it has a child of that local name."""
        return _child(self.element, name) is not None

    def strings(self, name: str) -> list[str]:
        """Texts of the items of an array of strings."""
        array = _child(self.element, name)
        return [] if array is None else [(item.text or "").strip() for item in _elements(array)]

    def structures(self, name: str) -> list[Message]:
        """The structures of an array, each to be read as a message is."""
        array = _child(self.element, name)
        return [] if array is None else [Message(_local(item), item, self.id) for item in _elements(array)]

    def values(self, name: str) -> list[Value]:
        """The ParameterValueStructs of an array."""
        array = _child(self.element, name)
        return [] if array is None else [_value(item) for item in _elements(array)]


def envelope(namespace: str, message_id: str, body: str) -> bytes:
    """A whole envelope around an RPC element."""
    return (_OPEN.format(namespace=namespace, id=escape(message_id)) + body + _CLOSE).encode()


def call(method: str, body: str = "") -> str:
    """An RPC element."""
    return f"<cwmp:{method}>{body}</cwmp:{method}>"


def structure(name: str, fields: Sequence[tuple[str, str]]) -> str:
    """A structure in no namespace, with text fields."""
    return f"<{name}>" + "".join(f"<{key}>{escape(value)}</{key}>" for key, value in fields) + f"</{name}>"


def array(name: str, kind: str, items: Sequence[str]) -> str:
    """An array element with its SOAP type and count."""
    return f'<{name} SOAP-ENC:arrayType="{kind}[{len(items)}]">{"".join(items)}</{name}>'


def parameter_values(name: str, values: Iterable[Value]) -> str:
    """An array of ParameterValueStruct."""
    items = [
        f"<ParameterValueStruct><Name>{escape(item.name)}</Name>"
        f'<Value xsi:type="{item.kind}">{escape(item.value)}</Value></ParameterValueStruct>'
        for item in values
    ]
    return array(name, "cwmp:ParameterValueStruct", items)


def fault(code: int, text: str, details: Sequence[tuple[str, int, str]] = ()) -> str:
    """A SOAP fault that carries a CWMP one (TR-069 A.5.1), with the parameters at fault in SetParameterValues."""
    inner = "".join(
        "<SetParameterValuesFault>"
        f"<ParameterName>{escape(name)}</ParameterName><FaultCode>{number}</FaultCode>"
        f"<FaultString>{escape(reason)}</FaultString></SetParameterValuesFault>"
        for name, number, reason in details
    )
    return (
        "<SOAP-ENV:Fault><faultcode>Client</faultcode><faultstring>CWMP fault</faultstring><detail>"
        f"<cwmp:Fault><FaultCode>{code}</FaultCode><FaultString>{escape(text)}</FaultString>{inner}</cwmp:Fault>"
        "</detail></SOAP-ENV:Fault>"
    )


def parse(data: bytes) -> Message:
    """Read an ACS's envelope; raises `SoapError`."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise SoapError("not XML") from error
    body = _child(root, "Body")
    found = next(_elements(body), None) if body is not None else None
    if found is None:
        raise SoapError("no RPC in the envelope")
    header = _child(root, "Header")
    number = _child(header, "ID") if header is not None else None
    return Message(_local(found), found, "" if number is None else (number.text or "").strip())


def _elements(parent: etree._Element) -> Iterator[etree._Element]:
    return parent.iterchildren("*")  # elements only: no comment, no entity


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname


def _child(parent: etree._Element, name: str) -> etree._Element | None:
    return next((child for child in _elements(parent) if _local(child) == name), None)


def _value(item: etree._Element) -> Value:
    name, value = _child(item, "Name"), _child(item, "Value")
    kind = ""
    if value is not None:
        kind = next((str(text) for key, text in value.items() if etree.QName(key).localname == "type"), "")
    return Value(
        "" if name is None else (name.text or "").strip(), "" if value is None else value.text or "", _kind(kind)
    )


def _kind(text: str) -> str:
    """``xsd:unsignedInt`` whatever the prefix of the ACS."""
    local = text.rpartition(":")[2]
    return f"xsd:{local}" if local else ""
