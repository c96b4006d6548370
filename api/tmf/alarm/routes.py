"""Routes of TMF642."""

from __future__ import annotations

from fastapi import APIRouter

from api.tmf.alarm.mapping import ROOT
from api.tmf.alarm.models import Alarm, AlarmCreate
from api.tmf.alarm.service import Alarms
from api.tmf.alarm.tasks import TASKS
from api.tmf.kernel.hub import hub_routes
from api.tmf.kernel.resource import Face, resource_routes
from api.tmf.kernel.tasks import task_routes
from domain.announcement import AnnouncementKind

router = APIRouter(prefix=ROOT, tags=["TMF642 Alarm"])
resource_routes(router, Face("alarm", "alarm", "alarms", Alarm, AlarmCreate, "id+href", Alarms))
for _task in TASKS:
    task_routes(router, "642", _task)
hub_routes(router, AnnouncementKind.TMF642)
