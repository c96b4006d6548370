"""A difference between two diagnoses, in French or in English."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from diagnostics.replay.difference import Change, Part

Language = Literal["fr", "en"]

_NOTHING = "—"
_WORDS: dict[str, dict[Language, str]] = {
    "verdict": {"fr": "Verdict", "en": "Verdict"},
    "rule": {"fr": "Règles", "en": "Rules"},
    "finding": {"fr": "Constats", "en": "Findings"},
    "row": {"fr": "Lignes de l'écran", "en": "Rows of the screen"},
    "missing": {"fr": "Non mesuré", "en": "Not measured"},
    "path": {"fr": "Trajet optique", "en": "Optical path"},
    "threshold": {"fr": "Seuils", "en": "Thresholds"},
    "encoding": {"fr": "Écriture", "en": "Encoding"},
    "fires": {"fr": "se déclenche, rang {rank}", "en": "fires, rank {rank}"},
    "silent": {"fr": "ne se déclenche plus (rang {rank})", "en": "no longer fires (rank {rank})"},
    "bytes": {
        "fr": "mêmes valeurs, écrites autrement ({before} → {after} octets)",
        "en": "same values, written otherwise ({before} → {after} bytes)",
    },
    "decides": {"fr": "  ← suffit à changer le résultat", "en": "  ← changes the result by itself"},
    "result": {"fr": "diagnostic", "en": "result"},
    "family": {"fr": "famille", "en": "family"},
    "defect": {"fr": "défaut", "en": "defect"},
    "prelocalisation": {"fr": "prélocalisation", "en": "prelocalisation"},
    "scope": {"fr": "étendue", "en": "scope"},
    "severity": {"fr": "gravité", "en": "severity"},
    "confidence": {"fr": "confiance", "en": "confidence"},
    "owner": {"fr": "responsable", "en": "owner"},
    "synthesis": {"fr": "synthèse", "en": "synthesis"},
    "interpretation": {"fr": "interprétation", "en": "interpretation"},
    "action": {"fr": "action", "en": "action"},
    "ruleset": {"fr": "règles", "en": "rule-set"},
    "rank": {"fr": "rang", "en": "rank"},
    "title": {"fr": "titre", "en": "title"},
    "decider": {"fr": "lecture décisive", "en": "deciding reading"},
    "teleaction": {"fr": "téléaction conseillée", "en": "recommended téléaction"},
    "checks": {"fr": "voyants à demander", "en": "lights to ask about"},
    "evidence_for": {"fr": "preuves pour", "en": "evidence for"},
    "evidence_against": {"fr": "preuves contre", "en": "evidence against"},
    "where": {"fr": "lieu de l'excès", "en": "place of the excess"},
    "basis": {"fr": "base de l'écart", "en": "what the excess is counted from"},
    "length_m": {"fr": "longueur (m)", "en": "length (m)"},
    "reference_at": {"fr": "date de la référence", "en": "instant of the reference"},
    "reference_source": {"fr": "source de la référence", "en": "source of the reference"},
    "sent_dbm": {"fr": "niveau émis (dBm)", "en": "level sent (dBm)"},
    "received_dbm": {"fr": "niveau reçu (dBm)", "en": "level received (dBm)"},
    "loss_db": {"fr": "perte mesurée (dB)", "en": "loss measured (dB)"},
    "expected_db": {"fr": "perte attendue (dB)", "en": "loss expected (dB)"},
    "excess_db": {"fr": "écart (dB)", "en": "excess (dB)"},
    "margin_db": {"fr": "marge avant la sensibilité (dB)", "en": "margin to the sensitivity (dB)"},
    "overload_margin_db": {"fr": "marge avant la saturation (dB)", "en": "margin to the overload (dB)"},
    "name": {"fr": "référence", "en": "reference"},
    "ratio": {"fr": "rapport du coupleur", "en": "ratio of the splitter"},
    "expected_down_db": {"fr": "attendu descendant (dB)", "en": "expected downstream (dB)"},
    "expected_up_db": {"fr": "attendu montant (dB)", "en": "expected upstream (dB)"},
    "suspect": {"fr": "excès possible ici", "en": "excess may sit here"},
    "value": {"fr": "valeur", "en": "value"},
    "reason": {"fr": "motif", "en": "reason"},
    "source": {"fr": "source", "en": "source"},
    "at": {"fr": "instant", "en": "instant"},
    "quality": {"fr": "qualité", "en": "quality"},
}


def word(name: str, language: Language) -> str:
    """What a part or a field is called."""
    return _WORDS[name][language]


def tell(changes: Sequence[Change], language: Language) -> Iterator[str]:
    """One heading for each part that differs, then one line for each change."""
    part: Part | None = None
    for change in changes:
        if change.part is not part:
            part = change.part
            yield word(part.value, language)
        yield f"  {_line(change, language)}"


def _line(change: Change, language: Language) -> str:
    before, after = change.before or _NOTHING, change.after or _NOTHING
    if change.part is Part.ENCODING:
        return word("bytes", language).format(before=before, after=after)
    if change.part is Part.RULE and change.before is None:
        return f"{change.of} : {word('fires', language).format(rank=after)}"
    if change.part is Part.RULE and change.after is None:
        return f"{change.of} : {word('silent', language).format(rank=before)}"
    named = [change.of, word(change.field, language) if change.field else ""]
    mark = word("decides", language) if change.decides else ""
    return f"{', '.join(name for name in named if name)} : {before} → {after}{mark}"
