"""The ONT lost its light alone while somebody worked at the PM: it was unpatched by mistake."""

from __future__ import annotations

from diagnostics import blames
from diagnostics import signs as common
from diagnostics.case import Case
from diagnostics.rule import NETWORK, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.metrics import context, ont
from domain.verdict import Scope, Severity

LAYER = Layer.PATCHING
TESTS = NETWORK


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs the loss of light of the subject alone, during a job at its PM."""
    facts = case.facts
    job, fell = case.readings.value(context.PM_JOB_AT), case.readings.value(ont.ONT_LAST_CHANGE)
    if not facts.ont_down or facts.light_lost is False or facts.dying_gasp or job is None:
        return None
    if not -thresholds.pm_job_before_s <= ((fell or case.now) - job).total_seconds() <= thresholds.pm_job_after_s:
        return None
    signs = Signs(case, thresholds)
    signs.add("pm_job", context.PM_JOB_AT, job=job)
    common.ont_is_down(signs, case)
    common.light_is_lost(signs, case)
    common.neighbours_speak(signs, case)
    return signs.match(Role.FAULT, blames.SHARED_FIBRE, Scope.INDIVIDUAL, Severity.MAJOR, decider="pm_patching")
