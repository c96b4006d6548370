"""Forms of signalisation, described in files: another form is another file of ``forms/``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from domain.errors import NotFoundError
from domain.ticket import Request

_HERE = Path(__file__).parent
Key = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,40}$")]


class Kind(StrEnum):
    """Kinds of fields."""

    COMPUTED = "computed"  # shown, never entered
    TEXT = "text"
    AREA = "area"
    DIGITS = "digits"
    PHONE = "phone"
    EMAIL = "email"
    HOURS = "hours"
    CHOICE = "choice"  # radio buttons
    SELECT = "select"  # drop-down
    MANY = "many"  # check-boxes


_WITH_OPTIONS = frozenset({Kind.CHOICE, Kind.SELECT, Kind.MANY})


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FormField(_Strict):
    """One field.

    Attributes:
        constraint: As printed beside the label.
        max: Characters at most.
        list: Name of the shared list that its options are.
        suffix: Printed behind each option, no part of its value.
        group: Title of the fields from this one on, within the section.
    """

    key: Key
    label: str
    kind: Kind
    constraint: str = ""
    max: Annotated[int, Field(ge=1, le=20_000)] = 200
    required: bool = False
    options: tuple[str, ...] = ()
    list: str | None = None
    suffix: str = ""
    group: str = ""


class Section(_Strict):
    """A titled group of fields."""

    label: str
    help: str = ""
    fields: tuple[FormField, ...]


class Tab(_Strict):
    """One tab of the form."""

    id: Key
    label: str
    sections: tuple[Section, ...]


class FormType(_Strict):
    """A type of signalisation."""

    code: Annotated[str, Field(pattern=r"^[0-9A-Z]{1,16}$")]
    label: str
    request: Request

    @property
    def full(self) -> str:
        """As the screen prints it, ``84 - incident FTTH``."""
        return f"{self.code} - {self.label}"


class Attachments(_Strict):
    """What may be attached: ``max_bytes`` a file, ``most`` files."""

    label: str
    tab: Key
    most: Annotated[int, Field(ge=1, le=100)]
    max_bytes: Annotated[int, Field(ge=1, le=1 << 30)]
    media_types: frozenset[str]


class Form(_Strict):
    """A form.

    Attributes:
        at_least_one: Fields of which one at least is filled in.
        proposes_defects_in: Field that the defect of the last verdict is proposed in.
        describes_in: Field that says why a deposit is forced.
        forces_in: Field that uses the droit de Forçage.
    """

    code: str
    version: Annotated[int, Field(ge=1)]
    types: tuple[FormType, ...]
    lists: Mapping[str, tuple[str, ...]]
    tabs: tuple[Tab, ...]
    attachment: Attachments | None = None
    at_least_one: tuple[Key, ...] = ()
    proposes_defects_in: Key | None = None
    describes_in: Key | None = None
    forces_in: Key | None = None

    @property
    def fields(self) -> Iterator[FormField]:
        """Every field, in the form's order."""
        return (field for tab in self.tabs for section in tab.sections for field in section.fields)

    def options(self, field: FormField) -> tuple[str, ...]:
        """What a field may take."""
        return self.lists[field.list] if field.list is not None else field.options

    def tab_of(self, key: str) -> str | None:
        """The tab that shows a field."""
        return next(
            (tab.id for tab in self.tabs for section in tab.sections for one in section.fields if one.key == key), None
        )

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        keys = [field.key for field in self.fields]
        named = [*self.at_least_one, self.proposes_defects_in, self.describes_in, self.forces_in]
        wrong = [key for key in named if key is not None and key not in keys]
        if len(set(keys)) != len(keys) or wrong:
            raise ValueError(f"fields named twice, or not there: {wrong or sorted(keys)}")
        for field in self.fields:
            if (field.kind in _WITH_OPTIONS) != bool(self.options(field)):
                raise ValueError(f"{field.key}: options are for choices, and choices have some")
        return self


class ClosingCode(_Strict):
    """A code that a signalisation ends with."""

    code: Annotated[str, Field(pattern=r"^[0-9A-Z]{1,16}$")]
    label: str
    responsible: str


@cache
def forms() -> tuple[Form, ...]:
    """Every form, by file name."""
    return tuple(read_form(path.read_text("utf-8")) for path in sorted((_HERE / "forms").glob("*.yaml")))


def read_form(text: str) -> Form:
    """A form; raises `pydantic.ValidationError` where its description does not hold together."""
    return Form.model_validate(yaml.safe_load(text))


def form_of(code: str, version: int) -> Form:
    """The form that a signalisation was filled in; raises `NotFoundError`."""
    for form in forms():
        if (form.code, form.version) == (code, version):
            return form
    name = f"{code} v{version}"
    raise NotFoundError("form", name)


def type_of(code: str) -> tuple[Form, FormType]:
    """A type and its form: of several versions the last; raises `NotFoundError`."""
    for form in sorted(forms(), key=lambda one: -one.version):
        for kind in form.types:
            if kind.code == code:
                return form, kind
    raise NotFoundError("ticket type", code)


def closing_codes(file: Path | None = None) -> Mapping[str, ClosingCode]:
    """The table of closing codes, by code."""
    found: Any = yaml.safe_load((file or _HERE / "closing_codes.yaml").read_text("utf-8"))
    codes = TypeAdapter(tuple[ClosingCode, ...]).validate_python(found)
    return {one.code: one for one in codes}
