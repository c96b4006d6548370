"""Campaigns: choosing accesses, going on by waves, pausing, reporting."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from api.clock import Time
from api.services.teleactions import Request, TeleactionService
from domain.access import Access
from domain.box import KnownBox
from domain.campaign import Campaign, CampaignState, Member, MemberOutcome, Plan, Selection
from domain.errors import ConflictError, InvalidValueError
from domain.metrics.box import BOX_FIRMWARE, BOX_MODEL
from domain.principal import Principal
from domain.teleaction import ActionState, RefusedError, TargetKind, TeleactionRecord
from storage.records import Records
from teleactions.campaigns import next_step
from teleactions.catalogue import spec_of
from teleactions.spec import Spec
from teleactions.window import Window

_log = structlog.get_logger(__name__)

LOOK_AGAIN = timedelta(seconds=60)
"""How often a campaign looks at what nothing told it of (C): targets busy with something else, the window."""


@dataclass(frozen=True, slots=True)
class Report:
    """Where a campaign stands: its accesses, counted by wave and outcome."""

    campaign: Campaign
    members: tuple[Member, ...]

    @property
    def waves(self) -> list[dict[str, int]]:
        """Of each wave, how many accesses had each outcome."""
        found: dict[int, Counter[str]] = {}
        for member in self.members:
            found.setdefault(member.wave, Counter())[member.outcome.value] += 1
        return [{"wave": wave, **found[wave]} for wave in sorted(found)]


def suits_campaigns(spec: Spec) -> bool:
    """Whether a téléaction may be asked of many accesses at once."""
    return spec.target is not TargetKind.PON and not spec.confirmations


class CampaignService:
    """Creates campaigns and drives those that run. Every call carries the principal who asks."""

    def __init__(self, records: Records, teleactions: TeleactionService, clock: Time, window: Window) -> None:
        self._records = records
        self._teleactions = teleactions
        self._clock = clock
        self._window = window
        self._news = asyncio.Event()

    async def create(self, who: Principal, plan: Plan) -> Report:
        """Choose the accesses and begin; raises `InvalidValueError` when nothing matches."""
        spec = spec_of(plan.action)
        who.require(spec.right)
        if not suits_campaigns(spec):
            raise ConflictError("teleaction", spec.name, "it is not for campaigns")
        plan = replace(plan, parameters=spec.parse(plan.parameters))
        if spec.shown(plan.parameters) != dict(plan.parameters):
            raise ConflictError("teleaction", spec.name, "it is not for campaigns")  # one secret for all is no secret
        chosen = await self.selected(who, plan.selection)
        if not chosen:
            raise InvalidValueError("selection", "", "criteria that some access matches")
        members = [
            Member(access.id1, plan.pace.wave_of(place), "" if access.place is None else access.place.olt)
            for place, access in enumerate(chosen)
        ]
        campaign = await self._records.campaigns.create(who, plan, members, self._clock.now())
        self.wake()
        return Report(campaign, tuple(members))

    async def selected(self, who: Principal, selection: Selection) -> list[Access]:
        """The accesses of the operator that match, by ID1."""
        found: list[Access] = []
        for access in await self._records.accesses.list(who):
            if not _placed(access, selection):
                continue
            if selection.model or selection.firmware:
                box = await self._records.boxes.of_access(access)
                if box is None or not _fits(box, selection):
                    continue
            found.append(access)
            if len(found) >= selection.limit:
                break
        return found

    async def report(self, who: Principal, name: str) -> Report:
        """Where a campaign stands."""
        campaign = await self._records.campaigns.get(who, name)
        who.require(spec_of(campaign.plan.action).right)
        return Report(campaign, tuple(await self._records.campaigns.members(who, name)))

    async def all(self, who: Principal) -> list[Campaign]:
        """The campaigns of the operator whose téléaction the account may ask for."""
        return [one for one in await self._records.campaigns.list(who) if who.may(spec_of(one.plan.action).right)]

    async def pause(self, who: Principal, name: str) -> Report:
        """Ask for nothing more; what is under way ends."""
        return await self._change(who, name, CampaignState.RUNNING, CampaignState.PAUSED)

    async def resume(self, who: Principal, name: str) -> Report:
        """Go on where it was paused."""
        return await self._change(who, name, CampaignState.PAUSED, CampaignState.RUNNING)

    async def cancel(self, who: Principal, name: str) -> Report:
        """End it for good."""
        campaign = (await self.report(who, name)).campaign
        return await self._change(who, name, campaign.state, CampaignState.CANCELLED)

    async def _change(self, who: Principal, name: str, of: CampaignState, to: CampaignState) -> Report:
        await self.report(who, name)
        if of.final:
            raise ConflictError("campaign", name, "it is over")
        await self._records.campaigns.change(who, name, of, to, self._clock.now())
        self.wake()
        return await self.report(who, name)

    # Driving

    def wake(self) -> None:
        """A téléaction has ended, or a campaign has changed."""
        self._news.set()

    async def run(self) -> None:
        """Drive the campaigns that run, for ever."""
        while True:
            self._news.clear()
            try:
                await self._drive_all()
            except Exception as error:  # noqa: BLE001 - the boundary: the records will answer again
                _log.error("campaigns not driven", error=type(error).__name__, exc_info=error)
            waits: list[asyncio.Task[object]] = [
                asyncio.create_task(self._news.wait()),
                asyncio.create_task(self._until(self._clock.now() + LOOK_AGAIN)),
            ]
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for wait in waits:
                    wait.cancel()

    async def _until(self, instant: datetime) -> None:
        await self._clock.until(instant)

    async def _drive_all(self) -> None:
        for campaign in await self._records.campaigns.running():
            try:
                await self._drive(campaign)
            except Exception as error:  # noqa: BLE001 - the boundary: it is driven again a little later
                _log.error("campaign failed", campaign=campaign.campaign_id, error=type(error).__name__)

    async def _drive(self, campaign: Campaign) -> None:
        spec = spec_of(campaign.plan.action)
        who = Principal(campaign.operator_id, campaign.account, frozenset({spec.right}))
        members = await self._records.campaigns.members(who, campaign.campaign_id)
        members = [await self._brought_up_to_date(who, campaign, member) for member in members]
        step = next_step(campaign.plan.pace, members)
        now = self._clock.now()
        if step.stop or step.done:
            to = CampaignState.STOPPED if step.stop else CampaignState.DONE
            await self._records.campaigns.change(who, campaign.campaign_id, campaign.state, to, now, step.stop)
            _log.info("campaign", campaign=campaign.campaign_id, state=to.value, why=step.stop)
            return
        if campaign.plan.pace.in_window and not self._window.contains(now):
            return
        for member in step.ask:
            await self._ask(who, campaign, member)

    async def _brought_up_to_date(self, who: Principal, campaign: Campaign, member: Member) -> Member:
        if member.outcome is not MemberOutcome.ASKED or member.number is None:
            return member
        outcome = _outcome(await self._records.teleactions.get(who, member.number))
        if outcome is not member.outcome:
            await self._records.campaigns.noted(who, campaign.campaign_id, member.id1, outcome)
        return replace(member, outcome=outcome)

    async def _ask(self, who: Principal, campaign: Campaign, member: Member) -> None:
        """Ask once, whatever happens in between: the key is the access's within the campaign."""
        name, plan = campaign.campaign_id, campaign.plan
        asked = Request(plan.action, plan.parameters, plan.reason, f"campaign {name}", campaign=name)
        try:
            record, _ = await self._teleactions.ask(who, member.id1, asked, f"{name}-{member.id1}")
        except RefusedError:
            await self._records.campaigns.noted(who, name, member.id1, MemberOutcome.REFUSED)
            self.wake()
            return
        except ConflictError:
            return  # busy with something else: asked again a little later
        await self._records.campaigns.noted(who, name, member.id1, MemberOutcome.ASKED, record.number)


def _outcome(record: TeleactionRecord) -> MemberOutcome:
    if not record.state.final:
        return MemberOutcome.ASKED
    if record.state in (ActionState.REFUSED, ActionState.CANCELLED):
        return MemberOutcome.REFUSED
    healthy = record.state is ActionState.DONE and record.effect is not None and record.effect.healthy
    return MemberOutcome.HEALTHY if healthy else MemberOutcome.UNHEALTHY


def _placed(access: Access, selection: Selection) -> bool:
    if not selection.olt and not selection.pon:
        return True
    place = access.place
    if place is None:
        return False
    return selection.olt in ("", place.olt) and selection.pon in ("", str(place.ont.pon_name))


def _fits(box: KnownBox, selection: Selection) -> bool:
    model, firmware = box.readings.value(BOX_MODEL), box.readings.value(BOX_FIRMWARE)
    return selection.model in ("", model) and selection.firmware in ("", firmware)
