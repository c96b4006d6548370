"""The OpenAPI document: what FastAPI knows of the routes, completed by what holds for all of them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from copy import deepcopy
from functools import cache
from importlib import resources
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi

from api import deps
from api.contract.links import linked
from api.contract.retiring import Retired, retirement
from api.contract.texts import spoken
from api.i18n import Language
from api.schemas.problems import MEANING, FieldProblem, Problem
from api.security.sign_in import COOKIE
from api.tmf.kernel.http import MEANING as TMF_MEANING
from api.tmf.kernel.http import PREFIX, TmfError

Json = dict[str, Any]
_METHODS = frozenset({"get", "post", "put", "patch", "delete"})
_HEADERS: Mapping[str, tuple[str, str, Json]] = {
    "201": ("Location", "Where what was created is", {"type": "string"}),
    "202": ("Location", "Where what was accepted is followed", {"type": "string"}),
    "401": ("WWW-Authenticate", "How to authenticate (RFC 9110 11.6.1)", {"type": "string"}),
    "429": ("Retry-After", "When to ask again, in seconds", {"type": "integer", "minimum": 0}),
}
_BINARY = {"type": "string", "format": "binary"}
_SCHEMA = "#/components/schemas/"
SECURITY: Mapping[str, Json] = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "A token of an account: from signing in (twelve hours), or a personal one.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": "The cookie of the page, for the page's own origin.",
    },
}


def document(app: FastAPI, language: Language) -> Json:
    """The document in a language; made once."""
    made: dict[Language, Json] | None = getattr(app.state, "openapi", None)
    if made is None:
        english = _english(app)
        made = app.state.openapi = {"en": english, "fr": spoken(english, "fr")}
    return made[language]


def operations(found: Mapping[str, Any]) -> Iterator[tuple[str, str, Json]]:
    """Each operation of a document: its address, its method, itself."""
    for path, item in found["paths"].items():
        for method, operation in item.items():
            if method in _METHODS:
                yield path, method, operation


def _english(app: FastAPI) -> Json:
    found = deepcopy(
        get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            routes=app.routes,
            openapi_version="3.1.0",
        )
    )
    found = _named(found)
    schemas = found.setdefault("components", {}).setdefault("schemas", {})
    for model in (Problem, FieldProblem, TmfError):
        schemas[model.__name__] = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas[model.__name__].pop("$defs", None)
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    routes = dict(_routes(app))
    for path, method, operation in operations(found):
        route = routes[path, method]
        _complete(path, operation, secured=route.dependant is not None and _asks_who(route.dependant))
        _retire(operation, retirement(route.endpoint))
    for name, schema in schemas.items():
        _members(name, schema)
        for example in schema.get("examples", ()):
            _nulls(example, schema, schemas)
    found["components"]["securitySchemes"] = dict(SECURITY)
    found["servers"] = [{"url": "/"}]
    return linked(found)


def _named(found: Json) -> Json:
    """Schemas under names that a client can write, their titles too; classes of one name are told by their modules."""
    names: dict[str, str] = {}
    for name in found["components"]["schemas"]:
        *modules, last = name.split("__")
        if last.startswith("Body_"):
            last = "".join(word.title() for word in last.split("_")[1:]) + "Body"
        module = "".join(word.title() for word in modules[-1].split("_")) if modules else ""
        names[name] = module + last.replace("-", "")
    schemas = {names[name]: {**schema, "title": names[name]} for name, schema in found["components"]["schemas"].items()}
    return {**_pointed(found, names), "components": {"schemas": _pointed(schemas, names)}}


def _pointed(node: Any, names: Mapping[str, str]) -> Any:
    if isinstance(node, list):
        return [_pointed(item, names) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: _SCHEMA + names[value.removeprefix(_SCHEMA)]
        if key == "$ref" and isinstance(value, str) and value.startswith(_SCHEMA)
        else _pointed(value, names)
        for key, value in node.items()
    }


def _routes(app: FastAPI) -> Iterator[tuple[tuple[str, str], Any]]:
    """Each route under its address and method."""
    for route in app.routes:
        contexts = getattr(route, "effective_route_contexts", None)
        found: list[Any] = [route] if contexts is None else list(contexts())
        for one in found:
            for method in getattr(one, "methods", None) or ():
                yield (one.path_format, method.lower()), one


def _asks_who(dependant: Dependant) -> bool:
    return dependant.call is deps.principal or any(_asks_who(one) for one in dependant.dependencies)


def _complete(path: str, operation: Json, *, secured: bool) -> None:
    """Errors that any such operation may answer, headers, security."""
    tmf, responses = path.startswith(PREFIX), operation["responses"]
    if tmf:
        responses.pop("422", None)
    for status in _errors(path, operation, secured=secured, tmf=tmf):
        meaning = (TMF_MEANING if tmf else MEANING)[status]
        responses.setdefault(str(status), {"description": meaning})
    for status, response in responses.items():
        if status[0] in "45":
            kind, model = ("application/json", "TmfError") if tmf else ("application/problem+json", "Problem")
            response["content"] = {kind: {"schema": {"$ref": f"#/components/schemas/{model}"}}}
        for media, content in response.get("content", {}).items():
            if not media.endswith("json"):
                content.setdefault("schema", {"type": "string"} if media.startswith("text/") else _BINARY)
        if status in _HEADERS:
            name, description, schema = _HEADERS[status]
            response.setdefault("headers", {})[name] = {"description": description, "schema": dict(schema)}
    operation["responses"] = dict(sorted(responses.items()))
    operation["security"] = [{name: []} for name in SECURITY] if secured else []


def _retire(operation: Json, told: Retired | None) -> None:
    """Mark what goes."""
    if told is None:
        return
    operation["deprecated"] = True
    for response in operation["responses"].values():
        headers = response.setdefault("headers", {})
        headers["Deprecation"] = {"description": "Since when it is retired (RFC 9745)", "schema": {"type": "string"}}
        headers["Sunset"] = {"description": "When it goes (RFC 8594)", "schema": {"type": "string"}}


def _errors(path: str, operation: Json, *, secured: bool, tmf: bool) -> set[int]:
    found: set[int] = {401, 403} if secured else set()
    if "{" in path:
        found.add(404)
    if operation.get("parameters") or "requestBody" in operation:
        found.add(400 if tmf else 422)
    if "requestBody" in operation:
        found |= {400, 413}
    return found


@cache
def _described() -> Mapping[str, str]:
    with resources.files("api.contract").joinpath("members.toml").open("rb") as file:
        return tomllib.load(file)


def _members(name: str, schema: Json) -> None:
    """What each member is, where its model does not tell."""
    text = str(schema.get("description", "")).partition("\n\nAttributes:\n")[0]
    if text:
        schema["description"] = text
    for key, member in schema.get("properties", {}).items():
        member.pop("title", None)
        known = _described()
        if "description" not in member:
            described = known.get(f"{name}.{key}") or known.get(key)
            if described:
                member["description"] = described


def _nulls(value: Any, schema: Json, schemas: Mapping[str, Json]) -> None:
    """Put back the nulls of an example, which FastAPI leaves out: a required member would not be there."""
    schema = schemas.get(str(schema.get("$ref", "")).removeprefix(_SCHEMA), schema)
    if "anyOf" in schema:
        schema = next((one for one in schema["anyOf"] if one.get("type") != "null"), schema)
        schema = schemas.get(str(schema.get("$ref", "")).removeprefix(_SCHEMA), schema)
    if isinstance(value, list):
        for item in value:
            _nulls(item, schema.get("items", {}), schemas)
    elif isinstance(value, dict):
        for name in schema.get("required", ()):
            value.setdefault(name, None)
        for name, item in value.items():
            _nulls(item, schema.get("properties", {}).get(name, {}), schemas)
