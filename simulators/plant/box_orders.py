"""Orders that boxes obey: restart, factory reset, new firmware, PPP reset. Each execution is written down.

A deaf box (fault ``box-deaf``) answers its ACS and does nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.identifiers import OntName
from simulators.plant.conditions import Conditions
from simulators.plant.sessions import ADMIN_RESET, Boxes
from simulators.plant.state import PlantState
from simulators.plant.timers import Timers

USER_REQUEST = "User-Request"  # RFC 2866 5.10


class OrderKind(StrEnum):
    """What a box was told to do."""

    REBOOT = "Reboot"
    FACTORY_RESET = "FactoryReset"
    FIRMWARE = "Download"
    PPP_RESET = "PppReset"
    SET = "SetParameterValues"
    UPLOAD = "Upload"
    SCHEDULE = "ScheduleInform"
    TEST = "Diagnostics"
    DISCONNECT = "Disconnect"  # of the BRAS: the box has no say
    FILTER = "Filter"  # of the BRAS too


@dataclass(frozen=True, slots=True)
class Executed:
    """One execution: when, by which box, what, with which CommandKey or ParameterKey."""

    at: datetime
    ont: OntName
    kind: OrderKind
    key: str


class Defect(StrEnum):
    """What is wrong with a firmware."""

    NONE = ""
    NO_PPP = "no-ppp"  # it starts, and opens no session
    HANGS = "hangs"  # it starts, and says nothing any more
    CORRUPT = "corrupt"  # the box refuses it


class BoxOrders:
    """Obeys, in the plant's own time.

    Attributes:
        restart_s: How long a box is off the network when it restarts, plant time.
        executed: Every execution, oldest first.
    """

    def __init__(self, state: PlantState, boxes: Boxes, timers: Timers, refresh: Callable[[OntName], datetime]) -> None:
        self.restart_s = 20.0  # C: short for a real box (one to three minutes)
        self.executed: list[Executed] = []
        self._state = state
        self._boxes = boxes
        self._timers = timers
        self._refresh = refresh
        self._restarting: set[OntName] = set()
        self._defects: dict[OntName, Defect] = {}

    def apply(self, wrong: Conditions) -> None:
        """Add what follows from the orders to what is wrong."""
        wrong.boxes_unpowered |= self._restarting
        for ont, defect in self._defects.items():
            if defect is Defect.NO_PPP:
                wrong.ppp_unanswered.add(ont)
            elif defect is Defect.HANGS:
                wrong.boxes_hung.add(ont)

    def deaf(self, ont: OntName) -> bool:
        """Whether that box answers and does nothing."""
        return self._state.boxes[ont].deaf

    def note(self, ont: OntName, kind: OrderKind, key: str, at: datetime) -> bool:
        """Write an execution down, unless the box is deaf; whether it obeys."""
        if self.deaf(ont):
            return False
        self.executed.append(Executed(at, ont, kind, key))
        return True

    def restart(self, ont: OntName, kind: OrderKind, key: str, at: datetime) -> bool:
        """Switch the box off for a while; whether it obeys."""
        if not self.note(ont, kind, key, at):
            return False
        self._restarting.add(ont)
        now = self._refresh(ont)
        self._timers.set(("restart", ont), now + timedelta(seconds=self.restart_s), lambda _at, _now: self._back(ont))
        return True

    def install(self, ont: OntName, version: str, defect: Defect, key: str, at: datetime) -> bool:
        """Start again with another firmware."""
        if self.deaf(ont):
            return False
        self._state.boxes[ont].firmware = version
        self._defects[ont] = defect
        return self.restart(ont, OrderKind.FIRMWARE, key, at)

    def reset_session(self, ont: OntName, kind: OrderKind, key: str, at: datetime, cause: str = USER_REQUEST) -> bool:
        """End the PPP session; the box opens another at once. Whether there was one and it obeys."""
        if self._state.boxes[ont].session_id is None or not self.note(ont, kind, key, at):
            return False
        self._boxes.hang_up(ont, at, cause)
        self._refresh(ont)
        return True

    def disconnect(self, ont: OntName, key: str, at: datetime) -> bool:
        """The BRAS closes the session; the box, deaf or not, opens another. Whether there was one."""
        if self._state.boxes[ont].session_id is None:
            return False
        self.executed.append(Executed(at, ont, OrderKind.DISCONNECT, key))
        self._boxes.hang_up(ont, at, ADMIN_RESET)
        self._refresh(ont)
        return True

    def filtered(self, ont: OntName, ports: frozenset[int], key: str, at: datetime) -> None:
        """The BRAS lets these TCP ports of the session through no more, and every other one."""
        self.executed.append(Executed(at, ont, OrderKind.FILTER, key))
        self._state.boxes[ont].ports_filtered = ports
        self._refresh(ont)

    def _back(self, ont: OntName) -> None:
        self._restarting.discard(ont)
        self._refresh(ont)
