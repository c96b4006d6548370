"""The infrastructure operator's OLTs over the running demo: declared, recognised, compared, policed, heard, removed."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from api.demo.running import Demo
from domain.olt import SnmpAuth, SnmpPrivacy, SnmpUser
from domain.secret import Secret
from tests.collectors.traps_kit import message, speaker

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture
def network(demo: Demo) -> dict[str, str]:
    """Headers of the infrastructure operator."""
    return {"Authorization": f"Bearer {demo.network_token}"}


async def walked(demo: Demo, olt: str, headers: dict[str, str]) -> dict[str, Any]:
    """The state of an OLT's collection, once it has been walked."""
    async with asyncio.timeout(20):
        while True:
            answer = await demo.client.get(f"/api/v1/olts/{olt}/collection", headers=headers)
            told: dict[str, Any] = answer.raise_for_status().json()
            if told["last_walk"] is not None and told["columns"]:
                return told
            await asyncio.sleep(0.02)


async def declared(demo: Demo, headers: dict[str, str], name: str, **changes: Any) -> httpx.Response:
    """Declare another OLT: the same agent under another name, or what ``changes`` make of it."""
    host, port = demo.plant.snmp
    body = {"vendor": "nokia_isam", "host": host, "port": port, "community": "public", **changes}
    return await demo.client.put(f"/api/v1/olts/{name}", json=body, headers=headers)


async def test_the_collection_of_an_olt_tells_the_age_of_each_column(demo: Demo, network: dict[str, str]) -> None:
    told = await walked(demo, demo.olt, network)
    column = next(one for one in told["columns"] if one["metric"] == "ont.rx_power_dbm")
    assert told["state"] == "read"
    assert (column["rows"] > 500, 0 < column["known"] <= column["rows"]) == (True, True)
    assert column["age_s"] >= 0


async def test_the_olts_of_the_operator_are_read_without_what_opens_them(demo: Demo, network: dict[str, str]) -> None:
    listed = (await demo.client.get("/api/v1/olts", headers=network)).raise_for_status()
    one = (await demo.client.get(f"/api/v1/olts/{demo.olt}", headers=network)).raise_for_status()
    assert one.json() in listed.json()
    assert (one.json()["name"], one.json()["snmp"]) == (demo.olt, "v2c")
    target = next(t for t in demo.service.collection.polling.targets if t.name == demo.olt)
    assert target.community.reveal() not in listed.text + one.text
    assert (await demo.client.get("/api/v1/olts/OLT-NOWHERE", headers=network)).status_code == 404
    assert (await demo.client.get("/api/v1/olts")).status_code == 403  # e-SAV Test alone reads no OLT


async def test_polls_and_live_reads_share_the_budget_of_an_olt(demo: Demo, network: dict[str, str]) -> None:
    await walked(demo, demo.olt, network)
    before = (await demo.client.get(f"/api/v1/olts/{demo.olt}/load", headers=network)).json()
    host, port = demo.plant.snmp
    target = next(t for t in demo.service.collection.polling.targets if t.name == demo.olt)
    await demo.service.collection.polling.cycle_once(target)  # by columns: the walk is fresh
    after = (await demo.client.get(f"/api/v1/olts/{demo.olt}/load", headers=network)).json()
    assert after["pdus"] > before["pdus"] > 0
    assert after["contract"]["window"] == demo.service.collection.site.budgets.of(host, port).contract.window
    assert (after["in_flight"], after["silent"]) == (0, False)


async def test_an_olt_is_recognised_whether_it_is_declared_or_not(demo: Demo, network: dict[str, str]) -> None:
    host, port = demo.plant.snmp
    target = next(t for t in demo.service.collection.polling.targets if t.name == demo.olt)
    body = {"host": host, "port": port, "community": target.community.reveal()}
    mine = await demo.client.post(f"/api/v1/olts/{demo.olt}/onboarding", headers=network)
    new = await demo.client.post("/api/v1/olts/OLT-NEW/onboarding", json=body, headers=network)
    for answer, name in ((mine, demo.olt), (new, "OLT-NEW")):
        assert answer.status_code == 200, answer.text
        told = answer.json()
        assert (told["olt"], told["vendor"]) == (name, "nokia_isam")
        assert 0 < told["contract"]["pdus_per_s"] <= 500
        assert len(told["inventory"]["onts"]) > 500
        assert target.community.reveal() not in answer.text
    assert mine.json()["cli"] == {"open": True, "refusal": ""}
    assert (await demo.client.get("/api/v1/olts/OLT-NEW/load", headers=network)).status_code == 404  # nothing was kept


async def test_an_olt_that_does_not_answer_is_a_gateway_timeout_in_both_languages(
    demo: Demo, network: dict[str, str]
) -> None:
    body = {"host": "127.0.0.1", "port": 1, "community": "secret-of-nobody"}
    french = await demo.client.post("/api/v1/olts/OLT-NEW/onboarding", json=body, headers=network)
    english = await demo.client.post(
        "/api/v1/olts/OLT-NEW/onboarding", json=body, headers={**network, "Accept-Language": "en"}
    )
    assert (french.status_code, english.status_code) == (424, 424)
    assert french.json()["detail"] == "127.0.0.1:1 ne répond pas : adresse, port ou identifiants ?"
    assert english.json()["detail"] == "127.0.0.1:1 does not answer: address, port or credentials?"
    assert "secret-of-nobody" not in french.text


async def test_the_inventory_is_compared_with_the_last_walk(demo: Demo, network: dict[str, str]) -> None:
    await walked(demo, demo.olt, network)
    told = (await demo.client.get(f"/api/v1/olts/{demo.olt}/reconciliation", headers=network)).json()
    assert told["expected"] == told["seen"] > 500
    assert (told["matching"], told["findings"], told["not_checked"]) == (told["expected"], [], [])
    assert told["age_s"] >= 0


async def test_an_exchanged_ont_is_told_by_its_serial_number(demo: Demo, network: dict[str, str]) -> None:
    target = next(t for t in demo.service.collection.polling.targets if t.name == demo.olt)
    await declared(demo, network, "OLT-SWAP", community=target.community.reveal())
    await walked(demo, "OLT-SWAP", network)
    rows = [{"ont": "ONT-1-1-5-10-19", "serial": "HWTC00000000"}]
    path = "/api/v1/olts/OLT-SWAP"
    (await demo.client.put(f"{path}/outside-plant", json=rows, headers=network)).raise_for_status()
    told = (await demo.client.get(f"{path}/reconciliation", headers=network)).json()
    assert told["counts"]["serial_differs"] == 1
    rows = [{"ont": "ONT-1-1-5-10-19"}, {"ont": "ONT-1-1-5-10-20"}]
    (await demo.client.put(f"{path}/outside-plant", json=rows, headers=network)).raise_for_status()
    told = (await demo.client.get(f"{path}/reconciliation", headers=network)).json()
    assert (told["without_serial"], told["note"]) == (2, "Numéros de série attendus non renseignés (2)")
    assert (await demo.client.delete(path, headers=network)).status_code == 204


async def test_a_load_contract_is_kept_obeyed_and_taken_back(demo: Demo, network: dict[str, str]) -> None:
    path = f"/api/v1/olts/{demo.olt}"
    proposed = (await demo.client.post(f"{path}/onboarding?accept=true", headers=network)).raise_for_status().json()
    assert proposed["accepted"]
    in_force = (await demo.client.get(f"{path}/load", headers=network)).json()["contract"]
    assert in_force == proposed["contract"]
    target = next(t for t in demo.service.collection.polling.targets if t.name == demo.olt)
    host, port = demo.plant.snmp
    access = {"host": host, "port": port, "community": target.community.reveal()}
    quiet = {"quiet_hours": [{"start": "22:00", "end": "06:30"}], "window": 2}
    answer = await declared(demo, network, demo.olt, **access, contract=quiet)
    assert (answer.json()["contract"]["window"], answer.json()["contract"]["pdus_per_s"]) == (2, 100_000)
    await demo.service.collection.polling.follow_inventory()
    told = (await demo.client.get(f"{path}/load", headers=network)).json()["contract"]
    assert told["quiet_hours"] == [{"start": "22:00:00", "end": "06:30:00"}]
    (await declared(demo, network, demo.olt, **access)).raise_for_status()
    await demo.service.collection.polling.follow_inventory()
    assert (await demo.client.get(f"{path}/load", headers=network)).json()["contract"]["window"] == 12


@pytest.mark.parametrize("contract", [{"window": 0}, {"windows": 3}, {"quiet_hours": [{"start": "noon", "end": "1"}]}])
async def test_a_contract_that_cannot_be_obeyed_is_refused(
    demo: Demo, network: dict[str, str], contract: dict[str, Any]
) -> None:
    refused = await declared(demo, network, "OLT-NEW", contract=contract)
    assert refused.status_code == 422
    assert "contract" in refused.text


async def test_only_a_declared_olt_takes_the_proposed_contract(demo: Demo, network: dict[str, str]) -> None:
    body = {"host": "127.0.0.1", "port": 1, "community": "c"}
    refused = await demo.client.post("/api/v1/olts/OLT-NEW/onboarding?accept=true", json=body, headers=network)
    assert refused.status_code == 422


async def test_what_is_on_the_olt_and_in_no_inventory_is_told(demo: Demo, network: dict[str, str]) -> None:
    target = next(t for t in demo.service.collection.polling.targets if t.name == demo.olt)
    await declared(demo, network, "OLT-TWIN", community=target.community.reveal())
    await walked(demo, "OLT-TWIN", network)
    told = (await demo.client.get("/api/v1/olts/OLT-TWIN/reconciliation", headers=network)).json()
    assert told["counts"] == {"unknown_ont": told["seen"]}
    assert "absent de l'inventaire" in told["findings"][0]["text"]
    assert (await demo.client.delete("/api/v1/olts/OLT-TWIN", headers=network)).status_code == 204


async def test_an_olt_leaves_the_inventory_and_is_asked_nothing_more(demo: Demo, network: dict[str, str]) -> None:
    assert (await declared(demo, network, "OLT-GONE", port=1)).status_code == 200
    async with asyncio.timeout(5):
        while "OLT-GONE" not in {t.name for t in demo.service.collection.polling.targets}:  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.01)
    assert 'jf_olt_pdus{olt="OLT-GONE"}' in (await demo.client.get("/metrics")).text
    assert (await demo.client.delete("/api/v1/olts/OLT-GONE", headers=network)).status_code == 204
    assert "OLT-GONE" not in {t.name for t in demo.service.collection.polling.targets}
    assert 'jf_olt_pdus{olt="OLT-GONE"}' not in (await demo.client.get("/metrics")).text
    again = await demo.client.delete("/api/v1/olts/OLT-GONE", headers=network)
    kept = await demo.client.delete(f"/api/v1/olts/{demo.olt}", headers=network)
    assert (again.status_code, kept.status_code) == (404, 409)
    assert kept.json()["detail"].endswith("des accès en dépendent encore")


async def test_an_olt_may_be_reached_as_a_user_of_snmpv3(demo: Demo, network: dict[str, str]) -> None:
    user = {"name": "jf", "auth": "sha256", "auth_key": "a-long-key", "privacy": "aes128", "privacy_key": "b-long-key"}
    answer = await declared(demo, network, "OLT-V3", port=1, community=None, user=user)
    assert (answer.status_code, answer.json()["snmp"]) == (200, "v3")
    assert "long-key" not in answer.text
    kept = await demo.service.records.network.olt("OLT-V3")
    assert kept.user == SnmpUser("jf", SnmpAuth.SHA256, Secret("a-long-key"), SnmpPrivacy.AES128, Secret("b-long-key"))
    for wrong in (
        {**user, "auth_key": "short"},
        {**user, "auth": None, "auth_key": None},
        {"name": "jf", "auth": "sha1"},
    ):
        refused = await declared(demo, network, "OLT-V3", community=None, user=wrong)
        assert refused.status_code == 422
        assert "short" not in refused.text
    assert (await declared(demo, network, "OLT-V3", community=None)).status_code == 422
    assert (await demo.client.delete("/api/v1/olts/OLT-V3", headers=network)).status_code == 204


async def test_traps_of_the_olts_of_the_inventory_are_taken_and_others_refused(
    demo: Demo, network: dict[str, str]
) -> None:
    await walked(demo, demo.olt, network)
    reading = demo.service.collection
    target = next(t for t in reading.polling.targets if t.name == demo.olt)
    before = len(reading.events.recent(demo.olt))
    async with speaker(reading.traps.port) as olt:
        olt.say(message(community="not-the-one"))
        olt.say(message(community=target.community.reveal(), uptime=777))
        async with asyncio.timeout(5):
            while len(reading.events.recent(demo.olt)) == before:  # noqa: ASYNC110 - the receiver's own queue
                await asyncio.sleep(0.01)
    told = (await demo.client.get("/metrics")).text
    assert "jf_traps_accepted 1.0" in told
    assert "jf_traps_wrong_community 1.0" in told


async def test_the_metrics_of_collection_are_there_and_name_no_secret(demo: Demo) -> None:
    told = (await demo.client.get("/metrics")).text
    for name in (
        "jf_polling_rows", "jf_snmp_live_sent", "jf_snmp_bulk_sent", "jf_traps_received", "jf_telemetry_dead",
        "jf_telemetry_waiting_lines", "jf_olts_refused", f'jf_olt_age_seconds{{olt="{demo.olt}"}}',
    ):  # fmt: skip
        assert name in told, name


async def test_what_snmp_drops_shows_in_the_metrics(demo: Demo) -> None:
    reading = demo.service.collection
    reading.site.sessions.counters.dropped["not in time window"] += 3
    for counters in (reading.site.counters, reading.columns.counters):
        counters.malformed += 2
        counters.unmatched += 5
    told = (await demo.client.get("/metrics")).text
    assert 'jf_snmp_usm_dropped{why="not in time window"} 3.0' in told
    for part, counters in (("live", reading.site.counters), ("bulk", reading.columns.counters)):
        assert f"jf_snmp_{part}_malformed {float(counters.malformed)}" in told
        assert f"jf_snmp_{part}_unmatched {float(counters.unmatched)}" in told


@pytest.mark.parametrize("route", ["load", "collection", "reconciliation"])
async def test_a_commercial_operator_sees_no_olt(demo: Demo, route: str) -> None:
    answer = await demo.client.get(f"/api/v1/olts/{demo.olt}/{route}")
    assert answer.status_code == 403
    mine = {"Authorization": f"Bearer {demo.inventory_token}"}
    with_right = await demo.client.get(f"/api/v1/olts/{demo.olt}/{route}", headers=mine)
    onboarding = await demo.client.post(f"/api/v1/olts/{demo.olt}/onboarding", headers=mine)
    assert (with_right.status_code, onboarding.status_code) == (404, 403)
