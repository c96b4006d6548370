"""Kinds of values in what clients send, read to the letter: JSON that the document of the interface refuses is refused.

Pydantic alone would take ``"161"`` for a number, ``false`` for 0.0 and 0 for the first second of 1970.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AllowInfNan, AwareDatetime, BeforeValidator, Strict
from pydantic_core import PydanticKnownError

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
Whole = Annotated[int, Strict()]
Number = Annotated[float, Strict(), AllowInfNan(allow_inf_nan=False)]
Instant = Annotated[AwareDatetime, BeforeValidator(_instant), AfterValidator(_in_calendar)]
Day = Annotated[date, BeforeValidator(_day)]
