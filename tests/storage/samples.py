"""Values that the tests of the records share."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from domain.access import Access, OpticalClass, OutsidePlant, Place, TestName
from domain.box import Inform
from domain.identifiers import DeviceId, Id1, Id2, OntName, PonName, SerialNumber
from domain.metric import Readings
from domain.metrics import box, olt, ont
from domain.olt import CardRow, CliAccess, OltTarget, OltWalk, OntRow, PonRow, TableGap
from domain.principal import Principal, Right
from domain.reading import Quality, Reason, Source, Via, known, missing
from domain.secret import Secret
from domain.session import AccountingEvent, AccountingStatus, AuthEvent
from domain.snapshot import Neighbour, Neighbours, Outcome, Snapshot, SourceKind, SourceReport
from domain.states import AuthResult, Oper
from domain.verdict import (
    Block,
    Diagnosis,
    Evidence,
    Family,
    Finding,
    Owner,
    Prelocalisation,
    ResultCode,
    Row,
    Scope,
    Severity,
)
from storage.diagnoses import NewDiagnosis
from storage.records import Records

NOW = datetime(2019, 5, 9, 8, 29, 10, 123456, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

RIGHTS = frozenset({Right.TEST, Right.INVENTORY})
INFRA = Principal("infra", "admin@infra", RIGHTS)
ALPHA = Principal("alpha", "agent@alpha", RIGHTS)
BETA = Principal("beta", "agent@beta", RIGHTS)

COMMUNITY = "s3cret-community"
CLI_PASSWORD = "s3cret-cli"
USERNAME = "s3cret-user@ppp"
ONT_PASSWORD = "0848525835"
BOX_PASSWORD = "s3cret-box"
SECRETS = (COMMUNITY, CLI_PASSWORD, USERNAME, ONT_PASSWORD, BOX_PASSWORD)

OLT = OltTarget(
    "infra",
    "OLT-A",
    "nokia_isam",
    "192.0.2.10",
    161,
    Secret(COMMUNITY),
    CliAccess("192.0.2.10", 22, "reader", Secret(CLI_PASSWORD)),
)
ONT = OntName(1, 1, 5, 10, 19)
PATH = OutsidePlant("PM-1", ("SPL-1", "SPL-2"), "PBO-7", 4321.5, 64)
DEVICE = DeviceId("D8D775", "LK18106DP440012")
SNMP = Source(Via.SNMP, "1.3.6.1.2.1.2.2.1.8")
CWMP = Source(Via.CWMP, "InternetGatewayDevice.DeviceInfo.SoftwareVersion")


def secret_for(device: DeviceId) -> Secret:
    return Secret(f"{BOX_PASSWORD}-{device.serial}")


def access(number: int = 15, operator_id: str = "alpha") -> Access:
    """F00000015 has the ONT, the box and the PPP identifier above; other numbers have their own."""
    return Access(
        operator_id=operator_id,
        id1=Id1(f"F{number:08d}"),
        id2=Id2("VIA00000002136"),
        offer_label="MB FTTH Internet profil 07",
        service_type="FTTHMB1P",
        place=Place("OLT-A", ONT if number == 15 else OntName(1, 1, 6, number % 16, number)),
        optical_class=OpticalClass.C_PLUS,
        box=DEVICE if number == 15 else DeviceId("D8D775", f"SERIAL{number}"),
        ppp_username=USERNAME if number == 15 else f"user{number}@ppp",
    )


async def put_access(records: Records, who: Principal, access: Access, at: datetime = NOW) -> bool:
    """Order an access; returns whether it is new."""
    return (await records.accesses.provision(who, access, at)).before is None


async def provision(records: Records, *accesses: Access) -> None:
    """Declare the OLT and the accesses (F00000015 alone by default)."""
    await records.network.put_olt(INFRA, OLT)
    for item in accesses or (access(),):
        await put_access(records, replace(ALPHA, operator_id=item.operator_id), item)


def new_diagnosis(number: int = 15, sent_at: datetime = NOW, test: TestName = TestName.GLOBAL) -> NewDiagnosis:
    return NewDiagnosis(Id1(f"F{number:08d}"), test, "FTTHMB1P", sent_at, "agent@alpha", "0.1.0+abc")


def snapshot(neighbours: int = 2) -> Snapshot:
    readings = Readings(
        {
            ont.ONT_OPER: known(Oper.UP, NOW, SNMP),
            ont.ONT_PASSWORD: known(ONT_PASSWORD, NOW, Source(Via.CLI, "show equipment ont")),
            ont.ONT_SERIAL: known(SerialNumber.parse("HWTC0172629D"), NOW, SNMP),
            ont.ONT_RX_DBM: known(-19.36, NOW, SNMP),
            olt.PON_TX_DBM: missing(Reason.TIMEOUT, NOW, SNMP),
        }
    )
    others = tuple(
        Neighbour(OntName(1, 1, 5, 10, 20 + n), f"PBO-{n % 8}", "SPL-2", Oper.UP, (), NOW) for n in range(neighbours)
    )
    return Snapshot(
        id1=Id1("F00000015"),
        test=TestName.GLOBAL,
        at=NOW,
        place=Place("OLT-A", ONT),
        outside=PATH,
        optical_class=OpticalClass.C_PLUS,
        readings=readings,
        neighbours=Neighbours(others, (), NOW, SNMP, Quality.LIVE),
        sources=(SourceReport(SourceKind.OLT_SNMP, Outcome.PARTIAL, Reason.TIMEOUT, 12.5, 3),),
    )


def verdict(rows: int = 25) -> Diagnosis:
    finding = Finding(
        rule="healthy",
        family=Family.OK,
        prelocalisation=Prelocalisation.AUCUNE,
        scope=Scope.INDIVIDUAL,
        severity=Severity.NONE,
        confidence=0.9,
        owner=Owner.NOBODY,
        defect=None,
        title="Accès sain",
        action="Rien à faire",
        evidence_for=(Evidence("ONT opérationnel", ("ont.oper",), NOW),),
    )
    lines = (
        Row("Password ONT configuré dans l'OLT", ONT_PASSWORD, secret=True, at=NOW, quality=Quality.LIVE),
        *(Row(f"Ligne {n}", "OK", at=NOW, source="snmp", quality=Quality.LIVE) for n in range(rows - 1)),
    )
    return Diagnosis(
        family=Family.OK,
        result=ResultCode.OK,
        defect=None,
        prelocalisation=Prelocalisation.AUCUNE,
        scope=Scope.INDIVIDUAL,
        severity=Severity.NONE,
        confidence=0.9,
        owner=Owner.NOBODY,
        synthesis="Fonctionnement Accès FTTH OK",
        interpretation="Pas d'interprétation",
        action="Rien à faire",
        findings=(finding,),
        blocks=(Block("Diagnostic DELC", lines),),
        not_measured=(),
        ruleset="2026.1",
    )


def walk(at: datetime = NOW, onts: int = 3, gap: Reason | None = None) -> OltWalk:
    return OltWalk(
        olt="OLT-A",
        at=at,
        readings=Readings({olt.OLT_REACHABLE: known(onts > 0, at, SNMP)}),
        cards=(CardRow("lt:1/1/5", 5, Readings({olt.CARD_OPER: known(Oper.UP, at, SNMP)})),) if onts else (),
        pon_ports=(PonRow(PonName(1, 1, 5, 10), Readings({olt.PON_OPER: known(Oper.UP, at, SNMP)})),) if onts else (),
        onts=tuple(
            OntRow(
                OntName(1, 1, 5, n // 64 + 1, n % 64 + 1),
                Readings(
                    {
                        ont.ONT_OPER: known(Oper.UP, at, SNMP),
                        ont.ONT_SERIAL: known(SerialNumber.parse(f"HWTC{n:08X}"), at, SNMP),
                        ont.ONT_RX_DBM: known(-19.0 - n / 100, at, SNMP),
                        ont.OLT_RX_DBM: missing(Reason.NO_READING, at, SNMP),
                    }
                ),
            )
            for n in range(onts)
        ),
        gaps=() if gap is None else (TableGap("ont", gap),),
    )


def inform(
    at: datetime = NOW,
    device: DeviceId = DEVICE,
    url: str | None = "http://192.0.2.99:7547/r4nd0m",
    events: tuple[str, ...] = ("2 PERIODIC",),
) -> Inform:
    parameters = {"InternetGatewayDevice.ManagementServer.ConnectionRequestURL": url}
    return Inform(device, events, at, parameters, product_class="F@ST 5350", manufacturer="SAGEMCOM")


def box_readings(at: datetime = NOW, firmware: str = "9.29.65_F5350_Box") -> Readings:
    return Readings({box.BOX_FIRMWARE: known(firmware, at, CWMP)})


def accounting(  # what one packet says
    status: AccountingStatus,
    at: datetime,
    session_id: str = "S1",
    username: str = USERNAME,
    cause: str | None = None,
    session_time_s: int | None = None,
    framed_ip: str | None = "198.51.100.7",
) -> AccountingEvent:
    return AccountingEvent(username, session_id, status, at, framed_ip, session_time_s, cause, "LNS-1")


def authentication(result: AuthResult, at: datetime, reason: str | None = None, username: str = USERNAME) -> AuthEvent:
    return AuthEvent(username, result, at, reason)
