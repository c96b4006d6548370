"""Service tests: asked, followed, forgotten after their 48 h."""

from __future__ import annotations

from functools import partial
from uuid import uuid4

from api.bootstrap import Service
from api.schemas.results import detail
from api.services.teleactions import Request
from api.tmf.kernel.http import Json
from api.tmf.kernel.lists import Page, one_by_one, paged
from api.tmf.kernel.models import changed, refuse
from api.tmf.kernel.notifying import event
from api.tmf.kernel.query import Query
from api.tmf.service_test.mapping import (
    ACTION,
    ACTION_ID,
    RESOURCE,
    ROOT,
    SPECIFICATIONS,
    WRITABLE,
    of_diagnosis,
    of_record,
    of_teleaction,
    service_href,
    specification_href,
)
from api.tmf.service_test.specifications import Specifications
from domain.announcement import AnnouncementKind
from domain.errors import ConflictError, InvalidValueError, NotFoundError
from domain.identifiers import DiagnosisNumber, Id1
from domain.principal import Principal, Right
from domain.teleaction import ActionNumber, TeleactionRecord
from storage.diagnosis_record import HISTORY
from storage.tmf_documents import TmfDocument
from teleactions.catalogue import catalogue

_HEAVY = frozenset({"testMeasure", "characteristic"})
_FREE = "sandbox-"
"""In front of the identifier of a test that names what does not exist: nothing is run for it."""


class ServiceTests:
    """The service tests of an operator."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._documents = service.records.tmf
        self._specifications = Specifications(service)

    async def page(self, who: Principal, query: Query) -> Page:
        """The tests of the last 48 h, newest first; rows are read of those that are shown only."""
        found = await self._summaries(who)
        return await paged(query, found, _HEAVY, one_by_one(partial(self.get, who)))

    async def get(self, who: Principal, document_id: str) -> Json:
        """One test; raises `NotFoundError`, also beyond its 48 h."""
        who.require(Right.TEST)
        kept = await self._documents.get(who, RESOURCE, document_id[:64])
        if kept is not None and (kept.gone or self._over(kept)):
            raise NotFoundError("service test", document_id)
        if document_id.startswith(_FREE):
            if kept is None:
                raise NotFoundError("service test", document_id)
            return dict(kept.body)
        written = {} if kept is None else kept.body
        try:
            if document_id.startswith(ACTION_ID):
                return self._action(await self._teleaction(who, document_id), kept)
            record = await self._service.diagnoses.get(who, DiagnosisNumber.parse(document_id))
        except (InvalidValueError, NotFoundError):
            raise NotFoundError("service test", document_id) from None
        return of_diagnosis(record, detail(record, who), written)

    async def create(self, who: Principal, body: Json) -> Json:
        """Ask a diagnosis, or a téléaction, of an access."""
        who.require(Right.TEST)
        key = await self._specification(who, body["testSpecification"])
        id1 = await self._access(who, body["relatedService"]["id"])
        if key is None or id1 is None:
            return await self._free(who, body)
        if key.startswith(ACTION):
            record = await self._act(who, id1, key.removeprefix(ACTION), body)
            made = f"{ACTION_ID}{record.number}"
            kept = await self._keep(who, made, body)
            return self._action(record, kept)
        diagnosis, _ = await self._service.diagnoses.ask(who, id1, SPECIFICATIONS[key])
        await self._keep(who, str(diagnosis.number), body)
        return of_record(diagnosis, body, "acknowledged")

    async def patch(self, who: Principal, before: Json, after: Json) -> Json:
        """Change what a client writes of a test: what was run stays as it was."""
        number, free = str(before["id"]), str(before["id"]).startswith(_FREE)
        what_changed = changed(before, after)
        refuse(what_changed & {"startDateTime"} if free else what_changed - WRITABLE, after)
        now = self._service.clock.now()
        what = "StateChange" if before.get("state") != after.get("state") else "AttributeValueChange"
        told = event(AnnouncementKind.TMF653, _lane(after), now, f"ServiceTest{what}Event", "serviceTest", _told(after))
        written = after if free else {key: value for key, value in after.items() if key in WRITABLE}
        await self._documents.put(who, RESOURCE, number, written, now, told=[told])
        return after

    async def delete(self, who: Principal, document_id: str) -> None:
        """Show it no more; the diagnosis stays in the archive and with the signalisations that it is attached to."""
        before = await self.get(who, document_id)
        if before.get("state") in {"acknowledged", "inProgress"} and not document_id.startswith(_FREE):
            raise ConflictError("service test", document_id, "its state does not allow this")
        now = self._service.clock.now()
        body = _told(before)
        told = event(AnnouncementKind.TMF653, _lane(before), now, "ServiceTestDeleteEvent", "serviceTest", body)
        await self._documents.put(who, RESOURCE, document_id, {}, now, gone=True, told=[told])

    async def _summaries(self, who: Principal) -> list[Json]:
        who.require(Right.TEST)
        since = self._service.clock.now() - HISTORY
        kept = await self._documents.all(who, RESOURCE, since)
        written = {number: one.body for number, one in kept.items()}
        found = [
            of_record(record, written.get(str(record.number), {}))
            for record in await self._service.diagnoses.all_recent(who)
        ]
        found += [dict(one.body) for number, one in kept.items() if number.startswith(_FREE) and not one.gone]
        if who.may(Right.TELEACTION) or who.may(Right.EXPERT):
            listed = await self._service.records.teleactions.list(who, limit=1_000)
            actions = [one for one in listed if one.asked_at >= since]
            found += [self._action(one, kept.get(f"{ACTION_ID}{one.number}")) for one in actions]
        shown = [one for one in found if not (one["id"] in kept and kept[one["id"]].gone)]
        return sorted(shown, key=lambda one: str(one["startDateTime"]), reverse=True)

    async def _specification(self, who: Principal, given: Json) -> str | None:
        """The key of what is to be run; ``None``: nothing runs it, and the operator is the sandbox."""
        key = str(given["id"])
        known = {*SPECIFICATIONS, *(f"{ACTION}{name}" for name in catalogue())}
        named = {test.value: name for name, test in SPECIFICATIONS.items()}
        found = named.get(key, key)
        if found in known:
            return found
        if not self._sandbox(who):
            raise InvalidValueError("testSpecification.id", key, "a service test specification that can be run")
        try:
            await self._specifications.get(who, key)
        except NotFoundError:
            await self._specifications.name(who, key[:64], str(given.get("name") or key))
        return None

    async def _access(self, who: Principal, text: str) -> Id1 | None:
        try:
            return (await self._service.records.accesses.get(who, Id1.parse(text))).id1
        except (InvalidValueError, NotFoundError):
            if self._sandbox(who):
                return None
            raise InvalidValueError("relatedService.id", text, "the ID1 of an access of your operator") from None

    async def _act(self, who: Principal, id1: Id1, action: str, body: Json) -> TeleactionRecord:
        given = {str(one["name"]): one["value"] for one in body.get("characteristic", ())}
        confirmed = given.pop("confirm", False) in (True, "true")
        for name, value in given.items():
            if not isinstance(value, str | int | bool):
                raise InvalidValueError(f"characteristic.{name}", value, "a text, a whole number or a boolean")
        reason = str(body.get("description") or body["name"])[:500]
        record, _ = await self._service.teleactions.ask(
            who, id1, Request(action, given, reason, "tmf653", confirmed=confirmed)
        )
        return record

    async def _teleaction(self, who: Principal, document_id: str) -> TeleactionRecord:
        number = ActionNumber.parse(document_id.removeprefix(ACTION_ID))
        record = await self._service.teleactions.get(who, number)
        if record.asked_at < self._service.clock.now() - HISTORY:
            raise NotFoundError("service test", document_id)
        return record

    def _action(self, record: TeleactionRecord, kept: TmfDocument | None) -> Json:
        return of_teleaction(record, {} if kept is None else kept.body)

    async def _free(self, who: Principal, body: Json) -> Json:
        """A test of the sandbox that names what does not exist: it is acknowledged, and no verdict is made up."""
        number, now = f"{_FREE}{uuid4().hex}", self._service.clock.now()
        document = {
            "mode": "ONDEMAND",
            "@type": "ServiceTest",
            **body,
            "id": number,
            "href": f"{ROOT}/serviceTest/{number}",
            "state": "acknowledged",
            "startDateTime": now.isoformat(),
            "validFor": {"startDateTime": now.isoformat(), "endDateTime": (now + HISTORY).isoformat()},
            "relatedService": {"href": service_href(body["relatedService"]["id"]), **body["relatedService"]},
            "testSpecification": {
                "href": specification_href(body["testSpecification"]["id"]),
                **body["testSpecification"],
            },
        }
        told = event(AnnouncementKind.TMF653, _lane(document), now, "ServiceTestCreateEvent", "serviceTest", document)
        await self._documents.put(who, RESOURCE, number, document, now, told=[told])
        return document

    async def _keep(self, who: Principal, number: str, body: Json) -> TmfDocument:
        written = {key: value for key, value in body.items() if key in WRITABLE or key.startswith("@")}
        return await self._documents.put(who, RESOURCE, number, written, self._service.clock.now())

    def _sandbox(self, who: Principal) -> bool:
        return who.operator_id == self._service.settings.tmf_sandbox_operator

    def _over(self, kept: TmfDocument) -> bool:
        return kept.created_at < self._service.clock.now() - HISTORY


def _told(document: Json) -> Json:
    """What hubs are told: no row, for some hold what only the reader may see."""
    return {key: value for key, value in document.items() if key not in _HEAVY}


def _lane(document: Json) -> str:
    return str(document.get("relatedService", {}).get("id", document["id"]))
