"""Line tests and the diagnoses made of them."""

from __future__ import annotations

from api.services.box_checks import BoxChecks
from api.services.diagnoses import DiagnosisService
from api.services.fair import Allowance, Limits
from api.services.history import LineHistory
from api.services.incidents import IncidentWatch
from api.services.line_sources import Deadlines, Sources
from api.services.linetest import LineTest
from api.services.platform import PlatformService
from api.version import code_version
from api.wiring.acs import Acs, box_checks
from api.wiring.collection import Collection
from api.wiring.core import Core


def line_test(
    core: Core,
    reading: Collection,
    acs: Acs,
    history: LineHistory,
    incidents: IncidentWatch,
    internet: PlatformService,
) -> LineTest:
    """What builds snapshots out of every source."""
    settings, records = core.settings, core.records
    checks: BoxChecks | None = box_checks(settings, acs.actions)
    sources = Sources(
        network=records.network,
        driver=reading.driver_of,
        boxes=records.boxes,
        gateway=acs.gateway,
        sessions=records.sessions,
        history=history,
        references=records.references,
        checks=checks,
        works=records.planned_works,
        platform=internet,
    )
    deadlines = Deadlines(settings.test_deadline_s, settings.box_deadline_s)
    return LineTest(sources, core.clock, deadlines, reading.events, incidents)


def diagnoses(core: Core, line_test: LineTest) -> DiagnosisService:
    """Who asks for tests, how many, and what becomes of them; close it before the records."""
    settings = core.settings
    return DiagnosisService(
        accesses=core.records.accesses,
        diagnoses=core.records.diagnoses,
        line_test=line_test,
        ruleset=core.ruleset,
        bus=core.bus,
        clock=core.clock,
        max_running=settings.max_running_tests,
        code_version=code_version(),
        limits=Limits(Allowance(settings.operator_pending_tests, settings.operator_tests_per_minute)),
    )
