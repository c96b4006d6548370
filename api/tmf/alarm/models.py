"""Documents of TMF642 v4."""

from __future__ import annotations

from pydantic import AwareDatetime, ConfigDict

from api.tmf.kernel.models import Document, Part, Ref, creating


class AlarmedObject(Part):
    """What an alarm is about."""

    id: str | None = None
    href: str | None = None


class Comment(Part):
    """What somebody said of an alarm."""

    comment: str | None = None
    system_id: str | None = None
    user_id: str | None = None
    time: AwareDatetime | None = None


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
    alarm_raised_time: AwareDatetime | None = None
    alarm_reporting_time: AwareDatetime | None = None
    alarm_changed_time: AwareDatetime | None = None
    alarm_cleared_time: AwareDatetime | None = None
    alarm_escalation: bool | None = None
    is_root_cause: bool | None = None
    service_affecting: bool | None = None
    planned_outage_indicator: str | None = None
    proposed_repaired_actions: str | None = None
    affected_service: list[AlarmedObject] | None = None
    comment: list[Comment] | None = None
    correlated_alarm: list[Ref] | None = None
    parent_alarm: list[Ref] | None = None
    place: list[Place] | None = None


class Alarm(Document, _Alarm):
    """Something that is wrong now, or was a moment ago. ``id`` is a whole number."""

    model_config = ConfigDict(coerce_numbers_to_str=True)


class Pattern(_Alarm):
    """Which alarms: those that have every attribute given."""

    model_config = ConfigDict(coerce_numbers_to_str=True)

    id: str | None = None


class AlarmRef(Part):
    """An alarm, by its identifier."""

    model_config = ConfigDict(coerce_numbers_to_str=True)

    id: str


class _Task(Document):
    state: str | None = None
    alarm_pattern: list[Pattern] | None = None


class Acknowledgement(_Task):
    """Alarms to acknowledge, or no more."""

    ack_system_id: str | None = None
    ack_user_id: str | None = None
    ack_time: AwareDatetime | None = None


class Clearing(_Task):
    """Alarms to clear."""

    clear_system_id: str | None = None
    clear_user_id: str | None = None
    alarm_cleared_time: AwareDatetime | None = None


class Commenting(_Task):
    """Alarms to comment."""

    comment: Comment | None = None


class Grouping(Document):
    """Alarms that follow from another, or no more."""

    state: str | None = None
    source_system_id: str | None = None
    alarm_changed_time: AwareDatetime | None = None
    parent_alarm: AlarmRef | None = None
    correlated_alarm: list[AlarmRef] | None = None


AlarmCreate = creating(
    Alarm,
    *("alarm_type", "perceived_severity", "probable_cause", "alarmed_object", "source_system_id", "state"),
    "alarm_raised_time",
)
AcknowledgementCreate = creating(Acknowledgement, "ack_system_id", "ack_user_id", "alarm_pattern")
ClearingCreate = creating(Clearing, "clear_system_id", "clear_user_id", "alarm_cleared_time", "alarm_pattern")
CommentingCreate = creating(Commenting, "comment", "alarm_pattern")
GroupingCreate = creating(Grouping, "source_system_id", "alarm_changed_time", "parent_alarm", "correlated_alarm")
