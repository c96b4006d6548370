"""Alarms: collective incidents, what tests found, what the network announced; acknowledged, cleared, commented."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from fastapi import HTTPException

from api.bootstrap import Service
from api.tmf.alarm import numbers
from api.tmf.alarm.lines import spell_of
from api.tmf.alarm.mapping import ROOT, WRITABLE, of_event, of_line, of_view, standing, with_written
from api.tmf.kernel.http import Json
from api.tmf.kernel.lists import Page, paged
from api.tmf.kernel.models import changed, refuse
from api.tmf.kernel.notifying import event
from api.tmf.kernel.query import Query
from domain.announcement import AnnouncementKind
from domain.errors import ConflictError, InvalidValueError, NotFoundError
from domain.principal import Principal, Right
from storage.diagnosis_record import HISTORY, DiagnosisRecord

RESOURCE = "642.alarm"
_MOST = 1_000  # C: of each source


class Alarms:
    """The alarms that a reader may see."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._documents = service.records.tmf

    async def page(self, who: Principal, query: Query) -> Page:
        """The last raised first."""
        return await paged(query, await self.all(who))

    async def all(self, who: Principal) -> list[Json]:
        """Every alarm that stands, and those cleared in the last 48 h."""
        reads_lines, reads_network = who.may(Right.TEST), who.may(Right.NOC)
        if not reads_network:
            who.require(Right.TEST)
        found = await self._incidents(who)
        if reads_lines:
            found += await self._lines(who)
        if reads_network and await self._owns_network(who):
            kept = await self._service.events.page(who, olt=None, pon=None, since=None, before=None, limit=10 * _MOST)
            found += [of_event(one) for one in standing(one.event for one in reversed(kept))]
        written = await self._documents.all(who, RESOURCE)
        found = [with_written(one, written[str(one["id"])].body) if str(one["id"]) in written else one for one in found]
        found += [dict(one.body) for number, one in written.items() if int(number) % 10 == numbers.FREE]
        shown = [one for one in found if str(one["id"]) not in written or not written[str(one["id"])].gone]
        return sorted(shown, key=lambda one: str(one.get("alarmRaisedTime", "")), reverse=True)

    async def get(self, who: Principal, document_id: str) -> Json:
        """One alarm; raises `NotFoundError`."""
        for one in await self.all(who):
            if str(one["id"]) == document_id:
                return one
        raise NotFoundError("alarm", document_id)

    async def create(self, who: Principal, body: Json) -> Json:
        """Only the sandbox creates: elsewhere an alarm is what is seen of the network."""
        if who.operator_id != self._service.settings.tmf_sandbox_operator:
            raise HTTPException(405)
        number = (secrets.randbelow(1 << 48) + 1) * 10 + numbers.FREE
        document = {"ackState": "unacknowledged", "@type": "Alarm", **body, "id": number}
        document["href"] = f"{ROOT}/alarm/{number}"
        return await self.keep(who, document, document, "Create")

    async def patch(self, who: Principal, before: Json, after: Json) -> Json:
        """Acknowledge, clear, comment; the rest of what the network says stays."""
        if not self.free(before):
            what = changed(before, after)
            refuse(what - WRITABLE, after)
            if "state" in what and after.get("state") != "cleared":
                raise InvalidValueError("state", after.get("state", ""), "cleared: what stands is not raised by hand")
        values = {key: after.get(key) for key in changed(before, after)}
        if before.get("state") != "cleared" and after.get("state") == "cleared":
            values.setdefault("alarmClearedTime", self._service.clock.now().isoformat())
        return await self.write(who, before, values)

    async def delete(self, who: Principal, document_id: str) -> None:
        """Show it no more: what stands is cleared first."""
        before = await self.get(who, document_id)
        if not self.free(before) and before["state"] != "cleared":
            raise ConflictError("alarm", document_id, "its state does not allow this")
        kept = await self._documents.get(who, RESOURCE, document_id)
        now = self._service.clock.now()
        told = event(AnnouncementKind.TMF642, document_id, now, "AlarmDeleteEvent", "alarm", before)
        body = {} if kept is None else kept.body
        await self._documents.put(who, RESOURCE, document_id, body, now, gone=True, told=[told])

    async def write(self, who: Principal, before: Json, values: Mapping[str, Any]) -> Json:
        """Write attributes of an alarm; ``None`` takes one away. Returns the alarm as it is then."""
        number = str(before["id"])
        kept = await self._documents.get(who, RESOURCE, number)
        written = {key: value for key, value in {**(kept.body if kept else {}), **values}.items() if value is not None}
        gone = {key for key, value in values.items() if value is None}
        after = {key: value for key, value in {**before, **values}.items() if key not in gone}
        if after.get("state") == "cleared":
            after["perceivedSeverity"] = "cleared"
        what = "StateChange" if before.get("state") != after.get("state") else "AttributeValueChange"
        return await self.keep(who, after, after if self.free(before) else written, what)

    async def keep(self, who: Principal, document: Json, written: Mapping[str, Any], what: str) -> Json:
        """Keep what is written, and tell the hubs."""
        now, number = self._service.clock.now(), str(document["id"])
        told = event(AnnouncementKind.TMF642, number, now, f"Alarm{what}Event", "alarm", document)
        await self._documents.put(who, RESOURCE, number, written, now, told=[told])
        return document

    def free(self, alarm: Json) -> bool:
        """Whether it is of the sandbox."""
        return int(alarm["id"]) % 10 == numbers.FREE

    async def _owns_network(self, who: Principal) -> bool:
        return (await self._service.records.operators.get(who.operator_id)).is_infrastructure

    async def _incidents(self, who: Principal) -> list[Json]:
        if await self._owns_network(who) and not who.may(Right.NOC):
            return []
        since = self._service.clock.now() - HISTORY
        views = await self._service.incidents.list(who, is_open=None, olt=None, since=since, limit=_MOST)
        return [of_view(view) for view in views]

    async def _lines(self, who: Principal) -> list[Json]:
        """An alarm an access: the tests in a row that found it wrong, and the one that found it well again."""
        tests: defaultdict[str, list[DiagnosisRecord]] = defaultdict(list)
        for record in await self._service.diagnoses.all_recent(who):
            tests[str(record.id1)].append(record)
        found: list[Json] = []
        for records in tests.values():
            alarm = await self._line(who, records)
            if alarm is not None:
                found.append(alarm)
            if len(found) >= _MOST:
                break
        return found

    async def _line(self, who: Principal, newest_first: list[DiagnosisRecord]) -> Json | None:
        spell = spell_of(newest_first)
        if spell is None:
            return None
        last = await self._service.records.diagnoses.get(who, spell.last.number)
        return None if last.diagnosis is None else of_line(spell.first, last, last.diagnosis, spell.cleared_at)
