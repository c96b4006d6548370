"""Trends in words: the sentence of each fact, in French or in English, and a list as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping

from api.i18n import Language, translate
from domain.clock import PARIS
from domain.trend import TrendCause, TrendFact, TrendKind, Unmeasured
from storage.trends import KeptTrend

_DRIFTS: Mapping[str, tuple[str, str]] = {
    "loss_rises_down": (
        "The loss downstream rises by {slope} dB a day: {change} dB in {days} days",
        "The loss downstream rose by {change} dB at once",
    ),
    "loss_rises_up": (
        "The loss upstream rises by {slope} dB a day: {change} dB in {days} days",
        "The loss upstream rose by {change} dB at once",
    ),
    "group_rx_falls": (
        "All its ONTs receive less: {slope} dB a day, {change} dB in {days} days",
        "All its ONTs receive less, by {change} dB at once",
    ),
    "group_olt_rx_falls": (
        "The OLT receives less of all its ONTs: {slope} dB a day, {change} dB in {days} days",
        "The OLT receives less of all its ONTs, by {change} dB at once",
    ),
    "port_sends_less": (
        "The port sends less: {slope} dB a day, {change} dB in {days} days",
        "The port sends less, by {change} dB at once",
    ),
    "ont_sends_less": (
        "The ONT sends less: {slope} dB a day, {change} dB in {days} days",
        "The ONT sends less, by {change} dB at once",
    ),
}
FACTS: Mapping[str, str] = {
    **{code: texts[0] for code, texts in _DRIFTS.items()},
    **{f"{code}_step": texts[1] for code, texts in _DRIFTS.items()},
    "port_current_rises": "The laser current of the port is {ratio} times what it was",
    "ont_current_rises": "The laser current of the ONT is {ratio} times what it was",
    "port_sends": "The port sends as ever",
    "up_still": "Upstream nothing moves: a fibre would lose both ways",
    "up_unread": "What the OLT receives is not read: the port or the fibre",
    "down_still": "Downstream nothing moves",
    "rest_still": "The rest of the port does not move",
    "onts_receive_as_ever": "Yet its ONTs receive as ever",
    "senders_still": "The levels sent do not move",
    "more_downstream": "It loses {change} dB more downstream: a strained fibre",
    "no_neighbour": "No neighbour is measured on the port: a common cause is not excluded",
    "moves_with_rain": "The loss follows the rain, by {change} dB",
    "daily_swing": "The loss moves by {change} dB within each day",
    "moves_with_heat": "It follows the temperature outside",
    "more_downstream_daily": "It moves more downstream: a strained fibre",
    "falls": "{day} falls in 24 h, {week} in 7 days",
    "falls_by_cause": "{light} by loss of light, {power} by loss of power",
    "same_hour": "At the same hour every day",
}
KINDS: Mapping[TrendKind, str] = {
    TrendKind.DRIFT: "drift",
    TrendKind.STEP: "step",
    TrendKind.CYCLE: "cycle",
    TrendKind.FLAPPING: "falls that come back",
}
CAUSES: Mapping[TrendCause, str] = {
    TrendCause.OLT_SFP: "optical module of the port",
    TrendCause.OLT_RECEIVER: "receiver of the port",
    TrendCause.FEEDER: "transport fibre of the port",
    TrendCause.SPLITTER: "splitter",
    TrendCause.PBO: "PBO: moisture or strain",
    TrendCause.ONT_LASER: "laser of the ONT",
    TrendCause.LINE: "customer's line: connector or splice",
    TrendCause.BEND: "customer's line: strained fibre",
    TrendCause.MOISTURE: "moisture in a closure",
    TrendCause.LIGHT: "losses of light",
    TrendCause.POWER: "losses of power",
    TrendCause.HABIT: "switched off every day",
    TrendCause.UNKNOWN: "unknown cause",
}
WHY: Mapping[Unmeasured, str] = {
    Unmeasured.TOO_FEW_DAYS: "too few days measured",
    Unmeasured.NO_READING: "the equipment gives no level",
    Unmeasured.NOT_SUPPORTED: "the equipment does not measure it",
    Unmeasured.OFFLINE: "the ONT is off line",
    Unmeasured.IMPLAUSIBLE: "levels that are not plausible",
    Unmeasured.NOT_READ: "no level was ever read",
}


def sentence(fact: TrendFact, language: Language) -> str:
    """A fact in words."""
    numbers = {name: number(value, language) for name, value in fact.numbers.items()}
    return translate(language, FACTS[fact.code], **numbers)


def number(value: float, language: Language) -> str:
    """A number as the language writes it."""
    text = f"{round(value, 3):g}"
    return text.replace(".", ",") if language == "fr" else text


_COLUMNS = (
    *("OLT", "PON port", "ONT", "PBO", "Access", "ONTs", "Trend", "Cause", "Since"),
    *("dB a day", "dB in all", "Days to the limit", "Confidence", "Evidence"),
)


def as_csv(trends: Iterable[KeptTrend], language: Language) -> str:
    """A list as a spreadsheet takes it: UTF-8 with its mark, semicolons, a line a trend."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow([translate(language, column) for column in _COLUMNS])
    for kept in trends:
        writer.writerow([_inert(cell) for cell in _cells(kept, language)])
    return "\N{ZERO WIDTH NO-BREAK SPACE}" + out.getvalue()


def _cells(kept: KeptTrend, language: Language) -> tuple[str, ...]:
    trend = kept.trend

    def shown(value: float | None, digits: int) -> str:
        return "" if value is None else number(round(value, digits), language)

    return (
        trend.olt,
        str(trend.pon),
        "" if trend.ont is None else str(trend.ont),
        kept.pbo or trend.place or "",
        kept.id1 or "",
        str(trend.onts),
        translate(language, KINDS[trend.kind]),
        translate(language, CAUSES[trend.cause]),
        "" if trend.since is None else trend.since.astimezone(PARIS).strftime("%Y-%m-%d %H:%M"),
        shown(trend.slope_db_day, 3),
        shown(trend.change_db, 2),
        shown(trend.days_left, 1),
        shown(trend.confidence, 2),
        " · ".join(sentence(fact, language) for fact in trend.facts),
    )


def _inert(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell
