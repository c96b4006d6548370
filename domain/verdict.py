"""The verdict: what is wrong, where, how sure we are, why, and who acts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from domain.optical_path import OpticalPath
from domain.reading import Quality, Reason
from domain.record import record


class Family(StrEnum):
    """Verdict families."""

    OK = "OK"
    OK_SESSION_INACTIVE = "OK_SESSION_INACTIVE"
    ONT = "ONT"
    LIGNE = "LIGNE"
    RESEAU = "RESEAU"
    PROVISIONNEMENT = "PROVISIONNEMENT"
    INTERNE = "INTERNE"
    INTERNET = "INTERNET"
    DNS = "DNS"
    AUTHENTIFICATION = "AUTHENTIFICATION"
    FLUX_BLOQUE = "FLUX_BLOQUE"
    INDETERMINE = "INDETERMINE"


class Defect(StrEnum):
    """The seven defects of the signalisation screen, verbatim."""

    SESSION_INACTIVE = "Accès FTTH OK - session inactive"
    ONT = "Défaut prélocalisé ONT"
    LINE = "Ligne en défaut prélocalisée ligne"
    INTERNET = "Problème Internet"
    DNS = "Problème de résolution DNS"
    AUTHENTICATION = "Problème d'authentification"
    BLOCKED_FLOW = "Flux bloqué"


class Prelocalisation(StrEnum):
    """Where the fault is."""

    RESEAU_OLT = "RESEAU_OLT"
    TRANSPORT_PON = "TRANSPORT_PON"
    BRANCHEMENT_PBO = "BRANCHEMENT_PBO"
    ONT = "ONT"
    DESSERTE_INTERNE_BOX = "DESSERTE_INTERNE_BOX"
    PLATEFORME_INTERNET = "PLATEFORME_INTERNET"
    AUCUNE = "AUCUNE"
    INDETERMINEE = "INDETERMINEE"


class Scope(StrEnum):
    """How many customers share the fault."""

    INDIVIDUAL = "individual"
    PBO = "pbo"
    SPLITTER = "splitter"
    PON = "pon"
    CARD = "card"
    OLT = "olt"
    PLATFORM = "platform"
    AREA = "area"
    UNKNOWN = "unknown"


class Severity(StrEnum):
    """Severity, one to one with TMF642 ``perceivedSeverity``."""

    CRITICAL = "critical"  # collective outage
    MAJOR = "major"  # this customer is out
    MINOR = "minor"  # degraded
    WARNING = "warning"  # no effect yet
    NONE = "none"
    INDETERMINATE = "indeterminate"


class Owner(StrEnum):
    """Who acts."""

    INFRASTRUCTURE = "opérateur d'infrastructure"
    COMMERCIAL = "opérateur commercial"
    CUSTOMER = "client final"
    NOBODY = "personne"


class ResultCode(StrEnum):
    """The screen's column `Diagnostic`."""

    OK = "OK"
    KO = "KO"
    UNDETERMINED = "Indéterminé"


@record
class Evidence:
    """One fact for or against a finding.

    Attributes:
        text: The fact in French, ready to show; never a secret.
        metrics: Keys of the metrics it rests on.
        at: When it was true.
    """

    text: str
    metrics: tuple[str, ...] = ()
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CustomerCheck:
    """A light that the customer is asked to look at; all in French.

    Attributes:
        equipment: ``ONT`` or ``box``.
        led: What is written beside the light.
        expected: What it shows if the finding is right.
        otherwise: What it means, and what to do, if it shows anything else.
    """

    equipment: str
    led: str
    expected: str
    otherwise: str


@record
class Finding:
    """What one rule found.

    Attributes:
        rule: Identifier of the rule: the name of its file and of its page.
        confidence: 0 to 1.
        decider: The one reading that would settle the matter, in French, where two hypotheses fit.
        teleaction: Name of the téléaction to make, as in their catalogue; left out where there is none.
        checks: What to ask the customer; left out where nothing is, so that verdicts from before stay what they were.
    """

    rule: str
    family: Family
    prelocalisation: Prelocalisation
    scope: Scope
    severity: Severity
    confidence: float
    owner: Owner
    defect: Defect | None
    title: str
    action: str
    evidence_for: tuple[Evidence, ...] = ()
    evidence_against: tuple[Evidence, ...] = ()
    decider: str | None = None
    teleaction: Annotated[str | None, Field(exclude_if=lambda name: name is None)] = None
    checks: Annotated[tuple[CustomerCheck, ...], Field(exclude_if=lambda checks: not checks)] = ()


@record
class Row:
    """One line `Libellé` | `Valeur` of a result block.

    Attributes:
        label: The screen's label, exactly.
        value: What the screen prints; « non mesuré » when unknown.
        reason: Why it is unknown.
        secret: Whether only some rights may see the value.
        at: When it was true; ``None`` when unknown.
        source: Where it comes from.
        quality: How it came.
    """

    label: str
    value: str
    reason: Reason | None = None
    secret: bool = False
    at: datetime | None = None
    source: str = ""
    quality: Quality = Quality.MISSING


@record
class Block:
    """One block of rows: « Diagnostic DELC » or « Infos Box »."""

    title: str
    rows: tuple[Row, ...]


@record
class Missing:
    """Something that was not measured, and why; both in French."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The whole result of one test; `findings[0]` is the headline.

    Attributes:
        result: The screen's `Diagnostic` column.
        synthesis: The French sentence of `Synthèse`.
        interpretation: The French help of `Interprétation`.
        ruleset: Version of the rule-set that decided.
        path: The path of the light, ready to be drawn; left out, also of what is written, where there is none: verdicts
            from before it was drawn stay what they were, to the byte.
    """

    family: Family
    result: ResultCode
    defect: Defect | None
    prelocalisation: Prelocalisation
    scope: Scope
    severity: Severity
    confidence: float
    owner: Owner
    synthesis: str
    interpretation: str
    action: str
    findings: tuple[Finding, ...]
    blocks: tuple[Block, ...]
    not_measured: tuple[Missing, ...]
    ruleset: str
    path: Annotated[OpticalPath | None, Field(exclude_if=lambda path: path is None)] = None

    @property
    def teleaction(self) -> str | None:
        """The téléaction that the headline recommends."""
        return self.findings[0].teleaction if self.findings else None

    @property
    def checks(self) -> tuple[CustomerCheck, ...]:
        """What to ask the customer, for the headline."""
        return self.findings[0].checks if self.findings else ()
