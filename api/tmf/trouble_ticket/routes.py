"""Routes of TMF621."""

from __future__ import annotations

from api.tmf.kernel.hub import hub_routes
from api.tmf.kernel.resource import Face, resource_routes
from api.tmf.kernel.routing import face_router
from api.tmf.trouble_ticket.mapping import ROOT
from api.tmf.trouble_ticket.models import TroubleTicket, TroubleTicketCreate
from api.tmf.trouble_ticket.service import TroubleTickets
from domain.announcement import AnnouncementKind

router = face_router(ROOT, "TMF621 Trouble Ticket")
resource_routes(
    router,
    Face(
        "troubleTicket",
        "signalisation",
        "signalisations",
        TroubleTicket,
        TroubleTicketCreate,
        "nothing",
        TroubleTickets,
    ),
)
hub_routes(router, AnnouncementKind.TMF621)
