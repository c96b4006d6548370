"""When the end of a certificate is told, and what a label may be."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.certificate import (
    Certificate,
    CertificateState,
    Environment,
    EService,
    NoticeKind,
    NoticePolicy,
    Origin,
    checked_label,
    due_notice,
    usual_label,
)
from domain.errors import InvalidValueError

NOW = datetime(2019, 6, 17, 6, 0, tzinfo=UTC)
NONE: frozenset[NoticeKind] = frozenset()
ALERTED = frozenset({NoticeKind.ALERT})
BOTH = frozenset({NoticeKind.ALERT, NoticeKind.REMINDER})
POLICY = NoticePolicy(30, 15)


def ending_in(days: int) -> Certificate:
    """A certificate that ends at the same hour, so many days later."""
    return Certificate(
        "397480930", "a" * 32, "397480930_eSAV_prod", EService.E_SAV, Environment.PRODUCTION, Origin.GENERATED,
        frozenset(), NOW, "admin.un", expires_at=NOW + timedelta(days=days),
    )  # fmt: skip


def due(days: int, told: frozenset[NoticeKind], *, replaced: bool = False, policy: NoticePolicy = POLICY) -> object:
    return due_notice(ending_in(days), policy, told, NOW, replaced=replaced)


@pytest.mark.parametrize(
    ("days", "told", "expected"),
    [
        (31, NONE, None),
        (30, NONE, NoticeKind.ALERT),
        (29, NONE, NoticeKind.ALERT),
        (30, ALERTED, None),
        (16, ALERTED, None),
        (15, ALERTED, NoticeKind.REMINDER),
        (14, ALERTED, NoticeKind.REMINDER),
        (15, BOTH, None),
        (1, BOTH, None),
        (5, NONE, NoticeKind.ALERT),  # a service that was down: the alert is never jumped
        (0, ALERTED, None),  # it has ended
    ],
)
def test_the_alert_comes_first_then_the_reminder_each_once(
    days: int, told: frozenset[NoticeKind], expected: NoticeKind | None
) -> None:
    assert due(days, told) is expected


def test_nothing_is_told_of_what_is_revoked_pending_or_whose_successor_was_downloaded() -> None:
    assert due(5, NONE, replaced=True) is None
    assert due_notice(replace(ending_in(5), revoked_at=NOW), POLICY, NONE, NOW, replaced=False) is None
    assert due_notice(replace(ending_in(5), expires_at=None), POLICY, NONE, NOW, replaced=False) is None


def test_days_are_those_of_the_calendar_of_paris() -> None:
    ends = replace(ending_in(0), expires_at=datetime(2019, 6, 30, 22, 30, tzinfo=UTC))  # 1 July, 00:30 in Paris
    assert ends.days_left(datetime(2019, 6, 1, 4, 0, tzinfo=UTC)) == 30
    assert ends.days_left(datetime(2019, 5, 31, 23, 0, tzinfo=UTC)) == 30
    assert ends.days_left(datetime(2019, 5, 31, 21, 0, tzinfo=UTC)) == 31


@pytest.mark.parametrize(("alert", "reminder"), [(2, 1), (366, 365), (30, 15)])
def test_delays_that_may_be_given(alert: int, reminder: int) -> None:
    assert NoticePolicy(alert, reminder).alert_days == alert


@pytest.mark.parametrize(
    ("alert", "reminder", "field"),
    [
        (15, 15, "alert_days"),
        (14, 15, "alert_days"),
        (367, 1, "alert_days"),
        (30, 0, "reminder_days"),
        (30, 366, "reminder_days"),
    ],
)
def test_delays_that_may_not(alert: int, reminder: int, field: str) -> None:
    with pytest.raises(InvalidValueError) as raised:
        NoticePolicy(alert, reminder)
    assert raised.value.field == field


def test_a_certificate_is_valid_until_its_last_instant() -> None:
    one = ending_in(1)
    assert one.expires_at is not None
    assert one.state(one.expires_at - timedelta(microseconds=1)) is CertificateState.VALID
    assert one.state(one.expires_at) is CertificateState.EXPIRED
    assert replace(one, expires_at=None).state(NOW) is CertificateState.PENDING
    assert replace(one, revoked_at=NOW).state(one.expires_at) is CertificateState.REVOKED


@pytest.mark.parametrize(
    ("eservice", "environment", "label"),
    [
        (EService.E_RDV, Environment.PRODUCTION, "397480930_eRDV_prod"),
        (EService.E_SAV, Environment.PRODUCTION, "397480930_eSAV_prod"),
        (EService.E_SAV, Environment.NON_PRODUCTION, "397480930_eSAV_test"),
        (EService.FCI, Environment.PRODUCTION, "397480930_FCI_prod"),
        (EService.FCI, Environment.NON_PRODUCTION, "397480930_FCI_test"),
        (EService.GRAFIC, Environment.PRODUCTION, "397480930_Gra_prod"),
        (EService.TAO, Environment.PRODUCTION, "397480930_TAO_prod"),
    ],
)
def test_the_usual_labels_are_those_of_the_screen(eservice: EService, environment: Environment, label: str) -> None:
    assert usual_label("397480930", eservice, environment) == label


@pytest.mark.parametrize("label", ["abc", "Test certificat à renouveler bientôt", "a" * 80])
def test_labels_that_may_be_given(label: str) -> None:
    assert checked_label(label) == label


@pytest.mark.parametrize("label", ["ab", "a" * 81, "=1+1", " abc", "abc ", "a\nb", "../etc", "_abc", 'a"b'])
def test_labels_that_may_not(label: str) -> None:
    with pytest.raises(InvalidValueError):
        checked_label(label)


def test_the_facet_has_the_six_e_services_of_the_screen_and_the_two_environments() -> None:
    assert [one.value for one in EService] == ["e-RDV", "e-SAV", "FCI", "Grafic", "TAO", "WebEligibilité"]
    assert [one.value for one in Environment] == ["Production", "Hors-Production"]
