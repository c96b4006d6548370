"""An ONT whose MIB a ZTE synchronises was told without light, by the cause that the OLT keeps of an older fall."""

from __future__ import annotations

from typing import Any

import pytest

from collectors.driving.derive import complete_ont
from collectors.driving.facts import load
from domain.metric import Metric
from domain.metrics.ont import ONT_ALARMS, ONT_DOWN_CAUSE, ONT_OPER, ONT_PHASE
from domain.reading import Reading, Source, Via, known
from domain.states import DownCause, OntAlarm, OntPhase, Oper
from tests.diagnostics.build import NOW

FROM = Source(Via.SNMP, "state")


@pytest.mark.parametrize(
    ("phase", "told"),
    [(OntPhase.SYNCHRONISING, None), (OntPhase.OFFLINE, (OntAlarm.LOS,)), (OntPhase.DYING_GASP, (OntAlarm.DG,))],
)
def test_the_cause_of_an_older_fall_raises_no_alarm_once_the_ont_is_heard(phase, told):
    rows: dict[Metric[Any], Reading[Any]] = {
        ONT_OPER: known(Oper.DOWN, NOW, FROM),
        ONT_PHASE: known(phase, NOW, FROM),
        ONT_DOWN_CAUSE: known(DownCause.LOS, NOW, FROM),
    }
    complete_ont(rows, load("collectors.vendors.zte_zxan", frozenset()))
    assert (rows[ONT_ALARMS].value if ONT_ALARMS in rows else None) == told
