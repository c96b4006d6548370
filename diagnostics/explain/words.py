"""French names of what rules look at, and of the ways in which things end."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import Enum
from typing import Any

from diagnostics.explain.trace import THRESHOLDS, Seen
from diagnostics.rule import Role
from diagnostics.texts import instant
from domain.access import Place
from domain.incident import Ancestor
from domain.secret import MASK
from domain.snapshot import Outcome, SourceKind

FACTS: Mapping[str, str] = {
    "olt_unreachable": "OLT injoignable",
    "card_up": "carte en service",
    "laser_on": "laser du port allumé",
    "neighbours_up": "un voisin du PON en ligne",
    "ont_up": "ONT en ligne (dit par l'OLT)",
    "proved_at": "dernière preuve vivante de l'accès",
    "ont_down": "ONT hors ligne",
    "contradicted": "OLT démenti par une preuve plus récente",
    "access_up": "accès en service",
    "light_lost": "lumière de l'ONT perdue",
    "dying_gasp": "coupure d'alimentation annoncée par l'ONT",
    "uni_up": "lien ONT-box monté",
    "provisioned": "ONT provisionné",
    "unlocked": "ONT déverrouillé",
    "port_unlocked": "port PON déverrouillé",
    "box_active": "box active",
    "session_alive": "session PPP ouverte",
    "refused_at": "dernier refus d'authentification",
    "ppp_refused": "session PPP refusée",
    "box_stopped_first": "box arrêtée avant la chute de son lien",
    "omci_lost": "gestion de l'ONT perdue (OMCI)",
    "ont_lit": "voyant d'alimentation de l'ONT allumé",
    "box_lit": "voyant d'alimentation de la box allumé",
    "acting": "téléaction trop récente",
}

BUDGET: Mapping[str, str] = {
    "down_db": "perte mesurée, sens descendant (dB)",
    "up_db": "perte mesurée, sens montant (dB)",
    "expected_down_db": "perte attendue, sens descendant (dB)",
    "expected_up_db": "perte attendue, sens montant (dB)",
    "ont_rx_margin_db": "marge de réception de l'ONT (dB)",
    "olt_rx_margin_db": "marge de réception de l'OLT (dB)",
    "loss_margin_db": "marge de perte de la classe (dB)",
    "received_ok": "niveaux reçus dans leur classe",
    "too_low": "un niveau reçu sous la sensibilité",
    "olt_sent_ok": "OLT émet dans sa classe",
    "ont_sent_ok": "ONT émet dans sa classe",
    "too_strong": "un niveau reçu au-delà de la saturation",
    "rise_down_db": "perte en plus depuis la référence, sens descendant (dB)",
    "rise_up_db": "perte en plus depuis la référence, sens montant (dB)",
    "ont_tx_fall_db": "baisse du niveau émis par l'ONT (dB)",
    "ont_bias_ratio": "courant du laser de l'ONT / référence",
    "olt_bias_ratio": "courant du laser du port / référence",
    "excess_down_db": "perte inexpliquée, sens descendant (dB)",
    "excess_up_db": "perte inexpliquée, sens montant (dB)",
    "worst_rise_db": "plus forte perte en plus depuis la référence (dB)",
    "worst_excess_db": "plus forte perte inexpliquée (dB)",
    "loss_explained": "pertes expliquées",
}

CROWD: Mapping[str, str] = {
    "pbo": "voisins du PBO",
    "splitter": "voisins du coupleur",
    "pon": "voisins du PON",
    "beyond_pbo": "voisins hors du PBO",
    "beyond_splitter": "voisins hors du coupleur",
    "gasps_together": "coupures d'alimentation en même temps",
    "card_ports_down": "autres ports de la carte tombés ensemble",
    "card_ports_up": "autres ports de la carte en service",
    "other_cards_down": "autres cartes tombées ensemble",
    "at": "instant de lecture des voisins",
}

GROUP: Mapping[str, str] = {
    "up": "en ligne",
    "dark": "éteints avec lui",
    "dated": "au même instant",
    "gasp": "sans alimentation",
    "apart": "tombés à un autre moment",
    "unknown": "inconnus",
    "pbos": "PBO des éteints",
    "complete": "tous connus",
    "rx_delta_db": "écart des niveaux reçus (dB)",
    "olt_rx_delta_db": "écart des niveaux reçus par l'OLT (dB)",
    "noisy": "avec des erreurs",
    "noise_known": "dont les erreurs sont connues",
    "drifting": "dont les niveaux dérivent",
    "size": "nombre",
    "fell": "tombés ensemble",
    "seems_fallen": "tombés ensemble, parmi les connus",
    "any_up": "un au moins en ligne",
}

ANCESTRY: Mapping[str, str] = {
    "posterior": "vraisemblance de chaque cause",
    "undecided": "causes que des voisins inconnus départageraient",
    "beaten": "causes communes écartées",
    "denied": "causes démenties",
    "denies": "cause démentie",
    "certain": "cause commune établie",
    "shared": "cause commune, quelle qu'elle soit",
    "close": "part à partir de laquelle une autre cause compte",
    "rival": "autre cause vraisemblable",
}

ERRORS: Mapping[str, str] = {
    "ber_up": "taux d'erreurs montant",
    "ber_down": "taux d'erreurs descendant",
    "lost": "part de mots perdus",
    "high": "erreurs sensibles",
    "high_up": "erreurs sensibles, sens montant",
    "high_down": "erreurs sensibles, sens descendant",
    "severe": "erreurs graves",
    "rising": "erreurs en hausse",
}

TRENDS: Mapping[str, str] = {
    "loss_down": "perte descendante",
    "loss_up": "perte montante",
    "ont_tx": "niveau émis par l'ONT",
    "ont_bias": "courant du laser de l'ONT",
    "olt_tx": "niveau émis par le port",
    "pbo_rx": "niveau reçu au PBO",
    "pon_rx": "niveau reçu sur le PON",
    "swing_down_db": "cycle quotidien, sens descendant (dB)",
    "swing_up_db": "cycle quotidien, sens montant (dB)",
    "with_heat": "corrélation avec la température",
    "with_rain": "corrélation avec la pluie",
    "range_db": "étendue des pertes (dB)",
    "days_left": "jours avant la limite de classe",
    "flaps": "chutes",
    "slope": "pente par jour",
    "total": "variation totale",
    "days": "jours observés",
    "step": "marche (dB)",
    "stepped_at": "date de la marche",
    "is_step": "marche plutôt que pente",
    "drifts": "dérive",
    "change": "variation",
    "rises": "monte",
    "turned": "série retournée",
    "steps": "marche nette",
    "day": "en 24 h",
    "week": "en 7 jours",
    "light": "par perte de lumière",
    "power": "par perte d'alimentation",
    "unstable": "trop nombreuses",
    "habit": "à heure fixe",
}

SNAPSHOT: Mapping[str, str] = {
    "snapshot": "",
    "now": "instant du diagnostic",
    "test": "test",
    "place": "emplacement",
    "outside": "",
    "optical_class": "classe optique",
    "pbo": "PBO du client",
    "splitters": "coupleurs",
    "splitter_ratio": "taux de couplage",
    "ratios": "rapport de chaque coupleur",
    "feeder_m": "fibre de l'OLT au premier coupleur",
    "branch_m": "fibre du premier coupleur au PBO",
    "drop_m": "fibre du PBO à la prise",
    "length_m": "longueur (m)",
    "pm": "PM",
    "street": "rue ou câble",
    "power_area": "secteur électrique",
    "incident": "incident collectif connu",
    "at": "instant",
}
_OF = {"facts": FACTS, "budget": BUDGET, "crowd": CROWD, "ancestry": ANCESTRY, "errors": ERRORS, "trends": TRENDS}

ANCESTORS: Mapping[Ancestor, str] = {
    Ancestor.ALONE: "l'accès seul",
    Ancestor.PBO: "PBO",
    Ancestor.STREET: "câble de la rue",
    Ancestor.SPLITTER: "coupleur",
    Ancestor.PON: "port PON ou fibre commune",
    Ancestor.CARD: "carte OLT",
    Ancestor.OLT: "OLT ou site",
    Ancestor.AREA: "secteur électrique",
}

ROLES: Mapping[Role, str] = {
    Role.FAULT: "panne",
    Role.DEGRADED: "dégradation",
    Role.WARNING: "avertissement",
    Role.HEALTH: "bon fonctionnement",
    Role.UNKNOWN: "impossible de conclure",
}
SOURCES: Mapping[SourceKind, str] = {
    SourceKind.OLT_SNMP: "OLT (SNMP)",
    SourceKind.OLT_CLI: "OLT (ligne de commande)",
    SourceKind.NEIGHBOURS: "voisins du PON",
    SourceKind.BOX: "box (en direct)",
    SourceKind.BOX_STORED: "box (conservé)",
    SourceKind.SESSION: "session (RADIUS)",
    SourceKind.PLATFORM: "plateforme Internet (sondes)",
    SourceKind.HISTORY: "historique (télémétrie)",
}
OUTCOMES: Mapping[Outcome, str] = {
    Outcome.OK: "lu",
    Outcome.PARTIAL: "lu en partie",
    Outcome.FAILED: "en échec",
    Outcome.SKIPPED: "non demandé",
}


UNKNOWN = "inconnu"


def shown(value: Any) -> str:
    """A value: true, false and unknown in words, numbers with two decimals, instants in Europe/Paris."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return UNKNOWN
    for kind, show in _SHOWN:
        if isinstance(value, kind):
            return show(value)
    return str(value)


def _number(value: float) -> str:
    """Two decimals; rates of errors, which are tiny, in scientific notation."""
    return f"{value:.2e}" if 0 < abs(value) < 0.005 else f"{value:.2f}".rstrip("0").rstrip(".")


_SHOWN: tuple[tuple[type | tuple[type, ...], Callable[[Any], str]], ...] = (
    (bool, lambda value: "vrai" if value else "faux"),
    (datetime, instant),
    (Enum, lambda value: str(value.value)),
    (float, _number),
    (Place, lambda value: f"{value.olt} {value.ont}"),
    ((tuple, frozenset), lambda value: ", ".join(sorted(map(shown, value))) or "aucun"),
)


def named(seen: Seen) -> str:
    """What was asked: a reading by its label, a fact by its name, a threshold as the file calls it."""
    if seen.metric is not None:
        return seen.metric.label_fr
    root, *names = seen.path
    if root == THRESHOLDS:
        return f"seuil {'.'.join(names)}"
    words = _OF.get(names[0])
    if words is None:
        return ", ".join(word for word in (SNAPSHOT[name] for name in names) if word)
    inner = GROUP if words is CROWD else words
    first, *rest = names[1:]
    return ", ".join([words[first], *(inner[name] for name in rest)])


def told(seen: Seen) -> str:
    """What was asked and what came, secrets masked."""
    secret = seen.metric is not None and seen.metric.secret and seen.value is not None
    return f"{named(seen)} = {MASK if secret else shown(seen.value)}"
