"""What is known of the platform out of probes: a silence accuses nobody by itself."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from collectors.platform import prober as module
from collectors.platform.asking import Asked
from collectors.platform.flows import Through, judged
from collectors.platform.judging import affected, answered, readings, works
from collectors.platform.prober import Pace, PlatformProber
from domain.clock import FixedClock
from domain.identifiers import OntName
from domain.metric import Readings
from domain.metrics.platform import (
    PLATFORM_DNS_OK,
    PLATFORM_LNS_OK,
    PLATFORM_RADIUS_OK,
    RADIUS_REJECT_PERCENT,
    RADIUS_TIMEOUT_PERCENT,
)
from domain.platform import Answer, AuthWindow, Losses, Lost, Probed, ProbeKind, ProbeTarget
from domain.reading import Quality, Reason, Source, Via, known
from domain.states import Flow

NOW = datetime(2019, 5, 9, 8, tzinfo=UTC)
RADIUS = Probed(ProbeKind.RADIUS, "radius-1", Answer.WORKS, NOW, heard_at=NOW)
DNS = Probed(ProbeKind.RESOLVER, "resolver-1", Answer.WORKS, NOW, heard_at=NOW)
LNS = Probed(ProbeKind.LNS, "lns-1", Answer.REFUSES, NOW, heard_at=NOW)


def silent(one: Probed, **change: object) -> Probed:
    return replace(one, answer=Answer.SILENT, **change)  # type: ignore[arg-type]  # fields of a dataclass


def test_a_silence_counts_once_the_target_has_answered_and_while_another_does() -> None:
    assert works(silent(RADIUS), [silent(RADIUS), DNS]) is False
    assert works(silent(RADIUS, heard_at=None), [DNS]) is None
    assert works(silent(RADIUS), [silent(RADIUS), silent(DNS)]) is None
    assert works(replace(RADIUS, answer=Answer.UNSENT), [DNS]) is None


def test_a_closed_port_is_a_silence_and_refusals_are_no_witnesses() -> None:
    closed = replace(RADIUS, answer=Answer.CLOSED)
    assert works(closed, [closed, DNS]) is False
    assert works(closed, [closed, replace(DNS, answer=Answer.CLOSED), LNS]) is None  # a firewall answers for all


@pytest.mark.parametrize(("kind", "expected"), [(LNS, True), (replace(DNS, answer=Answer.REFUSES), None)])
def test_a_refusal_proves_that_a_machine_is_there_and_not_that_it_resolves(kind: Probed, expected: bool | None) -> None:
    assert works(kind, [RADIUS]) is expected


def test_one_name_server_of_two_is_enough_and_two_that_fail_are_a_fault() -> None:
    other = replace(DNS, name="resolver-2")
    assert readings([DNS, silent(other), RADIUS]).value(PLATFORM_DNS_OK) is True
    assert readings([silent(DNS), silent(other), RADIUS]).value(PLATFORM_DNS_OK) is False
    half = readings([silent(DNS), silent(other, heard_at=None), RADIUS])
    assert (half[PLATFORM_DNS_OK].value, half[PLATFORM_DNS_OK].reason) == (None, Reason.NEVER_SEEN)


def test_what_is_not_probed_is_not_spoken_of() -> None:
    found = readings([RADIUS])
    assert PLATFORM_LNS_OK not in found
    assert found.value(PLATFORM_RADIUS_OK) is True
    assert len(readings([])) == 0


def test_time_outs_are_counted_of_servers_that_are_known_to_answer() -> None:
    found = readings([replace(RADIUS, asked=8, unheard=2), silent(RADIUS, name="radius-2", heard_at=None, asked=8)])
    assert found.value(RADIUS_TIMEOUT_PERCENT) == 25.0
    assert RADIUS_TIMEOUT_PERCENT not in readings([silent(RADIUS, heard_at=None)])


@pytest.mark.parametrize(
    ("found", "direct", "expected"),
    [
        (Through.OPENED, None, Flow.OK),
        (Through.RULE, None, Flow.BLOCKED),
        (Through.SILENT, Answer.WORKS, Flow.BLOCKED),
        (Through.SILENT, Answer.SILENT, None),  # the server is dead for everybody
        (Through.SILENT, None, Flow.FAILED),
        (Through.REFUSED, Answer.WORKS, Flow.BLOCKED),  # reset on the way
        (Through.REFUSED, Answer.REFUSES, Flow.REFUSED),  # the server itself
        (Through.NO_RELAY, Answer.WORKS, None),
    ],
)
def test_a_flow_is_judged_by_what_the_platform_itself_reaches(
    found: Through, direct: Answer | None, expected: Flow | None
) -> None:
    probed = None if direct is None else Probed(ProbeKind.FLOW, "tcp_25", direct, NOW)
    assert judged(found, probed) is expected


class _Store:
    def __init__(self, *kept: Probed) -> None:
        self.kept: list[Probed] = list(kept)

    async def keep(self, found: object) -> None:
        self.kept = list(found)  # type: ignore[call-overload]  # a sequence of them

    async def last(self) -> list[Probed]:
        return self.kept


class _Ended(Exception):  # noqa: N818 - ends a loop
    pass


class _Once:
    """A sleeper that ends the loop of a prober after one round."""

    def __init__(self) -> None:
        self.until_: list[datetime] = []

    async def until(self, instant: datetime) -> None:
        self.until_.append(instant)
        raise _Ended


TARGET = ProbeTarget(ProbeKind.RADIUS, "radius-1", "192.0.2.1", 1812)


async def test_a_restart_remembers_that_a_target_has_answered_and_counts_over_a_window(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def nothing(*_: object) -> Asked:
        return Asked(Answer.SILENT)

    monkeypatch.setattr(module, "ask", nothing)
    clock, sleeper, store = FixedClock(NOW), _Once(), _Store(RADIUS)
    prober = PlatformProber([TARGET], store, clock, sleeper, Pace(window=timedelta(minutes=5)))
    with pytest.raises(_Ended):
        await prober.run()
    assert store.kept[0].heard_at == NOW
    assert abs((sleeper.until_[0] - NOW).total_seconds() - 60) <= 6
    for _ in range(9):
        clock.instant += timedelta(minutes=1)
        await prober.probe()
    assert (prober.found[0].asked, prober.found[0].unheard) == (6, 6)
    assert (prober.stats.rounds, prober.stats.unheard, prober.stats.unknown) == (10, 10, 1)


async def test_tests_that_ask_at_once_share_one_round(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = 0

    async def counted(*_: object) -> Asked:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0)
        return Asked(Answer.WORKS)

    monkeypatch.setattr(module, "ask", counted)
    clock = FixedClock(NOW)
    prober = PlatformProber([TARGET], _Store(), clock, _Once())
    await asyncio.gather(*(prober.fresh(timedelta(seconds=10)) for _ in range(50)))
    assert asked == 1
    clock.instant += timedelta(seconds=10)
    await prober.fresh(timedelta(seconds=10))
    assert asked == 1
    clock.instant += timedelta(seconds=1)
    await prober.fresh(timedelta(seconds=10))
    assert asked == 2


async def test_a_store_that_fails_stops_no_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    async def works_(*_: object) -> Asked:
        return Asked(Answer.WORKS)

    class Broken(_Store):
        async def keep(self, found: object) -> None:
            raise OSError

    monkeypatch.setattr(module, "ask", works_)
    prober = PlatformProber([TARGET], Broken(), FixedClock(NOW), _Once())
    await prober.probe()
    assert (prober.stats.store_errors, prober.found[0].answer) == (1, Answer.WORKS)


def lost(count: int, usual: float = 0.0, ports: int = 2) -> Losses:
    places = [OntName(1, 1, 1, 1 + n % ports, n) for n in range(count)]
    return Losses(NOW, tuple(Lost("OLT-A", ont) for ont in places), usual)


def test_nobody_lost_is_none_touched_and_that_is_known() -> None:
    told = affected(lost(0, usual=4.0), NOW)
    assert (told.value, told.quality, told.at) == (0, Quality.DERIVED, NOW)


@pytest.mark.parametrize(
    ("count", "usual", "ports", "value"),
    [
        (3, 0.0, 2, 3),
        (2, 0.0, 2, None),  # two by chance
        (30, 0.0, 1, None),  # behind one port: the port's
        (21, 10.0, 4, 21),  # 10 + 3 sqrt(10) is 19.5
        (19, 10.0, 4, None),
        (9, 3.0, 3, 9),
        (8, 3.0, 3, None),  # 8.2
    ],
)
def test_losses_count_for_the_platform_beyond_what_is_usual_and_over_several_ports(
    count: int, usual: float, ports: int, value: int | None
) -> None:
    told = affected(lost(count, usual, ports), NOW)
    assert told.value == value
    if value is None:
        assert (told.reason, told.raw) == (Reason.NO_READING, f"{count} lost, {usual:.1f} usual")


def test_an_access_of_no_known_place_counts_but_is_no_port() -> None:
    assert affected(Losses(NOW, (Lost(), Lost("OLT-A"), *lost(2).lost), 0.0), NOW).value == 4
    assert affected(Losses(NOW, (Lost(), Lost(), Lost()), 0.0), NOW).value is None


def test_the_log_tells_refusals_always_and_silence_only_where_it_writes_any() -> None:
    found = answered(AuthWindow(NOW, 8, 2), Readings(), NOW)
    assert (found.value(RADIUS_REJECT_PERCENT), found[RADIUS_TIMEOUT_PERCENT].known) == (25.0, False)
    silent = answered(AuthWindow(NOW, 8, 2, 6), Readings(), NOW)[RADIUS_TIMEOUT_PERCENT]
    assert (silent.value, silent.source.via, silent.quality) == (75.0, Via.SYSLOG, Quality.DERIVED)
    assert not answered(AuthWindow(NOW, 0, 0), Readings(), NOW).values


@pytest.mark.parametrize(("probed", "stands"), [(10.0, True), (75.0, False), (90.0, False)])
def test_the_worse_of_the_probes_and_the_log_stands(probed: float, stands: bool) -> None:
    share = known(probed, NOW, Source(Via.PROBE, "Status-Server"), Quality.DERIVED)
    found = answered(AuthWindow(NOW, 8, 0, 6), Readings({RADIUS_TIMEOUT_PERCENT: share}), NOW)
    assert found[RADIUS_TIMEOUT_PERCENT].known is stands
