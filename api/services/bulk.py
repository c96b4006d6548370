"""Accesses in bulk: CSV or JSON in, a report line by line; and out again, without secrets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from api.i18n import Language, translate
from api.problems import describe, fields_at_fault
from api.schemas.inventory import AccessLine, AccessOut
from api.services.bulk_reading import COLUMNS, Malformed
from api.services.lifecycle import AccessLifecycle
from api.services.result_files import cell
from domain.access import Access
from domain.errors import DiagnosticsError, InvalidValueError
from domain.identifiers import Id1
from domain.principal import Principal
from storage.access_rows import Provisioned

_AT_ONCE = 200
"""Lines of a transaction (C): some 50 ms, during which nobody else writes."""
_NOT_ORDERED = {"outside", "state", "port25"}
"""What no order gives."""


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one line: ``number`` is the file's, the header of a CSV being line 1.

    Attributes:
        outcome: ``created``, ``changed``, ``unchanged`` or ``refused``.
        errors: Fields at fault and why, in the reader's language.
    """

    number: int
    id1: str | None
    outcome: str
    errors: list[dict[str, str]] = field(default_factory=list)


async def take_in(
    lifecycle: AccessLifecycle, who: Principal, rows: list[tuple[int, Any]], language: Language, *, dry: bool
) -> list[Line]:
    """Provision each line by itself: a wrong one stops none of the others. ``dry`` says what would become of them.

    What a line does not speak of stays as it is; an empty cell, or ``null``, takes away what may be absent.
    """
    report: list[Line] = []
    seen: set[Id1] = set()
    for first in range(0, len(rows), _AT_ONCE):
        report += await _taken(lifecycle, who, rows[first : first + _AT_ONCE], language, seen, dry=dry)
    return report


async def _taken(
    lifecycle: AccessLifecycle,
    who: Principal,
    rows: list[tuple[int, Any]],
    language: Language,
    seen: set[Id1],
    *,
    dry: bool,
) -> list[Line]:
    """Some lines, in one transaction."""
    known = await lifecycle.known(who, [id1 for _, row in rows if (id1 := _id1(row)) is not None])
    read = {number: _read(who, row, known, seen) for number, row in rows}
    accesses = {number: one for number, one in read.items() if isinstance(one, Access)}
    if dry:
        done = [lifecycle.foreseen(who, known.get(one.id1), one) for one in accesses.values()]
    else:
        done = await lifecycle.provision_all(who, list(accesses.values()))
    became: dict[int, Any] = read | dict(zip(accesses, done, strict=True))
    return [_line(number, row, became[number], language) for number, row in rows]


def _id1(row: Any) -> Id1 | None:
    try:
        return Id1.parse(str(row["id1"]))
    except (DiagnosticsError, KeyError, TypeError):
        return None


def _read(who: Principal, row: Any, known: Mapping[Id1, Access], seen: set[Id1]) -> Access | Exception | Malformed:
    """The access that a line orders, or why it orders none."""
    if isinstance(row, Malformed):
        return row
    id1 = _id1(row)
    try:
        order = AccessLine.model_validate(_merged(None if id1 is None else known.get(id1), row))
    except (ValidationError, DiagnosticsError) as error:
        return error
    if order.id1 in seen:
        return InvalidValueError("id1", order.id1, "an ID1 that the file has once")
    seen.add(order.id1)
    return order.access(who.operator_id, order.id1)


def _line(number: int, row: Any, became: Any, language: Language) -> Line:
    id1 = str(row.get("id1"))[:32] if isinstance(row, dict) and row.get("id1") else None
    if isinstance(became, Provisioned):
        outcome = "created" if became.before is None else "changed" if became.changes else "unchanged"
        return Line(number, id1, outcome)
    if isinstance(became, Malformed):
        sentence = translate(language, became.text, **became.fields)
        return Line(number, id1, "refused", [{"field": "…", "detail": sentence}])
    if isinstance(became, ValidationError):
        return Line(number, id1, "refused", fields_at_fault(became.errors(), language))
    _, sentence, fields = describe(became, language)
    return Line(number, id1, "refused", fields or [{"field": "id1", "detail": sentence}])


def _merged(known: Access | None, row: Any) -> Any:
    """What a line says over what is known: it may speak of a part of an access only."""
    if not isinstance(row, dict):
        return row
    before: dict[str, Any] = {}
    if known is not None:
        shown = AccessOut.model_validate(known).model_dump(mode="json", exclude=_NOT_ORDERED)
        before = {**shown, "ppp_username": known.ppp_username}
    found = before | row
    if isinstance(row.get("building"), dict):
        building = (before.get("building") or {}) | row["building"]
        found["building"] = building if any(value is not None for value in building.values()) else None
    return found


def _number(text: str) -> float | str:
    """The number of a cell; what is none stays as it is, for the schema to refuse."""
    try:
        return int(text) if text.lstrip("-").isdecimal() else float(text)
    except ValueError:
        return text


def csv_of(accesses: list[AccessOut]) -> Iterator[str]:
    """The accesses as CSV, a piece at a time; what was exported is taken in again."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";")
    writer.writerow(COLUMNS)
    for access in accesses:
        writer.writerow(_cells(access.model_dump(mode="json")))
        if text.tell() > 1 << 16:
            yield text.getvalue()
            text.seek(0)
            text.truncate()
    yield text.getvalue()


def _cells(access: dict[str, Any]) -> list[str]:
    found: list[str] = []
    for column in COLUMNS:
        group, _, inner = column.partition(".")
        value = access.get(group)
        if inner:
            value = None if value is None else value.get(inner)
        found.append("" if value is None else "oui" if value is True else "non" if value is False else cell(str(value)))
    return found


def report_title(report: list[Line], language: Language) -> str:
    """One sentence for the whole file."""
    counts = {
        name: sum(line.outcome == name for line in report) for name in ("created", "changed", "unchanged", "refused")
    }
    text = "{created} created, {changed} changed, {unchanged} unchanged, {refused} refused"
    return translate(language, text, **counts)
