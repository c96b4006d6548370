"""What is checked in a form that was filled in. A fault is a field, a sentence in English and its fields."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

from api.signalisation.forms import Form, FormField, Kind
from domain.errors import FormError

SLACK, MOST_ITEMS = 10, 50
"""What a draft may hold of what is too long still, in times the limit of a field; items of a field of several."""
Fault = tuple[str, str, Mapping[str, object]]
Filled = dict[str, str | list[str]]

_HOURS = re.compile(r"([01][0-9]|2[0-3])h([0-5][0-9])/([01][0-9]|2[0-3])h([0-5][0-9])")
_PHONE = re.compile(r"\+?[0-9](?:[ .-]?[0-9]){2,}")
_DIGITS = re.compile(r"[0-9]+")


def taken(form: Form, given: Mapping[str, Any]) -> Filled:
    """What may be kept of a draft: known fields, as texts; raises `FormError` for what a form cannot hold.

    A draft may be empty, incomplete or wrong in its values; it may not hold what no field holds.
    """
    fields = {field.key: field for field in form.fields if field.kind is not Kind.COMPUTED}
    faults: list[Fault] = []
    kept: Filled = {}
    for key, value in given.items():
        field = fields.get(key)
        if field is None:
            faults.append((key[:64], "This field is not known", {}))
        elif field.kind is Kind.MANY:
            items = [value] if isinstance(value, str) else value
            texts = isinstance(items, list) and all(isinstance(item, str) and _storable(item) for item in items)
            if not texts or len(items) > MOST_ITEMS:
                faults.append((key, "A list of texts is expected", {}))
            else:
                kept[key] = [item[:200] for item in dict.fromkeys(items) if item]
        elif not isinstance(value, str):
            faults.append((key, "A text is expected", {}))
        elif len(value) > SLACK * field.max or not _storable(value):
            faults.append((key, "At most {max_length} characters", {"max_length": field.max}))
        elif value.strip():
            kept[key] = value.strip()
    if faults:
        raise FormError(faults)
    return kept


def faults_of(form: Form, filled: Mapping[str, str | list[str]]) -> list[Fault]:
    """Every fault of a form, in its order; empty when it may be deposited."""
    found = [fault for field in form.fields for fault in _faults_of(form, field, filled.get(field.key))]
    if form.at_least_one and not any(filled.get(key) for key in form.at_least_one):
        labels = " / ".join(field.label.rstrip(" :") for field in form.fields if field.key in form.at_least_one)
        found.append((form.at_least_one[0], "Fill in one of these at least: {labels}", {"labels": labels}))
    return found


def _faults_of(form: Form, field: FormField, value: str | list[str] | None) -> Iterator[Fault]:
    if field.kind is Kind.COMPUTED:
        return
    if not value:
        if field.required:
            yield field.key, "This field is required", {}
        return
    if isinstance(value, list):
        if not set(value) <= set(form.options(field)):
            yield field.key, "Expected one of: {expected}", {"expected": ", ".join(form.options(field))}
        return
    if field.kind in {Kind.CHOICE, Kind.SELECT}:
        if value not in form.options(field):
            yield field.key, "Expected one of: {expected}", {"expected": ", ".join(form.options(field))}
        return
    if len(value) > field.max:
        yield field.key, "At most {max_length} characters", {"max_length": field.max}
    elif (text := _ill_formed(field.kind, value)) is not None:
        yield field.key, text, {}


def _ill_formed(kind: Kind, value: str) -> str | None:
    """Why a text is not of its kind; ``None`` when it is."""
    if kind is Kind.DIGITS and not _DIGITS.fullmatch(value):
        return "Digits only"
    if kind is Kind.PHONE and not _PHONE.fullmatch(value):
        return "A telephone number is expected: digits, with + in front where it is foreign"
    if kind is Kind.EMAIL and not is_email(value):
        return "A valid e-mail address is expected"
    if kind is Kind.HOURS:
        found = _HOURS.fullmatch(value)
        if found is None:
            return "Two hours are expected, such as 08h00/12h00"
        if found.groups()[:2] >= found.groups()[2:]:
            return "The second hour must be after the first"
    return None


EMAIL_SCHEMA = {
    "format": "idn-email",
    "pattern": rf"^[^@]+@(?!(?:.*\.)?(?:{'|'.join(map(re.escape, SPECIAL_USE_DOMAIN_NAMES))})$)[^@]+\.[^@]+$",
}
"""What `is_email` asks, for a schema: no domain that RFC 6761 keeps from the Internet."""


def is_email(text: str) -> bool:
    """Whether it is an e-mail address (RFC 5321, 6531); its domain is not asked for."""
    try:
        validate_email(text, check_deliverability=False, strict=True)
    except EmailNotValidError:
        return False
    return True


def _storable(text: str) -> bool:
    """No NUL and no half surrogate pair: no database takes them."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text
