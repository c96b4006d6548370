"""Routes of TMF653."""

from __future__ import annotations

from api.tmf.kernel.hub import hub_routes
from api.tmf.kernel.resource import Face, resource_routes
from api.tmf.kernel.routing import face_router
from api.tmf.service_test.mapping import ROOT
from api.tmf.service_test.models import ServiceTest, ServiceTestCreate, Specification, SpecificationCreate
from api.tmf.service_test.service import ServiceTests
from api.tmf.service_test.specifications import Specifications
from domain.announcement import AnnouncementKind

router = face_router(ROOT, "TMF653 Service Test")
resource_routes(
    router, Face("serviceTest", "service test", "service tests", ServiceTest, ServiceTestCreate, "id", ServiceTests)
)
resource_routes(
    router,
    Face(
        "serviceTestSpecification",
        "test specification",
        "test specifications",
        Specification,
        SpecificationCreate,
        "id",
        Specifications,
    ),
)
hub_routes(router, AnnouncementKind.TMF653)
