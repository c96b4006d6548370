"""The whole service in ``required`` mode: a rotation is followed, a refused box is seen, level 2 accepts it again."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client import generate_latest
from pydantic import SecretStr

from api.app import build
from api.bootstrap import Service, running
from api.clock import WallTime
from api.settings import Settings
from collectors.boxes.credentials import BoxCredentials
from domain.access import Access
from domain.identifiers import Id1
from domain.principal import Principal, Right
from domain.secret import Secret
from storage.operators import Operator
from tests.collectors.boxes_support import DEVICE, IGD, envelope, inform_xml
from tests.storage.samples import put_access

OLD, NEW, KEY = "first contact of last year", "first contact of this year", "a server key of the tests"
SUPPORT = Principal("A", "niveau2", frozenset({Right.TEST, Right.TELEACTION}))
NOC = Principal("A", "noc", frozenset({Right.NOC}))
OTHERS = Principal("B", "noc", frozenset({Right.NOC}))
NETWORK = Principal("RES", "noc", frozenset({Right.NOC}))


@dataclass
class Here:
    service: Service
    clients: dict[str, httpx.AsyncClient]

    async def informs(self, name: str, secret: str, *events: str) -> int:
        """An Inform of the box, or of who plays it."""
        values = {
            IGD + "DeviceInfo.SoftwareVersion": "9",
            IGD + "ManagementServer.ConnectionRequestURL": "http://127.0.0.1:9/b",
        }
        body, auth = envelope(inform_xml(values, *events)), httpx.DigestAuth(name, secret)
        async with httpx.AsyncClient(trust_env=False, auth=auth) as http:
            answer = await http.post(f"http://127.0.0.1:{self.service.acs.port}/", content=body)
        return answer.status_code

    def own(self, generation: int = 0) -> tuple[str, str]:
        name = f"{DEVICE}#{generation}" if generation else str(DEVICE)
        return name, BoxCredentials(Secret(KEY)).own(name).reveal()

    async def box(self) -> dict[str, Any]:
        answer = await self.clients["niveau2"].get("/api/v1/accesses/F00000015/box")
        assert answer.status_code == 200
        found: dict[str, Any] = answer.json()
        return found | {"values": {one["metric"]: one for one in found["values"]}}

    async def counts(self, who: str) -> dict[str, tuple[int, int]]:
        answer = await self.clients[who].get("/api/v1/boxes/secrets")
        assert answer.status_code == 200
        return {one["secret"]: (one["boxes"], one["unproved"]) for one in answer.json()["counts"] if one["boxes"]}

    async def accepts(self, who: str = "niveau2", **body: Any) -> httpx.Response:
        content = {"action": "box_readmit", "reason": "le client a réinitialisé sa box", **body}
        return await self.clients[who].post("/api/v1/accesses/F00000015/teleactions", json=content)

    async def ended(self, number: str) -> dict[str, Any]:
        async with asyncio.timeout(20):
            stream = f"/api/v1/teleactions/{number}/events"
            async with self.clients["niveau2"].stream("GET", stream) as events:
                async for _ in events.aiter_lines():
                    pass
        found: dict[str, Any] = (await self.clients["niveau2"].get(f"/api/v1/teleactions/{number}")).json()
        return found


@asynccontextmanager
async def served(folder: Path, **options: object) -> AsyncIterator[Here]:
    settings = Settings.model_validate(
        Settings.ephemeral(folder).model_dump()
        | {
            "acs_key": SecretStr(KEY),
            "acs_auth": "required",
            "acs_bootstrap_secret": SecretStr(NEW),
            "acs_bootstrap_former_secret": SecretStr(OLD),
            "acs_bootstrap_former_until": datetime.now(UTC) + timedelta(days=30),
        }
        | options
    )
    async with running(settings, WallTime()) as service:
        for name in ("A", "B"):
            await service.records.operators.put(Operator(name, name))
        await service.records.operators.put(Operator("RES", "Réseau", is_infrastructure=True))
        access = Access("A", Id1("F00000015"), None, "MB FTTH", "FTTHMB1P", None, box=DEVICE)
        await put_access(service.records, SUPPORT, access, service.clock.now())
        transport, clients = httpx.ASGITransport(build(service)), {}
        for key, who in (("niveau2", SUPPORT), ("noc", NOC), ("autre", OTHERS), ("reseau", NETWORK)):
            issued = await service.records.tokens.issue(who, service.clock.now(), timedelta(days=1))
            headers = {"Authorization": f"Bearer {issued.token.reveal()}"}
            clients[key] = httpx.AsyncClient(transport=transport, base_url="http://service", headers=headers)
        yield Here(service, clients)
        for client in clients.values():
            await client.aclose()


async def test_a_rotation_is_followed_box_by_box(tmp_path: Path) -> None:
    async with served(tmp_path) as here:
        assert await here.informs("bootstrap", OLD, "0 BOOTSTRAP") == 200
        assert await here.counts("noc") == {"former": (1, 1)}
        assert await here.informs(*here.own(), "2 PERIODIC") == 200
        assert await here.counts("noc") == {"former": (1, 0)}
        assert await here.counts("reseau") == {"former": (1, 0)}  # who owns the network sees every box
        assert await here.counts("autre") == {}
        answer = await here.clients["noc"].get("/api/v1/boxes/secrets")
        assert (answer.json()["mode"], answer.json()["former_accepted"]) == ("required", True)
        assert (await here.clients["niveau2"].get("/api/v1/boxes/secrets")).status_code == 403
        await here.service.box_secrets.measure()
        metrics = generate_latest(here.service.registry).decode()
        assert 'jf_box_secrets_boxes{why="former"} 1.0' in metrics
        assert "jf_acs_former_secrets 1.0" in metrics
        assert OLD not in answer.text + metrics


async def test_a_former_secret_whose_grace_is_over_is_refused_and_shown(tmp_path: Path) -> None:
    async with served(tmp_path, acs_bootstrap_former_until=datetime(2019, 1, 1, tzinfo=UTC)) as here:
        assert await here.informs("bootstrap", OLD, "0 BOOTSTRAP") == 401
        found = await here.box()
        assert found["values"]["box.refused_secret"]["value"] == "former_shared"
        assert (await here.clients["noc"].get("/api/v1/boxes/secrets")).json()["former_accepted"] is False


async def test_a_box_reset_by_its_customer_comes_back_through_level_2(tmp_path: Path) -> None:
    async with served(tmp_path) as here:
        assert await here.informs("bootstrap", NEW, "0 BOOTSTRAP") == 200
        assert await here.informs(*here.own(), "2 PERIODIC") == 200
        assert (await here.box())["secured"] is True

        assert await here.informs("bootstrap", NEW, "0 BOOTSTRAP", "1 BOOT") == 401
        seen = (await here.box())["values"]
        assert seen["box.refused_secret"]["value"] == "shared"
        assert seen["box.refused_from"]["value"] == "127.0.0.1"
        assert seen["box.refused_at"]["label"] == "Dernier contact refusé à la box"

        assert (await here.accepts("noc", confirm=True)).status_code == 403
        assert (await here.accepts("autre", confirm=True)).status_code in (403, 404)
        unconfirmed = await here.accepts()
        assert (unconfirmed.status_code, unconfirmed.json()["errors"][0]["field"]) == (409, "confirmed")
        asked = await here.accepts(confirm=True)
        assert asked.status_code == 202, asked.text
        done = await here.ended(asked.json()["number"])
        assert done["state"] == "faite"
        assert done["effect"]["text"].startswith("Le secret initial de la box est accepté jusqu'au ")
        trail = await here.clients["niveau2"].get(f"/api/v1/teleactions/{done['number']}/audit")
        assert "le client a réinitialisé sa box" in trail.text

        opened = await here.box()
        assert opened["secured"] is True
        assert datetime.fromisoformat(opened["open_until"]) > datetime.now(UTC) + timedelta(hours=1)
        page = (await here.clients["niveau2"].get("/acces/F00000015/details")).text
        assert re.search(r"Secret présenté au dernier contact refusé</dt>\s*<dd[^>]*>secret initial *</dd>", page)
        assert "Secret initial accepté jusqu" in page
        assert await here.informs("bootstrap", NEW, "2 PERIODIC") == 401  # it shows no sign of a reset
        assert await here.informs("bootstrap", NEW, "0 BOOTSTRAP", "1 BOOT") == 200
        back = await here.box()
        assert (back["secured"], back["open_until"]) == (False, None)
        assert back["values"]["box.readmitted_from"]["value"] == "127.0.0.1"
        assert await here.informs(*here.own(), "2 PERIODIC") == 401  # the secret from before
        assert await here.informs(*here.own(1), "2 PERIODIC") == 200
        assert (await here.box())["secured"] is True
        assert await here.informs("bootstrap", NEW, "0 BOOTSTRAP") == 401
        told = str(opened) + str(back) + trail.text
        assert not [secret for secret in (NEW, OLD, here.own()[1], here.own(1)[1]) if secret in told]


@pytest.mark.parametrize("secret", [NEW, OLD])
async def test_a_window_outlives_a_restart_of_the_service(tmp_path: Path, secret: str) -> None:
    async with served(tmp_path) as here:
        assert await here.informs("bootstrap", NEW, "0 BOOTSTRAP") == 200
        assert await here.informs(*here.own(), "2 PERIODIC") == 200
        await here.ended((await here.accepts(confirm=True)).json()["number"])
        kept = here.service.settings.certificates
        assert kept is not None
        authority = kept.model_dump()
    async with served(tmp_path, certificates=authority) as here:
        assert await here.informs("bootstrap", secret, "1 BOOT") == 200  # some boxes tell a reset by a boot alone
        assert await here.informs(*here.own(1), "2 PERIODIC") == 200
