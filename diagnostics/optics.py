"""What the rules on light share: whether a drift is the subject's alone, whether its levels are good, how bad it is."""

from __future__ import annotations

from diagnostics.case import Case
from diagnostics.correlation import Group
from diagnostics.logic import Tri, all_of, any_of, negate
from diagnostics.rule import Signs
from diagnostics.thresholds import Thresholds
from domain.metrics import ont, reference
from domain.verdict import Severity


def drifted(group: Group, t: Thresholds) -> Tri:
    """Whether the ONTs of a group receive less than at their references, on the whole."""
    return None if group.rx_delta_db is None else group.rx_delta_db <= -t.shared_drift_db


def drifted_up(group: Group, t: Thresholds) -> Tri:
    """Whether the OLT receives less of them than at their references, on the whole."""
    return None if group.olt_rx_delta_db is None else group.olt_rx_delta_db <= -t.shared_drift_db


def shared(case: Case, t: Thresholds) -> bool:
    """Whether neighbours are known to drift too: then the fault is not the subject's own."""
    groups = (case.crowd.pon, case.crowd.pbo)
    return any(drifted(group, t) or drifted_up(group, t) for group in groups)


def noisy_around(case: Case, t: Thresholds) -> bool:
    """Whether many ONTs of the PON, or all of a small one, show upstream errors, or fall again and again."""
    group = case.crowd.pon
    few = min(t.noisy_min_onts, max(group.size, 1))
    return group.noisy >= max(few, t.noisy_share * group.up)


def stable_loss(case: Case, t: Thresholds) -> Tri:
    """Whether the loss is that of the access's reference."""
    worst = case.budget.worst_rise_db
    return None if worst is None else worst < t.loss_warning_db


def near_limit(case: Case, t: Thresholds) -> Tri:
    """Whether a level received is so close to its sensitivity that errors are its own."""
    margins = (case.budget.ont_rx_margin_db, case.budget.olt_rx_margin_db)
    return any_of(*(None if margin is None else margin < t.near_sensitivity_db for margin in margins))


def good_levels(case: Case, t: Thresholds) -> Tri:
    """Whether light is not the trouble: levels well within their class, and the usual loss."""
    return all_of(negate(near_limit(case, t)), negate(case.budget.too_strong), case.budget.loss_explained(t))


def felt(case: Case, rise_db: float, t: Thresholds) -> bool:
    """Whether a greater loss is more than a warning: large, with errors, or out of class."""
    return rise_db >= t.loss_fault_db or case.errors.rising or case.budget.too_low is True


def severity(case: Case) -> Severity:
    """Major where the service suffers much, else minor."""
    bad = case.errors.severe or case.budget.too_low or case.trends.flaps.unstable
    return Severity.MAJOR if bad else Severity.MINOR


def receives_as_ever(case: Case, t: Thresholds) -> bool:
    """Whether the subject is known to receive what it received at its reference."""
    now, then = case.readings.value(ont.ONT_RX_DBM), case.readings.value(reference.REFERENCE_ONT_RX_DBM)
    return now is not None and then is not None and then - now < t.shared_drift_db / 2


def loses_up_alone(case: Case, t: Thresholds) -> bool:
    """Whether the subject loses more upstream alone, its own sender known not to have changed: no fibre does that."""
    down, up, fall = case.budget.rise_down_db, case.budget.rise_up_db, case.budget.ont_tx_fall_db
    if down is None or up is None or fall is None:
        return False
    return up >= t.loss_warning_db and down < t.shared_drift_db / 2 and fall < t.tx_fall_db / 2


def hold_unless_alone(signs: Signs, case: Case) -> None:
    """Levels of neighbours that nobody has read may show that the loss is common: no visit before."""
    recorded = case.snapshot.outside.pbo is not None and not case.crowd.pbo.complete
    near = case.crowd.pbo if case.crowd.pbo.size or recorded else case.crowd.pon
    unread = near.rx_delta_db is None and (near.size or not near.complete)
    if unread or case.crowd.pbo.drifting or (near is case.crowd.pon and near.drifting):
        signs.hold("neighbour_levels")
