"""What may be asked: the three tests, each téléaction of the catalogue, and what clients described themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from api.bootstrap import Service
from api.tmf.kernel.http import Json
from api.tmf.kernel.lists import Page, paged
from api.tmf.kernel.notifying import event
from api.tmf.kernel.query import Query
from api.tmf.service_test.mapping import ACTION, SPECIFICATIONS, label_of, specification_href
from domain.access import TestName
from domain.announcement import Announcement, AnnouncementKind
from domain.errors import ConflictError, NotFoundError
from domain.principal import Principal, Right
from teleactions.catalogue import catalogue
from teleactions.spec import Spec

RESOURCE = "653.specification"
_URN = "urn:just-fibre:service-specification:"
_SERVICE = {
    "id": "just-fibre",
    "href": f"{_URN}just-fibre",
    "name": "Just Fibre",
    "@referredType": "ServiceSpecification",
}
"""What every test of ours is for. It is read nowhere: its reference is a name."""


class Specifications:
    """The specifications that an operator sees."""

    def __init__(self, service: Service) -> None:
        self._documents = service.records.tmf
        self._clock = service.clock

    async def page(self, who: Principal, query: Query) -> Page:
        """Ours first, then the operator's own: a list is all in one form, that of the newest of its own."""
        who.require(Right.TEST)
        own = await self._own_ones(who)
        return await paged(query, [_in_form(one, _form(own)) for one in [*ours(), *own]])

    async def get(self, who: Principal, document_id: str) -> Json:
        """One specification; raises `NotFoundError`."""
        who.require(Right.TEST)
        for one in ours():
            if one["id"] == document_id:
                return _in_form(one, _form(await self._own_ones(who)))
        kept = await self._documents.get(who, RESOURCE, document_id[:64])
        if kept is None or kept.gone:
            raise NotFoundError("service test specification", document_id)
        return dict(kept.body)

    async def create(self, who: Principal, body: Json, document_id: str | None = None) -> Json:
        """Keep a description of the operator's own: nothing runs it but the three tests and the téléactions."""
        who.require(Right.TEST)
        key = document_id or uuid4().hex
        document = {
            "lifecycleStatus": "active",
            "isBundle": False,
            "@type": "ServiceTestSpecification",
            **body,
            "relatedServiceSpecification": _referred(body["relatedServiceSpecification"]),
            "id": key,
            "href": specification_href(key),
            "lastUpdate": self._clock.now().isoformat(),
        }
        return await self._keep(who, document, "Create")

    async def name(self, who: Principal, document_id: str, name: str) -> None:
        """Keep a description of what a client of the sandbox only named, in the form that it uses."""
        body = _in_form({"relatedServiceSpecification": [dict(_SERVICE)]}, _form(await self._own_ones(who)))
        await self.create(who, {**body, "name": name}, document_id)

    async def patch(self, who: Principal, before: Json, after: Json) -> Json:
        """Change a description of the operator's own."""
        self._own(before)
        after["lastUpdate"] = self._clock.now().isoformat()
        return await self._keep(who, after, "AttributeValueChange")

    async def delete(self, who: Principal, document_id: str) -> None:
        """Delete a description of the operator's own."""
        before = await self.get(who, document_id)
        self._own(before)
        await self._keep(who, before, "Delete", gone=True)

    async def _own_ones(self, who: Principal) -> list[Json]:
        kept = await self._documents.all(who, RESOURCE)
        return [dict(one.body) for one in kept.values() if not one.gone]

    def _own(self, document: Json) -> None:
        if any(one["id"] == document["id"] for one in ours()):
            number = str(document["id"])
            raise ConflictError("service test specification", number, "it belongs to the service")

    async def _keep(self, who: Principal, document: Json, what: str, *, gone: bool = False) -> Json:
        now = self._clock.now()
        told: Announcement = event(
            AnnouncementKind.TMF653,
            str(document["id"]),
            now,
            f"ServiceTestSpecification{what}Event",
            "serviceTestSpecification",
            document,
        )
        await self._documents.put(who, RESOURCE, str(document["id"]), document, now, gone=gone, told=[told])
        return document


def _form(own: Sequence[Json]) -> type:
    """How a client writes ``relatedServiceSpecification``: an object (v3) or a list (v4), by the newest of its own."""
    return next((type(one["relatedServiceSpecification"]) for one in own if "relatedServiceSpecification" in one), list)


def _in_form(specification: Json, form: type) -> Json:
    """A specification in that form; several services fit in a list only."""
    related = specification.get("relatedServiceSpecification")
    if form is dict and isinstance(related, list) and len(related) == 1:
        return {**specification, "relatedServiceSpecification": related[0]}
    if form is list and isinstance(related, dict):
        return {**specification, "relatedServiceSpecification": [related]}
    return specification


def _referred(related: Any) -> Any:
    """References that each have an ``href``."""
    if isinstance(related, list):
        return [_referred(one) for one in related]
    return {"href": f"{_URN}{quote(str(related['id']), safe='')}", **related}


def ours() -> list[Json]:
    """The specifications of the service: the tests of the screen, and the téléactions."""
    return [*(_test(key, name) for key, name in SPECIFICATIONS.items()), *map(_action, catalogue().values())]


def _test(key: str, name: TestName) -> Json:
    parts = [other for other in SPECIFICATIONS if SPECIFICATIONS[other] is not TestName.GLOBAL]
    bundle = name is TestName.GLOBAL
    return {
        **_base(key, name.value),
        "isBundle": bundle,
        "serviceTestSpecRelationship": [
            {"id": part, "name": SPECIFICATIONS[part].value, "relationshipType": "bundles"} for part in parts
        ]
        if bundle
        else [],
    }


def _action(spec: Spec) -> Json:
    return {
        **_base(f"{ACTION}{spec.name}", label_of(spec.name)),
        "isBundle": False,
        "specCharacteristic": [
            {"name": field.name, "configurable": True, "valueType": "string"} for field in spec.fields
        ],
    }


def _base(key: str, name: str) -> Json:
    return {
        "id": key,
        "href": specification_href(key),
        "name": name,
        "version": "1",
        "lifecycleStatus": "active",
        "relatedServiceSpecification": [dict(_SERVICE)],
        "testMeasureDefinition": [],
        "@type": "ServiceTestSpecification",
    }
