"""Attribute filters, ``fields``, paging and sorting (TMF630), over documents."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from fastapi import Request
from starlette.datastructures import QueryParams

from api.tmf.kernel.http import Json
from domain.errors import InvalidValueError

DEFAULT_LIMIT, MOST = 100, 1_000
COUNTED = 9_999_999_999
"""Largest number that is read; what is above a bound counts as the bound."""
_RESERVED = frozenset({"fields", "offset", "limit", "sort"})
_COMPARISONS = frozenset({"eq", "gt", "gte", "lt", "lte", "ne"})
_SIGNS = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}
_SIGNED = re.compile(r"([^<>]+)(>=?|<=?)(.+)", re.DOTALL)
_DEEPEST = 16
_RANGE = re.compile(r"items=([0-9]{1,9})-([0-9]{0,9})")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ].+")

Always = Literal["id", "id+href", "nothing"]
"""What ``fields`` never takes away: it differs between the clients of the interfaces."""


@dataclass(frozen=True, slots=True)
class Filter:
    """``path.to.attribute[.eq|.gt|.gte|.lt|.lte|.ne]=value[,value]``, or ``path>value``."""

    path: tuple[str, ...]
    comparison: str
    values: tuple[str, ...]

    def holds(self, document: Json) -> bool:
        """Whether one of the values found there is one of those wanted."""
        found = list(_at(document, self.path))
        if self.comparison == "ne":
            return not any(_is_one_of(one, self.values) for one in found)
        if self.comparison == "eq":
            return any(_is_one_of(one, self.values) for one in found)
        return any(_compared(one, self.comparison, wanted) for one in found for wanted in self.values)


@dataclass(frozen=True, slots=True)
class Query:
    """What a list is asked for.

    Attributes:
        fields: Top-level attributes wanted; ``None``: all.
        sort: Attribute paths, ``-`` in front of those that descend.
        ranged: Whether the page was asked for as a ``Range`` of items.
    """

    filters: tuple[Filter, ...] = ()
    fields: tuple[str, ...] | None = None
    offset: int = 0
    limit: int = DEFAULT_LIMIT
    sort: tuple[str, ...] = ()
    ranged: bool = False

    def select(self, documents: Iterable[Json]) -> list[Json]:
        """The documents that every filter holds for, sorted."""
        found = [one for one in documents if all(each.holds(one) for each in self.filters)]
        for key in reversed(self.sort):
            path = tuple(key.lstrip("+- ").split("."))
            ranked = [(_rank(one, path), one) for one in found]
            known = [(rank, one) for rank, one in ranked if rank is not None]
            known.sort(key=lambda pair: pair[0], reverse=key.startswith("-"))
            found = [*(one for _, one in known), *(one for rank, one in ranked if rank is None)]
        return found

    def page(self, documents: Sequence[Json]) -> list[Json]:
        """The page of a list."""
        return list(documents[self.offset : self.offset + self.limit])

    def touches(self, roots: frozenset[str]) -> bool:
        """Whether a filter or the order looks at one of these attributes."""
        return any(one.path[0] in roots for one in self.filters) or any(
            key.lstrip("+- ").split(".")[0] in roots for key in self.sort
        )


def query_of(request: Request) -> Query:
    """Read it; raises `InvalidValueError` for a page that is no number. ``Range: items=0-9`` is a page too."""
    given = request.query_params
    offset = _number("offset", given.get("offset"), 0, 0, 2**31 - 1)
    limit = _number("limit", given.get("limit"), DEFAULT_LIMIT, 0, MOST)
    span = _RANGE.fullmatch(request.headers.get("range", ""))
    ranged = span is not None and not {"offset", "limit"} & given.keys() and int(span[1]) <= int(span[2] or span[1])
    if span is not None and ranged:
        offset = int(span[1])
        limit = min(MOST, int(span[2]) - offset + 1) if span[2] else DEFAULT_LIMIT
    return Query(
        filters=filters_of(given.multi_items()),
        fields=fields_of(given),
        offset=offset,
        limit=limit,
        sort=tuple(key for key in given.get("sort", "").split(",") if key.strip("+- ")),
        ranged=ranged,
    )


def fields_of(given: QueryParams) -> tuple[str, ...] | None:
    """The attributes wanted; ``None``: all of them."""
    text = ",".join(given.getlist("fields"))
    return tuple(name.strip() for name in text.split(",") if name.strip()) or None


def filters_of(items: Iterable[tuple[str, str]]) -> tuple[Filter, ...]:
    """The filters among query parameters; an attribute that is named twice has one value or the other."""
    found: list[Filter] = []
    for one in (_filter(key, value) for key, value in items):
        if one is None:
            continue
        same = next((each for each in found if each.path == one.path and each.comparison == one.comparison), None)
        if same is None or one.comparison not in {"eq", "ne"}:
            found.append(one)
        else:
            found[found.index(same)] = Filter(one.path, one.comparison, (*same.values, *one.values))
    return tuple(found)


def _filter(key: str, value: str) -> Filter | None:
    signed = _SIGNED.fullmatch(f"{key}={value}" if value else key)
    if signed is not None:
        return Filter(tuple(signed[1].split(".")), _SIGNS[signed[2]], (signed[3],))
    path = tuple(key.split("."))
    if key in _RESERVED or not all(path) or len(path) > _DEEPEST:
        return None
    named = len(path) > 1 and path[-1] in _COMPARISONS
    return Filter(path[:-1] if named else path, path[-1] if named else "eq", tuple(value.split(",")))


def shown(document: Json, fields: Sequence[str] | None, always: Always) -> Json:
    """The document with the attributes wanted only."""
    if fields is None:
        return document
    kept = {"id": {"id"}, "id+href": {"id", "href"}, "nothing": set()}[always]
    if "none" in fields:
        kept = {"id", "href"}
    return {key: value for key, value in document.items() if key in kept or key in fields}


def _number(name: str, text: str | None, default: int, least: int, most: int) -> int:
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(COUNTED)) and least <= int(text)):
        raise InvalidValueError(name, text, "a whole number that is not negative")
    return min(int(text), most)


def _at(value: Any, path: Sequence[str]) -> Iterator[Any]:
    """Every value at a path; lists are gone through."""
    if isinstance(value, list):
        for item in value:
            yield from _at(item, path)
    elif not path:
        yield value
    elif isinstance(value, dict) and path[0] in value:
        yield from _at(value[path[0]], path[1:])


def _text(value: Any) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def _is_one_of(value: Any, wanted: Sequence[str]) -> bool:
    """Whether a value is one of those wanted: by its text, or as the same instant written otherwise."""
    text = _text(value)
    if text in wanted:
        return True
    if not _INSTANT.fullmatch(text):
        return False
    pairs = (_comparable(text, one) for one in wanted if _INSTANT.fullmatch(one))
    return any(pair is not None and pair[0] == pair[1] for pair in pairs)


def _compared(value: Any, comparison: str, wanted: str) -> bool:
    pair = _comparable(value, wanted)
    if pair is None:
        return False
    one, other = pair
    return bool({"gt": one > other, "gte": one >= other, "lt": one < other, "lte": one <= other}[comparison])


def _comparable(value: Any, wanted: str) -> tuple[Any, Any] | None:
    """Both as numbers, else as instants, else as texts; ``None`` where they are not of a kind."""
    if isinstance(value, int | float):
        try:
            return float(value), float(wanted)
        except ValueError:
            return None
    try:
        one, other = datetime.fromisoformat(str(value)), datetime.fromisoformat(wanted.replace(" ", "+"))
    except ValueError:
        return str(value), wanted
    return None if (one.tzinfo is None) != (other.tzinfo is None) else (one, other)


def _rank(document: Json, path: Sequence[str]) -> tuple[int, float, str] | None:
    """Numbers before texts; ``None``: it has no such attribute, and comes last."""
    found = next(_at(document, path), None)
    if found is None:
        return None
    return (0, float(found), "") if isinstance(found, int | float) else (1, 0.0, str(found))
