"""A line test has the box try the Internet by itself, where that can tell something and in the time that is left."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from api.bootstrap import running
from api.clock import WallTime
from api.services.box_checks import BoxChecks
from api.settings import Settings
from domain.access import Access, TestName
from domain.box_actions import BoxFault, BoxOutcome, BoxResult, Diagnose, Diagnostic
from domain.identifiers import Id1
from domain.metric import Readings
from domain.metrics.box import BOX_DNS_OK, BOX_PING_OK, BOX_PPP_STATUS, BOX_REACH
from domain.principal import Principal, Right
from domain.reading import Reason, Source, known
from domain.states import PppStatus, Reach
from storage.operators import Operator
from tests.collectors.boxes_support import DEVICE, IGD, NOW, TREE_098, Box
from tests.storage.samples import put_access

WHO = Principal("A", "support", frozenset(Right))
PING = IGD + "IPPingDiagnostics."
LOOKUP = IGD + "NSLookupDiagnostics."


class Pinging(Box):
    """A box whose tests end at once, with the results in its tree."""

    def _set_values(self, request: str) -> str:
        answer = super()._set_values(request)
        for path in (PING, LOOKUP):
            if self.tree.get(path + "DiagnosticsState") == "Requested":
                self.tree[path + "DiagnosticsState"] = "Complete"
        return answer

    async def session(self, *events: str) -> list[int]:
        before = len(self.rpcs)
        statuses = await super().session(*events)
        if "SetParameterValues" in self.rpcs[before:] and "0 BOOTSTRAP" not in events:
            await super().session("8 DIAGNOSTICS COMPLETE")
        return statuses


@pytest.mark.parametrize(("pings", "names"), [("2", "0"), ("0", "0"), ("2", "2")])
async def test_a_global_test_learns_from_the_box_whether_addresses_and_names_answer(
    tmp_path: Path, pings: str, names: str
) -> None:
    tree = dict(TREE_098) | {
        PING + "DiagnosticsState": "None", PING + "Host": "", PING + "SuccessCount": pings,
        LOOKUP + "DiagnosticsState": "None", LOOKUP + "HostName": "", LOOKUP + "SuccessCount": names,
    }  # fmt: skip
    settings = Settings.ephemeral(tmp_path).model_copy(
        update={"box_ping_target": "203.0.113.1", "box_dns_name": "portail.example", "test_deadline_s": 20.0}
    )
    async with running(settings, WallTime()) as service:
        await service.records.operators.put(Operator("A", "A"))
        access = Access("A", Id1("F00000015"), None, "MB FTTH", "FTTHMB1P", None, box=DEVICE)
        await put_access(service.records, WHO, access)
        async with Pinging(f"http://127.0.0.1:{service.acs_port}/", tree=tree).listening() as box:
            await box.session("0 BOOTSTRAP")
            line = service.diagnoses._line_test
            told = (await line.snapshot(access, TestName.GLOBAL, lambda _: None)).readings
            quiet = (await line.snapshot(access, TestName.BOX, lambda _: None)).readings
    assert told.value(BOX_PING_OK) is (pings != "0")
    assert told.value(BOX_DNS_OK) is (names != "0")
    assert told[BOX_PING_OK].at is not None
    assert tree[PING + "Host"] == "203.0.113.1"
    # Infos Box asks for no test: it shows what was found a moment ago, as stored
    assert quiet[BOX_PING_OK].at == told[BOX_PING_OK].at


class Answering:
    """`BoxActions` that answer what they are told to."""

    def __init__(self, *results: BoxResult) -> None:
        self.results = list(results)
        self.asked: list[Diagnose] = []

    async def act(self, box: Any, action: Any, key: str, timeout_s: float) -> BoxResult:
        self.asked.append(action)
        return self.results.pop(0)

    async def settle(self, *_: Any) -> BoxResult:
        raise AssertionError


def _result(outcome: BoxOutcome, fault: int = 0) -> BoxResult:
    return BoxResult(outcome, NOW, Source(), fault=BoxFault(fault) if fault else None)


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        (_result(BoxOutcome.FAILED, 9005), Reason.NOT_SUPPORTED),
        (_result(BoxOutcome.FAILED, 9002), Reason.ERROR),
        (_result(BoxOutcome.UNKNOWN), Reason.TIMEOUT),
        (_result(BoxOutcome.NOT_SENT), Reason.TIMEOUT),
    ],
)
async def test_a_check_without_result_says_why(result: BoxResult, reason: Reason) -> None:
    actions = Answering(result)
    found = await BoxChecks(actions, dns_name="portail.example").run(None, NOW, 3)  # type: ignore[arg-type]  # no box is asked here
    assert found[BOX_DNS_OK].reason is reason
    assert BOX_PING_OK not in found
    assert [action.test for action in actions.asked] == [Diagnostic.NSLOOKUP]


def _readings(reach: Reach, ppp: PppStatus) -> Readings:
    return Readings({BOX_REACH: known(reach, NOW, Source()), BOX_PPP_STATUS: known(ppp, NOW, Source())})


@pytest.mark.parametrize(
    ("readings", "left_s", "worth"),
    [
        (_readings(Reach.ANSWERED, PppStatus.CONNECTED), 3.0, True),
        (_readings(Reach.ANSWERED, PppStatus.CONNECTED), 0.5, False),
        (_readings(Reach.ANSWERED, PppStatus.CONNECTING), 3.0, False),
        (_readings(Reach.SILENT, PppStatus.CONNECTED), 3.0, False),
        (Readings(), 3.0, False),
    ],
)
def test_checks_are_worth_their_time_only_when_box_and_session_are_there(
    readings: Readings, left_s: float, worth: bool
) -> None:
    assert BoxChecks(Answering(), "203.0.113.1").worth(readings, left_s) is worth
