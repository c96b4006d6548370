"""SOAP envelopes as boxes really write them: read leniently, matched by local names, never trusted.

Boxes send undeclared prefixes, raw ampersands, control characters, wrong charsets, byte-order marks and trailing NULs.
A document type is refused outright: no box needs one, and entities are how XML bombs are made.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, cast

from lxml import etree
from lxml.etree import _Element

CWMP_1_0: Final = "urn:dslforum-org:cwmp-1-0"

_CWMP = re.compile(r"urn:dslforum-org:cwmp-1-[0-9A-Za-z.]{1,16}")
_DOCTYPE = re.compile(r"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_BARE_AMPERSAND = re.compile(r"&(?!(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|amp|lt|gt|quot|apos);)")
_CDATA, _CDATA_END = "<![CDATA[", "]]>"
_NOT_XML_CHARS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_CONTROLS: Final = bytes({*range(0x20)} - {0x09, 0x0A, 0x0D})
_DECLARED = re.compile(rb"""^[\s\x00]*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_CONTENT_CHARSET = re.compile(r"""charset\s*=\s*["']?([A-Za-z0-9._-]{1,40})""", re.IGNORECASE)
# Only real character sets: Python also names "encodings" that compress, escape or take quadratic time.
_CHARSETS: Final = frozenset(
    {"utf-8", "utf8", "us-ascii", "ascii", "utf-16", "utf-16le", "utf-16be", "iso-8859-1", "latin1", "latin-1"}
    | {"iso-8859-2", "iso-8859-5", "iso-8859-9", "iso-8859-15", "windows-1251", "windows-1252", "cp1252", "koi8-r"}
    | {"gb2312", "gbk", "gb18030", "big5", "shift_jis", "euc-jp", "euc-kr"}
)
# Built once: building it costs more than reading an Inform with it. It keeps nothing between two documents.
_PARSER: Final = etree.XMLParser(
    recover=True,
    resolve_entities=False,
    no_network=True,
    huge_tree=False,
    remove_comments=True,
    remove_pis=True,
    encoding="utf-8",
)


class EnvelopeError(Exception):
    """A body that is no CWMP envelope.

    Attributes:
        kind: ``not_xml``, ``not_soap``, ``doctype``, ``encoding`` or ``bad_inform``.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        super().__init__(kind)


@dataclass(frozen=True, slots=True)
class Envelope:
    """One envelope.

    Attributes:
        namespace: CWMP namespace of the sender, answered with the same.
        id: Header ID, ``None`` without one.
        method: Local name of the first element of the body, empty when the body is empty.
        content: That element.
        versions: Versions of CWMP that the sender offers (SupportedCWMPVersions, from cwmp-1-3 on).
    """

    namespace: str
    id: str | None
    method: str
    content: _Element | None
    versions: tuple[str, ...] = ()


@lru_cache(4096)  # a box says the same few hundred names over and over
def local(name: str) -> str:
    """A name without namespace nor prefix, declared or not."""
    return name.rpartition("}")[2].rpartition(":")[2]


def local_name(element: _Element) -> str:
    """Local name of an element."""
    return local(element.tag)


def children(element: _Element | None, name: str) -> list[_Element]:
    """Children of that local name."""
    return [] if element is None else [item for item in element if local(item.tag) == name]


def child(element: _Element | None, name: str) -> _Element | None:
    """First child of that local name."""
    if element is not None:
        for item in element:
            if local(item.tag) == name:
                return item
    return None


def text_of(element: _Element | None, name: str) -> str | None:
    """Text of the first child of that name; ``None`` when there is no such child, empty when it is empty."""
    found = child(element, name)
    return None if found is None else (found.text or "")


def decode(body: bytes, content_type: str = "") -> str:
    """Text of a body: charset of the Content-Type, then of the XML declaration, then UTF-8, then latin-1."""
    names: list[str] = []
    if found := _CONTENT_CHARSET.search(content_type):
        names.append(found[1].lower())
    if declared := _DECLARED.match(body[:256]):
        names.append(declared[1].decode("ascii").lower())
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        names.insert(0, "utf-16")
    names.append("utf-8")
    for name in names:
        if name in _CHARSETS:
            try:
                return body.decode(name)
            except UnicodeDecodeError:
                continue
    return body.decode("latin-1")


def _clean(text: str) -> bytes:
    """Its bytes without what no XML may hold; what is rare is looked for before it is searched."""
    text = text.lstrip("\ufeff \t\r\n\x00")
    if "&" in text:
        text = _escaped(text)
    raw = text.encode("utf-8", "replace")
    if len(raw.translate(None, _CONTROLS)) != len(raw) or "\ufffe" in text or "\uffff" in text:
        raw = _NOT_XML_CHARS.sub("", text).encode("utf-8", "replace")
    return raw


def _escaped(text: str) -> str:
    """The text with its bare ampersands escaped, but those of CDATA sections, where none has to be."""
    first, *sections = text.split(_CDATA)
    parts = [_BARE_AMPERSAND.sub("&amp;", first)]
    for section in sections:
        literal, end, rest = section.partition(_CDATA_END)
        parts.append(literal + end + _BARE_AMPERSAND.sub("&amp;", rest))
    return _CDATA.join(parts)


def parse(body: bytes, content_type: str = "") -> Envelope:
    """Read a body; raises `EnvelopeError` when it is no envelope."""
    text = decode(body, content_type)
    if "<!" in text and _DOCTYPE.search(text):
        raise EnvelopeError("doctype")
    try:
        # None is what lxml gives in recovery mode when nothing of it was XML, whatever its stubs say.
        root = cast("_Element | None", etree.fromstring(_clean(text), _PARSER))
    except (etree.XMLSyntaxError, ValueError) as error:
        raise EnvelopeError("not_xml") from error
    if root is None:
        raise EnvelopeError("not_xml")
    return _open(root)


def _open(root: _Element) -> Envelope:
    if local_name(root) != "Envelope":
        raise EnvelopeError("not_soap")
    body = child(root, "Body")
    if body is None:
        raise EnvelopeError("not_soap")
    content = next((item for item in body if local_name(item)), None)
    header = child(root, "Header")
    header_id, versions = text_of(header, "ID"), text_of(header, "SupportedCWMPVersions") or ""
    return Envelope(
        namespace=_namespace(root, content),
        id=None if header_id is None else header_id.strip()[:256],
        method="" if content is None else local_name(content),
        content=content,
        versions=tuple(version.strip() for version in versions[:64].split(",")) if versions else (),
    )


def _namespace(root: _Element, content: _Element | None) -> str:
    declared: list[str] = []
    if content is not None:
        declared.append(content.tag.rpartition("}")[0].lstrip("{"))
        declared.extend(content.nsmap.values())
    declared.extend(root.nsmap.values())
    return next((uri for uri in declared if _CWMP.fullmatch(uri)), CWMP_1_0)
