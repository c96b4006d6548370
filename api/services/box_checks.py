"""What a line test has a box try by itself while its session is up: an address beyond the platform, and a name.

Only a box can tell "no Internet" or "names fail" behind a session that looks well. Each test is the box's own (TR-098,
TR-181), asked within the deadline of the line test; one that does not end in time stays unmeasured.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from domain import box_keys
from domain.box import KnownBox
from domain.box_actions import BoxFault, BoxOutcome, Diagnose, Diagnostic
from domain.metric import Metric, Readings
from domain.metrics.box import BOX_DNS_OK, BOX_PING_OK, BOX_PPP_STATUS, BOX_REACH
from domain.ports import BoxActions
from domain.reading import Reason, missing
from domain.states import PppStatus, Reach

_INVALID_NAME: Final = 9005  # TR-069 A.5.1: this box has no such test
_LEAST_S: Final = 1.0  # C: a test of two answers of one second does not end sooner
_TRIES: Final = 2
_ANSWER_MS: Final = 1000


@dataclass(frozen=True, slots=True)
class BoxChecks:
    """The checks.

    Attributes:
        actions: Who has boxes run tests.
        ping_target: Address beyond the platform, ``""``: no ping.
        dns_name: Name to look up, ``""``: no lookup.
    """

    actions: BoxActions
    ping_target: str = ""
    dns_name: str = ""

    @property
    def _tests(self) -> dict[Metric[bool], Diagnose]:
        found: dict[Metric[bool], Diagnose] = {}
        if self.ping_target:
            found[BOX_PING_OK] = Diagnose(Diagnostic.PING, self.ping_target, count=_TRIES, timeout_ms=_ANSWER_MS)
        if self.dns_name:
            found[BOX_DNS_OK] = Diagnose(Diagnostic.NSLOOKUP, self.dns_name, count=_TRIES, timeout_ms=_ANSWER_MS)
        return found

    def worth(self, readings: Readings, left_s: float) -> bool:
        """Whether they can tell something: the box answers, its session is up, and there is time."""
        answers = readings.value(BOX_REACH) is Reach.ANSWERED
        return answers and readings.value(BOX_PPP_STATUS) is PppStatus.CONNECTED and left_s >= _LEAST_S

    async def run(self, box: KnownBox, at: datetime, timeout_s: float) -> Readings:
        """What the box found, within ``timeout_s``; a check without result has the reason why."""
        tests = self._tests
        results = await asyncio.gather(
            *(self.actions.act(box, test, box_keys.check(at, test.test), timeout_s) for test in tests.values())
        )
        found = Readings()
        for metric, result in zip(tests, results, strict=True):
            if metric not in result.readings:
                told: dict[Metric[Any], Any] = {metric: missing(_why(result.outcome, result.fault), result.at)}
                found = found.merged(Readings(told))
            found = found.merged(result.readings)
        return found


def _why(outcome: BoxOutcome, fault: BoxFault | None) -> Reason:
    if fault is not None:
        return Reason.NOT_SUPPORTED if fault.code == _INVALID_NAME else Reason.ERROR
    return Reason.ERROR if outcome is BoxOutcome.FAILED else Reason.TIMEOUT
