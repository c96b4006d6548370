"""A value that may hold a customer's key or identifier does not show it, in a log, a traceback or a debugger."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import pytest

from api.services.teleactions import Request
from collectors.snmp.values import Response
from domain.box import Inform
from domain.box_actions import BoxOutcome, BoxResult
from domain.identifiers import DeviceId
from domain.metric import Readings
from domain.reading import Source
from domain.teleaction import LineState
from teleactions.guards import Situation
from teleactions.spec import Case, Wanted

NOW = datetime(2019, 5, 9, tzinfo=UTC)
KEY = {"InternetGatewayDevice.LANDevice.1.WLANConfiguration.1.KeyPassphrase": "le secret du client"}


@pytest.mark.parametrize(
    "value",
    [
        Inform(DeviceId("D8D775", "X"), ("2 PERIODIC",), NOW, KEY),
        BoxResult(BoxOutcome.DONE, NOW, Source(), values=KEY),
        LineState(NOW, "OK", "OK", Readings(), KEY),
        Request("box_wifi_network", KEY, "essai", "api"),
        Response(b"le secret du client", 1, 0, 0, []),
    ],
    ids=lambda value: type(value).__name__,
)
def test_it_does_not_show_what_may_be_secret(value: Any) -> None:
    assert "le secret" not in repr(value)


@pytest.mark.parametrize("kind", [Situation, Wanted, Case], ids=lambda kind: kind.__name__)
def test_parameters_of_teleactions_are_not_shown(kind: Any) -> None:
    assert not {one.name: one for one in fields(kind)}["parameters"].repr
