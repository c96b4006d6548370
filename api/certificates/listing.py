"""The list as the screen has it: search by keyword, facet on the e-service, sort, and the file of it."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from api.i18n import Language, translate
from domain.certificate import Certificate, CertificateState, Environment, EService
from domain.clock import PARIS

COLUMNS: Final = {
    "label": "Label",
    "eservice": "eService",
    "environment": "Environment",
    "expires_at": "Expires on",
    "published_at": "Published on",
}
"""The columns of the screen, in its order, by the name of their field."""


class Sort(StrEnum):
    """What the list may be sorted by: its columns."""

    LABEL = "label"
    ESERVICE = "eservice"
    ENVIRONMENT = "environment"
    EXPIRES_AT = "expires_at"
    PUBLISHED_AT = "published_at"


class Order(StrEnum):
    """Ascending or descending: « Croissant » or « Décroissant » on the screen."""

    ASCENDING = "asc"
    DESCENDING = "desc"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of the list is wanted.

    Attributes:
        search: Keywords: each must be in the label, the e-service or the environment; accents and case count not.
        eservices: The facet; empty: all of them.
        states: Empty: all of them.
    """

    search: str = ""
    eservices: frozenset[EService] = frozenset()
    environment: Environment | None = None
    states: frozenset[CertificateState] = frozenset()
    sort: Sort = Sort.ESERVICE
    order: Order = Order.ASCENDING


@dataclass(frozen=True, slots=True)
class Listed:
    """What was found.

    Attributes:
        facet: How many each e-service has without the facet's own filter, in the screen's order.
    """

    items: Sequence[Certificate]
    facet: dict[EService, int]


def listed(found: Sequence[Certificate], wanted: Wanted, now: datetime) -> Listed:
    """The certificates of one operator, as wanted."""
    words = folded(wanted.search).split()
    kept = [
        one
        for one in found
        if all(word in _text(one) for word in words)
        and wanted.environment in {None, one.environment}
        and (not wanted.states or one.state(now) in wanted.states)
    ]
    counts = Counter(one.eservice for one in kept)
    if wanted.eservices:
        kept = [one for one in kept if one.eservice in wanted.eservices]
    kept.sort(key=lambda one: (folded(one.label), one.requested_at, one.certificate_id))
    keyed = [(key, one) for one in kept if (key := _key(one, wanted.sort)) is not None]
    undated = [one for one in kept if _key(one, wanted.sort) is None]  # last, whichever the order
    keyed.sort(key=lambda pair: pair[0], reverse=wanted.order is Order.DESCENDING)
    return Listed([*(one for _, one in keyed), *undated], {one: counts[one] for one in EService if counts[one]})


def folded(text: str) -> str:
    """A text without case nor accents."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in plain if not unicodedata.combining(letter)).casefold()


def _text(one: Certificate) -> str:
    return folded(f"{one.label}\n{one.eservice.value}\n{one.environment.value}")


def _key(one: Certificate, sort: Sort) -> tuple[Any, ...] | None:
    """What a column sorts by; ``None`` for a date that is not known."""
    if sort is Sort.ESERVICE:
        return list(EService).index(one.eservice), list(Environment).index(one.environment)
    if sort is Sort.ENVIRONMENT:
        return (list(Environment).index(one.environment),)
    if sort is Sort.LABEL:
        return (folded(one.label),)
    at = one.expires_at if sort is Sort.EXPIRES_AT else one.published_at
    return None if at is None else (at.astimezone(UTC),)


def day(value: datetime | None) -> str:
    """``jj/mm/aaaa`` in Europe/Paris; nothing where it is not known."""
    return "" if value is None else value.astimezone(PARIS).strftime("%d/%m/%Y")


def as_csv(found: Sequence[Certificate], language: Language) -> bytes:
    """The list as a spreadsheet reads it: the screen's columns."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";")
    writer.writerow([translate(language, column) for column in COLUMNS.values()])
    for one in found:
        dates = day(one.expires_at), day(one.published_at)
        writer.writerow([one.label, one.eservice.value, one.environment.value, *dates])
    return b"\xef\xbb\xbf" + text.getvalue().encode()
