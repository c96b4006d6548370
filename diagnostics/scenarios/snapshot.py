"""The snapshot of a scenario. What a scenario has and the domain has no metric for is left out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from diagnostics.scenarios import words
from diagnostics.scenarios.around import PBO, SPLITTER, SUBJECT, neighbours_of
from diagnostics.scenarios.behind import box_of, context_of, platform_of, session_of
from diagnostics.scenarios.network import Refused, network
from diagnostics.scenarios.past import history_of
from diagnostics.scenarios.words import Observations
from domain.access import OpticalClass, OutsidePlant, Place, TestName
from domain.identifiers import Id1
from domain.metric import Metric, Readings
from domain.metrics import olt, ont
from domain.reading import Quality, Reading, Reason, Source, Via, known, missing
from domain.snapshot import Outcome, Snapshot, SourceKind, SourceReport

_SOURCES = {
    "olt_mgmt": (SourceKind.OLT_SNMP, SourceKind.NEIGHBOURS),
    "acs": (SourceKind.BOX, SourceKind.BOX_STORED),
    "radius_log": (SourceKind.SESSION,),
}
_VIA = {"box": Via.CWMP, "session": Via.RADIUS, "platform": Via.RADIUS, "context": Via.INVENTORY}
_LONGEST_M = 60_000.0
_WANTED = (olt.CARD_OPER, olt.PON_OPER, ont.ONT_OPER, ont.ONT_RX_DBM, ont.UNI_OPER, olt.OLT_REACHABLE)


def snapshot_of(observations: Observations, series: object = None) -> Snapshot:
    """The snapshot of a scenario's observations and series."""
    at = words.instant(observations.get("collected_at"))
    if at is None:
        raise ValueError("a scenario needs collected_at")
    silent = _unreachable(observations)
    readings: dict[Metric[Any], Reading[Any]] = {}
    for part in (network, box_of, session_of, platform_of, context_of):
        for metric, value, when in part(observations, at):
            kept = part is network and SourceKind.OLT_SNMP in silent  # an OLT that is silent told it before
            readings[metric] = _reading(metric, value, when, Quality.STORED if kept else Quality.LIVE)
    if SourceKind.OLT_SNMP in silent:
        for metric in _WANTED:
            readings.setdefault(metric, missing(Reason.TIMEOUT, at, _source(metric)))
    neighbours = neighbours_of(observations, at, silent=SourceKind.NEIGHBOURS in silent)
    length = words.number(observations.get("distance_m")) or 0.0
    knows_pbo = any(neighbour.pbo == PBO for neighbour in neighbours.onts)
    return Snapshot(
        id1=Id1("F00000015"),
        test=TestName.GLOBAL,
        at=at,
        place=Place("OLT", SUBJECT),
        outside=OutsidePlant(
            pbo=PBO if knows_pbo else None,
            splitters=("C1", SPLITTER) if any(neighbour.splitter for neighbour in neighbours.onts) else (),
            length_m=length if 0 < length < _LONGEST_M else None,
            splitter_ratio=words.count(observations.get("split_ratio")) or None,
        ),
        optical_class=_optical_class(observations),
        readings=Readings(readings),
        neighbours=neighbours,
        sources=tuple(_reports(silent)),
        history=history_of(series),
    )


def _optical_class(observations: Observations) -> OpticalClass:
    told = words.text(observations.get("optical_class"))
    if told in set(OpticalClass):
        return OpticalClass(told)
    return OpticalClass.N1 if "XGS" in str(observations.get("technology")).upper() else OpticalClass.B_PLUS


def _source(metric: Metric[Any]) -> Source:
    return Source(_VIA.get(metric.entity, Via.SNMP), "scenario")


def _reading(metric: Metric[Any], value: Any, when: Any, quality: Quality) -> Reading[Any]:
    if isinstance(value, Refused):
        return missing(value.reason, when, _source(metric), value.raw)
    return known(value, when, _source(metric), quality)


def _unreachable(observations: Observations) -> frozenset[SourceKind]:
    reach = words.section(observations, "reachability")
    return frozenset(k for name, kinds in _SOURCES.items() if reach.get(name) not in (None, "ok") for k in kinds)


def _reports(silent: frozenset[SourceKind]) -> Iterator[SourceReport]:
    for kinds in _SOURCES.values():
        for kind in kinds:
            failed = kind in silent
            outcome, reason = (Outcome.FAILED, Reason.TIMEOUT) if failed else (Outcome.OK, None)
            yield SourceReport(kind, outcome, reason)
