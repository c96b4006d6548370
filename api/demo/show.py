"""``python -m api demo``: three accesses diagnosed over real protocols, then the page."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import time
from pathlib import Path
from typing import Any

from api.demo.asking import Asked, ask
from api.demo.running import Demo, demo_service
from api.demo.table import table
from api.logs import configure
from domain.events import FALLS
from domain.metrics.olt import PON_OPER
from domain.metrics.ont import ONT_RX_DBM
from simulators.control import DEFAULT_PORT
from simulators.run import DEMO_PLANT

HUNG_S = 3 * 3600
"""How long the box has been hung when it is diagnosed: well over twice its Inform interval."""


PAGE_PORT = 8080
TRAP_S = 10.0
"""Within which a trap has come: on the loopback, a millisecond."""


def preferred(port: int, host: str = "127.0.0.1") -> int:
    """The port, or 0 (any) where it is taken."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return 0
    return port


async def show(*, once: bool, port: int | None, plant: str | None) -> int:
    """Run the demo; returns the exit status. Left running, it takes the ports that its documentation names, if free."""
    configure(logging.ERROR)
    began = time.perf_counter()
    print("Démarrage de l'installation simulée, des collecteurs, de l'ACS et de l'API…", flush=True)
    async with demo_service(
        port=0 if once else preferred(PAGE_PORT) if port is None else port,
        control_port=0 if once else preferred(DEFAULT_PORT),
        description_file=Path(plant) if plant else DEMO_PLANT,
    ) as demo:
        await _set_the_scene(demo)
        print(f"Prêt en {time.perf_counter() - began:.1f} s ; trois accès, trois « Diagnostic global ».", flush=True)
        for id1 in ("F00000015", "F00000016", "F00000017"):
            _print(id1, await ask(demo.client, id1))
        await _telemetry(demo)
        await _trap(demo)
        print(f"\nDémonstration complète en {time.perf_counter() - began:.1f} s.", flush=True)
        if not once:
            await _leave_running(demo)
    return 0


async def _set_the_scene(demo: Demo) -> None:
    """The seed's screen and two cuts: a box that has informed and then hung, a drop cut, a PBO cut."""
    control = demo.plant.control
    for id1 in ("F00000015", "F00000016", "F00000017"):
        await control.call("announce", ont=id1)
    await control.call("fault", kind="box-hung", target="F00000015")
    await control.call("fault", kind="drop-cut", target="F00000016")
    state = await control.call("state", ont="F00000017")
    await control.call("fault", kind="pbo-cut", target=state["pbo"])
    await control.call("clock", advance=HUNG_S)


def _print(id1: str, asked: Asked) -> None:
    result = asked.result
    print(f"\n━━ {id1} · {result['test']} · N° {result['number']} · {result['state']} en {asked.seconds * 1e3:.0f} ms")
    verdict: dict[str, Any] | None = result["verdict"]
    if verdict is None:
        print(f"   {result['failure']}")
        return
    print(f"   Synthèse       {verdict['synthesis']}")
    print(f"   Interprétation {verdict['interpretation']}")
    print(
        f"   Famille        {verdict['family']} (résultat {verdict['result']}, confiance {verdict['confidence']:.2f})"
    )
    print(
        f"   Prélocalisation {verdict['prelocalisation']}, périmètre {verdict['scope']}, gravité {verdict['severity']}"
    )
    print(f"   Action         {verdict['action']} ({verdict['owner']})")
    for block in result["blocks"]:
        rows = [(row["label"], row["value"]) for row in block["rows"]]
        print(table(block["title"], ("Libellé", "Valeur"), rows))


async def _telemetry(demo: Demo) -> None:
    """What polling has kept meanwhile: the last level of the first access, as stored."""
    question = {"access": "F00000015", "metric": ONT_RX_DBM.key}
    answer = await demo.client.get("/api/v1/telemetry/last", params=question)
    answer.raise_for_status()
    print("\n━━ Télémétrie")
    values = answer.json()["values"]
    if not values:
        print("   F00000015 : aucune valeur conservée")
    for one in values:
        shown = f"{one['value']} {one['unit']}" if one["reason"] is None else f"sans valeur ({one['reason']})"
        print(f"   {one['ont']} : {ONT_RX_DBM.label_fr} {shown}, relevé il y a {one['age_s']:.0f} s")
    counted = demo.service.collection.polling.counters
    print(f"   {counted.kept} relevés, {counted.cycles} cycles, {counted.rows} lignes conservées")


async def _trap(demo: Demo) -> None:
    """A feeder is cut: its OLT announces it before the polling cycle comes round."""
    control, headers = demo.plant.control, {"Authorization": f"Bearer {demo.network_token}"}
    pon = (await control.call("targets", kind="feeder-cut"))[-1]
    with demo.service.events.subscribe(lambda event: str(event.pon) == pon and event.kind in FALLS) as heard:
        began = time.perf_counter()
        fault = await control.call("fault", kind="feeder-cut", target=pon)
        async with asyncio.timeout(TRAP_S):
            await anext(heard)
        took_ms = (time.perf_counter() - began) * 1e3
    question = {"olt": demo.olt, "pon": pon, "metric": PON_OPER.key}
    answer = await demo.client.get("/api/v1/telemetry/last", params=question, headers=headers)
    (kept,) = answer.raise_for_status().json()["values"]
    await control.call("repair", fault=fault["id"])
    print("\n━━ Alarmes du réseau")
    print(f"   {pon} : coupure de transport annoncée par un trap de l'OLT en {took_ms:.0f} ms")
    print(f"   dernier relevé, il y a {kept['age_s']:.0f} s : {PON_OPER.label_fr} {kept['value']}")


async def _leave_running(demo: Demo) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    host, port = demo.plant.control_address
    print(f"\nLa page : {demo.sign_in_url}   (lien à usage unique ; ensuite {demo.url}/)")
    print(f"L'interface : {demo.url}/openapi.json   jeton : {demo.token}")
    where = "" if port == DEFAULT_PORT else f" --control {host}:{port}"
    print(f"Casser : .venv/bin/python -m simulators fault feeder-cut PON-1-1-5-10{where}   (les pannes : list{where})")
    print(f"Réparer : .venv/bin/python -m simulators repair all{where}")
    print("Ctrl-C pour arrêter.", flush=True)
    await stop.wait()
