"""The ordinary jobs, done with the client that is generated from the document, against the running service."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import pkcs12

from api.demo.running import OPERATOR, Demo
from domain.principal import Principal, Right

pytestmark = pytest.mark.asyncio(loop_scope="module")
ID1 = "F00000015"

Package = Callable[[str], Any]


class Esav:
    """The client, its operations called by their names."""

    def __init__(self, package: Package, url: str, token: str) -> None:
        self.package = package
        self.client = package("client").AuthenticatedClient(url, token, raise_on_unexpected_status=True)

    async def call(self, operation: str, *path: Any, **given: Any) -> Any:
        """The answer of ``tag.operation``, read."""
        return await self.package(f"api.{operation}").asyncio(*path, client=self.client, **given)

    def new(self, model: str, **values: Any) -> Any:
        """A document to send."""
        return getattr(self.package("models"), model).from_dict(values)


@asynccontextmanager
async def opened(package: Package, url: str, token: str) -> AsyncIterator[Esav]:
    esav = Esav(package, url, token)
    async with esav.client:
        yield esav


@pytest_asyncio.fixture(loop_scope="module")
async def esav(package: Package, demo: Demo) -> AsyncIterator[Esav]:
    async with opened(package, demo.url, demo.token) as found:
        yield found


async def diagnosed(esav: Esav, demo: Demo) -> Any:
    """A finished *Diagnostic global*."""
    asked = await esav.call(
        "diagnostics.ask_diagnosis", ID1, body=esav.new("DiagnosisRequest", test="Diagnostic global")
    )
    async with asyncio.timeout(60), demo.client.stream("GET", f"/api/v1/diagnostics/{asked.number}/events") as events:
        async for _ in events.aiter_lines():
            pass
    return await esav.call("diagnostics.read_diagnosis", asked.number)


async def test_the_client_is_generated_whole(generated: str) -> None:
    said = generated.partition("\n")[2]
    assert [line for line in said.splitlines() if line.startswith("WARNING")] == [
        "WARNING parsing POST /api/v1/access-imports within life_of_accesses."  # its CSV; its JSON is there
    ]


async def test_it_diagnoses_an_access_and_reads_the_result(esav: Esav, demo: Demo) -> None:
    me = await esav.call("accounts.read_me")
    assert (me.operator, me.account) == (OPERATOR, "demo.support")
    result = await diagnosed(esav, demo)
    assert (result.state, result.access, result.test) == ("Terminé", ID1, "Diagnostic global")
    assert result.verdict.ruleset
    assert [row.label for block in result.blocks for row in block.rows]
    listed = await esav.call("diagnostics.list_access_diagnoses", ID1)
    assert listed[0].number == result.number
    text = await esav.call("diagnostics.read_diagnosis_csv", result.number)
    assert result.number in str(text)
    paper = await esav.call("diagnostics.read_diagnosis_pdf", result.number)
    assert paper.payload.read(5) == b"%PDF-"


async def test_it_deposits_a_signalisation_with_the_result_attached(esav: Esav, demo: Demo) -> None:
    await demo.plant.control.call("fault", kind="box-off", target=ID1)
    await demo.plant.control.call("clock", advance=3 * 3600)
    result = await diagnosed(esav, demo)
    example = json.loads(json.dumps(_example(await esav.client.get_async_httpx_client().get("/openapi.en.json"))))
    draft = await esav.call("signalisation.create_ticket", body=esav.new("DraftIn", **{**example, "deposit": False}))
    assert await esav.call("signalisation.check_ticket", draft.number) == []
    deposited = await esav.call("signalisation.deposit_ticket", draft.number)
    assert deposited.deposited_at is not None
    assert result.number in {one.number for one in deposited.diagnoses}
    listed = await esav.call("signalisation.list_tickets", access=ID1)
    assert deposited.number in {one.number for one in listed}
    await demo.plant.control.call("repair", fault="all")


def _example(answer: Any) -> Any:
    return answer.json()["components"]["schemas"]["DraftIn"]["examples"][0]


async def test_it_asks_a_teleaction_first_as_a_dry_run(esav: Esav, demo: Demo) -> None:
    await demo.plant.control.call("announce", ont=ID1)
    catalogue = await esav.call("teleactions.list_teleaction_catalogue")
    assert "box_ping" in {one.name for one in catalogue}
    wanted = {"action": "box_reboot", "reason": "essai sur la maquette"}
    tried = await esav.call("teleactions.ask_teleaction", ID1, body=esav.new("TeleactionIn", **wanted, dry_run=True))
    assert tried.possible is True
    asked = await esav.call("teleactions.ask_teleaction", ID1, body=esav.new("TeleactionIn", **wanted))
    read = await esav.call("teleactions.read_teleaction", asked.number)
    assert (read.action, read.access) == ("box_reboot", ID1)


async def test_it_declares_a_webhook_and_takes_it_back(package: Package, demo: Demo) -> None:
    who = Principal(OPERATOR, "demo.admin", frozenset({Right.ADMINISTRATOR}))
    issued = await demo.service.records.tokens.issue(who, demo.service.clock.now(), timedelta(days=1))
    async with opened(package, demo.url, issued.token.reveal()) as esav:
        made = await esav.call(
            "webhooks.create_webhook",
            body=esav.new("WebhookIn", url="https://si.operateur.example/sav", kinds=["diagnosis.state"]),
        )
        assert made.secret
        assert made.webhook_id in {one.webhook_id for one in await esav.call("webhooks.list_webhooks")}
        await esav.call("webhooks.disable_webhook", made.webhook_id)
        (gone,) = [one for one in await esav.call("webhooks.list_webhooks") if one.webhook_id == made.webhook_id]
        assert gone.disabled_at is not None


async def test_it_asks_for_a_certificate_and_downloads_it(package: Package, demo: Demo) -> None:
    who = Principal(OPERATOR, "demo.admin", frozenset({Right.ADMINISTRATOR}))
    issued = await demo.service.records.tokens.issue(who, demo.service.clock.now(), timedelta(days=1))
    async with opened(package, demo.url, issued.token.reveal()) as esav:
        wish = esav.new("CertificateIn", eservice="e-SAV", environment="Production")
        made = await esav.call("digital_certificates.issue_certificate", body=wish)
        file = await esav.call("digital_certificates.download_certificate", made.certificate.certificate_id)
        key, own, _ = pkcs12.load_key_and_certificates(file.payload.read(), made.password.encode())
        assert key is not None
        assert own is not None
        assert own.fingerprint(hashes.SHA256()).hex() == made.certificate.fingerprint


async def test_it_reads_a_refusal_as_a_document(esav: Esav) -> None:
    refused = await esav.call("accounts.list_accounts")
    assert (type(refused).__name__, refused.status) == ("Problem", 403)
    unknown = await esav.call("inventory.read_access", "F99999999")
    assert (unknown.status, unknown.instance) == (404, "/api/v1/accesses/F99999999")


async def test_it_asks_a_service_test_of_the_tm_forum(esav: Esav) -> None:
    body = esav.new(
        "ServiceTestCreate",
        name="avant dépôt",
        relatedService={"id": ID1},
        testSpecification={"id": "diagnostic-global"},
    )
    made = await esav.call("tmf653_service_test.create_service_test", body=body)
    read = await esav.call("tmf653_service_test.read_service_test", made.id)
    assert read.related_service.id == ID1
