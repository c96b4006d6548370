"""What the documents of the interfaces are made of. Attributes that are not declared are kept as they come."""

from __future__ import annotations

import json
import math
import types
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from fastapi.exceptions import RequestValidationError
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
    create_model,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticKnownError

from api.schemas.sent import Instant
from api.tmf.kernel.http import Json
from domain.errors import InvalidValueError

_DEEPEST = 32
_LONGEST = 64 * 1024
_CONFIG = ConfigDict(extra="allow", alias_generator=to_camel, populate_by_name=False, serialize_by_alias=True)

Identifier = Annotated[str, Field(min_length=1, max_length=128)]


class Part(BaseModel):
    """A part of a document."""

    model_config = _CONFIG

    at_type: str | None = Field(default=None, alias="@type")
    at_base_type: str | None = Field(default=None, alias="@baseType")
    at_schema_location: str | None = Field(default=None, alias="@schemaLocation")


class Ref(Part):
    """A reference to something."""

    id: Identifier
    href: str | None = None
    name: str | None = None


class Related(Ref):
    """A reference that says what it is for."""

    role: str | None = None
    referred_type: str = Field(default="Organization", alias="@referredType")


class RelatedEntity(Ref):
    """A reference of which the kind and the role must be told."""

    role: str
    referred_type: str = Field(alias="@referredType")


def _given(value: Any) -> Any:
    """What is null is not there, and this must be."""
    if value is None:
        raise PydanticKnownError("missing")
    return value


class Characteristic(Part):
    """A name and a value."""

    name: str
    value: Annotated[Any, AfterValidator(_given), WithJsonSchema({"not": {"type": "null"}})]
    value_type: str | None = None


class Note(Part):
    """What somebody said."""

    id: str | None = None
    author: str | None = None
    date: Instant | None = None
    text: str | None = None


class Period(Part):
    """From when to when."""

    start_date_time: Instant | None = None
    end_date_time: Instant | None = None


class Document(Part):
    """A resource. ``id`` and ``href`` are the server's: what a client says of them is not heard."""

    id: str | None = None
    href: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _keepable(cls, given: Any) -> Any:
        if isinstance(given, Mapping) and not _plain(given):
            raise InvalidValueError("body", "…", "JSON of finite numbers, nested 32 deep at most")
        return given


M = TypeVar("M", bound=BaseModel)


def creating(
    model: type[M], *required: str, unheard: str | None = None, examples: Sequence[Mapping[str, Any]] = ()
) -> type[M]:
    """The model of what a client creates: these attributes are required, and one is not heard, whatever it is."""
    fields: dict[str, Any] = {name: (_without_none(model.model_fields[name].annotation), ...) for name in required}
    if unheard is not None:
        fields[unheard] = (Any, None)
    made = create_model(f"{model.__name__}Create", __base__=model, **fields)
    if examples:
        made.model_config = {**made.model_config, "json_schema_extra": {"examples": [dict(one) for one in examples]}}
        made.model_rebuild(force=True)
    return made


def written(document: BaseModel) -> Json:
    """What a client wrote, JSON-ready; an attribute that is null is one that is not there."""
    found: Json = document.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=False)
    for name in ("id", "href"):
        found.pop(name, None)
    if len(json.dumps(found)) > _LONGEST:
        raise InvalidValueError("body", "…", "a document of 64 KiB at most")
    return found


def validated(model: type[M], given: Mapping[str, Any]) -> M:
    """The model of a document; raises `RequestValidationError`, as for a body."""
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise RequestValidationError([{**one, "loc": ("body", *one["loc"])} for one in error.errors()]) from None


def merged(before: Mapping[str, Any], patch: Mapping[str, Any]) -> Json:
    """RFC 7396: null takes away, objects are merged, the rest is replaced."""
    found = dict(before)
    for key, value in patch.items():
        if value is None:
            found.pop(key, None)
        elif isinstance(value, Mapping):
            kept = found.get(key)
            found[key] = merged(kept if isinstance(kept, Mapping) else {}, value)
        else:
            found[key] = value
    return found


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> set[str]:
    """The attributes that differ."""
    return {key for key in {*before, *after} if before.get(key) != after.get(key)}


def refuse(names: set[str], after: Mapping[str, Any]) -> None:
    """Raise `InvalidValueError` for the first attribute that a client may not change."""
    if names:
        name = min(names)
        raise InvalidValueError(name, after.get(name, ""), "an attribute that a client may change")


def _without_none(annotation: Any) -> Any:
    if get_origin(annotation) in {Union, types.UnionType}:
        kept = tuple(one for one in get_args(annotation) if one is not type(None))
        return Union[kept]  # noqa: UP007 - built at run time
    return annotation


def _plain(value: Any, depth: int = 0) -> bool:
    if depth > _DEEPEST:
        return False
    if isinstance(value, Mapping):
        return all(_plain(item, depth + 1) for item in value.values())
    if isinstance(value, list):
        return all(_plain(item, depth + 1) for item in value)
    return not isinstance(value, float) or math.isfinite(value)
