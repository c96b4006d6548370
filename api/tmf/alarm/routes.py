"""Routes of TMF642, at its two addresses."""

from __future__ import annotations

from typing import Any

from fastapi import Depends, Request

from api.routing import Router
from api.tmf.alarm.mapping import ROOT
from api.tmf.alarm.models import Alarm, AlarmCreate
from api.tmf.alarm.service import Alarms
from api.tmf.alarm.tasks import TASKS
from api.tmf.kernel.http import PREFIX
from api.tmf.kernel.hub import hub_routes
from api.tmf.kernel.resource import Face, resource_routes
from api.tmf.kernel.routing import face_router
from api.tmf.kernel.tasks import task_routes
from domain.announcement import AnnouncementKind

MANAGEMENT = f"{PREFIX}alarmManagement/v4"
"""The address of the conformance kit, which wants identifiers as texts; the published definitions want numbers."""


def with_text_identifiers(content: Any) -> Any:
    """Alarms as the kit reads them: every ``id`` a text, every reference at its address."""
    if isinstance(content, list):
        return [with_text_identifiers(one) for one in content]
    if not isinstance(content, dict):
        return content
    found = {key: with_text_identifiers(value) for key, value in content.items()}
    if isinstance(found.get("id"), int):
        found["id"] = str(found["id"])
    href = found.get("href")
    if isinstance(href, str) and href.startswith(f"{ROOT}/"):
        found["href"] = MANAGEMENT + href.removeprefix(ROOT)
    return found


async def _texts(request: Request) -> None:
    request.state.tmf_dialect = with_text_identifiers


def _at(address: str, tag: str) -> Router:
    found = face_router(address, tag)
    resource_routes(found, Face("alarm", "alarm", "alarms", Alarm, AlarmCreate, "id+href", Alarms))
    for task in TASKS:
        task_routes(found, AnnouncementKind.TMF642, task)
    hub_routes(found, AnnouncementKind.TMF642)
    return found


router = Router()
router.include_router(_at(ROOT, "TMF642 Alarm"))
router.include_router(_at(MANAGEMENT, "TMF642 Alarm (kit)"), include_in_schema=False, dependencies=[Depends(_texts)])
