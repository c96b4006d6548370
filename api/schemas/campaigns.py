"""Campaigns as the API shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.asked import actions
from api.schemas.sent import Flag, Given, Number, Span
from api.services.campaigns import Report, suits_campaigns
from domain.campaign import Campaign, CampaignState, MemberOutcome, Pace, Plan, Selection


class SelectionIn(BaseModel):
    """Which accesses of the operator: those that match every criterion given."""

    model_config = ConfigDict(extra="forbid")

    model: Annotated[str, Field(max_length=64)] = ""
    firmware: Annotated[str, Field(max_length=64)] = ""
    olt: Annotated[str, Field(max_length=64)] = ""
    pon: Annotated[str, Field(max_length=32)] = ""
    limit: Annotated[int, Span(1, 100_000)] = 10_000


class PaceIn(BaseModel):
    """How it goes on."""

    model_config = ConfigDict(extra="forbid")

    canary: Annotated[int, Span(1, 1000)] = 5
    wave: Annotated[int, Span(1, 10_000)] = 50
    most_unhealthy: Annotated[Number, Field(ge=0, le=1)] = 0.05
    per_olt: Annotated[int, Span(1, 1000)] = 8
    at_once: Annotated[int, Span(1, 1000)] = 16
    in_window: Flag = False


class CampaignIn(BaseModel):
    """What is asked."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra=actions(
            {
                "action": "box_reboot",
                "reason": "Après mise à jour",
                "selection": {"limit": 100},
                "pace": {"canary": 2, "wave": 20},
            },
            suits_campaigns,
            secrets=False,
        ),
    )

    action: Annotated[str, Field(max_length=40)]
    parameters: dict[str, Given] = Field(default_factory=dict)
    reason: Annotated[str, Field(min_length=3, max_length=500)]
    selection: SelectionIn = Field(default_factory=SelectionIn)
    pace: PaceIn = Field(default_factory=PaceIn)

    def plan(self) -> Plan:
        """As the domain says it."""
        return Plan(
            self.action,
            self.reason,
            self.parameters,
            Selection(**self.selection.model_dump()),
            Pace(**self.pace.model_dump()),
        )


class CampaignOut(BaseModel):
    """A campaign."""

    campaign: str
    action: str
    reason: str
    account: str
    state: CampaignState
    stopped_by: str | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, one: Campaign) -> Self:
        """As kept."""
        return cls(
            campaign=one.campaign_id,
            action=one.plan.action,
            reason=one.plan.reason,
            account=one.account,
            state=one.state,
            stopped_by=one.stopped_by or None,
            created_at=one.created_at,
            updated_at=one.updated_at,
        )


class MemberOut(BaseModel):
    """One access of a campaign."""

    access: str
    wave: int
    outcome: MemberOutcome
    teleaction: str | None


class CampaignReport(CampaignOut):
    """A campaign, wave by wave and access by access; wave 0 is the canary."""

    waves: list[dict[str, int]]
    members: list[MemberOut]

    @classmethod
    def of(cls, report: Report) -> Self:  # type: ignore[override]  # of a report, not of a bare campaign
        """As it stands."""
        members = [
            MemberOut(
                access=str(one.id1),
                wave=one.wave,
                outcome=one.outcome,
                teleaction=None if one.number is None else str(one.number),
            )
            for one in report.members
        ]
        return cls(**CampaignOut.of(report.campaign).model_dump(), waves=report.waves, members=members)
