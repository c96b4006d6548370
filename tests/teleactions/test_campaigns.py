"""How a campaign goes on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.campaign import Member, MemberOutcome, Pace
from domain.errors import InvalidValueError
from domain.identifiers import Id1
from teleactions.campaigns import next_step

PACE = Pace(canary=2, wave=4, most_unhealthy=0.25, per_olt=2, at_once=3)
WAITING, ASKED, HEALTHY = MemberOutcome.WAITING, MemberOutcome.ASKED, MemberOutcome.HEALTHY
UNHEALTHY, REFUSED = MemberOutcome.UNHEALTHY, MemberOutcome.REFUSED


def members(*outcomes: MemberOutcome, olts: int = 2) -> list[Member]:
    return [
        Member(Id1(f"F{place:08d}"), PACE.wave_of(place), f"OLT-{place % olts}", outcome)
        for place, outcome in enumerate(outcomes)
    ]


def test_the_canary_goes_first_and_alone() -> None:
    step = next_step(PACE, members(*[WAITING] * 10))
    assert [member.wave for member in step.ask] == [0, 0]
    assert next_step(PACE, members(ASKED, HEALTHY, *[WAITING] * 8)).ask == ()


def test_one_unhealthy_canary_stops_it() -> None:
    assert next_step(PACE, members(UNHEALTHY, ASKED, *[WAITING] * 8)).stop == "canary: 1/2"


def test_a_canary_of_which_nothing_was_tried_speaks_for_nothing() -> None:
    assert next_step(PACE, members(REFUSED, REFUSED, *[WAITING] * 8)).stop == "canary: 0/2"
    assert next_step(PACE, members(REFUSED, HEALTHY, *[WAITING] * 8)).stop == ""


def test_a_wave_bears_its_share_of_unhealthy_ends_and_no_more() -> None:
    canary = (HEALTHY, HEALTHY)
    assert next_step(PACE, members(*canary, UNHEALTHY, HEALTHY, HEALTHY, HEALTHY, WAITING)).stop == ""
    assert next_step(PACE, members(*canary, UNHEALTHY, UNHEALTHY, ASKED, WAITING, WAITING)).stop == "wave 1: 2/4"


def test_no_olt_and_no_acs_is_asked_more_than_its_bound() -> None:
    pace = replace(PACE, canary=10, per_olt=2, at_once=3)
    assert len(next_step(pace, [replace(one, wave=0) for one in members(*[WAITING] * 10)]).ask) == 3
    alone = [replace(one, wave=0) for one in members(*[WAITING] * 10, olts=1)]
    assert len(next_step(pace, alone).ask) == 2


def test_it_is_done_when_every_access_has_ended() -> None:
    assert next_step(PACE, members(HEALTHY, HEALTHY, REFUSED, HEALTHY)).done


def test_a_pace_that_cannot_be_kept_is_refused() -> None:
    with pytest.raises(InvalidValueError):
        Pace(canary=0)
    with pytest.raises(InvalidValueError):
        Pace(most_unhealthy=1.5)
