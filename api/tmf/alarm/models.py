"""Documents of TMF642 v4."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema

from api.schemas.sent import Flag, Instant
from api.tmf.kernel.models import Document, Part, Ref, creating


def _written(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


AlarmId = Annotated[str, BeforeValidator(_written), WithJsonSchema({"type": ["string", "integer"]})]
"""A whole number, as conformance kits write it, or its text."""


class AlarmedObject(Part):
    """What an alarm is about."""

    id: str | None = None
    href: str | None = None


class Comment(Part):
    """What somebody said of an alarm."""

    comment: str | None = None
    system_id: str | None = None
    user_id: str | None = None
    time: Instant | None = None


class Place(Part):
    """Where."""

    id: str | None = None
    name: str | None = None
    role: str


class _Alarm(Part):
    """What alarms and patterns of alarms hold."""

    external_alarm_id: str | None = None
    alarm_type: str | None = None
    perceived_severity: str | None = None
    probable_cause: str | None = None
    specific_problem: str | None = None
    alarm_details: str | None = None
    alarmed_object: AlarmedObject | None = None
    alarmed_object_type: str | None = None
    source_system_id: str | None = None
    reporting_system_id: str | None = None
    state: str | None = None
    ack_state: str | None = None
    ack_system_id: str | None = None
    ack_user_id: str | None = None
    clear_system_id: str | None = None
    clear_user_id: str | None = None
    alarm_raised_time: Instant | None = None
    alarm_reporting_time: Instant | None = None
    alarm_changed_time: Instant | None = None
    alarm_cleared_time: Instant | None = None
    alarm_escalation: Flag | None = None
    is_root_cause: Flag | None = None
    service_affecting: Flag | None = None
    planned_outage_indicator: str | None = None
    proposed_repaired_actions: str | None = None
    affected_service: list[AlarmedObject] | None = None
    comment: list[Comment] | None = None
    correlated_alarm: list[Ref] | None = None
    parent_alarm: list[Ref] | None = None
    place: list[Place] | None = None


class Alarm(Document, _Alarm):
    """Something that is wrong now, or was a moment ago. ``id`` is a whole number."""

    id: AlarmId | None = None


class Pattern(_Alarm):
    """Which alarms: those that have every attribute given; one at least."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    id: AlarmId | None = None


class AlarmRef(Part):
    """An alarm, by its identifier."""

    id: AlarmId


class _Task(Document):
    state: str | None = None
    alarm_pattern: Annotated[list[Pattern], Field(min_length=1)] | None = None


class AlarmAcknowledgement(_Task):
    """Alarms to acknowledge, or no more."""

    ack_system_id: str | None = None
    ack_user_id: str | None = None
    ack_time: Instant | None = None


class AlarmClearing(_Task):
    """Alarms to clear."""

    clear_system_id: str | None = None
    clear_user_id: str | None = None
    alarm_cleared_time: Instant | None = None


class AlarmCommenting(_Task):
    """Alarms to comment."""

    comment: Comment | None = None


class AlarmGrouping(Document):
    """Alarms that follow from another, or no more."""

    state: str | None = None
    source_system_id: str | None = None
    alarm_changed_time: Instant | None = None
    parent_alarm: AlarmRef | None = None
    correlated_alarm: list[AlarmRef] | None = None


_PATTERN = [{"alarmType": "communicationsAlarm", "perceivedSeverity": "critical"}]
_WHO = {"SystemId": "supervision", "UserId": "camille.durand"}
AlarmCreate = creating(
    Alarm,
    *("alarm_type", "perceived_severity", "probable_cause", "alarmed_object", "source_system_id", "state"),
    "alarm_raised_time",
    examples=[
        {
            "alarmType": "communicationsAlarm",
            "perceivedSeverity": "major",
            "probableCause": "lossOfSignal",
            "alarmedObject": {"id": "PON-1-1-5-10"},
            "sourceSystemId": "supervision",
            "state": "raised",
            "alarmRaisedTime": "2019-05-09T10:29:00+02:00",
        }
    ],
)
AcknowledgementCreate = creating(
    AlarmAcknowledgement,
    *("ack_system_id", "ack_user_id", "alarm_pattern"),
    examples=[{**{f"ack{key}": value for key, value in _WHO.items()}, "alarmPattern": _PATTERN}],
)
ClearingCreate = creating(
    AlarmClearing,
    *("clear_system_id", "clear_user_id", "alarm_cleared_time", "alarm_pattern"),
    examples=[
        {
            **{f"clear{key}": value for key, value in _WHO.items()},
            "alarmClearedTime": "2019-05-09T11:29:00+02:00",
            "alarmPattern": _PATTERN,
        }
    ],
)
CommentingCreate = creating(
    AlarmCommenting,
    *("comment", "alarm_pattern"),
    examples=[{"comment": {"comment": "Équipe sur place"}, "alarmPattern": _PATTERN}],
)
GroupingCreate = creating(
    AlarmGrouping,
    *("source_system_id", "alarm_changed_time", "parent_alarm", "correlated_alarm"),
    examples=[
        {
            "sourceSystemId": "supervision",
            "alarmChangedTime": "2019-05-09T10:29:00+02:00",
            "parentAlarm": {"id": "10"},
            "correlatedAlarm": [{"id": "20"}],
        }
    ],
)
