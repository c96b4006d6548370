"""What is true of a session does not depend on how its packets travelled."""

from __future__ import annotations

from datetime import timedelta
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.session import AccountingEvent, AccountingStatus
from storage.accounting import SessionFacts, heard
from tests.storage.samples import MINUTE, NOW, accounting

START, INTERIM, STOP = AccountingStatus.START, AccountingStatus.INTERIM, AccountingStatus.STOP


def facts(*events: AccountingEvent) -> SessionFacts:
    return reduce(heard, events, SessionFacts())


def test_a_session_that_started_is_open() -> None:
    found = facts(accounting(START, NOW))
    assert (found.active, found.began_at, found.last_seen_at) == (True, NOW, NOW)
    assert (found.framed_ip, found.stopped_at) == ("198.51.100.7", None)


def test_a_session_that_stopped_is_closed_and_says_why() -> None:
    found = facts(accounting(START, NOW), accounting(STOP, NOW + MINUTE, cause="User-Request"))
    assert (found.active, found.stopped_at, found.stop_cause) == (False, NOW + MINUTE, "User-Request")


def test_a_stop_that_overtakes_its_start_still_closes() -> None:
    assert not facts(accounting(STOP, NOW + MINUTE), accounting(START, NOW)).active


def test_a_stop_older_than_a_start_of_the_same_number_does_not_close_it() -> None:
    found = facts(accounting(START, NOW + 2 * MINUTE), accounting(STOP, NOW + MINUTE))
    assert (found.active, found.began_at) == (True, NOW + 2 * MINUTE)


def test_an_interim_after_a_stop_shows_that_the_session_lives() -> None:
    found = facts(accounting(START, NOW), accounting(STOP, NOW + MINUTE), accounting(INTERIM, NOW + 2 * MINUTE))
    assert found.active
    assert found.last_seen_at == NOW + 2 * MINUTE


def test_without_its_start_a_session_began_as_its_session_time_says() -> None:
    found = facts(accounting(INTERIM, NOW, session_time_s=3600))
    assert (found.active, found.began_at) == (True, NOW - timedelta(hours=1))


def test_a_number_used_again_without_its_start_began_anew() -> None:
    found = facts(
        accounting(START, NOW),
        accounting(STOP, NOW + MINUTE, session_time_s=60),
        accounting(INTERIM, NOW + 10 * MINUTE, session_time_s=300),
    )
    assert (found.active, found.began_at) == (True, NOW + 5 * MINUTE)


def test_a_session_that_was_never_heard_of_is_not_open() -> None:
    assert (facts().active, facts().began_at, facts().last_seen_at) == (False, None, None)


@pytest.mark.parametrize("seconds", [None, -5])
def test_a_session_time_that_makes_no_sense_says_nothing(seconds: int | None) -> None:
    assert facts(accounting(STOP, NOW, session_time_s=seconds)).began_at is None


packets = st.builds(
    accounting,
    status=st.sampled_from(AccountingStatus),
    at=st.integers(0, 8).map(lambda minute: NOW + minute * MINUTE),
    cause=st.sampled_from([None, "Lost-Carrier", "User-Request"]),
    session_time_s=st.sampled_from([None, 0, 60, 600]),
    framed_ip=st.sampled_from([None, "198.51.100.7", "198.51.100.8"]),
)


@given(st.lists(packets, max_size=6), st.randoms(use_true_random=False), st.data())
def test_any_order_and_any_repeats_give_the_same_facts(events, random, data) -> None:
    repeats = data.draw(st.lists(st.sampled_from(events), max_size=4)) if events else []
    shuffled = events + repeats
    random.shuffle(shuffled)
    assert facts(*shuffled) == facts(*events)
