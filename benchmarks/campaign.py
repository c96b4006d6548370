"""A firmware campaign on 500 simulated boxes: a bad firmware stops it at its canary, a good one reaches every box.

``python -m benchmarks.campaign [--boxes 500]``. Boxes fetch the image over HTTP, install it and start again; one image
opens no PPP session afterwards. What the boxes then run is read from the plant.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx

from benchmarks.files import served
from benchmarks.teleaction_kills import site

GOOD, BAD = "10.0.1", "10.0.0"


def written(folder: Path, url: str, models: list[str]) -> Path:
    """Two images and their catalogue."""
    (folder / "good.img").write_text(f"version={GOOD}\n")
    (folder / "bad.img").write_text(f"version={BAD}\ndefect=no-ppp\n")
    lines = [
        f'[[firmware]]\nmodel = "{model}"\nversion = "{version}"\nurl = "{url}/{name}.img"\n'
        for model in models
        for version, name in ((GOOD, "good"), (BAD, "bad"))
    ]
    catalogue = folder / "firmwares.toml"
    catalogue.write_text("\n".join(lines))
    return catalogue


async def campaign(client: httpx.AsyncClient, version: str, boxes: int) -> dict[str, Any]:
    """Run one to its end."""
    body = {
        "action": "box_firmware", "parameters": {"version": version}, "reason": "banc d'essai",
        "selection": {"limit": boxes}, "pace": {"canary": 5, "wave": 100, "at_once": 16, "per_olt": 16},
    }  # fmt: skip
    answer = await client.post("/api/v1/campaigns", json=body)
    answer.raise_for_status()
    name = answer.json()["campaign"]
    while True:
        report: dict[str, Any] = (await client.get(f"/api/v1/campaigns/{name}")).json()
        if report["state"] not in ("en cours", "en pause"):
            return report
        await asyncio.sleep(1.0)


async def firmwares(simulated: Any, onts: list[str]) -> Counter[str]:
    """What the boxes run."""
    return Counter([(await simulated.control.call("state", ont=ont))["box"]["firmware"] for ont in onts])


async def measure(boxes: int) -> bool:
    with tempfile.TemporaryDirectory(prefix="bench-campaign-") as name:
        folder = Path(name)
        with served(folder) as url:
            catalogue = written(folder, url, ["F@st 5350", "F@st 5670"])
            async with site(folder, boxes, catalogue) as (_, client, simulated, ids):
                onts = [(await client.get(f"/api/v1/accesses/{id1}")).json()["place"]["ont"] for id1 in ids]
                whole = True
                for version in (BAD, GOOD):
                    began = time.perf_counter()
                    report = await campaign(client, version, boxes)
                    after = await firmwares(simulated, onts)
                    print(f"firmware {version}: {report['state']} {report['stopped_by'] or ''} after "
                          f"{time.perf_counter() - began:.0f} s; boxes that run it: {after[version]} of {len(onts)}; "
                          f"waves {report['waves']}", flush=True)  # fmt: skip
                    whole = whole and (after[version] <= 5 if version == BAD else after[version] > 0)
                    await simulated.control.call("clock", advance=1900)
    return whole


def main() -> int:
    """Read the options; 1 when a bad firmware went beyond its canary."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.campaign")
    parser.add_argument("--boxes", type=int, default=500)
    options = parser.parse_args()
    return 0 if asyncio.run(measure(options.boxes)) else 1


if __name__ == "__main__":
    sys.exit(main())
