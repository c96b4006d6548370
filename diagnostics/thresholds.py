"""Every number that a verdict depends on, typed and read from the TOML text of the rule-set.

Each one comes with its unit and its source in the TOML: the figures of a recommendation, or "C" for an engineering
choice that field data may correct.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from domain.access import OpticalClass
from domain.errors import InvalidValueError
from domain.incident import Ancestor

_STRICT = ConfigDict(frozen=True, extra="forbid")
Span = tuple[float, float]


class OpticalLimits(BaseModel):
    """Limits of one class: path loss in dB, levels in dBm, each as (lowest, highest); ``None``: no source."""

    model_config = _STRICT

    path_loss_db: Span
    olt_tx_dbm: Span
    ont_rx_dbm: Span
    ont_tx_dbm: Span | None = None
    olt_rx_dbm: Span | None = None
    attenuation_down_db_km: float
    attenuation_up_db_km: float
    source: str = Field(min_length=1)


class Correlation(BaseModel):
    """The likelihood model of who falls together; what each number is for stands in the TOML, beside its source."""

    model_config = _STRICT

    prior: Mapping[Ancestor, float]
    up_if_broken: Mapping[Ancestor, float]
    unplaced_share: Mapping[Ancestor, float]
    area_shares: tuple[float, ...]
    lone_falls_per_day: float
    lone_outage_s: float
    chance_together: float
    late_share: float
    record_error: float
    gasp_alone: float
    gasp_fibre: float
    gasp_mains: float
    port_odds: float
    works_odds: float
    incident_odds: float
    rejected: float
    sure: float
    close: float
    open_odds: float
    close_share: float
    calm_s: float
    gasps_per_day: float

    def lone_rate(self) -> float:
        """Falls a second of one ONT, for causes of its own."""
        return self.lone_falls_per_day / 86_400.0

    def lone_down(self) -> float:
        """Share of the ONTs that are down at any instant for causes of their own."""
        return self.lone_rate() * self.lone_outage_s


class Thresholds(BaseModel):
    """The thresholds, units in their names; what each one is for stands in the TOML, beside its source.

    Those that came after 2.1.0 have here what holds for a rule-set that is older: its verdicts replay as they were.
    """

    model_config = _STRICT

    rx_plausible_dbm: Span
    tx_plausible_dbm: Span
    rx_dark_dbm: float
    bias_plausible_ma: Span
    temperature_plausible_c: Span
    loss_tolerance_db: float
    loss_warning_db: float
    loss_fault_db: float
    loss_alike_db: float
    bend_db: float
    excess_warning_db: float
    excess_fault_db: float
    shared_drift_db: float
    tx_fall_db: float
    bias_warning_ratio: float
    bias_fault_ratio: float
    near_sensitivity_db: float
    errors_max_per_s: float
    ber_rising: float
    ber_warning: float
    ber_major: float
    fec_warning_ratio: float
    fec_codewords_per_s: float
    noisy_share: float
    noisy_min_onts: int
    flaps_24h: int
    flaps_7d: int
    flaps_many_24h: int
    habit_days: int
    habit_spread_h: float
    boots_24h: int
    wifi_weak_dbm: float
    wifi_busy_percent: float
    wired_nominal_mbps: float
    teleaction_ont_s: float
    teleaction_box_s: float
    pm_job_before_s: float
    pm_job_after_s: float
    drift_db_per_day: float
    drift_min_days: int
    drift_total_db: float
    step_db: float
    cycle_db: float
    cycle_correlation: float
    distance_plausible_m: Span
    clock_slack_s: float
    live_max_age_s: float
    polling_period_s: float
    together_s: float
    gasps_together_s: float
    collective_share: float
    collective_most: float
    feeder_min_onts: int
    pbo_min_onts: int
    area_min_gasps: int
    card_min_ports: int
    inform_intervals: float
    inform_slack_s: float
    inform_interval_default_s: float
    session_fresh_s: float
    auth_recent_s: float
    proof_slack_s: float
    doubt_missing: float
    doubt_minor: float
    doubt_decisive: float
    doubt_contradiction: float
    doubt_two_hypotheses: float
    connectors: int
    connector_loss_db: float
    splices: int
    splice_loss_db: float
    path_joints: Mapping[str, tuple[int, int]] = Field(default_factory=dict)
    radius_silent_percent: float = 20.0
    trend_share: float = 0.6
    trend_noise_db: float = 0.5
    correlation: Correlation
    trend_bias_ratio: float = 1.1
    classes: Mapping[OpticalClass, OpticalLimits]
    splitter_loss_db: Mapping[int, float]
    ceilings: Mapping[str, float]

    def limits(self, optical_class: OpticalClass) -> OpticalLimits:
        """The limits of a class."""
        return self.classes[optical_class]

    @property
    def stored_max_age_s(self) -> float:
        """Age in seconds beyond which a stored state says nothing of the present: two polling periods."""
        return 2 * self.polling_period_s


def _value(group: str, name: str, entry: object) -> Any:
    """The value of a TOML entry that must also name its source."""
    if not isinstance(entry, Mapping) or "value" not in entry or not str(entry.get("source", "")).strip():
        raise InvalidValueError(f"{group}.{name}", entry, "a table with `value` and a non-empty `source`")
    return entry["value"]


def _correlation(entries: Mapping[str, object]) -> Correlation:
    return Correlation(**{name: _value("correlation", name, entry) for name, entry in entries.items()})


_SECTIONS = ("thresholds", "classes", "splitters", "ceilings")
OLDEST = "2.2.0"
"""The first version that says how common ancestors are weighed, without which this code decides nothing (ADR-0035)."""


class OlderRulesetError(InvalidValueError):
    """A rule-set from before `OLDEST`: it has no ``[correlation]``, and no default stands for what it never said."""

    def __init__(self) -> None:
        super().__init__("[correlation]", "absent", f"given, as rule-sets do since {OLDEST}")


def parse(data: Mapping[str, Any]) -> Thresholds:
    """Thresholds from the parsed TOML; raises `InvalidValueError` or a pydantic error on any doubtful entry.

    `OlderRulesetError` where it is of a version from before `OLDEST`.
    """
    for section in _SECTIONS:
        if section not in data:
            raise InvalidValueError(f"[{section}]", "absent", "given")
    if "correlation" not in data:
        raise OlderRulesetError
    fields = {name: _value("thresholds", name, entry) for name, entry in data["thresholds"].items()}
    found = Thresholds(
        **fields,
        correlation=_correlation(data["correlation"]),
        classes=data["classes"],
        splitter_loss_db=_value("splitters", "loss_db", data["splitters"]["loss_db"]),
        ceilings={name: _value("ceilings", name, entry) for name, entry in data["ceilings"].items()},
    )
    for name in ("prior", "up_if_broken"):
        wanted = [a for a in Ancestor if a is not Ancestor.ALONE or name == "prior"]  # nobody else hangs from a drop
        if lacking := [a.value for a in wanted if a not in getattr(found.correlation, name)]:
            raise InvalidValueError(f"correlation.{name}", ", ".join(lacking), "given for every ancestor")
    absent = [c.value for c in OpticalClass if c not in found.classes]
    if absent:
        raise InvalidValueError("classes", ", ".join(absent), "described for every optical class")
    return found
