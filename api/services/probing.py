"""The line test before and after a téléaction, and where a téléaction finds its access and its box."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from api.services.linetest import LineTest
from diagnostics.engine import diagnose
from diagnostics.ruleset import Ruleset
from domain.access import Access, TestName
from domain.box import KnownBox
from domain.identifiers import Id1
from domain.metric import Readings
from domain.metrics import box, ont, session
from domain.principal import Principal
from domain.session_actions import OpenSession
from domain.teleaction import LineState
from storage.records import Records

_SHOWN: Final = (
    box.BOX_REACH,
    box.BOX_MODEL,
    box.BOX_FIRMWARE,
    box.BOX_UPTIME_S,
    box.BOX_LAST_INFORM,
    box.BOX_READMITTED_AT,
    box.BOX_WAN_LINK,
    box.BOX_WAN_UPTIME_S,
    box.BOX_PPP_STATUS,
    box.BOX_PPP_LAST_ERROR,
    session.SESSION_ACTIVE,
    session.SESSION_STARTED,
    session.SESSION_LAST_SEEN,
    session.SESSION_STOPPED,
    session.SESSION_STOP_CAUSE,
    session.AUTH_RESULT,
    ont.ONT_ADMIN,
    ont.ONT_OPER,
    ont.ONT_LAST_CHANGE,
    ont.ONT_DOWN_CAUSE,
    ont.ONT_RX_DBM,
    ont.ONT_FIRMWARE_ACTIVE,
    ont.ONT_FIRMWARE_PLANNED,
    ont.UNI_ADMIN,
    ont.UNI_OPER,
    ont.UNI_NEGOTIATION,
    ont.UNI_RATE,
)

_TRANSFERRED: Final = frozenset({"TransferComplete", "AutonomousTransferComplete"})
_BOOTS: Final = frozenset({"0 BOOTSTRAP", "1 BOOT"})


class Probe:
    """Tests lines as an agent would; a `domain.teleaction_ports.LineProbe`."""

    def __init__(self, line_test: LineTest, ruleset: Ruleset) -> None:
        self._line_test = line_test
        self._ruleset = ruleset

    async def test(self, access: Access, test: TestName) -> LineState:
        """Run that test now: its verdict, and the readings that tell what an action changed."""
        snapshot = await self._line_test.snapshot(access, test, lambda _report: None)
        verdict = diagnose(snapshot, self._ruleset)
        read = snapshot.readings
        shown = Readings({metric: read[metric] for metric in _SHOWN if metric in read})
        return LineState(snapshot.at, verdict.result.value, verdict.family.value, shown)


class Finder:
    """Finds what a job is about, as its operator; a `domain.teleaction_ports.AccessFinder`."""

    def __init__(self, records: Records) -> None:
        self._records = records

    async def access(self, operator_id: str, id1: Id1) -> Access:
        """The access; raises `NotFoundError`."""
        return await self._records.accesses.get(Principal(operator_id, "teleactions", frozenset()), id1)

    async def box(self, access: Access) -> KnownBox | None:
        """Its box with its last values."""
        return await self._records.boxes.of_access(access)

    async def session(self, access: Access) -> OpenSession | None:
        """Its PPP session, while one is known to be open."""
        return await self._records.sessions.open(access)

    async def upgrading(self, box: KnownBox, since: datetime) -> bool:
        """Whether it has received a firmware since then and has not started since."""
        transferred = False
        for event in await self._records.boxes.events(box, since):
            if event.code in _TRANSFERRED and not event.fault_code:
                transferred = True
            elif event.code in _BOOTS:
                transferred = False
        return transferred
