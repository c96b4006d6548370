"""The running service against its OpenAPI document: every check of schemathesis, stateful too.

``python -m benchmarks.contract [--examples 60] [--seed 1] [--phases …] [--only REGEX]``: serves a whole service on the
demo plant over HTTP on the loopback, as an account that has every right and owns network and accesses alike, runs
``schemathesis run`` (configured in ``benchmarks/schemathesis.toml``) and prints its counts. Exit status: its own.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from api.demo.running import OPERATOR, Demo, demo_service
from api.logs import configure
from api.loop import run
from domain.incident import Ancestor
from domain.incidents import Cause, Change, Incident, Kind
from domain.principal import Principal, Right
from domain.telemetry import pack
from storage.operators import Operator
from storage.tokens import IssuedToken

CONFIG = Path(__file__).with_name("schemathesis.toml")


@asynccontextmanager
async def served() -> AsyncIterator[tuple[str, IssuedToken, Demo]]:
    """A service to try; yields its address, a token of every right, and what runs."""
    async with demo_service() as demo:
        records = demo.service.records
        demo.service.settings.tmf_sandbox_operator = OPERATOR  # its creations are taken, whatever they name
        await records.operators.put(Operator(OPERATOR, OPERATOR, is_infrastructure=True))
        who = Principal(OPERATOR, "contract", frozenset(Right))
        issued = await records.tokens.issue(who, demo.service.clock.now(), timedelta(days=30))
        token = issued.token.reveal()
        host, port = demo.plant.snmp
        olt = {"vendor": "nokia_isam", "host": host, "port": port, "community": "public"}
        headers = {"Authorization": f"Bearer {token}"}
        (await demo.client.put("/api/v1/olts/OLT-LYON-03", json=olt, headers=headers)).raise_for_status()
        await _prepared(demo, who)
        (await demo.client.get("/openapi.en.json", timeout=120)).raise_for_status()  # made once, in a second or two
        yield demo.url, issued, demo


async def _prepared(demo: Demo, who: Principal) -> None:
    """Boxes that can be reached, and a collective incident of the network."""
    records, now = demo.service.records, demo.service.clock.now()
    places = [access.place for access in await records.accesses.list(who) if access.place is not None]
    for access in await records.accesses.list(who):
        await demo.plant.control.call("announce", ont=str(access.id1))
    one = Incident(
        number="INC-190509-7F3A2C",
        ancestor=Ancestor.PBO,
        place="PBO-5-10-3-1",
        cause=Cause.FIBRE,
        since=now,
        opened_at=now,
        updated_at=now,
        members={"OLT-LYON-03": np.sort(np.array([pack(place.ont) for place in places[:2]], dtype=np.int64))},
        down=2,
        confidence=0.97,
    )
    told = Change(one.number, Kind.OPENED, now, one.ancestor, one.place, one.accesses, one.down, one.confidence)
    await records.incidents.keep(OPERATOR, [one], [told])


async def tried(url: str, issued: IssuedToken, report: Path, *arguments: str) -> int:
    """Run schemathesis to its end; its report is a JSON file, its words are ours. Returns its exit status."""
    process = await asyncio.create_subprocess_exec(
        *(str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(CONFIG)),
        *("run", f"{url}/openapi.en.json"),
        *("--header", f"Authorization: Bearer {issued.token.reveal()}", "--no-shrink"),
        *("--report", "json", "--report-json-path", str(report), *arguments),
        cwd=report.parent,
        env={
            **os.environ,
            "CONTRACT_TOKEN_ID": issued.token_id,
            "CONTRACT_NOTES": str(report.with_suffix(".txt")),
            "PYTHONPATH": str(CONFIG.parents[1]),
        },
    )
    return await process.wait()


def counts(report: Path) -> dict[str, Any]:
    """What a report counts: cases, failures by title, errors, operations."""
    found = json.loads(report.read_text("utf-8"))
    failures = Counter({one["title"]: one["count"] for one in found["failures"]})
    return {
        "operations": found["operations"]["tested"],
        "cases": found["test_cases"]["generated"],
        "server errors": failures.pop("Server error", 0),
        "schema violations": failures.pop("Response violates schema", 0),
        "other failures": dict(failures),
        "errors": len(found["errors"]),
    }


def reached(report: Path) -> dict[str, Counter[str]]:
    """The answers of each operation beside a report, by the first digit of their status."""
    found: dict[str, Counter[str]] = {}
    notes = report.with_suffix(".txt")
    for line in notes.read_text("utf-8").splitlines() if notes.exists() else ():
        operation, status = line.split()
        found.setdefault(operation, Counter())[f"{status[0]}xx"] += 1
    return found


async def _main(options: argparse.Namespace) -> int:
    configure(logging.ERROR)
    given = ["--max-examples", str(options.examples), "--seed", str(options.seed)]
    if options.phases:
        given += ["--phases", options.phases]
    if options.only:
        given += ["--include-path-regex", options.only]
    with tempfile.TemporaryDirectory(prefix="contract-") as folder:
        report = Path(folder) / "report.json"
        async with served() as (url, issued, _):
            status = await tried(url, issued, report, *given)
        for name, value in counts(report).items():
            print(f"{name:20} {value}")
        answers = reached(report)
        print(f"{'answers':20} {dict(sum(answers.values(), Counter()))}")
        print(f"{'never 2xx':20} {sorted(name for name, one in answers.items() if not one['2xx'])}")
    return status


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=60, help="cases of an operation a phase (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="what is drawn (default: %(default)s)")
    parser.add_argument("--phases", help="of examples, coverage, fuzzing, stateful (default: all)")
    parser.add_argument("--only", help="paths, a regular expression")
    return run(_main(parser.parse_args()))


if __name__ == "__main__":
    raise SystemExit(main())
