"""Service problems: the collective incidents that a reader may see, with what its operator wrote of them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import uuid4

from fastapi import HTTPException

from api.bootstrap import Service
from api.tmf.kernel.http import Json
from api.tmf.kernel.lists import Page, one_by_one, paged
from api.tmf.kernel.models import changed, refuse
from api.tmf.kernel.notifying import event
from api.tmf.kernel.query import Query
from api.tmf.service_problem.mapping import ACKNOWLEDGED, ROOT, WRITABLE, completed, of_view
from domain.announcement import AnnouncementKind
from domain.errors import ConflictError, InvalidValueError, NotFoundError
from domain.principal import Principal
from storage.diagnosis_record import HISTORY

RESOURCE = "656.problem"
_FREE = "sandbox-"
_MOST = 1_000  # C: incidents that a list looks through, the last opened first
_FIXED = frozenset({"creationDate", "lastUpdate", "statusChangeDate", "timeRaised", "timeChanged"})
_HEAVY = frozenset({"trackingRecord"})


class ServiceProblems:
    """The problems of a reader. They are opened by correlation: a client opens none, but in the sandbox."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._incidents = service.incidents
        self._documents = service.records.tmf

    async def page(self, who: Principal, query: Query) -> Page:
        """Those that go on, and those that ended in the last 48 h."""
        since = self._service.clock.now() - HISTORY
        views = await self._incidents.list(who, is_open=None, olt=None, since=since, limit=_MOST)
        written = await self._documents.all(who, RESOURCE)
        found = [
            of_view(one, written[one.incident.number].body if one.incident.number in written else {}) for one in views
        ]
        found += [dict(one.body) for number, one in written.items() if number.startswith(_FREE) and not one.gone]
        return await paged(query, found, _HEAVY, one_by_one(partial(self.get, who)))

    async def get(self, who: Principal, document_id: str) -> Json:
        """One problem; raises `NotFoundError`."""
        kept = await self._documents.get(who, RESOURCE, document_id[:64])
        if document_id.startswith(_FREE):
            if kept is None or kept.gone:
                raise NotFoundError("incident", document_id)
            return dict(kept.body)
        view, history = await self._incidents.get(who, document_id)
        return of_view(view, {} if kept is None else kept.body, history)

    async def create(self, who: Principal, body: Json) -> Json:
        """Only the sandbox creates: elsewhere an incident is what the network shows."""
        if who.operator_id != self._service.settings.tmf_sandbox_operator:
            raise HTTPException(405)
        number, now = f"{_FREE}{uuid4().hex}", self._service.clock.now()
        given = {
            "@type": "ServiceProblem",
            **body,
            "id": number,
            "href": f"{ROOT}/serviceProblem/{number}",
            "status": "acknowledged",
            "creationDate": now.isoformat(),
            "lastUpdate": now.isoformat(),
            "statusChangeDate": now.isoformat(),
        }
        document = completed(given)
        return await self._keep(who, document, document, "Create")

    async def patch(self, who: Principal, before: Json, after: Json) -> Json:
        """Change what a client writes."""
        number = str(before["id"])
        if number.startswith(_FREE):
            refuse(changed(before, after) & _FIXED, after)
            moved = before.get("status") != after.get("status")
            after["lastUpdate"] = self._service.clock.now().isoformat()
            if moved:
                after["statusChangeDate"] = after["lastUpdate"]
            after = completed(after)
            return await self._keep(who, after, after, "StateChange" if moved else "AttributeValueChange")
        refuse(changed(before, after) - WRITABLE, after)
        return await self._write(who, number, {key: after.get(key) for key in WRITABLE})

    async def delete(self, who: Principal, document_id: str) -> None:
        """Only what the sandbox created."""
        before = await self.get(who, document_id)
        if not document_id.startswith(_FREE):
            raise HTTPException(405)
        await self._documents.put(who, RESOURCE, document_id, before, self._service.clock.now(), gone=True)

    async def acknowledge(self, who: Principal, body: Json, *, acknowledged: bool) -> Json:
        """Say that the operator knows of problems, or take it back."""
        problems = [await self._named(who, "problem", one) for one in body["problem"]]
        for one in problems:
            if one.get("status") not in {"inProgress", "pending", "held", ACKNOWLEDGED}:
                number = str(one["id"])
                raise ConflictError("incident", number, "its state does not allow this")
        refs = [{"id": one["id"], "href": one["href"]} for one in problems]
        for one in problems:
            await self._mark(who, one, acknowledged=acknowledged)
        record = {**body.get("trackingRecord", {}), "time": self._service.clock.now().isoformat(), "user": who.account}
        return {**body, "ackProblem" if acknowledged else "unackProblem": refs, "trackingRecord": record}

    async def group(self, who: Principal, body: Json, *, together: bool) -> Json:
        """Make problems part of another, or no more."""
        parent = await self._named(who, "parentProblem", body["parentProblem"])
        children = [await self._named(who, "childProblem", one) for one in body["childProblem"]]
        ids = {str(one["id"]) for one in children}
        if str(parent["id"]) in ids:
            raise InvalidValueError("childProblem", parent["id"], "a problem other than its parent")
        kept = [one for one in parent.get("underlyingProblem", ()) if one["id"] not in ids]
        added = [{"id": one["id"], "href": one["href"]} for one in children] if together else []
        await self._link(who, parent, "underlyingProblem", [*kept, *added])
        for one in children:
            ref = [{"id": parent["id"], "href": parent["href"]}]
            await self._link(who, one, "parentProblem", ref if together else [])
        return body

    async def _named(self, who: Principal, field: str, ref: Mapping[str, Any]) -> Json:
        try:
            return await self.get(who, str(ref["id"]))
        except NotFoundError:
            raise InvalidValueError(f"{field}.id", ref["id"], "the number of an incident that you see") from None

    async def _mark(self, who: Principal, problem: Json, *, acknowledged: bool) -> None:
        if str(problem["id"]).startswith(_FREE):
            status = ACKNOWLEDGED if acknowledged else "pending"
            document = {**problem, "status": status}
            await self._keep(who, document, document, "StateChange")
            return
        await self._write(who, str(problem["id"]), {ACKNOWLEDGED: acknowledged or None}, "StateChange")

    async def _link(self, who: Principal, problem: Json, name: str, refs: list[Json]) -> None:
        if str(problem["id"]).startswith(_FREE):
            document = {**problem, name: refs}
            await self._keep(who, document, document, "AttributeValueChange")
            return
        await self._write(who, str(problem["id"]), {name: refs or None})

    async def _write(
        self, who: Principal, number: str, values: Mapping[str, Any], what: str = "AttributeValueChange"
    ) -> Json:
        kept = await self._documents.get(who, RESOURCE, number)
        written = {**({} if kept is None else kept.body), **values}
        written = {key: value for key, value in written.items() if value is not None}
        view, history = await self._incidents.get(who, number)
        return await self._keep(who, of_view(view, written, history), written, what)

    async def _keep(self, who: Principal, document: Json, written: Mapping[str, Any], what: str) -> Json:
        now, number = self._service.clock.now(), str(document["id"])
        told = event(AnnouncementKind.TMF656, number, now, f"ServiceProblem{what}Event", "serviceProblem", document)
        await self._documents.put(who, RESOURCE, number, written, now, told=[told])
        return document
