"""A result as the screen's example has it, written by hand, and one of a cut drop: what the page is checked against."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from domain.access import Access, OutsidePlant, Place, TestName
from domain.identifiers import DeviceId, Id1, Id2, OntName
from domain.optical_path import Basis, Direction, ExcessPlace, OpticalPath, Part, PartKind
from domain.reading import Quality, Reason
from domain.snapshot import Outcome, Snapshot, SourceKind, SourceReport
from domain.verdict import (
    Block,
    CustomerCheck,
    Defect,
    Diagnosis,
    Evidence,
    Family,
    Finding,
    Missing,
    Owner,
    Prelocalisation,
    ResultCode,
    Row,
    Scope,
    Severity,
)
from tests.screen import DELC, INFOS_BOX

NOW = datetime(2019, 5, 9, 8, 29, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
OPERATOR = "397480930"
ID1 = Id1("F00000015")
ONT = OntName.parse("ONT-1-1-5-10-19")
PASSWORD = "0848525835"


def access(id1: Id1 = ID1, *, bare: bool = False) -> Access:
    """The access of the example; ``bare`` has no ONT and no box."""
    if bare:
        return Access(OPERATOR, id1, None, "MB FTTH Internet profil 02", "FTTHMB1P", None)
    return Access(
        operator_id=OPERATOR,
        id1=id1,
        id2=Id2("VIA00000002136"),
        offer_label="MB FTTH Internet profil 07",
        service_type="FTTHMB1P",
        place=Place("OLT-LYON-03", ONT),
        box=DeviceId("D8D775", "LK18106DP440012"),
    )


def outside() -> OutsidePlant:
    """The passive path of the access."""
    return OutsidePlant("FI-69383-001A", ("CPL-69383-0007", "CPL-69383-0112"), "PT 002053", 3420.0, 64)


def snapshot(test: TestName = TestName.GLOBAL, id1: Id1 = ID1) -> Snapshot:
    """What was asked."""
    return Snapshot(
        id1=id1,
        test=test,
        at=NOW,
        place=Place("OLT-LYON-03", ONT),
        sources=(
            SourceReport(SourceKind.OLT_SNMP, Outcome.OK, None, 84.0, 3),
            SourceReport(SourceKind.OLT_CLI, Outcome.OK, None, 612.0, 1),
            SourceReport(SourceKind.NEIGHBOURS, Outcome.OK, None, 141.0, 4),
            SourceReport(SourceKind.BOX, Outcome.FAILED, Reason.TIMEOUT, 2300.0, 1),
            SourceReport(SourceKind.SESSION, Outcome.OK, None, 4.0, 0),
        ),
    )


def _delc(label: str, value: str) -> Row:
    secret = label.startswith("Password")
    if label == "ID ONT":
        return Row(label, value, None, False, NOW, "inventory", Quality.STORED)
    source = "cli:info configure equipment ont interface" if secret else "snmp:1.3.6.1.4.1.637.61.1.35.10.1.1.9"
    return Row(label, value, None, secret, NOW, source, Quality.LIVE)


def _box(label: str, value: str) -> Row:
    return Row(label, value, None, False, NOW - timedelta(hours=27, minutes=12), "cwmp:DeviceInfo", Quality.STORED)


def inactive_box() -> Diagnosis:
    """The screen's example: every access row OK, box INACTIF, result OK."""
    finding = Finding(
        rule="box_inactive",
        family=Family.OK_SESSION_INACTIVE,
        prelocalisation=Prelocalisation.DESSERTE_INTERNE_BOX,
        scope=Scope.INDIVIDUAL,
        severity=Severity.MAJOR,
        confidence=0.86,
        owner=Owner.CUSTOMER,
        defect=Defect.SESSION_INACTIVE,
        title="Box inactive, accès en état de fonctionnement",
        action="Faire redémarrer la box par le client, puis refaire « Infos Box ».",
        evidence_for=(
            Evidence("Le lien entre l'ONT et la box est établi à 1 Gbit/s.", ("uni.oper",), NOW),
            Evidence("La box n'a pas donné signe depuis 27 h 12 min.", ("box.last_inform",), NOW - timedelta(hours=27)),
        ),
        evidence_against=(Evidence("Aucune tentative d'authentification refusée.", ("session.auth_result",)),),
        decider="l'état des voyants de la box",
        teleaction="box_reboot",
        checks=(CustomerCheck("box", "Alimentation", "allumé fixe", "La box est éteinte : la faire rebrancher."),),
    )
    return Diagnosis(
        family=finding.family,
        result=ResultCode.OK,
        defect=finding.defect,
        prelocalisation=finding.prelocalisation,
        scope=finding.scope,
        severity=finding.severity,
        confidence=finding.confidence,
        owner=finding.owner,
        synthesis="Fonctionnement Accès FTTH OK",
        interpretation="L'accès fonctionne de l'OLT jusqu'à la box, mais la box ne dialogue plus avec le réseau.",
        action=finding.action,
        findings=(finding,),
        blocks=(
            Block("Diagnostic DELC", tuple(_delc(*row) for row in DELC)),
            Block("Infos Box", tuple(_box(*row) for row in INFOS_BOX)),
        ),
        not_measured=(Missing("Adresse IP de la box", "la box n'a pas répondu à la demande de connexion"),),
        ruleset="2019.05-1",
    )


def cut_drop() -> Diagnosis:
    """A drop that is cut: KO, and rows that could not be measured."""
    finding = Finding(
        rule="drop_cut",
        family=Family.LIGNE,
        prelocalisation=Prelocalisation.BRANCHEMENT_PBO,
        scope=Scope.INDIVIDUAL,
        severity=Severity.MAJOR,
        confidence=0.92,
        owner=Owner.INFRASTRUCTURE,
        defect=Defect.LINE,
        title="Branchement coupé entre le PBO et l'ONT",
        action="Déposer une signalisation « Ligne en défaut prélocalisée ligne ».",
        evidence_for=(Evidence("L'OLT ne reçoit plus de lumière de cet ONT (LOSi), sans dying gasp.", (), NOW),),
    )
    unmeasured = tuple(
        Row(label, "non mesuré", Reason.OFFLINE, label.startswith("Password"), None, "snmp:1.3.6.1.2.1.2")
        if label.startswith(("Mesure", "Firmware", "Password", "Type de nég", "Etat de la nég"))
        else _delc(label, "KO" if label in {"Lien ONT-OLT", "Etat opérationnel", "Lien ONT-LB"} else value)
        for label, value in DELC
    )
    return Diagnosis(
        family=finding.family,
        result=ResultCode.KO,
        defect=finding.defect,
        prelocalisation=finding.prelocalisation,
        scope=finding.scope,
        severity=finding.severity,
        confidence=finding.confidence,
        owner=finding.owner,
        synthesis="Défaut sur la ligne <b>entre le PBO et l'ONT</b>",  # markup in a value must stay text
        interpretation="Le signal optique est perdu pour ce client seul : ses voisins de PBO sont en service.",
        action=finding.action,
        findings=(finding,),
        blocks=(Block("Diagnostic DELC", unmeasured),),
        not_measured=(Missing("Mesure ONT rx", "l'ONT est hors ligne"),),
        ruleset="2019.05-1",
    )


def lossy_line() -> Diagnosis:
    """A line that loses 3.7 dB too much, by its drop; the length of its distribution is not in the records."""

    def part(kind: PartKind, name: str | None, loss: float | None, length: float | None = None) -> Part:
        drop = kind in {PartKind.DROP, PartKind.PTO}
        return Part(kind, name, length, None, loss, loss, suspect=drop)

    splitters = (replace(part(PartKind.SPLITTER, name, 10.9), ratio=8) for name in ("CPL-5-10", "CPL-5-10-3"))
    first, second = splitters
    path = OpticalPath(
        parts=(
            part(PartKind.OLT_PORT, "PON-1-1-5-10", 0.3),
            part(PartKind.FEEDER, None, 0.6, 1600.0),
            first,
            part(PartKind.BRANCH, None, None),
            second,
            part(PartKind.PBO, "PBO <b>5-10-3-1</b> de la rue", 0.0),
            part(PartKind.DROP, None, 0.25, 180.0),
            part(PartKind.PTO, None, 0.3),
            part(PartKind.ONT, str(ONT), 0.3),
        ),
        length_m=2200.0,
        down=Direction(3.4, -23.1, 26.5, 22.75, 3.74, 3.9, 15.1),
        up=Direction(2.28, None, None, 22.97, None, None, None),
        class_loss_db=(13.0, 28.0),
        basis=Basis.REFERENCE,
        reference_at=NOW - timedelta(days=90),
        reference_source="commissioning: recette",
        where=ExcessPlace.DROP,
    )
    return replace(inactive_box(), path=path)
