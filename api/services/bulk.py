"""Accesses in bulk: CSV or JSON in, a report line by line; and out again, without secrets."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from api.i18n import Language, translate
from api.problems import describe, fields_at_fault
from api.schemas.inventory import AccessIn, AccessOut, BuildingModel
from api.services.lifecycle import AccessLifecycle
from api.services.result_files import cell
from domain.errors import DiagnosticsError, InvalidValueError
from domain.principal import Principal

MOST_LINES = 20_000
BUILDING_COLUMNS = tuple(f"building.{name}" for name in BuildingModel.model_fields)
COLUMNS = (
    "id1", "id2", "offer_label", "service_type", "place.olt", "place.ont", "optical_class", "box.oui", "box.serial",
    "ont_serial", "gtr", "zone", *BUILDING_COLUMNS,
)  # fmt: skip
_SECRET_COLUMN = "ppp_username"  # noqa: S105 - a column's name: taken in, never given out
_YES, _NO = frozenset({"1", "true", "oui", "yes", "vrai"}), frozenset({"0", "false", "non", "no", "faux"})
_FLAGS = frozenset({"gtr", "building.outlet_present"})
_NUMBERS = frozenset({"building.x", "building.y", "building.dwellings", "building.ftth_premises"})


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
    """Provision each line by itself: a wrong one stops none of the others. ``dry`` only reads them."""
    report: list[Line] = []
    seen: set[str] = set()
    for number, row in rows:
        id1 = str(row.get("id1"))[:32] if isinstance(row, dict) and row.get("id1") else None
        try:
            order = AccessIn.model_validate(row)
            if str(order.id1) in seen:
                raise InvalidValueError("id1", order.id1, "an ID1 that the file has once")
            seen.add(str(order.id1))
            if dry:
                report.append(Line(number, id1, "unchanged"))
                continue
            done = await lifecycle.provision(who, order.access(who.operator_id))
        except ValidationError as error:
            report.append(Line(number, id1, "refused", fields_at_fault(error.errors(), language)))
        except DiagnosticsError as error:
            _, sentence, fields = describe(error, language)
            report.append(Line(number, id1, "refused", fields or [{"field": "id1", "detail": sentence}]))
        else:
            outcome = "created" if done.before is None else "changed" if done.changes else "unchanged"
            report.append(Line(number, id1, outcome))
    return report


def rows_of_json(content: bytes) -> list[tuple[int, Any]]:
    """The items of a JSON list, numbered from 1; raises `InvalidValueError`."""
    try:
        found = json.loads(content)
    except ValueError:
        raise InvalidValueError("body", "…", "a JSON list of accesses") from None
    if not isinstance(found, list) or len(found) > MOST_LINES:
        raise InvalidValueError("body", "…", "a JSON list of accesses")
    return list(enumerate(found, 1))


def rows_of_csv(content: bytes) -> list[tuple[int, Any]]:
    """The lines of a CSV with a header, separated by ``;`` or ``,``; raises `InvalidValueError`."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidValueError("body", "…", "a CSV in UTF-8") from None
    header = text.partition("\n")[0]
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=";" if ";" in header else ",", strict=True)
    columns = {*COLUMNS, _SECRET_COLUMN}
    try:
        for name in reader.fieldnames or ("",):
            if name not in columns:
                raise InvalidValueError("header", name, "a column of the export")
        rows = [(reader.line_num, _nested(row)) for row in reader]
    except csv.Error:
        raise InvalidValueError("body", "…", "a CSV with as many cells as columns") from None
    if len(rows) > MOST_LINES:
        raise InvalidValueError("body", len(rows), "a file of 20,000 lines at most")
    return rows


def _nested(row: dict[str | Any, Any]) -> dict[str, Any]:
    """A line of CSV as the JSON it stands for; an empty cell says nothing."""
    found: dict[str, Any] = {}
    for name, text in row.items():
        if name is None:  # more cells than columns
            found["…"] = text
            continue
        if text is None or not text.strip():
            continue
        value: Any = text.strip()
        if name in _FLAGS and value.lower() in _YES | _NO:
            value = value.lower() in _YES
        elif name in _NUMBERS:
            value = _number(value)
        group, _, inner = name.partition(".")
        if inner:
            found.setdefault(group, {})[inner] = value
        else:
            found[name] = value
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
