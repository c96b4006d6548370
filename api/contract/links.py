"""Links between operations: what the answer of one tells to ask of another (OpenAPI 3.1 4.8.20).

Nothing lists them: an answer leads where the identifiers that it holds stand in addresses, which are named by one rule.

- A *resource* is an address that ends with an identifier, ``/tickets/{number}``. Its *kinds* are the documents answered
  there, where it is listed or created, and where an address ends with its own word: ``/accesses/{id1}/teleactions``.
- Documents of its kinds call it by an identifier of its word, by ``id`` (TM Forum, of ``document_id``), or as others
  do: by the singular of its word (``access``, ``olt``), or by its identifier where no other resource has that one.
- Where a resource is made, written or listed, the answer leads to all that stands at and under its address and to what
  is asked for it elsewhere (``?access=``); any other answer that names it leads to reading it. Lists lead on from their
  first item.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
_SCHEMA = "#/components/schemas/"
_METHODS = ("get", "post", "put", "patch", "delete")
_MAKES = frozenset({"201", "202"})


@dataclass(frozen=True, slots=True)
class _Operation:
    path: str
    method: str
    definition: Json

    @property
    def good(self) -> Iterator[tuple[str, Json]]:
        """The answers when all is well, under their statuses."""
        return ((status, one) for status, one in self.definition["responses"].items() if status.startswith("2"))

    def asks(self, place: str) -> set[str]:
        """Names of its parameters in the path or the query."""
        return {given["name"] for given in self.definition.get("parameters", ()) if given["in"] == place}


@dataclass(frozen=True, slots=True)
class _Document:
    """A document in an answer: where, the name of its schema, its members of one value."""

    pointer: str
    kind: str
    members: frozenset[str]

    @property
    def is_item(self) -> bool:
        """Whether it is the answer, or an item of a list; what stands in an answer may use a word in another sense."""
        return self.pointer == "" or self.pointer.endswith("/0")


@dataclass(frozen=True, slots=True)
class _Resource:
    """An address that ends with an identifier.

    Attributes:
        address: The address.
        kinds: Names of the schemas of its documents.
        own: What these call its identifier.
        foreign: What any other document calls it.
    """

    address: str
    kinds: set[str] = field(default_factory=set)
    own: list[str] = field(default_factory=list)
    foreign: set[str] = field(default_factory=set)

    @property
    def collection(self) -> str:
        return self.address.rpartition("/")[0]

    @property
    def word(self) -> str:
        return self.collection.rpartition("/")[2]

    @property
    def identifier(self) -> str:
        return _identifiers(self.address)[-1]

    @property
    def parent(self) -> str:
        """The address of what it belongs to; empty: nothing."""
        before, brace, _ = self.collection.rpartition("}")
        return before + brace

    def is_home(self, path: str) -> bool:
        """Whether it is read, listed or created at an address."""
        return path in (self.address, self.collection)

    def named_by(self, one: _Document, *, own: bool) -> str | None:
        """The member of a document, of its kinds or not, that holds its identifier."""
        names = (*(self.own if own else ()), *(sorted(self.foreign) if own or one.is_item else ()))
        return next((name for name in names if name in one.members), None)


def linked(document: Json) -> Json:
    """The document with its links."""
    operations = [
        _Operation(path, method, item[method])
        for path, item in document["paths"].items()
        for method in _METHODS
        if method in item
    ]
    schemas: Mapping[str, Json] = document["components"]["schemas"]
    resources = _resources(operations, schemas)
    for one in operations:
        for status, response in one.good:
            links: dict[str, Json] = {}
            for resource, parameters, whole in _told(one, status, response, schemas, resources):
                for target in _targets(resource, operations, parameters, whole=whole):
                    if target[0].definition is not one.definition:
                        links.setdefault(target[0].definition["operationId"], _link(*target))
            if links:
                response["links"] = links
    return document


def _link(target: _Operation, parameters: Mapping[str, str]) -> Json:
    definition = target.definition
    return {
        "operationId": definition["operationId"],
        "parameters": dict(parameters),
        "description": definition["summary"],
    }


def _resources(operations: Sequence[_Operation], schemas: Mapping[str, Json]) -> list[_Resource]:
    found: dict[str, _Resource] = {}
    for one in operations:
        for end in re.finditer(r"\}", one.path):
            found.setdefault(one.path[: end.end()], _Resource(one.path[: end.end()]))
    identifiers = [one.identifier for one in found.values()]
    for resource in found.values():
        for one in operations:
            if resource.is_home(one.path) or one.path.endswith(f"}}/{resource.word}"):
                resource.kinds.update(
                    document.kind
                    for _, answer in one.good
                    for document in _documents(answer, schemas)
                    if document.pointer in ("", "/0", f"/{resource.word}/0")
                )
        same = [one.identifier for one in found.values() if one.word == resource.word and one is not resource]
        resource.own.extend((resource.identifier, *same, *(["id"] if resource.identifier.endswith("_id") else [])))
        if not resource.parent:
            singulars = {resource.word.removesuffix("s"), resource.word.removesuffix("es")} - {resource.word}
            resource.foreign.update(singulars)
            if identifiers.count(resource.identifier) == 1:
                resource.foreign.add(resource.identifier)
    return list(found.values())


def _told(
    one: _Operation, status: str, response: Json, schemas: Mapping[str, Json], resources: Sequence[_Resource]
) -> Iterator[tuple[_Resource, dict[str, str], bool]]:
    """The resources that an answer names, by which parameters, and whether it leads to all that stands under them."""
    for document in _documents(response, schemas):
        kin = [resource for resource in resources if document.kind in resource.kinds]
        home = [resource for resource in kin if resource.is_home(one.path)]
        for resource in resources:
            own = resource in (home or kin)
            name = resource.named_by(document, own=own)
            makes = own and (status in _MAKES or resource.is_home(one.path) or one.path.endswith(f"}}/{resource.word}"))
            asked = one.path == resource.address or (one.path.startswith(f"{resource.address}/") and not makes)
            if name is not None and not asked and one.path.startswith(resource.parent):
                value = f"$response.body#{document.pointer}/{name}"
                yield resource, {**_asked(resource.parent), resource.identifier: value}, makes
    for resource in resources:
        if one.path == resource.address and one.method != "delete":
            yield resource, _asked(resource.address), True
        elif one.path.startswith(f"{resource.address}/") and one.method != "get":
            yield resource, _asked(resource.address), False


def _asked(address: str) -> dict[str, str]:
    return {name: f"$request.path.{name}" for name in _identifiers(address)}


def _targets(
    resource: _Resource, operations: Sequence[_Operation], parameters: Mapping[str, str], *, whole: bool
) -> Iterator[tuple[_Operation, dict[str, str]]]:
    for one in operations:
        if one.path == resource.address and (whole or one.method == "get"):
            yield one, dict(parameters)
        elif whole and one.path.startswith(f"{resource.address}/"):
            if set(_identifiers(one.path)) <= parameters.keys():
                yield one, dict(parameters)
        elif whole and not _identifiers(one.path):
            for name in sorted(resource.foreign & one.asks("query")):
                yield one, {name: parameters[resource.identifier]}


def _identifiers(path: str) -> list[str]:
    return re.findall(r"\{(\w+)\}", path)


def _documents(response: Json, schemas: Mapping[str, Json]) -> Iterator[_Document]:
    """The documents of an answer in JSON: itself or its first item, and those one level in."""
    for media, content in response.get("content", {}).items():
        if media.endswith("json"):
            for pointer, kind, schema in _objects("", content.get("schema", {}), schemas):
                yield _document(pointer, kind, schema)
                for name, member in schema.get("properties", {}).items():
                    for inner in _objects(f"{pointer}/{name}", member, schemas):
                        yield _document(*inner)


def _objects(pointer: str, schema: Json, schemas: Mapping[str, Json]) -> Iterator[tuple[str, str, Json]]:
    if "$ref" in schema:
        kind = str(schema["$ref"]).removeprefix(_SCHEMA)
        yield pointer, kind, schemas[kind]
    elif schema.get("type") == "array":
        yield from _objects(f"{pointer}/0", schema.get("items", {}), schemas)
    for one in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from _objects(pointer, one, schemas)


def _document(pointer: str, kind: str, schema: Json) -> _Document:
    members = schema.get("properties", {}).items()
    return _Document(pointer, kind, frozenset(name for name, member in members if _is_scalar(member)))


def _is_scalar(schema: Json) -> bool:
    kinds = schema.get("type", ())
    return not {"string", "integer"}.isdisjoint([kinds] if isinstance(kinds, str) else kinds) or any(
        _is_scalar(one) for one in schema.get("anyOf", ())
    )
