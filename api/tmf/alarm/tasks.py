"""What is done to several alarms at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.bootstrap import Service
from api.tmf.alarm.mapping import refs
from api.tmf.alarm.models import (
    AcknowledgementCreate,
    AlarmAcknowledgement,
    AlarmClearing,
    AlarmCommenting,
    AlarmGrouping,
    ClearingCreate,
    CommentingCreate,
    GroupingCreate,
)
from api.tmf.alarm.service import Alarms
from api.tmf.kernel.http import Json
from api.tmf.kernel.tasks import Task
from domain.errors import InvalidValueError, NotFoundError
from domain.principal import Principal

DONE = "done"


async def _ack(service: Service, who: Principal, body: Json) -> Json:
    values = {
        "ackState": "acknowledged",
        "ackUserId": body["ackUserId"],
        "ackSystemId": body["ackSystemId"],
    }
    return await _each(service, who, body, values, "ackedAlarm")


async def _unack(service: Service, who: Principal, body: Json) -> Json:
    values = {"ackState": "unacknowledged", "ackUserId": body["ackUserId"], "ackSystemId": body["ackSystemId"]}
    return await _each(service, who, body, values, "unAckedAlarm")


async def _clear(service: Service, who: Principal, body: Json) -> Json:
    values = {
        "state": "cleared",
        "alarmClearedTime": body["alarmClearedTime"],
        "clearUserId": body["clearUserId"],
        "clearSystemId": body["clearSystemId"],
    }
    return await _each(service, who, body, values, "clearedAlarm")


async def _comment(service: Service, who: Principal, body: Json) -> Json:
    alarms, found = Alarms(service), await _matched(service, who, body)
    said = {"time": service.clock.now().isoformat(), "userId": who.account, **body["comment"]}
    for one in found:
        await alarms.write(who, one, {"comment": [*one.get("comment", ()), said]})
    return {**body, "state": DONE, "commentedAlarm": _named(found)}


async def _group(service: Service, who: Principal, body: Json) -> Json:
    return await _grouped(service, who, body, together=True)


async def _ungroup(service: Service, who: Principal, body: Json) -> Json:
    return await _grouped(service, who, body, together=False)


async def _grouped(service: Service, who: Principal, body: Json, *, together: bool) -> Json:
    alarms = Alarms(service)
    parent = await _one(alarms, who, "parentAlarm", body["parentAlarm"])
    children = [await _one(alarms, who, "correlatedAlarm", one) for one in body["correlatedAlarm"]]
    ids = {str(one["id"]) for one in children}
    if str(parent["id"]) in ids:
        raise InvalidValueError("correlatedAlarm", parent["id"], "an alarm other than its parent")
    kept = [one for one in parent.get("correlatedAlarm", ()) if one["id"] not in ids]
    added = refs(children) if together else []
    await alarms.write(who, parent, {"correlatedAlarm": [*kept, *added] or None})
    for one in children:
        await alarms.write(who, one, {"parentAlarm": refs([parent]) if together else None})
    return {
        **body,
        "state": DONE,
        "parentAlarm": _named([parent])[0],
        "correlatedAlarm": _named(children),
        "groupedAlarm" if together else "unGroupedAlarm": _named(children),
    }


async def _one(alarms: Alarms, who: Principal, field: str, ref: Mapping[str, Any]) -> Json:
    try:
        return await alarms.get(who, str(ref["id"]))
    except NotFoundError:
        raise InvalidValueError(f"{field}.id", ref["id"], "the identifier of an alarm that you see") from None


async def _each(service: Service, who: Principal, body: Json, values: Json, named: str) -> Json:
    alarms, found = Alarms(service), await _matched(service, who, body)
    for one in found:
        await alarms.write(who, one, values)
    return {**body, "state": DONE, named: _named(found)}


async def _matched(service: Service, who: Principal, body: Json) -> list[Json]:
    """The alarms that a pattern names; identifiers of the patterns go back as whole numbers, as alarms have them."""
    patterns = [{key: value for key, value in one.items() if not key.startswith("@")} for one in body["alarmPattern"]]
    if not patterns or not all(patterns):
        raise InvalidValueError("alarmPattern", "", "patterns of an attribute at least")
    found = [one for one in await Alarms(service).all(who) if any(_fits(one, pattern) for pattern in patterns)]
    for pattern in body["alarmPattern"]:
        if "id" in pattern:
            if not str(pattern["id"]).isdecimal() or not any(str(one["id"]) == str(pattern["id"]) for one in found):
                raise InvalidValueError("alarmPattern.id", pattern["id"], "the identifier of an alarm that you see")
            pattern["id"] = int(pattern["id"])
    return found


def _fits(value: Any, pattern: Any) -> bool:
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(key in value and _fits(value[key], pattern[key]) for key in pattern)
    if isinstance(pattern, list):
        return isinstance(value, list) and all(any(_fits(one, wanted) for one in value) for wanted in pattern)
    return str(value) == str(pattern)


def _named(alarms: list[Json]) -> list[Json]:
    return [{"id": one["id"], "href": one["href"], "@referredType": "Alarm"} for one in alarms]


TASKS = (
    Task("ackAlarms", "Acknowledge alarms", AlarmAcknowledgement, AcknowledgementCreate, _ack, readable=True),
    Task(
        "unAckAlarms",
        "Take an acknowledgement back",
        AlarmAcknowledgement,
        AcknowledgementCreate,
        _unack,
        readable=True,
    ),
    Task("clearAlarms", "Clear alarms", AlarmClearing, ClearingCreate, _clear, readable=True),
    Task("commentAlarms", "Comment alarms", AlarmCommenting, CommentingCreate, _comment, readable=True),
    Task("groupAlarms", "Group alarms", AlarmGrouping, GroupingCreate, _group, readable=True),
    Task("unGroupAlarms", "Ungroup alarms", AlarmGrouping, GroupingCreate, _ungroup, readable=True),
)
