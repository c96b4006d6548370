"""An account of an operator, as « Gestion des droits » has it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from domain.errors import InvalidValueError
from domain.principal import Right

LOGIN_FORM = r"^[A-Za-z0-9!.@_/#-]{5,100}$"
"""As a pattern of JSON Schema."""
_LOGIN = re.compile(r"[A-Za-z0-9!.@_\-/#]{5,100}")
"""« 5 caractères minimum alphanumériques non accentués », and ``! . @ _ - / #``."""


def checked_login(text: str) -> str:
    """A login; raises `InvalidValueError`."""
    if _LOGIN.fullmatch(text) is None:
        raise InvalidValueError(
            "login", text, "a login of 5 characters at least: letters without accents, digits, !.@_-/#"
        )
    return text


@dataclass(frozen=True, slots=True)
class Profile:
    """Who an account is for; one of the two telephones at least."""

    last_name: str
    first_name: str
    email: str
    phone: str | None = None
    mobile: str | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """One line of the list of accounts.

    Attributes:
        profile: ``None`` for an account made from the command line.
        has_password: Whether its password was set.
        disabled_at: When it was deleted; its trace stays.
    """

    operator_id: str
    login: str
    rights: frozenset[Right]
    profile: Profile | None
    has_password: bool
    created_at: datetime
    disabled_at: datetime | None
