"""A reconciliation in words: French and English, one sentence a kind, and the JSON form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from collectors.reconciliation import Finding, FindingKind, Report, Unchecked

Language = Literal["fr", "en"]

FINDINGS: Mapping[FindingKind, Mapping[Language, str]] = {
    FindingKind.UNKNOWN_ONT: {
        "fr": "{ont} : ONT {serial} sur l'OLT, absent de l'inventaire",
        "en": "{ont}: ONT {serial} on the OLT, in no inventory",
    },
    FindingKind.ABSENT_ONT: {
        "fr": "{ont} : dans l'inventaire ({serial}), absent de l'OLT",
        "en": "{ont}: in the inventory ({serial}), not on the OLT",
    },
    FindingKind.SERIAL_DIFFERS: {
        "fr": "{ont} : ONT {serial} au lieu de {expected}",
        "en": "{ont}: ONT {serial} instead of {expected}",
    },
    FindingKind.MOVED: {
        "fr": "{ont} : l'ONT {serial} est à {found}",
        "en": "{ont}: ONT {serial} is at {found}",
    },
    FindingKind.CROSSED: {
        "fr": "{ont} et {found} : ONT {serial} et {other_serial} croisés",
        "en": "{ont} and {found}: ONTs {serial} and {other_serial} are crossed",
    },
    FindingKind.FROM_ANOTHER_OLT: {
        "fr": "{ont} : l'ONT {serial} est attendu à {home} de l'OLT {other_olt}",
        "en": "{ont}: ONT {serial} is expected at {home} of OLT {other_olt}",
    },
    FindingKind.DUPLICATE_ON_OLT: {
        "fr": "n° de série {serial} configuré plusieurs fois sur l'OLT : {places}",
        "en": "serial number {serial} configured several times on the OLT: {places}",
    },
    FindingKind.DUPLICATE_IN_INVENTORY: {
        "fr": "n° de série {serial} plusieurs fois dans l'inventaire : {places}",
        "en": "serial number {serial} several times in the inventory: {places}",
    },
    FindingKind.DISCOVERED: {
        "fr": "{pon} : ONT {serial} entendu par l'OLT et configuré nulle part (attendu à {ont})",
        "en": "{pon}: ONT {serial} heard by the OLT and configured nowhere (expected at {ont})",
    },
}

UNCHECKED: Mapping[Unchecked, Mapping[Language, str]] = {
    Unchecked.ABSENCE_UNPROVED: {
        "fr": "{ont} : aucune réponse de l'OLT, absence non prouvée ({reason})",
        "en": "{ont}: no answer from the OLT, absence not proved ({reason})",
    },
    Unchecked.SERIAL_UNREAD: {
        "fr": "{ont} : n° de série non lu ({reason})",
        "en": "{ont}: serial number not read ({reason})",
    },
}

_WITHOUT_SERIAL: Mapping[Language, str] = {
    "fr": "Numéros de série attendus non renseignés ({count})",
    "en": "Expected serial numbers not given ({count})",
}

_HEAD: Mapping[Language, str] = {
    "fr": "OLT {olt} : {matching} ONT conformes sur {expected} attendus ({seen} vus), "
    "{findings} écarts, {unchecked} non comparés",
    "en": "OLT {olt}: {matching} ONTs match of {expected} expected ({seen} seen), "
    "{findings} differences, {unchecked} not compared",
}


class _Told(dict[str, str]):
    """Parameters of a sentence; what is not known is a dash."""

    def __missing__(self, _key: str) -> str:
        return "-"


def sentence(finding: Finding, language: Language = "fr") -> str:
    """A finding in words."""
    told = _Told(finding.params)
    if finding.ont is not None:
        told["ont"] = str(finding.ont)
    return FINDINGS[finding.kind][language].format_map(told)


def note(report: Report, language: Language = "fr") -> str | None:
    """The one note for all the places of which the inventory expects no serial number; ``None``: it has them all."""
    return _WITHOUT_SERIAL[language].format(count=report.without_serial) if report.without_serial else None


def as_text(report: Report, language: Language = "fr") -> str:
    """The report in words: figures, a line a finding, a line a place that could not be compared, and the note."""
    figures = {
        "olt": report.olt,
        "matching": report.matching,
        "expected": report.expected,
        "seen": report.seen,
        "findings": len(report.findings),
        "unchecked": len(report.not_checked),
    }
    lines = [_HEAD[language].format_map(figures)]
    lines += [sentence(finding, language) for finding in report.findings]
    for one in report.not_checked:
        told = _Told(ont=str(one.ont))
        if one.reason is not None:
            told["reason"] = one.reason.value
        lines.append(UNCHECKED[one.why][language].format_map(told))
    said = note(report, language)
    return "\n".join(lines if said is None else [*lines, said])


def as_json(report: Report) -> dict[str, Any]:
    """The report as a JSON-ready object: kinds and parameters, for whoever words it."""
    return {
        "olt": report.olt,
        "matching": report.matching,
        "expected": report.expected,
        "seen": report.seen,
        "without_serial": report.without_serial,
        "counts": {kind.value: count for kind, count in sorted(report.counts.items())},
        "findings": [
            {
                "kind": finding.kind.value,
                "ont": None if finding.ont is None else str(finding.ont),
                "params": dict(finding.params),
            }
            for finding in report.findings
        ],
        "not_checked": [
            {"ont": str(one.ont), "why": one.why.value, "reason": None if one.reason is None else one.reason.value}
            for one in report.not_checked
        ],
    }
