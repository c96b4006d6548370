"""What may be asked: the three tests, each téléaction of the catalogue, and what clients described themselves."""

from __future__ import annotations

from uuid import uuid4

from api.bootstrap import Service
from api.i18n import translate
from api.tmf.kernel.http import Json
from api.tmf.kernel.notifying import event
from api.tmf.kernel.query import Query
from api.tmf.service_test.mapping import ACTION, ROOT, SPECIFICATIONS
from domain.access import TestName
from domain.announcement import Announcement, AnnouncementKind
from domain.errors import ConflictError, NotFoundError
from domain.principal import Principal, Right
from teleactions.catalogue import catalogue
from teleactions.spec import Spec

RESOURCE = "653.specification"
_SERVICE = {"id": "just-fibre", "name": "Just Fibre", "@referredType": "ServiceSpecification"}


class Specifications:
    """The specifications that an operator sees."""

    def __init__(self, service: Service) -> None:
        self._documents = service.records.tmf
        self._clock = service.clock

    async def page(self, who: Principal, query: Query) -> tuple[list[Json], int]:
        """Ours first, then the operator's own."""
        who.require(Right.TEST)
        own = await self._documents.all(who, RESOURCE)
        found = query.select([*ours(), *(dict(one.body) for one in own.values() if not one.gone)])
        return query.page(found), len(found)

    async def get(self, who: Principal, document_id: str) -> Json:
        """One specification; raises `NotFoundError`."""
        who.require(Right.TEST)
        for one in ours():
            if one["id"] == document_id:
                return one
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
            "id": key,
            "href": f"{ROOT}/serviceTestSpecification/{key}",
            "lastUpdate": self._clock.now().isoformat(),
        }
        return await self._keep(who, document, "Create")

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


def ours() -> list[Json]:
    """The specifications of the service: the tests of the screen, and the téléactions."""
    return [*(_test(key, name) for key, name in SPECIFICATIONS.items()), *map(_action, catalogue().values())]


def label_of(spec: Spec) -> str:
    """The French of a téléaction."""
    return translate("fr", spec.label)


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
        **_base(f"{ACTION}{spec.name}", label_of(spec)),
        "isBundle": False,
        "specCharacteristic": [
            {"name": field.name, "configurable": True, "valueType": "string"} for field in spec.fields
        ],
    }


def _base(key: str, name: str) -> Json:
    return {
        "id": key,
        "href": f"{ROOT}/serviceTestSpecification/{key}",
        "name": name,
        "version": "1",
        "lifecycleStatus": "active",
        "relatedServiceSpecification": [dict(_SERVICE)],
        "testMeasureDefinition": [],
        "@type": "ServiceTestSpecification",
    }
