"""Téléactions over the wire: each is tried against the simulated box or OLT, its effect seen in the plant and told."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
import pytest_asyncio

from api.demo.running import OPERATOR, Demo
from domain.identifiers import Id1
from domain.metric import Readings
from domain.principal import Principal, Right
from domain.teleaction import LineState, NewTeleaction, Target
from teleactions.catalogue import spec_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

ID1 = "F00000015"
SERIAL_ROOT = "InternetGatewayDevice."


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def known(demo: Demo) -> Demo:
    """The box has made its first contact."""
    await demo.plant.control.call("orders", restart_s=0.5)
    await demo.plant.control.call("announce", ont=ID1)
    return demo


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def rested(known: Demo) -> None:
    """The plant repaired, half an hour later: no cooldown is left."""
    await known.plant.control.call("repair", fault="all")
    await known.plant.control.call("clock", advance=1810)


async def asked(demo: Demo, action: str, *, headers: dict[str, str] | None = None, **body: Any) -> httpx.Response:
    content = {"action": action, "reason": "essai sur la maquette", **body}
    return await demo.client.post(f"/api/v1/accesses/{ID1}/teleactions", json=content, headers=headers)


async def ended(demo: Demo, answer: httpx.Response, *, advance_s: float = 0) -> dict[str, Any]:
    """The téléaction once it has ended, followed by its events; the plant's clock jumps while its effect is awaited."""
    assert answer.status_code == 202, answer.text
    number = answer.json()["number"]
    async with asyncio.timeout(60), demo.client.stream("GET", f"/api/v1/teleactions/{number}/events") as events:
        async for line in events.aiter_lines():
            if advance_s and line.startswith("data:") and json.loads(line[5:]).get("step") == "event":
                await demo.plant.control.call("clock", advance=advance_s)
    found: dict[str, Any] = (await demo.client.get(f"/api/v1/teleactions/{number}")).json()
    return found


async def done(demo: Demo, action: str, *, advance_s: float = 0, **body: Any) -> dict[str, Any]:
    return await ended(demo, await asked(demo, action, **body), advance_s=advance_s)


async def state(demo: Demo) -> dict[str, Any]:
    found: dict[str, Any] = await demo.plant.control.call("state", ont=ID1)
    return found


async def restarts(demo: Demo) -> int:
    """How often boxes were told to restart; the ACS provisions others meanwhile."""
    return sum(one["kind"] == "Reboot" for one in await demo.plant.control.call("orders"))


async def shown(demo: Demo, name: str) -> str:
    """A parameter of the box, read as an expert would."""
    found = await done(demo, "box_parameters_read", parameters={"name": name})
    return str(found["effect"]["data"][name])


async def test_a_restart_is_proved_by_the_box_and_by_its_session(demo: Demo) -> None:
    was = (await state(demo))["box"]
    found = await done(demo, "box_reboot")
    now = (await state(demo))["box"]
    assert (found["state"], found["effect"]["text"]) == ("faite", "La box a redémarré ; le lien PPP est remonté")
    assert now["booted_at"] > was["booted_at"]
    assert found["before"]["session.started"] != found["after"]["session.started"]


async def test_a_box_that_pretends_is_found_out(demo: Demo) -> None:
    await demo.plant.control.call("fault", kind="box-deaf", target=ID1)
    demo.service.teleactions.hurry(0.02)  # the deadline of a restart is 300 s
    try:
        found = await done(demo, "box_reboot")
        silent = await done(demo, "box_ppp_reconnect")
        wifi = await done(demo, "box_wifi_channel", parameters={"radio": 1, "channel": 3})
    finally:
        demo.service.teleactions.hurry(1.0)
    assert (found["state"], found["effect"]["text"]) == ("sans effet", "Aucun effet : la box n'a pas redémarré")
    assert silent["effect"]["text"] == "Aucun effet : la session PPP est la même qu'avant"
    assert wifi["effect"]["text"] == "Aucun effet : la box montre les mêmes réglages qu'avant"


async def test_a_factory_reset_is_confirmed_first_and_loses_the_settings(demo: Demo) -> None:
    name = f"{SERIAL_ROOT}LANDevice.1.WLANConfiguration.1.SSID"
    await done(demo, "box_wifi_network", parameters={"network": 1, "ssid": "MaBox"})
    assert await shown(demo, name) == "MaBox"
    refused = await asked(demo, "box_factory_reset")
    assert refused.status_code == 409
    assert refused.json()["errors"][0]["field"] == "confirmed"
    found = await done(demo, "box_factory_reset", confirm=True)
    assert found["effect"]["text"] == "La box est en configuration d'usine ; le lien PPP est remonté"
    assert await shown(demo, name) != "MaBox"


async def test_wifi_lan_and_steering_are_read_back(demo: Demo) -> None:
    root = f"{SERIAL_ROOT}LANDevice.1."
    tried: tuple[tuple[str, dict[str, Any], str, str], ...] = (
        ("box_wifi_channel", {"radio": 1, "channel": 11}, f"{root}WLANConfiguration.1.Channel", "11"),
        ("box_wifi_radio", {"radio": 1, "on": False}, f"{root}WLANConfiguration.1.Status", "Disabled"),
        ("box_lan_port", {"port": 2, "on": False}, f"{root}LANEthernetInterfaceConfig.2.Status", "Disabled"),
        ("box_band_steering", {"on": True}, f"{root}X_BROADCOM_COM_BandSteering.Enable", "1"),
    )
    for action, parameters, name, value in tried:
        found = await done(demo, action, parameters=parameters)
        assert (found["state"], found["effect"]["text"]) == ("faite", "La box montre les nouveaux réglages"), action
        assert await shown(demo, name) == value


async def test_a_wifi_key_is_set_and_shown_nowhere(demo: Demo) -> None:
    key = "clef-tres-secrete-42"
    answer = await asked(demo, "box_wifi_network", parameters={"network": 1, "key": key})
    found = await ended(demo, answer)
    assert found["effect"]["text"] == "La box a accepté la nouvelle clé, qu'elle ne montre jamais"
    assert found["parameters"] == {"network": 1, "key": "********"}
    trail = await demo.client.get(f"/api/v1/teleactions/{found['number']}/audit")
    assert key not in answer.text + json.dumps(found) + trail.text
    orders = await demo.plant.control.call("orders")
    assert [one["kind"] for one in orders if one["key"] == f"ta-{found['number']}"] == ["SetParameterValues"]


async def test_the_ppp_link_is_reconnected(demo: Demo) -> None:
    was = (await state(demo))["box"]["session_id"]
    found = await done(demo, "box_ppp_reconnect")
    assert found["effect"]["text"] == "Le lien PPP est remonté"
    assert (await state(demo))["box"]["session_id"] != was


async def test_tests_run_by_the_box_give_their_results(demo: Demo) -> None:
    ping = await done(demo, "box_ping", parameters={"host": "192.0.2.1", "count": 3})
    assert (ping["state"], ping["effect"]["data"]["SuccessCount"]) == ("faite", "3")
    trace = await done(demo, "box_traceroute", parameters={"host": "192.0.2.1"})
    assert trace["effect"]["data"]["RouteHops.3.HopHostAddress"] == "203.0.113.7"
    speed = await done(demo, "box_speed_test", parameters={"direction": "download", "url": "http://192.0.2.9/f"})
    assert speed["effect"]["data"]["DiagnosticsState"] == "Completed"
    await demo.plant.control.call("fault", kind="dns-platform")
    names = await done(demo, "box_dns", parameters={"host": "example.org"})
    assert names["effect"]["data"]["Result.1.Status"] == "Error_DNSServerNotAvailable"


async def test_a_box_whose_model_has_no_wifi_scan_says_so(demo: Demo) -> None:
    found = await done(demo, "box_wifi_scan")
    assert found["state"] == "échouée"
    assert found["effect"]["text"] == "La box ne l'a pas exécutée. test non pris en charge par cette box"


async def test_an_ont_restarts_and_comes_back(demo: Demo) -> None:
    was = (await state(demo))["ont"]["changed_at"]
    found = await done(demo, "ont_reboot", advance_s=80)
    assert found["state"] == "faite"
    assert found["effect"]["text"].startswith("L'ONT a redémarré")
    assert (await state(demo))["ont"]["changed_at"] > was


async def test_an_ont_is_brought_to_its_planned_firmware_and_runs_it(demo: Demo) -> None:
    planned = (await state(demo))["ont"]["firmware_planned"]
    await demo.plant.control.call("fault", kind="firmware-not-planned", target=ID1)
    assert (await state(demo))["ont"]["firmware_active"] != planned
    found = await done(demo, "ont_firmware", confirm=True, advance_s=80)
    assert found["state"] == "faite", found
    assert found["effect"]["text"].startswith("L'ONT exécute le firmware planifié : ")
    assert (await state(demo))["ont"]["firmware_active"] == planned
    assert found["before"]["ont.firmware_active"] != found["after"]["ont.firmware_active"]


async def test_an_ont_that_refuses_its_planned_firmware_gives_no_effect(demo: Demo) -> None:
    await demo.plant.control.call("fault", kind="firmware-not-planned", target=ID1, parameters={"refused": 1})
    active = (await state(demo))["ont"]["firmware_active"]
    demo.service.teleactions.hurry(0.001)  # it is given 300 s to restart into it
    try:
        found = await done(demo, "ont_firmware", confirm=True, advance_s=80)
    finally:
        demo.service.teleactions.hurry(1.0)
    assert (found["state"], (await state(demo))["ont"]["firmware_active"]) == ("sans effet", active), found
    assert found["effect"]["text"].startswith("Aucun effet : l'ONT exécute toujours ")


async def test_an_ont_that_runs_its_planned_firmware_is_not_restarted_for_nothing(demo: Demo) -> None:
    was = (await state(demo))["ont"]["changed_at"]
    found = await done(demo, "ont_firmware", confirm=True)
    assert found["state"] == "refusée", found
    assert found["effect"]["text"].startswith("L'ONT exécute déjà le firmware planifié : ")
    assert (await state(demo))["ont"]["changed_at"] == was
    refused = await asked(demo, "ont_firmware")
    assert refused.json()["errors"][0]["field"] == "confirmed"


async def test_onts_and_their_ports_are_shut_and_opened(demo: Demo) -> None:
    tried: tuple[tuple[str, dict[str, Any], str, object], ...] = (
        ("uni_port", {"parameters": {"on": False}}, "uni_up", False),
        ("uni_negotiation", {"parameters": {"rate": "100_full"}}, "uni_negotiation", "forced"),
        ("ont_deactivate", {"confirm": True}, "admin_up", False),
        ("ont_activate", {}, "admin_up", True),
        ("uni_port", {"parameters": {"on": True}}, "uni_up", True),
        ("uni_negotiation", {"parameters": {"rate": "auto"}}, "uni_negotiation", "auto"),
    )
    for action, body, name, value in tried:
        await demo.plant.control.call("clock", advance=120)
        found = await done(demo, action, **body)
        assert (found["state"], found["effect"]["text"]) == ("faite", "L'OLT montre le nouvel état"), found
        assert (await state(demo))["ont"][name] == value


async def test_what_is_so_already_has_no_effect(demo: Demo) -> None:
    found = await done(demo, "ont_activate")
    assert (found["state"], found["effect"]["text"]) == ("sans effet", "Aucun effet : c'était déjà ainsi")


async def test_a_pon_port_takes_two_accounts_of_the_noc(demo: Demo) -> None:
    first, second = ({"Authorization": f"Bearer {token}"} for token in (demo.network_token, demo.noc_token))
    url = f"/api/v1/olts/{demo.olt}/pons/PON-1-1-5-4/teleactions"
    body = {"action": "pon_admin", "parameters": {"on": False}, "reason": "travaux"}
    assert (await demo.client.post(url, json=body)).status_code == 403
    found = (await demo.client.post(url, json=body, headers=first)).json()
    confirm = f"/api/v1/teleactions/{found['number']}/confirm"
    alone = await demo.client.post(confirm, headers=first)
    assert (alone.status_code, found["state"]) == (409, "demandée")
    assert (await demo.client.post(confirm, headers=second)).status_code == 200
    async with (
        asyncio.timeout(30),
        demo.client.stream("GET", f"/api/v1/teleactions/{found['number']}/events", headers=second) as events,
    ):
        async for _ in events.aiter_lines():
            pass
    read = (await demo.client.get(f"/api/v1/teleactions/{found['number']}", headers=first)).json()
    assert (read["state"], read["effect"]["data"]["pon.admin"]) == ("faite", "locked")
    assert read["confirmed_by"] == "demo.noc"


async def test_a_dry_run_tells_and_does_nothing(demo: Demo) -> None:
    before = await restarts(demo)
    answer = await asked(demo, "box_reboot", dry_run=True)
    assert (answer.status_code, answer.json()["possible"]) == (200, True)
    await done(demo, "box_reboot")
    again = (await asked(demo, "box_reboot", dry_run=True)).json()
    refused = {check["name"]: check["why"] for check in again["checks"] if not check["holds"]}
    assert (again["possible"], list(refused)) == (False, ["cooldown"])
    assert refused["cooldown"].startswith("Elle a été faite il y a moins de 300 s")
    assert await restarts(demo) == before + 1


async def test_the_same_key_asks_once_and_another_request_with_it_is_refused(demo: Demo) -> None:
    key = {"Idempotency-Key": "essai-1"}
    first = await asked(demo, "box_reboot", headers=key)
    again = await asked(demo, "box_reboot", headers=key)
    other = await asked(demo, "box_ping", parameters={"host": "192.0.2.1"}, headers=key)
    assert again.json()["number"] == first.json()["number"]
    assert again.headers["idempotency-replayed"] == "true"
    assert other.status_code == 409
    found = await ended(demo, first)
    orders = await demo.plant.control.call("orders")
    assert sum(one["key"] == f"ta-{found['number']}" for one in orders) == 1


async def test_one_teleaction_at_a_time_and_the_waiting_one_is_cancelled(demo: Demo) -> None:
    waiting = await asked(demo, "box_reboot", when="window")
    busy = await asked(demo, "box_ping", parameters={"host": "192.0.2.1"})
    assert (busy.status_code, "une autre téléaction y est en cours" in busy.json()["detail"]) == (409, True)
    number = waiting.json()["number"]
    gone = (await demo.client.post(f"/api/v1/teleactions/{number}/cancel")).json()
    assert (gone["state"], gone["effect"]["text"]) == ("annulée", "Annulée par demo.support avant tout envoi")
    assert (await demo.client.post(f"/api/v1/teleactions/{number}/cancel")).status_code == 409


async def test_outside_the_window_it_is_refused_where_the_window_was_asked_for(demo: Demo) -> None:
    refused = await asked(demo, "box_reboot", when="only_in_window")
    assert refused.status_code == 409
    assert "Hors de la fenêtre de maintenance, qui ouvre le" in refused.json()["detail"]


async def test_rights_and_operators_are_kept_apart(demo: Demo, stranger: dict[str, str]) -> None:
    agent = {"Authorization": f"Bearer {demo.agent_token}"}
    assert (await asked(demo, "box_reboot", headers=agent)).status_code == 403
    assert (await demo.client.get("/api/v1/teleactions/catalogue", headers=agent)).json() == []
    found = await done(demo, "box_ping", parameters={"host": "192.0.2.1"})
    url = f"/api/v1/teleactions/{found['number']}"
    assert (await demo.client.get(url, headers=agent)).status_code == 200
    for path in (url, f"{url}/audit", f"{url}/events"):
        assert (await demo.client.get(path, headers=stranger)).status_code == 404


async def test_errors_are_clear_in_both_languages(demo: Demo) -> None:
    wrong = await asked(demo, "box_wifi_channel", parameters={"radio": 1, "channel": 1000})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "channel")
    english = await asked(demo, "box_factory_reset", headers={"Accept-Language": "en"})
    assert english.json()["detail"] == "Refused: It cannot be taken back: confirm it explicitly"
    assert (await asked(demo, "box_explode")).status_code == 404
    pon = await asked(demo, "pon_admin", headers={"Authorization": f"Bearer {demo.network_token}"})
    assert pon.status_code == 404  # the NOC of the infrastructure has no access of that operator


async def test_the_trail_tells_who_why_from_where_before_and_after(demo: Demo) -> None:
    found = await done(demo, "box_ppp_reconnect")
    trail = (await demo.client.get(f"/api/v1/teleactions/{found['number']}/audit")).json()
    assert [entry["kind"] for entry in trail] == ["asked", "started", "acting", "ended"]
    end = trail[-1]
    assert (end["account"], end["reason"]) == ("demo.support", "essai sur la maquette")
    assert end["origin"] == "api 127.0.0.1"
    assert end["before"]["session.started"] != end["after"]["session.started"]
    assert end["effect"]["text"] == "The PPP link came up again"
    assert end["hash"] == found["audit"]["hash"]
    verified = await demo.service.records.audit.verify()
    assert (verified.breaks, verified.entries > 10) == ((), True)


async def interrupted(demo: Demo, action: str) -> str:
    """A téléaction whose worker died between its mark and its end."""
    records, now = demo.service.records, demo.service.clock.now()
    who = Principal(OPERATOR, "demo.support", frozenset({Right.TELEACTION}))
    target = Target(spec_of(action).target, f"access/{ID1}", "")
    new = NewTeleaction(Id1(ID1), action, target, {}, {}, "essai", "test", now, now)
    record, _ = await records.teleactions.ask(who, new)
    [job] = await records.jobs.claim("a worker that died", now, now, 1)
    before = LineState(now, "OK", "OK", Readings())
    assert await records.jobs.acting(job, "a worker that died", now, before)
    return str(record.number)


async def settled(demo: Demo, number: str) -> dict[str, Any]:
    """What it became, once another worker has taken it over."""
    async with asyncio.timeout(60), demo.client.stream("GET", f"/api/v1/teleactions/{number}/events") as events:
        async for _ in events.aiter_lines():
            pass
    found: dict[str, Any] = (await demo.client.get(f"/api/v1/teleactions/{number}")).json()
    return found


async def test_an_interrupted_restart_that_never_happened_is_settled_and_not_sent_again(demo: Demo) -> None:
    before = await restarts(demo)
    number = await interrupted(demo, "box_reboot")
    await demo.plant.control.call("clock", advance=130)  # it would show by now
    demo.service.teleactions.wake()
    found = await settled(demo, number)
    assert (found["state"], found["effect"]["text"]) == ("sans effet", "Aucun effet : la box n'a pas redémarré")
    assert await restarts(demo) == before


async def test_an_interrupted_restart_that_happened_is_told_by_the_box(demo: Demo) -> None:
    number = await interrupted(demo, "box_reboot")
    fault = await demo.plant.control.call("fault", kind="box-off", target=ID1)
    await demo.plant.control.call("repair", fault=fault["id"])  # the box starts again
    demo.service.teleactions.wake()
    found = await settled(demo, number)
    assert found["state"] == "faite"
    assert found["effect"]["text"].startswith("La box a redémarré")


async def test_an_interrupted_shutting_of_an_ont_that_the_olt_does_not_show_frees_the_line(demo: Demo) -> None:
    number = await interrupted(demo, "ont_deactivate")
    await demo.plant.control.call("clock", advance=130)  # it would show by now
    demo.service.teleactions.wake()
    found = await settled(demo, number)
    assert (found["state"], found["effect"]["text"]) == ("sans effet", "Aucun effet : l'OLT ne la montre pas")
    assert (await state(demo))["ont"]["admin_up"] is True
