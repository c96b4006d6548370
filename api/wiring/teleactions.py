"""Téléactions of the running service: the worker and what it acts through."""

from __future__ import annotations

from dataclasses import dataclass

from api.clock import Time
from api.events import ProgressBus
from api.services.announcing import of_teleaction
from api.services.campaigns import CampaignService
from api.services.firmwares import Firmwares
from api.services.heard import Ears
from api.services.linetest import LineTest
from api.services.port25 import Port25Desk
from api.services.probing import Finder, Probe
from api.services.teleactions import TeleactionService, follower
from api.settings import Settings
from api.signalisation.service import TicketService
from api.wiring.collection import Collection
from api.wiring.core import Core
from api.wiring.sessions import nas_sessions, port25_filters
from diagnostics.ruleset import Ruleset
from domain.ports import BoxActions, OltActions
from domain.teleaction_ports import IncidentsKnown
from storage.records import Records
from teleactions.doing import Hands
from teleactions.runner import Runner
from teleactions.window import Window
from teleactions.worker import Worker


@dataclass(frozen=True, slots=True)
class Acting:
    """What acts on the network.

    Attributes:
        service: What users see.
        campaigns: The same on many accesses; it must be run.
        worker: What carries jobs out; it must be run.
        port25: What has orders about port 25 carried out; it must be run.
    """

    service: TeleactionService
    campaigns: CampaignService
    worker: Worker
    port25: Port25Desk


def acting(  # noqa: PLR0913 - the composition root passes each part by name
    *,
    settings: Settings,
    clock: Time,
    records: Records,
    line_test: LineTest,
    ruleset: Ruleset,
    ears: Ears,
    boxes: BoxActions,
    olts: OltActions | None,
    bus: ProgressBus,
    incidents: IncidentsKnown,
    tickets: TicketService,
) -> Acting:
    """Wire the runner, its worker and the service."""

    def ended() -> None:
        campaigns.wake()  # they are made below
        port25.wake()

    follow = follower(bus, ended)
    window = Window.parse(settings.maintenance_window)
    records.teleaction_news.telling = of_teleaction
    runner = Runner(
        jobs=records.jobs,
        finder=Finder(records),
        probe=Probe(line_test, ruleset),
        ear=ears,
        hands=Hands(
            boxes,
            olts,
            records.network.olt,
            Firmwares.load(settings.firmware_catalogue),
            nas_sessions(settings, clock, records),
        ),
        incidents=incidents,
        history=records.teleactions,
        clock=clock,
        follow=follow,
        window=window,
        patience=settings.teleaction_patience,
    )
    worker = Worker(records.jobs, runner, clock, clock, settings.max_running_teleactions)
    service = TeleactionService(records, runner, follow, clock, worker.wake, window)
    campaigns = CampaignService(records, service, clock, window)
    port25 = Port25Desk(records, tickets, service, enabled=port25_filters(settings) is not None)
    tickets.carrier = port25
    return Acting(service, campaigns, worker, port25)


async def act(
    core: Core,
    reading: Collection,
    ears: Ears,
    boxes: BoxActions,
    line_test: LineTest,
    incidents: IncidentsKnown,
    tickets: TicketService,
) -> Acting:
    """The téléactions of the service, carried out from now on."""
    await core.records.jobs.take_over()  # this service alone holds the records
    acts = acting(
        settings=core.settings,
        clock=core.clock,
        records=core.records,
        line_test=line_test,
        ruleset=core.ruleset,
        ears=ears,
        boxes=boxes,
        olts=reading.actions,
        bus=core.bus,
        incidents=incidents,
        tickets=tickets,
    )
    core.spawn(acts.port25.run())
    core.spawn(acts.worker.run())
    core.spawn(acts.campaigns.run())
    return acts
