"""The words of trends, the hour of the scan, and what an export may not become."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pytest

from api.i18n import catalogue
from api.trend_text import CAUSES, FACTS, KINDS, WHY, as_csv, sentence
from api.wiring.background import next_night
from domain.identifiers import OntName
from domain.trend import Trend, TrendCause, TrendFact, TrendKind, Unmeasured
from domain.verdict import Scope
from storage.trends import KeptTrend


def test_numbers_are_written_as_the_language_does() -> None:
    fact = TrendFact("loss_rises_down", {"slope": 0.123, "change": 2.5, "days": 20.0})
    assert sentence(fact, "fr") == "La perte descendante augmente de 0,123 dB par jour : 2,5 dB en 20 jours"
    assert sentence(fact, "en") == "The loss downstream rises by 0.123 dB a day: 2.5 dB in 20 days"


def test_no_cell_of_an_export_is_a_formula() -> None:
    ont = OntName(1, 1, 5, 10, 19)
    trend = Trend(
        "OLT-1",
        Scope.INDIVIDUAL,
        ont.pon_name,
        ont,
        None,
        1,
        TrendKind.DRIFT,
        TrendCause.LINE,
        None,
        None,
        -0.5,
        0.0,
        0.8,
    )
    assert ";'=HYPERLINK(1);" in as_csv([KeptTrend(trend, "=HYPERLINK(1)")], "fr")


def test_every_fact_kind_cause_and_reason_has_its_french() -> None:
    french = catalogue("fr")
    assert [text for text in FACTS.values() if text not in french] == []
    assert (set(KINDS), set(CAUSES), set(WHY)) == (set(TrendKind), set(TrendCause), set(Unmeasured))
    assert [text for words in (KINDS, CAUSES, WHY) for text in words.values() if text not in french] == []


@pytest.mark.parametrize(
    ("now", "then"),
    [
        (datetime(2026, 3, 28, 20, tzinfo=UTC), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),  # DST begins
        (datetime(2026, 5, 1, 1, 29, tzinfo=UTC), datetime(2026, 5, 1, 1, 30, tzinfo=UTC)),
        (datetime(2026, 5, 1, 1, 30, tzinfo=UTC), datetime(2026, 5, 2, 1, 30, tzinfo=UTC)),
    ],
)
def test_the_night_is_that_of_paris(now: datetime, then: datetime) -> None:
    assert next_night(now, time(3, 30)) == then
