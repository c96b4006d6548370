"""Kinds of values in what clients send, read to the letter: JSON that the document of the interface refuses is refused.

Pydantic alone would take ``"161"`` for a number, ``false`` for 0.0 and 0 for the first second of 1970.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AllowInfNan, AwareDatetime, BeforeValidator, GetCoreSchemaHandler, Strict
from pydantic_core import CoreSchema, PydanticKnownError, core_schema

_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:?\d\d)?", re.ASCII)
"""RFC 3339 5.6, seconds left out where there are none; without an offset, pydantic asks for one."""
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def _instant(value: Any) -> Any:
    if isinstance(value, datetime) or (isinstance(value, str) and _INSTANT.fullmatch(value)):
        return value
    raise PydanticKnownError("datetime_type")


def _in_calendar(value: datetime) -> datetime:
    """An instant of the years 1 and 9999 may have none in UTC."""
    try:
        value.astimezone(UTC)
    except OverflowError:
        raise PydanticKnownError("datetime_type") from None
    return value


def _day(value: Any) -> Any:
    if isinstance(value, date) or (isinstance(value, str) and _DAY.fullmatch(value)):
        return value
    raise PydanticKnownError("date_type")


Flag = Annotated[bool, Strict()]


def _whole(value: Any) -> Any:
    """161.0 is a whole number in JSON Schema (Validation 6.1.1), and in JSON one of two writings of 161."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


@dataclass(frozen=True, slots=True)
class Span:
    """A whole number from one bound to the other; bounds of an annotation apart would be hidden by the check."""

    least: int | None = None
    most: int | None = None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Checked to the letter."""
        del source, handler
        kept = core_schema.int_schema(strict=True, ge=self.least, le=self.most)
        return core_schema.no_info_before_validator_function(_whole, kept)


Whole = Annotated[int, Span()]
Given = Annotated[str | int | bool, BeforeValidator(_whole)]
"""The value of a parameter, whatever it is."""
Number = Annotated[float, Strict(), AllowInfNan(allow_inf_nan=False)]
Instant = Annotated[AwareDatetime, BeforeValidator(_instant), AfterValidator(_in_calendar)]
Day = Annotated[date, BeforeValidator(_day)]
