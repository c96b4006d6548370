"""A recording of a real OLT without PON-MIB rows: a diagnosis on one of its ONTs says what it can, and no more."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from api.bootstrap import running
from api.clock import WallTime
from api.demo.asking import ask
from api.serve import http
from api.settings import Settings
from collectors.register import driver
from domain.metrics.ont import ONT_OPER
from domain.principal import Principal, Right
from domain.states import Oper
from simulators.snmp.replay import serve
from storage.operators import Operator
from tests.shared import shared_dir


@pytest.mark.parametrize(("ont", "state"), [("up", "OK"), ("down", "KO")])
async def test_a_diagnosis_on_a_real_recording_says_what_it_can(tmp_path: Path, ont: str, state: str) -> None:
    recording = shared_dir() / "recordings" / "nokia__nokia-isam.snmprec"
    settings = Settings.ephemeral(tmp_path)
    rights = frozenset({Right.TEST, Right.INVENTORY})
    async with (
        serve(recording, "127.0.0.1", 0) as replay,
        running(settings, WallTime()) as service,
        http(service, "127.0.0.1", 0) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client,
    ):
        await service.records.operators.put(Operator("OI", "OI", True))
        token = await service.records.tokens.issue(
            Principal("OI", "test.user", rights), service.clock.now(), timedelta(1)
        )
        client.headers["Authorization"] = f"Bearer {token.token.reveal()}"
        olt = {"vendor": "nokia_isam", "host": "127.0.0.1", "port": replay.port, "community": "public"}
        (await client.put("/api/v1/olts/OLT-REAL", json=olt)).raise_for_status()
        reader = driver("nokia_isam", service.clock)
        walk = await reader.walk(await service.records.network.olt("OLT-REAL"), 30)
        await reader.close()
        names = {row.readings.value(ONT_OPER): row.name for row in walk.onts}
        body = {"id1": "F00000001", "offer_label": "Essai", "service_type": "FTTHMB1P"}
        place = {"olt": "OLT-REAL", "ont": str(names[Oper(ont)])}
        (await client.put("/api/v1/accesses/F00000001", json={**body, "place": place})).raise_for_status()

        result = (await ask(client, "F00000001")).result

    assert result["state"] == "Terminé"
    rows = {row["label"]: row for row in result["blocks"][0]["rows"]}
    assert rows["Etat opérationnel"]["value"] == state
    assert rows["Etat de la carte OLT"]["value"] == "OK"
    for label in ("Mesure OLT tx", "Mesure ONT rx", "N° Série configuré dans l'OLT", "Firmware actif"):
        assert (rows[label]["value"], rows[label]["reason"]) == ("non mesuré", "not_supported")
