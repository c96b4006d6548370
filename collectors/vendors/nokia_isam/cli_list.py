"""The ONTs of a PON port, or of the whole OLT, as the ISAM's command line lists them: for sites without SNMP.

``show equipment ont status pon [PORT] detail xml`` was captured for one ONT; of a whole OLT it takes 20 to 360 s.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from lxml import etree

from collectors.cli.sheet import Sheet
from collectors.vendors.nokia_isam.cli_show import fields_of, state_of
from collectors.vendors.nokia_isam.index import ont_index
from collectors.vendors.nokia_isam.subslocid import document_of, text_of
from domain.errors import InvalidValueError
from domain.identifiers import OntName, PonName, SerialNumber
from domain.metric import Readings
from domain.metrics import ont as m
from domain.olt import OntRow
from domain.reading import Quality, Reading, Reason, Source, Via, known

_REFUSED = re.compile(r"^\s*Error : |invalid token", re.MULTILINE)
_NAME = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{1,2})/(\d{1,2})/(\d{1,3})")


def command(pon: PonName | None = None) -> str:
    """What lists the ONTs of a port, or of the OLT."""
    place = "" if pon is None else f" {pon.rack}/{pon.shelf}/{pon.slot}/{pon.pon}"
    return f"show equipment ont status pon{place} detail xml"


def listed(answer: str, at: datetime, asked: str, pon: PonName | None = None) -> list[OntRow] | Reason:
    """The configured ONTs of an answer, in order; why there are none to tell."""
    root = document_of(answer)
    if root is None:
        return Reason.ERROR if _REFUSED.search(answer) else Reason.MALFORMED
    rows: dict[OntName, OntRow] = {}
    for element in root.iter("instance"):
        name = _name(text_of(element, "res-id", "ont"))
        if name is None or (pon is not None and name.pon_name != pon):
            continue
        if name in rows:
            return Reason.MALFORMED
        rows[name] = _row(element, name, at, asked)
    return [rows[name] for name in sorted(rows)]


def _row(element: etree._Element, name: OntName, at: datetime, asked: str) -> OntRow:
    sheet, fields = Sheet(at, asked), fields_of(element)
    state_of(fields, sheet)
    sheet.read(m.ONT_SERIAL, fields("sernum"), SerialNumber.parse)
    provisioned: Reading[Any] = known(True, at, Source(Via.CLI, asked), Quality.DERIVED)
    return OntRow(name, Readings({**sheet.readings.values, m.ONT_PROVISIONED: provisioned}))


def _name(text: str | None) -> OntName | None:
    """The ONT of a name as the command line writes it; ``None`` for any other."""
    found = _NAME.fullmatch(text or "")
    if found is None:
        return None
    name = OntName(*(int(number) for number in found.groups()))
    try:
        ont_index(name)
    except InvalidValueError:
        return None
    return name
