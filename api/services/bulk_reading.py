"""Files of accesses as they come: encodings, separators, cells of a spreadsheet. A line that is none loses no other."""

from __future__ import annotations

import codecs
import csv
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from api.schemas.inventory import BuildingModel
from domain.building import LABELS
from domain.errors import InvalidValueError

MOST_LINES = 20_000
BUILDING_COLUMNS = tuple(f"building.{name}" for name in BuildingModel.model_fields)
COLUMNS = (
    "id1", "id2", "offer_label", "service_type", "place.olt", "place.ont", "optical_class", "box.oui", "box.serial",
    "ont_serial", "gtr", "zone", *BUILDING_COLUMNS,
)  # fmt: skip
SECRET_COLUMN = "ppp_username"  # noqa: S105 - a column's name: taken in, never given out
_NAMES = {name: name for name in (*COLUMNS, SECRET_COLUMN)} | {
    label.casefold(): f"building.{name}" for name, label in LABELS.items()
}
"""Columns by the name of the export, or by the label that address translation prints."""

_BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_ENCODINGS = {"utf-8", "utf-16", "iso8859-1", "iso8859-15", "cp1252", "ascii"}
_SEPARATORS = (";", "\t", ",")
_YES, _NO = frozenset({"1", "true", "oui", "yes", "vrai"}), frozenset({"0", "false", "non", "no", "faux"})
_FLAGS = frozenset({"gtr", "building.outlet_present"})
_NUMBERS = frozenset(f"building.{name}" for name in ("x", "y", "dwellings", "ftth_premises", "existing_lines"))
_DATES = frozenset({"building.accepts_from", "building.delivers_from"})
_ALWAYS = frozenset({"id1", "offer_label", "service_type", "optical_class", "gtr", "zone"})
"""Columns whose empty cell says nothing: an access cannot be without."""
_MOST_JOINED = 10
"""Lines of the file that one quoted cell may run over."""


@dataclass(frozen=True, slots=True)
class Malformed:
    """A line that is no access; ``text`` is a message identifier."""

    text: str
    fields: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FileRows:
    """What a file holds.

    Attributes:
        rows: Number in the file, and what is to be validated, or `Malformed`.
        encoding: As it was read.
        separator: Of a CSV; ``None`` for JSON.
    """

    rows: list[tuple[int, Any]]
    encoding: str
    separator: str | None = None


def rows_of_json(content: bytes, charset: str | None = None) -> FileRows:
    """The items of a JSON list, numbered from 1; raises `InvalidValueError`."""
    text, encoding = decoded(content, charset)
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidValueError("body", "…", "a JSON list of accesses") from None
    if not isinstance(found, list):
        raise InvalidValueError("body", "…", "a JSON list of accesses")
    return FileRows(list(enumerate(_bounded(found), 1)), encoding)


def rows_of_csv(content: bytes, charset: str | None = None) -> FileRows:
    """The lines of a CSV with a header, separated by ``;``, tabulations or ``,``; raises `InvalidValueError`."""
    text, encoding = decoded(content, charset)
    lines = re.split(r"(?<=\n)|(?<=\r)(?!\n)", text)
    header = next((line for line in lines if line.strip()), "")
    separator = max(_SEPARATORS, key=header.count)
    records = _records(lines, separator)
    names = _columns(next(records, (0, []))[1])
    rows = [(number, _row(names, cells)) for number, cells in records]
    return FileRows(_bounded(rows), encoding, separator)


def decoded(content: bytes, charset: str | None) -> tuple[str, str]:
    """The text of a file, and its encoding: by its mark, as announced, UTF-8, or else Windows-1252.

    Raises `InvalidValueError` where none of them fits.
    """
    for mark, encoding in _BOMS.items():
        if content.startswith(mark):
            return _decode(content, encoding), encoding.removesuffix("-sig")
    if charset is not None:
        return _decode(content, charset), charset
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return _decode(content, "cp1252"), "windows-1252"


def _decode(content: bytes, encoding: str) -> str:
    refused = InvalidValueError("body", "…", "a text in UTF-8, UTF-16 or Windows-1252")
    try:
        name = codecs.lookup(encoding).name
        text = content.decode(name) if name.removesuffix("-sig") in _ENCODINGS else None
    except (LookupError, UnicodeDecodeError):
        text = None
    if text is None:
        raise refused
    return text


def _bounded(rows: list[Any]) -> list[Any]:
    if len(rows) > MOST_LINES:
        raise InvalidValueError("body", len(rows), "a file of 20,000 lines at most")
    return rows


def _records(lines: list[str], separator: str) -> Iterator[tuple[int, list[str] | Malformed]]:
    """Each record with the number of its first line; one that cannot be read is told, and the next line is read."""
    at = 0
    while at < len(lines):
        if not lines[at].strip(" \t\r\n;,"):
            at += 1
            continue
        cells, used = _record(lines, at, separator)
        yield at + 1, cells
        at += used


def _record(lines: list[str], at: int, separator: str) -> tuple[list[str] | Malformed, int]:
    for used in range(1, _MOST_JOINED + 1):
        if at + used > len(lines):
            break
        text = "".join(lines[at : at + used]).rstrip("\r\n")
        if "\0" in text:
            return Malformed("The line has a character that no text has (NUL)"), 1
        try:
            return next(csv.reader([text], delimiter=separator, strict=True)), used
        except csv.Error as error:
            if "unexpected end" not in str(error):
                break
    return Malformed("A quotation mark is not closed, or stands within a cell"), 1


def _columns(header: list[str] | Malformed) -> list[str]:
    if isinstance(header, Malformed):
        raise InvalidValueError("header", "…", "a column of the export")
    names: list[str] = []
    for cell in header:
        name = _NAMES.get(cell.strip()) or _NAMES.get(cell.strip().casefold())
        if name is None or name in names:
            raise InvalidValueError("header", cell[:64], "a column of the export")
        names.append(name)
    if "id1" not in names:
        raise InvalidValueError("header", "id1", "a column of the export")
    return names


def _row(names: list[str], cells: list[str] | Malformed) -> Any:
    """A line as the JSON it stands for."""
    if isinstance(cells, Malformed):
        return cells
    if len(cells) != len(names):
        text = "The line has {found} cells, the header {expected}"
        return Malformed(text, {"found": len(cells), "expected": len(names)})
    found: dict[str, Any] = {}
    for name, cell in zip(names, cells, strict=True):
        value = _value(name, cell)
        if value is None and name in _ALWAYS:
            continue
        group, _, inner = name.partition(".")
        if inner:
            found.setdefault(group, {})[inner] = value
        else:
            found[name] = value
    for group in ("place", "box"):
        if group in found and not any(found[group].values()):
            found[group] = None
    return found


def _value(name: str, cell: str) -> Any:
    """A cell as its column takes it; ``None`` where it is empty."""
    text = cell.strip()
    if len(text) > 1 and text[0] == "'" and text[1] in "=+-@":  # the export's own guard against formulas
        text = text[1:]
    if not text:
        return None
    if name in _FLAGS and text.lower() in _YES | _NO:
        return text.lower() in _YES
    if name in _NUMBERS:
        return _number(re.sub(r"[\s\u00a0\u202f]", "", text).replace(",", "."))
    return _iso(text) if name in _DATES else text


def _number(text: str) -> float | str:
    """The number of a cell; what is none stays as it is, for the schema to refuse."""
    try:
        return int(text) if text.lstrip("-").isdecimal() else float(text)
    except ValueError:
        return text


def _iso(text: str) -> str:
    """``06/03/2019`` or ``06/03/19``, as the screens print dates, for ``2019-03-06``; anything else as it is."""
    for form in ("%d/%m/%Y", "%d/%m/%y"):
        try:
            return datetime.strptime(text, form).date().isoformat()  # noqa: DTZ007 - a date has no zone
        except ValueError:
            continue
    return text
