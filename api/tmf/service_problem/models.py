"""Documents of TMF656 v4."""

from __future__ import annotations

from api.schemas.sent import Instant, Whole
from api.tmf.kernel.models import Characteristic, Document, Note, Part, Ref, Related, RelatedEntity, creating


class TrackingRecord(Part):
    """One line of the history."""

    id: str | None = None
    description: str | None = None
    system_id: str | None = None
    time: Instant | None = None
    user: str | None = None


class ServiceProblem(Document):
    """A collective incident."""

    name: str | None = None
    category: str | None = None
    description: str | None = None
    reason: str | None = None
    priority: Whole | None = None
    status: str | None = None
    status_change_date: Instant | None = None
    status_change_reason: str | None = None
    creation_date: Instant | None = None
    last_update: Instant | None = None
    resolution_date: Instant | None = None
    originating_system: str | None = None
    problem_escalation: str | None = None
    impact_importance_factor: str | None = None
    affected_number_of_services: Whole | None = None
    affected_service: list[Ref] | None = None
    affected_resource: list[Ref] | None = None
    affected_location: list[Part] | None = None
    root_cause_resource: list[Ref] | None = None
    root_cause_service: list[Ref] | None = None
    characteristic: list[Characteristic] | None = None
    external_identifier: list[Ref] | None = None
    first_alert: RelatedEntity | None = None
    note: list[Note] | None = None
    originator_party: Related | None = None
    responsible_party: Related | None = None
    related_party: list[Related] | None = None
    related_entity: list[RelatedEntity] | None = None
    related_event: list[Ref] | None = None
    parent_problem: list[Ref] | None = None
    underlying_problem: list[Ref] | None = None
    underlying_alarm: list[Ref] | None = None
    trouble_ticket: list[Ref] | None = None
    tracking_record: list[TrackingRecord] | None = None


class ProblemAcknowledgement(Document):
    """Problems to acknowledge, or no more."""

    problem: list[Ref] | None = None
    ack_problem: list[Ref] | None = None
    unack_problem: list[Ref] | None = None
    tracking_record: TrackingRecord | None = None


class ProblemGrouping(Document):
    """Problems that are part of another, or no more."""

    parent_problem: Ref | None = None
    child_problem: list[Ref] | None = None


class ProblemEvent(Document):
    """Something that happened to a problem."""

    event_time: Instant | None = None
    event_type: str | None = None
    record_time: Instant | None = None
    service_problem: Ref | None = None


_SOME = [{"id": "INC-190509-7F3A2C"}]
ServiceProblemCreate = creating(
    ServiceProblem,
    *("category", "priority", "description", "reason", "originator_party"),
    unheard="status",
    examples=[
        {
            "category": "Serviceability",
            "priority": 2,
            "description": "Plus de service sur un PBO",
            "reason": "coupure",
            "originatorParty": {"id": "397480930", "@referredType": "Organization"},
        }
    ],
)
AcknowledgementCreate = creating(ProblemAcknowledgement, "problem", examples=[{"problem": _SOME}])
GroupingCreate = creating(
    ProblemGrouping,
    *("parent_problem", "child_problem"),
    examples=[{"parentProblem": _SOME[0], "childProblem": [{"id": "INC-190509-7F3A2D"}]}],
)
