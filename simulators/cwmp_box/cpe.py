"""What a box remembers between its sessions: its settings, the events to report, and when to speak."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from domain.identifiers import OntName
from simulators.agenda import next_instant, spread_phase
from simulators.cwmp_box.model import Settings
from simulators.cwmp_box.session import retry_delay
from simulators.plant.state import BoxState

BOOTSTRAP = "0 BOOTSTRAP"
BOOT = "1 BOOT"
PERIODIC = "2 PERIODIC"
SCHEDULED = "3 SCHEDULED"
VALUE_CHANGE = "4 VALUE CHANGE"
CONNECTION_REQUEST = "6 CONNECTION REQUEST"

Event = tuple[str, str]
"""An event code and its CommandKey, empty without one."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Cpe:
    """The CWMP side of one box. Instants are the plant's.

    Attributes:
        path: Path of its connection-request URL: random in look, stable.
        factory_login: Name and password that it tells an ACS as delivered.
        pending: Events not yet reported, with their CommandKeys, in no order.
        retry_count: Sessions that failed since the last good one.
        retry_at: When to try again after a failure.
        periodic_at: The next periodic Inform; ``None`` when the ACS has disabled it.
        informed: Set while the box has reported all that it had to.
        task: Its session, while there is one.
        after_boot: Events to report after the next start, with their keys.
        scheduled: Informs that an ACS asked for: when, and their CommandKey.
        told: What an ACS was told last of each parameter that it wants to be told of.
        transfers: TransferComplete messages to send.
        udp_address: Where a STUN server sees it, behind its NAT.
    """

    ont: OntName
    path: str
    factory_login: tuple[str, str] = field(default=("", ""), repr=False)
    settings: Settings = field(default_factory=Settings)
    pending: set[Event] = field(default_factory=set)
    retry_count: int = 0
    retry_at: datetime | None = None
    periodic_at: datetime | None = None
    informed: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None
    after_boot: set[Event] = field(default_factory=set)
    scheduled: list[tuple[datetime, str]] = field(default_factory=list)
    told: dict[str, str] = field(default_factory=dict)
    transfers: list[str] = field(default_factory=list)
    udp_address: str = ""

    @property
    def in_session(self) -> bool:
        """Whether a session runs or waits for its turn."""
        return self.task is not None and not self.task.done()

    def __post_init__(self) -> None:
        self.settings = self._as_delivered()

    @property
    def events(self) -> list[Event]:
        """Pending events in the order of their codes."""
        return sorted(self.pending)

    def awaits(self, code: str) -> bool:
        """Whether an event of that code waits to be reported."""
        return any(pending == code for pending, _ in self.pending)

    def report(self, *codes: str) -> None:
        """Have events to report, at once: what waited for a retry goes with them."""
        self.report_keyed(*((code, "") for code in codes))

    def report_keyed(self, *events: Event) -> None:
        """The same, with their CommandKeys."""
        self.pending.update(events)
        self.retry_at = None

    def reboot(self) -> None:
        """Forget what a box keeps in memory only (TR-069 3.2.1.1: retries start again, requests are void)."""
        self.pending &= {(BOOTSTRAP, "")}
        self.retry_count = 0
        self.report_keyed((BOOT, ""), *self.after_boot)
        self.after_boot = set()

    def factory_reset(self) -> None:
        """Start again as delivered: its next Inform is a first contact."""
        self.settings = self._as_delivered()
        self.pending.clear()
        self.scheduled.clear()
        self.told.clear()
        self.informed.clear()
        self.retry_count = 0
        self.report(BOOTSTRAP, BOOT)

    def accepted(self, events: list[Event]) -> None:
        """The ACS has taken an Inform with these events."""
        self.pending.difference_update(events)
        self.retry_count = 0
        self.retry_at = None

    def fall_due(self, box: BoxState, now: datetime) -> None:
        """Have to report what was planned for an instant that has come."""
        if self.periodic_at is not None and self.periodic_at <= now:
            self.pending.add((PERIODIC, ""))
            self.plan_periodic(box, now)
        for entry in [entry for entry in self.scheduled if entry[0] <= now]:
            self.scheduled.remove(entry)
            self.pending |= {(SCHEDULED, entry[1]), ("M ScheduleInform", entry[1])}

    def _as_delivered(self) -> Settings:
        username, password = self.factory_login
        return Settings(acs_username=username, acs_password=password)

    def failed(self, box: BoxState, now: datetime) -> None:
        """The ACS has not taken the Inform: wait as the table of TR-069 says."""
        self.retry_count += 1
        self.retry_at = now + retry_delay(str(box.device), self.retry_count)

    def plan_periodic(self, box: BoxState, now: datetime) -> None:
        """Find the next periodic Inform after ``now``; those missed until then are one, or none."""
        if not self.settings.periodic_inform_enable:
            self.periodic_at = None
            return
        interval = timedelta(seconds=self.settings.periodic_inform_interval_s or box.periodic_inform_s)
        reference = self.settings.periodic_inform_time
        phase = spread_phase(str(box.device), interval) if reference is None else (reference - _EPOCH) % interval
        self.periodic_at = next_instant(now, interval, phase)

    def next_speech(self, now: datetime) -> datetime | None:
        """When the box speaks next, if ever."""
        if self.pending:
            return self.retry_at or now
        return min((at for at in (self.periodic_at, *(at for at, _ in self.scheduled)) if at), default=None)


def request_path(box: BoxState) -> str:
    """The path of a box's connection-request URL."""
    digest = hashlib.sha256(f"connection request {box.device}".encode()).digest()
    return "/" + base64.b32encode(digest[:10]).decode().lower()
