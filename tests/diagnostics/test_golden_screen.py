"""The example of the screen, character for character."""

from __future__ import annotations

from dataclasses import replace

from domain.access import TestName
from domain.reading import Reason
from domain.verdict import Defect, Family, Prelocalisation, ResultCode, Severity
from tests.diagnostics.build import FAULTS, GOLDEN, judged, nothing_read
from tests.screen import DELC, INFOS_BOX


def rows(diagnosis, block):
    return [(row.label, row.value) for row in diagnosis.blocks[block].rows]


def test_a_global_diagnosis_shows_the_screens_25_rows():
    diagnosis = judged(GOLDEN)
    assert [block.title for block in diagnosis.blocks] == ["Diagnostic DELC", "Infos Box"]
    assert rows(diagnosis, 0) == list(DELC)
    assert rows(diagnosis, 1) == list(INFOS_BOX)
    assert diagnosis.not_measured == ()


def test_an_inactive_box_leaves_the_access_ok():
    diagnosis = judged(GOLDEN)
    assert diagnosis.result is ResultCode.OK
    assert diagnosis.family is Family.OK_SESSION_INACTIVE
    assert diagnosis.defect is Defect.SESSION_INACTIVE
    assert diagnosis.prelocalisation is Prelocalisation.DESSERTE_INTERNE_BOX
    assert diagnosis.severity is Severity.MAJOR
    assert diagnosis.confidence == 0.97
    assert diagnosis.synthesis == "Fonctionnement Accès FTTH OK"


def test_a_padded_planned_firmware_is_not_reported_as_different():
    diagnosis = judged(GOLDEN)
    assert [finding.rule for finding in diagnosis.findings] == ["session_inactive"]
    assert "irmware" not in diagnosis.interpretation + diagnosis.action


def test_each_test_shows_its_own_blocks():
    delc = judged(replace(GOLDEN, test=TestName.DELC))
    assert [block.title for block in delc.blocks] == ["Diagnostic DELC"]
    assert rows(delc, 0) == list(DELC)
    assert delc.synthesis == "Fonctionnement Accès FTTH OK"
    assert delc.family is Family.OK
    box = judged(replace(GOLDEN, test=TestName.BOX))
    assert [block.title for block in box.blocks] == ["Infos Box"]
    assert rows(box, 0) == list(INFOS_BOX)


def test_infos_box_alone_never_judges_the_access():
    silent, alive = judged(FAULTS["box_silent"]), judged(FAULTS["box_alive"])
    assert (silent.family, silent.result) == (Family.INDETERMINE, ResultCode.UNDETERMINED)
    assert (alive.family, alive.result) == (Family.OK, ResultCode.OK)
    assert "FTTH" not in silent.synthesis + alive.synthesis


def test_only_the_password_row_is_secret_and_it_holds_the_value():
    secret = [row for block in judged(GOLDEN).blocks for row in block.rows if row.secret]
    assert [(row.label, row.value) for row in secret] == [("Password ONT configuré dans l'OLT", "0848525835")]


def test_what_was_not_read_is_not_measured_with_its_reason():
    diagnosis = judged(nothing_read())
    for block in diagnosis.blocks:
        for row in block.rows:
            if row.label != "ID ONT":
                assert (row.value, row.reason, row.at) == ("non mesuré", Reason.NOT_READ, None)
    assert len(diagnosis.not_measured) == 24 + 3
    assert diagnosis.not_measured[0].why == "non demandé"
    assert diagnosis.not_measured[-1].what == "Autres ONT du port PON"
