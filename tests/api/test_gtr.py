"""GTR 10 h HO: every case that a wholesale manager would argue about."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.__main__ import main
from api.holidays import closed_in
from domain.clock import PARIS
from domain.errors import InvalidValueError
from domain.gtr import GTR_10H_HO, Freeze, GtrZone, deadline, remaining
from tests.shared import shared_dir

METROPOLE = closed_in(GtrZone.METROPOLE)
ALSACE = closed_in(GtrZone.ALSACE_MOSELLE)

CASES = [
    ("at 07:59:59 the clock starts at 08:00", "2019-05-14T07:59:59+02:00", "2019-05-14T18:00:00+02:00"),
    ("exactly at 08:00 it is due the same day at 18:00", "2019-05-14T08:00:00+02:00", "2019-05-14T18:00:00+02:00"),
    ("a second after opening is due a second after opening", "2019-05-14T08:00:01+02:00", "2019-05-15T08:00:01+02:00"),
    ("at 17:59:59 one second of the day counts", "2019-05-14T17:59:59+02:00", "2019-05-15T17:59:59+02:00"),
    ("exactly at 18:00 the window is closed", "2019-05-14T18:00:00+02:00", "2019-05-15T18:00:00+02:00"),
    ("at night the clock starts in the morning", "2019-05-14T23:30:00+02:00", "2019-05-15T18:00:00+02:00"),
    ("at midnight it is still before opening", "2019-05-15T00:00:00+02:00", "2019-05-15T18:00:00+02:00"),
    ("Friday afternoon ends on Saturday", "2019-05-17T16:00:00+02:00", "2019-05-18T16:00:00+02:00"),
    ("Saturday afternoon ends on Monday", "2019-05-18T17:59:59+02:00", "2019-05-20T17:59:59+02:00"),
    ("Saturday at 18:00 starts on Monday", "2019-05-18T18:00:00+02:00", "2019-05-20T18:00:00+02:00"),
    ("Saturday at 08:00 is due on Saturday", "2019-05-18T08:00:00+02:00", "2019-05-18T18:00:00+02:00"),
    ("Sunday starts on Monday", "2019-05-19T12:00:00+02:00", "2019-05-20T18:00:00+02:00"),
    ("eve of 1 May", "2019-04-30T15:00:00+02:00", "2019-05-02T15:00:00+02:00"),
    ("on 1 May itself", "2019-05-01T10:00:00+02:00", "2019-05-02T18:00:00+02:00"),
    ("eve of Ascension 2019", "2019-05-29T09:00:00+02:00", "2019-05-31T09:00:00+02:00"),
    ("Ascension and 1 May are one day in 2008", "2008-04-30T12:00:00+02:00", "2008-05-02T12:00:00+02:00"),
    ("8 May 2008, a week after", "2008-05-07T12:00:00+02:00", "2008-05-09T12:00:00+02:00"),
    ("8 and 9 May 2024: two holidays in a row", "2024-05-07T10:00:00+02:00", "2024-05-10T10:00:00+02:00"),
    ("Saturday before Whit Monday", "2019-06-08T17:00:00+02:00", "2019-06-11T17:00:00+02:00"),
    ("a holiday on Saturday (11 November 2017)", "2017-11-10T17:00:00+01:00", "2017-11-13T17:00:00+01:00"),
    ("a holiday on Sunday moves nothing", "2019-07-13T17:00:00+02:00", "2019-07-15T17:00:00+02:00"),
    ("14 July on a Tuesday", "2020-07-13T11:00:00+02:00", "2020-07-15T11:00:00+02:00"),
    ("15 August on a Thursday", "2019-08-14T08:00:01+02:00", "2019-08-16T08:00:01+02:00"),
    ("1 November on a Friday", "2019-10-31T12:00:00+01:00", "2019-11-02T12:00:00+01:00"),
    ("25 December on a Wednesday", "2019-12-24T10:00:00+01:00", "2019-12-26T10:00:00+01:00"),
    ("31 December ends next year", "2019-12-31T14:00:00+01:00", "2020-01-02T14:00:00+01:00"),
    ("31 December on a Saturday, 1 January on a Sunday", "2022-12-31T14:00:00+01:00", "2023-01-02T14:00:00+01:00"),
    ("Easter and the change of hour, 2024", "2024-03-30T10:00:00+01:00", "2024-04-02T10:00:00+02:00"),
    ("spring: the hour that does not exist", "2019-03-31T01:30:00Z", "2019-04-01T18:00:00+02:00"),
    ("autumn: the first 02:30", "2019-10-27T02:30:00+02:00", "2019-10-28T18:00:00+01:00"),
    ("autumn: the second 02:30", "2019-10-27T02:30:00+01:00", "2019-10-28T18:00:00+01:00"),
    ("UTC: 06:00 is 08:00 in summer", "2019-07-02T06:00:00Z", "2019-07-02T18:00:00+02:00"),
    ("UTC: 06:59:59 is before opening in winter", "2019-01-08T06:59:59Z", "2019-01-08T18:00:00+01:00"),
    ("UTC: the evening of the 14th is the 15th in Paris", "2019-05-14T22:30:00Z", "2019-05-15T18:00:00+02:00"),
    ("another zone: Sunday there is Monday 09:00 here", "2019-05-19T23:00:00-08:00", "2019-05-21T09:00:00+02:00"),
    ("seconds are kept", "2019-05-14T10:30:17+02:00", "2019-05-15T10:30:17+02:00"),
    ("microseconds are kept", "2019-05-14T10:30:17.250000+02:00", "2019-05-15T10:30:17.250000+02:00"),
    ("29 February", "2024-02-28T12:00:00+01:00", "2024-02-29T12:00:00+01:00"),
]


@pytest.mark.parametrize(("deposited", "due"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_deposit_is_due_when_ten_working_hours_are_used(deposited: str, due: str) -> None:
    found = deadline(datetime.fromisoformat(deposited), METROPOLE)
    assert found is not None
    expected = datetime.fromisoformat(due)
    assert found.deadline_at == expected
    assert found.deadline_at.utcoffset() == expected.astimezone(PARIS).utcoffset()


@pytest.mark.parametrize(
    ("deposited", "due"),
    [
        ("2019-04-19T10:00:00+02:00", "2019-04-20T18:00:00+02:00"),  # Good Friday
        ("2019-12-24T12:00:00+01:00", "2019-12-27T12:00:00+01:00"),  # 25 and 26 December
        ("2019-04-18T17:59:59+02:00", "2019-04-20T17:59:59+02:00"),  # a second on Thursday, Good Friday closed
        ("2019-04-20T12:00:00+02:00", "2019-04-23T12:00:00+02:00"),  # Saturday, Easter Sunday, Easter Monday
        ("2019-12-26T09:00:00+01:00", "2019-12-27T18:00:00+01:00"),  # deposited on Saint Stephen's day
        ("2021-12-24T18:00:00+01:00", "2021-12-27T18:00:00+01:00"),  # 25 on Saturday, 26 on Sunday
        ("2020-12-24T08:00:01+01:00", "2020-12-28T08:00:01+01:00"),  # 25 Friday, 26 Saturday, 27 Sunday
        ("2024-03-28T17:00:00+01:00", "2024-03-30T17:00:00+01:00"),  # Good Friday, the day before DST begins
        ("2024-03-30T17:00:00+01:00", "2024-04-02T17:00:00+02:00"),  # over the change of hour and Easter Monday
        ("2019-05-14T10:30:00+02:00", "2019-05-15T10:30:00+02:00"),
    ],
)
def test_alsace_moselle_has_two_holidays_more(deposited: str, due: str) -> None:
    found = deadline(datetime.fromisoformat(deposited), ALSACE)
    assert found is not None
    assert found.deadline_at == datetime.fromisoformat(due)


def test_the_worked_examples_hold() -> None:
    file = shared_dir() / "gtr_examples.json"
    if not file.exists():
        pytest.skip("the worked examples are not here")
    examples: list[dict[str, Any]] = json.loads(file.read_text("utf-8"))["examples"]
    assert examples
    for example in examples:
        found = deadline(datetime.fromisoformat(example["deposited_at"]), closed_in(GtrZone(example["zone"])))
        assert found is not None
        assert found.clock_starts_at.isoformat() == example["expected"]["clock_starts_at"], example["id"]
        assert found.deadline_at.isoformat() == example["expected"]["deadline_at"], example["id"]


def test_a_restoration_at_the_deadline_keeps_the_commitment_and_a_second_later_breaks_it() -> None:
    found = deadline(datetime.fromisoformat("2019-05-14T10:30:00+02:00"), METROPOLE)
    assert found is not None
    assert found.met_by(found.deadline_at)
    assert not found.met_by(found.deadline_at + timedelta(seconds=1))
    assert not found.breached_at(found.deadline_at)
    assert found.breached_at(found.deadline_at + timedelta(seconds=1))


def test_the_countdown_stands_still_at_night_and_on_sundays() -> None:
    deposited = datetime.fromisoformat("2019-05-18T15:20:00+02:00")
    left = [
        remaining(deposited, datetime.fromisoformat(at), METROPOLE)
        for at in (
            "2019-05-18T15:20:00+02:00", "2019-05-18T16:20:00+02:00", "2019-05-18T18:00:00+02:00",
            "2019-05-19T12:00:00+02:00", "2019-05-20T08:00:00+02:00", "2019-05-20T15:19:59+02:00",
            "2019-05-20T15:20:00+02:00", "2019-05-25T12:00:00+02:00",
        )
    ]  # fmt: skip
    hours = [one / timedelta(hours=1) for one in left]
    assert hours[:3] == [10, 9, pytest.approx(10 - 8 / 3)]
    assert hours[2] == hours[3] == hours[4]
    assert left[5:] == [timedelta(seconds=1), timedelta(), timedelta()]


def test_a_freeze_pushes_the_deadline_by_its_working_time_only() -> None:
    deposited = datetime.fromisoformat("2019-05-14T10:00:00+02:00")

    def instant(text: str | None) -> datetime | None:
        return None if text is None else datetime.fromisoformat(text)

    def due(*freezes: tuple[str, str | None]) -> str | None:
        spans = [Freeze(datetime.fromisoformat(start), instant(end)) for start, end in freezes]
        found = deadline(deposited, METROPOLE, freezes=spans)
        return None if found is None else found.deadline_at.isoformat()

    assert due(("2019-05-14T11:00:00+02:00", "2019-05-14T13:00:00+02:00")) == "2019-05-15T12:00:00+02:00"
    assert due(("2019-05-14T17:00:00+02:00", "2019-05-15T09:00:00+02:00")) == "2019-05-15T12:00:00+02:00"
    assert due(("2019-05-14T19:00:00+02:00", "2019-05-15T07:00:00+02:00")) == "2019-05-15T10:00:00+02:00"
    overlapping = [
        ("2019-05-14T11:00:00+02:00", "2019-05-14T13:00:00+02:00"),
        ("2019-05-14T12:00:00+02:00", "2019-05-14T14:00:00+02:00"),
    ]
    assert due(*overlapping) == "2019-05-15T13:00:00+02:00"
    assert due(("2019-05-14T11:00:00+02:00", None)) is None
    assert due(("2019-05-16T11:00:00+02:00", None)) == "2019-05-15T10:00:00+02:00"


@pytest.mark.parametrize(
    ("deposited", "frozen", "thawed", "due"),
    [
        # over the night of the change of hour: nothing of it is worked
        (
            "2024-03-30T16:00:00+01:00", "2024-03-30T17:00:00+01:00",
            "2024-04-02T09:00:00+02:00", "2024-04-02T18:00:00+02:00",
        ),
        (
            "2019-10-26T17:00:00+02:00", "2019-10-27T02:30:00+02:00",
            "2019-10-27T02:30:00+01:00", "2019-10-28T17:00:00+01:00",
        ),
        # from the deposit on, to the minute of an opening and of a closing
        (
            "2019-05-14T09:00:00+02:00", "2019-05-14T09:00:00+02:00",
            "2019-05-15T08:00:00+02:00", "2019-05-15T18:00:00+02:00",
        ),
        (
            "2019-05-14T09:00:00+02:00", "2019-05-14T10:00:00+02:00",
            "2019-05-14T18:00:00+02:00", "2019-05-15T17:00:00+02:00",
        ),
        # over a holiday, and one that begins when nothing is left
        (
            "2019-04-30T12:00:00+02:00", "2019-04-30T18:00:00+02:00",
            "2019-05-02T08:00:00+02:00", "2019-05-02T12:00:00+02:00",
        ),
        (
            "2019-05-14T08:00:00+02:00", "2019-05-14T18:00:00+02:00",
            "2019-05-16T08:00:00+02:00", "2019-05-14T18:00:00+02:00",
        ),
    ],
)  # fmt: skip
def test_a_freeze_counts_for_its_working_time_whatever_it_spans(
    deposited: str, frozen: str, thawed: str, due: str
) -> None:
    span = Freeze(datetime.fromisoformat(frozen), datetime.fromisoformat(thawed))
    found = deadline(datetime.fromisoformat(deposited), METROPOLE, freezes=[span])
    assert found is not None
    assert found.deadline_at == datetime.fromisoformat(due)


@pytest.mark.parametrize(
    "day",
    [
        "2019-01-01", "2019-04-22", "2019-05-01", "2019-05-08", "2019-05-30", "2019-06-10", "2019-07-14", "2019-08-15",
        "2019-11-01", "2019-11-11", "2019-12-25", "2026-04-06", "2026-05-14", "2026-05-25", "2024-05-09", "2024-05-20",
    ],
)  # fmt: skip
def test_the_eleven_holidays_of_the_law_are_closed_and_no_other_day(day: str) -> None:
    assert METROPOLE(datetime.fromisoformat(day).date())
    for year in (2019, 2024, 2026):
        days = [datetime(year, 1, 1, tzinfo=PARIS).date() + timedelta(days=n) for n in range(365)]
        assert sum(METROPOLE(one) for one in days) == 11
        assert sum(ALSACE(one) for one in days) == 13


def test_while_it_is_frozen_the_countdown_stands_still() -> None:
    deposited = datetime.fromisoformat("2019-05-14T10:00:00+02:00")
    frozen = [Freeze(datetime.fromisoformat("2019-05-14T11:00:00+02:00"))]
    for at in ("2019-05-14T11:00:00+02:00", "2019-05-16T16:00:00+02:00"):
        left = remaining(deposited, datetime.fromisoformat(at), METROPOLE, freezes=frozen)
        assert left == timedelta(hours=9)


def test_an_instant_without_time_zone_is_refused() -> None:
    with pytest.raises(InvalidValueError):
        deadline(datetime(2019, 5, 14, 10, 30), METROPOLE)  # noqa: DTZ001 - the subject


@given(st.datetimes(datetime(2005, 1, 1), datetime(2035, 12, 31)))  # noqa: DTZ001 - hypothesis wants naive bounds
def test_whatever_the_deposit_ten_hours_are_worked_and_the_end_is_in_a_window(naive: datetime) -> None:
    deposited = naive.replace(tzinfo=UTC)
    found = deadline(deposited, METROPOLE)
    assert found is not None
    due = found.deadline_at
    assert found.clock_starts_at >= deposited
    assert due.weekday() < 6
    assert not METROPOLE(due.date())
    assert GTR_10H_HO.opens < due.time() <= GTR_10H_HO.closes
    assert remaining(deposited, due, METROPOLE) == timedelta()
    assert remaining(deposited, due - timedelta(seconds=1), METROPOLE) == timedelta(seconds=1)


def test_the_command_prints_the_deadline(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gtr", "2019-05-14T10:30:00+02:00"]) == 0
    assert main(["gtr", "2019-12-24T12:00:00+01:00", "--zone", "alsace-moselle"]) == 0
    assert capsys.readouterr().out.splitlines() == ["2019-05-15T10:30:00+02:00", "2019-12-27T12:00:00+01:00"]
    assert main(["gtr", "2019-05-14T10:30:00"]) == 2
    assert "time zone" in capsys.readouterr().err
