"""The ONT's password (subscriber location id), which no known SNMP column gives: read from the configuration.

``info … detail xml`` rather than the text form: its values stand in elements that alarms printed in between cannot
imitate, and it names the ONT that it speaks of.
"""

from __future__ import annotations

import re

from lxml import etree

from collectors.cli.sessions import Dialect
from collectors.vendors.nokia_isam.index import cli_ont
from domain.identifiers import OntName
from domain.reading import Reason

DIALECT = Dialect(
    device_type="nokia_isam",
    prompt=r"^\*?[a-z]+:[^\s>#]+>[^\s#]*#[ ]?\Z",
    prepare=("environment inhibit-alarms", "environment mode batch", "exit"),
)
"""The prompt is ``typ:isadmin>#``, ``typ:isadmin>environment#`` in a node (captures; netmiko's nokia_isam)."""

_DOCUMENT = re.compile(r"<\?xml .*</[A-Za-z-]+>", re.DOTALL)
_PASSWORD = re.compile(r"[\x21-\x7e]{1,36}")  # 10 octets in G.984.3, 36 in G.9807.1
_NONE = frozenset({"", "WILDCARD", "DEFAULT"})
_LONGEST = 1 << 20  # C: octets of an answer about one ONT, or about the 128 of its port


def command(name: OntName) -> str:
    """The command that shows the configuration of an ONT."""
    return f"info configure equipment ont interface {cli_ont(name)} detail xml"


def parse(answer: str, name: OntName) -> str | Reason:
    """The password in an answer, or why there is none: ``no_reading`` where none is configured."""
    instance = told_of(answer, name)
    if isinstance(instance, Reason):
        return instance
    value = (text_of(instance, "parameter", "subslocid") or "").strip('"')
    if value in _NONE:  # `info` leaves out what has its default value
        return Reason.NO_READING
    return value if _PASSWORD.fullmatch(value) else Reason.MALFORMED


def told_of(answer: str, name: OntName, key: str = "ont-idx") -> etree._Element | Reason:
    """The element of an answer in XML that speaks of this ONT, by its ``key``; else why there is none."""
    found = _DOCUMENT.search(answer) if len(answer) <= _LONGEST else None
    if found is None:
        refused = re.search(r"^\s*Error : |invalid token", answer, re.MULTILINE)
        return Reason.ERROR if refused else Reason.MALFORMED
    instance = _instance(found[0], name, key)
    return Reason.MALFORMED if instance is None else instance


def document_of(answer: str) -> etree._Element | None:
    """The document in an answer that may be long: a whole OLT's; ``None`` where there is none."""
    found = _DOCUMENT.search(answer)
    return None if found is None else _root(found[0])


def _instance(document: str, name: OntName, key: str) -> etree._Element | None:
    """The element that speaks of this ONT; ``None`` when the document is no such answer."""
    root = _root(document)
    if root is None:
        return None
    found = [item for item in root.iter("instance") if text_of(item, "res-id", key) == cli_ont(name)]
    return found[0] if len(found) == 1 else None


def _root(document: str) -> etree._Element | None:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(document.encode(), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    return None if root.getroottree().docinfo.internalDTD is not None else root


def text_of(instance: etree._Element, tag: str, name: str) -> str | None:
    """Text of the only such element; ``None`` when there is none, or several, or elements inside it."""
    found = [element for element in instance.iter(tag) if element.get("name") == name]
    if len(found) != 1 or len(found[0]):
        return None
    return (found[0].text or "").strip()
