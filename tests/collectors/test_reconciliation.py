from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.reconciliation import Elsewhere, FindingKind, Report, Unchecked, reconcile
from collectors.reconciliation_text import FINDINGS, UNCHECKED, as_json, as_text, note
from domain.identifiers import OntName, PonName, SerialNumber
from domain.metric import Metric, Readings
from domain.metrics.olt import OLT_REACHABLE
from domain.metrics.ont import ONT_OPER, ONT_SERIAL
from domain.olt import DiscoveredRow, OltWalk, OntRow, PonRow, TableGap
from domain.reading import Reading, Reason, Source, known, missing
from domain.states import Oper
from tests.collectors.olt_kit import site

AT = datetime(2019, 5, 9, tzinfo=UTC)
REACHABLE = Readings({OLT_REACHABLE: known(True, AT, Source())})
PON = PonName(1, 1, 5, 10)


def place(ont: int, pon: int = 10) -> OntName:
    return OntName(1, 1, 5, pon, ont)


def serial(number: int) -> SerialNumber:
    return SerialNumber.from_octets(b"HWTC" + number.to_bytes(4, "big"))


def row(ont: OntName, number: int | None, reason: Reason = Reason.TIMEOUT) -> OntRow:
    readings: dict[Metric[Any], Reading[Any]] = {ONT_OPER: known(Oper.UP, AT, Source())}
    readings[ONT_SERIAL] = missing(reason, AT) if number is None else known(serial(number), AT, Source())
    return OntRow(ont, Readings(readings))


def walk(*rows: OntRow, gaps: tuple[TableGap, ...] = (), **more: Any) -> OltWalk:
    ports = (PonRow(PON, Readings()),)
    return replace(OltWalk("OLT-1", AT, REACHABLE, pon_ports=ports, onts=rows, gaps=gaps), **more)


def told(report: Report) -> list[tuple[FindingKind, str]]:
    return [(finding.kind, str(finding.ont)) for finding in report.findings]


def test_an_inventory_that_is_right_has_no_finding() -> None:
    report = reconcile({place(1): serial(1), place(2): serial(2)}, walk(row(place(1), 1), row(place(2), 2)))
    assert (report.matching, report.findings, report.not_checked) == (2, (), ())


def test_what_only_one_side_has_is_found() -> None:
    report = reconcile({place(1): serial(1)}, walk(row(place(2), 2)))
    assert told(report) == [(FindingKind.ABSENT_ONT, str(place(1))), (FindingKind.UNKNOWN_ONT, str(place(2)))]


def test_an_ont_replaced_without_a_word_has_another_serial_number() -> None:
    (finding,) = reconcile({place(1): serial(1)}, walk(row(place(1), 9))).findings
    assert finding.kind is FindingKind.SERIAL_DIFFERS
    assert dict(finding.params) == {"expected": str(serial(1)), "serial": str(serial(9))}


def test_an_ont_moved_to_another_port_is_one_finding_neither_absent_nor_unknown() -> None:
    report = reconcile({place(1): serial(1)}, walk(row(place(4, pon=3), 1)))
    assert told(report) == [(FindingKind.MOVED, str(place(1)))]
    assert dict(report.findings[0].params)["found"] == "ONT-1-1-5-3-4"


def test_two_onts_crossed_are_one_finding() -> None:
    report = reconcile({place(1): serial(1), place(2): serial(2)}, walk(row(place(1), 2), row(place(2), 1)))
    assert told(report) == [(FindingKind.CROSSED, str(place(1)))]


def test_an_ont_moved_onto_the_place_of_another_that_is_gone() -> None:
    report = reconcile({place(1): serial(1), place(2): serial(2)}, walk(row(place(2), 1)))
    assert told(report) == [(FindingKind.MOVED, str(place(1)))]
    report = reconcile({place(1): serial(1)}, walk(row(place(2), 1), row(place(1), 9)))
    assert told(report) == [(FindingKind.MOVED, str(place(1))), (FindingKind.SERIAL_DIFFERS, str(place(1)))]


def test_an_ont_expected_on_another_olt_says_where() -> None:
    elsewhere = {serial(9): Elsewhere("OLT-2", place(7))}
    (finding,) = reconcile({}, walk(row(place(1), 9)), elsewhere=elsewhere).findings
    assert (finding.kind, dict(finding.params)["other_olt"]) == (FindingKind.FROM_ANOTHER_OLT, "OLT-2")


def test_a_serial_number_at_several_places_is_a_duplicate_not_a_move() -> None:
    report = reconcile({place(1): serial(1)}, walk(row(place(1), 1), row(place(2), 1)))
    assert told(report) == [(FindingKind.DUPLICATE_ON_OLT, str(place(1))), (FindingKind.UNKNOWN_ONT, str(place(2)))]
    report = reconcile({place(1): serial(1), place(2): serial(1)}, walk(row(place(1), 1)))
    assert told(report) == [
        (FindingKind.DUPLICATE_IN_INVENTORY, str(place(1))),
        (FindingKind.ABSENT_ONT, str(place(2))),
    ]


@pytest.mark.parametrize(
    "partial",
    [
        walk(gaps=(TableGap("olt", Reason.TIMEOUT),), readings=Readings()),
        walk(readings=Readings({OLT_REACHABLE: known(False, AT, Source())})),
        walk(gaps=(TableGap("ont.serial", Reason.TIMEOUT),)),
        walk(
            row(place(2), 2),
            gaps=(TableGap("ont.oper", Reason.TIMEOUT), TableGap("ont.serial", Reason.MALFORMED)),
        ),
        walk(pon_ports=()),
    ],
)
def test_what_was_not_read_to_its_end_is_never_absent(partial: OltWalk) -> None:
    report = reconcile({place(1): serial(1)}, partial)
    assert FindingKind.ABSENT_ONT not in report.counts
    assert (place(1), Unchecked.ABSENCE_UNPROVED) in [(one.ont, one.why) for one in report.not_checked]


def test_one_column_read_to_its_end_proves_an_absence() -> None:
    partial = walk(row(place(2), None), gaps=(TableGap("ont.serial", Reason.TIMEOUT),))
    report = reconcile({place(1): serial(1), place(2): serial(2)}, partial)
    assert told(report) == [(FindingKind.ABSENT_ONT, str(place(1)))]
    assert [(one.ont, one.why, one.reason) for one in report.not_checked] == [
        (place(2), Unchecked.SERIAL_UNREAD, Reason.TIMEOUT)
    ]


def test_an_olt_that_answers_and_has_no_ont_has_lost_them() -> None:
    assert told(reconcile({place(1): serial(1)}, walk())) == [(FindingKind.ABSENT_ONT, str(place(1)))]


def test_an_inventory_without_serial_number_is_compared_by_place_only() -> None:
    report = reconcile({place(1): None, place(2): None}, walk(row(place(1), 1)))
    assert told(report) == [(FindingKind.ABSENT_ONT, str(place(2)))]
    assert (report.without_serial, report.not_checked) == (1, ())


def test_serial_numbers_that_nobody_expects_are_one_note_whatever_their_number() -> None:
    inventory = {place(n): None for n in range(1, 6)}
    report = reconcile(inventory, walk(*(row(place(n), n) for n in range(1, 6))))
    assert as_text(report).splitlines()[1:] == ["Numéros de série attendus non renseignés (5)"]
    assert note(report, "en") == "Expected serial numbers not given (5)"
    assert note(reconcile({place(1): serial(1)}, walk(row(place(1), 1)))) is None


def test_a_walk_of_one_port_is_compared_with_that_port_only() -> None:
    inventory = {place(1): serial(1), place(1, pon=3): serial(3)}
    report = reconcile(inventory, walk(row(place(1), 1)), ports={PON})
    assert (report.matching, report.expected, report.findings) == (1, 1, ())


def test_an_ont_heard_and_configured_nowhere_is_told_with_the_place_that_awaits_it() -> None:
    heard = DiscoveredRow(PON, Readings({ONT_SERIAL: known(serial(5), AT, Source())}))
    stranger = DiscoveredRow(None, Readings())
    report = reconcile({place(5): serial(5)}, walk(row(place(1), 1), discovered=(heard, stranger)))
    assert (FindingKind.DISCOVERED, str(place(5))) in told(report)
    assert "PON-1-1-5-10 : ONT HWTC00000005 entendu" in as_text(report)
    assert "? : ONT - entendu" in as_text(report)


def test_every_kind_has_its_words_in_both_languages() -> None:
    assert set(FINDINGS) == set(FindingKind)
    assert set(UNCHECKED) == set(Unchecked)
    for words in (*FINDINGS.values(), *UNCHECKED.values()):
        assert set(words) == {"fr", "en"}


def test_the_report_reads_in_french_in_english_and_as_json() -> None:
    partial = walk(row(place(1), 9), row(place(2), None), gaps=())
    report = reconcile({place(1): serial(1), place(2): serial(2), place(3): None}, partial)
    assert "ONT-1-1-5-10-1 : ONT HWTC00000009 au lieu de HWTC00000001" in as_text(report)
    assert "ONT-1-1-5-10-3: in the inventory (-), not on the OLT" in as_text(report, "en")
    assert "ONT-1-1-5-10-2 : n° de série non lu (timeout)" in as_text(report)
    shown = json.loads(json.dumps(as_json(report)))
    assert shown["counts"] == {"absent_ont": 1, "serial_differs": 1}
    assert shown["not_checked"] == [{"ont": "ONT-1-1-5-10-2", "why": "serial_unread", "reason": "timeout"}]


SERIALS = st.one_of(st.none(), st.integers(1, 6))


@given(st.dictionaries(st.integers(1, 6).map(place), SERIALS), st.dictionaries(st.integers(1, 6).map(place), SERIALS))
def test_every_place_is_matched_told_or_not_checked(ours: dict[OntName, int], theirs: dict[OntName, int]) -> None:
    inventory = {name: None if n is None else serial(n) for name, n in ours.items()}
    report = reconcile(inventory, walk(*(row(name, n) for name, n in sorted(theirs.items()))))
    texts = as_text(report)
    assert report.matching == sum(1 for name, n in ours.items() if n is not None and theirs.get(name) == n)
    for name in {*ours, *theirs}:
        matched = ours.get(name) is not None and ours.get(name) == theirs.get(name)
        unasked = name in ours and ours[name] is None and theirs.get(name) is not None
        assert matched or unasked or str(name) in texts


async def test_the_demo_olt_agrees_with_itself_and_shows_what_is_changed(tmp_path: Path) -> None:
    async with site(tmp_path) as olt:
        seen = await olt.driver.walk(olt.target, 30.0)
    inventory = {one.name: one.readings.value(ONT_SERIAL) for one in seen.onts}
    assert reconcile(inventory, seen).matching == len(seen.onts) > 500
    first, second = sorted(inventory)[:2]
    inventory[first], inventory[second] = inventory[second], inventory[first]
    assert told(reconcile(inventory, seen)) == [(FindingKind.CROSSED, str(first))]
