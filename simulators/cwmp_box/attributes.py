"""Which parameters a box tells of when they change (TR-069 A.3.2.4, 3.7.1.5), and what it told of each last."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Final

from domain.identifiers import OntName
from simulators.agenda import Agenda
from simulators.cwmp_box.model import Facts, Settings
from simulators.cwmp_box.soap import Value
from simulators.cwmp_box.tables import BoxTree
from simulators.plant.ports import PlantClock

OFF, PASSIVE, ACTIVE = range(3)  # A.3.2.4: Notification

_LOOK_EVERY: Final = timedelta(seconds=5)  # C: how often the stack of a box compares what it tells of, plant time
_ALWAYS: Final = (
    "DeviceInfo.SoftwareVersion", "DeviceInfo.ProvisioningCode", "ManagementServer.ConnectionRequestURL",
    "ManagementServer.UDPConnectionRequestAddress", "WANPPPConnection.1.ExternalIPAddress",
)  # fmt: skip
"""Parameters whose active notification is always on (TR-098 1.8, TR-181 2)."""
_NEVER_ACTIVE: Final = ("DeviceInfo.UpTime", ".Uptime", ".LastChange", "ChannelUtilization")
"""Those of which a box only tells passively: they change all the time (TR-069 A.3.2.4, fault 9009)."""


def level(settings: Settings, name: str) -> int:
    """The notification in force of a parameter."""
    return ACTIVE if name.endswith(_ALWAYS) else settings.notifications.get(name, OFF)


def refused(name: str, wanted: int) -> bool:
    """Whether a box cannot tell of that parameter so."""
    return (name.endswith(_ALWAYS) and wanted != ACTIVE) or (name.endswith(_NEVER_ACTIVE) and wanted == ACTIVE)


def changed(told: Mapping[str, str], tree: BoxTree, facts: Facts, levels: Sequence[int]) -> list[Value]:
    """What has another value than the one told last, of the parameters with one of these notifications."""
    found = []
    for name, wanted in facts.settings.notifications.items():
        parameter = tree.get(name) if wanted in levels else None
        if parameter is not None and name in told and (now := parameter.read(facts)) != told[name]:
            found.append(Value(name, now, parameter.kind))
    return found


def noted(told: Mapping[str, str], tree: BoxTree, facts: Facts, again: Sequence[str]) -> dict[str, str]:
    """What was told of each parameter: of those newly watched, and of ``again``, what they are now."""
    watched = {name: tree.get(name) for name, wanted in facts.settings.notifications.items() if wanted != OFF}
    return {
        name: told[name] if name in told and name not in again else parameter.read(facts)
        for name, parameter in watched.items()
        if parameter is not None
    }


class Watch:
    """Has boxes look at what they tell of actively, in plant time. Those that watch nothing cost nothing.

    Args:
        clock: The plant's.
        look: Looks at a box; whether it has to look again.
    """

    def __init__(self, clock: PlantClock, look: Callable[[OntName], bool]) -> None:
        self._clock = clock
        self._look = look
        self._agenda: Agenda[OntName] = Agenda(clock)

    def follow(self, ont: OntName, settings: Settings) -> None:
        """Watch a box, if it has something to tell of actively."""
        if ACTIVE not in settings.notifications.values():
            self._agenda.drop(ont)
        elif self._agenda.instant(ont) is None:
            self._agenda.plan(ont, self._clock.now() + _LOOK_EVERY)

    async def run(self) -> None:
        """Look, until cancelled."""
        while True:
            for ont in await self._agenda.due():
                if self._look(ont):
                    self._agenda.plan(ont, self._clock.now() + _LOOK_EVERY)
