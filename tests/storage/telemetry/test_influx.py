"""The way to InfluxDB: real servers behind, a server that fails, kills, and the dead letters."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from domain.clock import FixedClock
from domain.errors import InvalidValueError
from domain.identifiers import OntName
from domain.metrics.ont import ONT_RX_DBM, ONT_TX_DBM
from domain.reading import Reason
from domain.secret import Secret
from domain.telemetry import Where
from storage.__main__ import main
from storage.telemetry.errors import TelemetryFullError, TelemetryServerError
from storage.telemetry.influx import InfluxTelemetry
from storage.telemetry.influx_http import InfluxHttp, InfluxServer
from storage.telemetry.influx_lines import LINES, LineWriter, requests
from storage.telemetry.outbox import Outbox
from storage.telemetry.sender import LONGEST_ASKED_S, LONGEST_WAIT_S, Sender, wait_s
from tests.storage.telemetry.conftest import influx_store
from tests.storage.telemetry.gateway import CUT, CUT_AFTER, Gateway
from tests.storage.telemetry.samples import LATER, OPERATOR, START, Cell, Cells, Oracle, batch, cycles, ont

ROOT = Path(__file__).resolve().parents[3]
FLEET = Where(OPERATOR)
FAR = START + timedelta(days=30)


def test_a_line_has_its_tags_in_order_its_values_its_reasons_and_microseconds() -> None:
    cells: Cells = {ONT_RX_DBM: {ont(3, 7): -18.25, ont(3, 8): Reason.OFFLINE}}
    assert b"".join(LineWriter().lines([batch("OLT A,1", START, cells)])).decode() == (
        "ont,olt=OLT\\ A\\,1,ont=ONT-1-1-1-3-7,operator_id=infra,pon=PON-1-1-1-3 "
        "ont.rx_power_dbm=-18.25 1777593600000000\n"
        "ont,olt=OLT\\ A\\,1,ont=ONT-1-1-1-3-8,operator_id=infra,pon=PON-1-1-1-3 "
        "ont.rx_power_dbm.reason=5i 1777593600000000\n"
    )


def test_requests_hold_small_batches_together_and_cut_big_ones() -> None:
    big = batch("BIG", START, {ONT_RX_DBM: {ont(1 + n // 128, n % 128): -1.0 for n in range(2 * LINES + 1)}})
    found = list(requests(LineWriter(), [*cycles(4), big]))
    assert [count for _, count in found] == [LINES, LINES, 13]
    assert [gzip.decompress(body).count(b"\n") for body, _ in found] == [LINES, LINES, 13]


@pytest.mark.parametrize("status", [500, 503, 429, 401, 404, CUT, CUT_AFTER])
async def test_what_may_end_is_tried_again_until_it_does(tmp_path: Path, gateway: Gateway, status: int) -> None:
    gateway.answers.extend([status] * 3)
    store = influx_store(tmp_path, gateway)
    await store.append(cycles(5))
    await store.emptied()
    assert gateway.writes == 4
    assert gateway.tokens == {"Token test-token"}
    assert await store.series(FLEET, ONT_RX_DBM, START, FAR) == Oracle(cycles(5)).series(FLEET, ONT_RX_DBM, START, FAR)
    await store.close()


@pytest.mark.parametrize("status", [400, 413, 422])
async def test_what_is_refused_for_good_is_a_dead_letter_and_holds_nothing_up(
    tmp_path: Path, gateway: Gateway, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway.answers.append(status)
    store = influx_store(tmp_path, gateway)
    for one in cycles(3):
        await store.append([one])
    await store.emptied()
    assert len(await store.series(FLEET, ONT_RX_DBM, START, FAR)) == 6
    spool = ["spool", "--telemetry", str(tmp_path)]
    assert main([*spool, "list"]) == 0
    assert f"1: {LATER.isoformat()} 3 lines, {status}" in capsys.readouterr().out
    assert main([*spool, "export", "1", "--to", str(tmp_path / "letter")]) == 0
    assert (tmp_path / "letter").read_text().startswith("ont,olt=OLT-A,ont=ONT-1-1-1-1-1,")
    assert main([*spool, "export", "9", "--to", str(tmp_path / "letter")]) == 2
    assert main([*spool, "retry"]) == 0
    await store.emptied()
    assert len(await store.series(FLEET, ONT_RX_DBM, START, FAR)) == 9
    assert (await store.waiting()).dead == 0
    await store.close()


async def test_an_hour_without_server_is_sent_by_the_next_process(tmp_path: Path, gateway: Gateway) -> None:
    dead = InfluxTelemetry(
        tmp_path,
        InfluxServer("http://127.0.0.1:9", "org", "bucket", Secret("t")),
        FixedClock(LATER),
        first_wait_s=0.001,
    )
    for one in cycles(12):
        await dead.append([one])
    await dead.close()
    store = influx_store(tmp_path, gateway)
    found = await store.waiting()
    assert (found.waiting, found.lines, found.oldest, found.dead) == (12, 36, LATER, 0)
    store.start()
    await store.emptied()
    assert await store.series(FLEET, ONT_RX_DBM, START, FAR) == Oracle(cycles(12)).series(FLEET, ONT_RX_DBM, START, FAR)
    await store.close()


WRITER = """
import asyncio, sys
from pathlib import Path
from domain.clock import FixedClock
from domain.secret import Secret
from storage.telemetry.errors import TelemetryFullError
from storage.telemetry.influx import InfluxTelemetry
from storage.telemetry.influx_http import InfluxServer
from tests.storage.telemetry.samples import LATER, cycles

async def run(folder, url, database, limit):
    if limit:
        import resource
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    server = InfluxServer(url, "org", database, Secret("t"))
    store = InfluxTelemetry(Path(folder), server, FixedClock(LATER), first_wait_s=0.01)
    for number, batch in enumerate(cycles(3000)):
        try:
            await store.append([batch])
        except TelemetryFullError:
            print("kept full", flush=True)
            break
        print("kept", number, flush=True)
    await store.close()

asyncio.run(run(*sys.argv[1:4], int(sys.argv[4])))
"""


async def _child(folder: Path, url: str, database: str, limit: int = 0) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", WRITER, str(folder), url, database, str(limit),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT,
    )  # fmt: skip


def _kept(out: bytes) -> list[str]:
    """What the child said of its appends, among its logs; a line cut by the kill says nothing."""
    return re.findall(r"^kept (\d+|full)\n", out.decode(), re.MULTILINE)


@pytest.mark.parametrize(("kill_after", "up"), [(1, True), (9, False), (23, True), (31, False)])
async def test_kill_9_loses_no_acknowledged_row(tmp_path: Path, gateway: Gateway, kill_after: int, up: bool) -> None:
    gateway.always = None if up else 503
    child = await _child(tmp_path, gateway.url, gateway.database)
    assert child.stdout is not None
    seen = 0
    while seen < kill_after:
        line = await child.stdout.readline()
        assert line, await child.communicate()
        seen = max([seen, *(int(number) + 1 for number in _kept(line))])
    child.kill()
    rest, _ = await child.communicate()
    seen = max([seen, *(int(number) + 1 for number in _kept(rest))])
    gateway.always = None
    store = influx_store(tmp_path, gateway)
    await store.emptied()
    until = START + timedelta(minutes=5 * seen)
    expected = Oracle(cycles(seen)).series(FLEET, ONT_RX_DBM, START, until)
    assert await store.series(FLEET, ONT_RX_DBM, START, until) == expected
    await store.close()


async def test_a_full_disk_is_a_clear_error_and_loses_nothing_acknowledged(tmp_path: Path, gateway: Gateway) -> None:
    child = await _child(tmp_path, "http://127.0.0.1:9", gateway.database, limit=200_000)
    out, error = await child.communicate()
    *acknowledged, last = _kept(out)
    assert last == "full", error.decode()
    seen = int(acknowledged[-1]) + 1
    store = influx_store(tmp_path, gateway)
    await store.emptied()
    until = START + timedelta(minutes=5 * seen)
    expected = Oracle(cycles(seen)).series(FLEET, ONT_RX_DBM, START, until)
    assert await store.series(FLEET, ONT_RX_DBM, START, until) == expected
    await store.close()


async def test_influxdb_client_writes_reach_victoria_metrics_by_the_paths_of_influxdb_2(
    tmp_path: Path, victoria: str
) -> None:
    store = InfluxTelemetry(tmp_path, InfluxServer(victoria, "org", "bucket", Secret("t")), FixedClock(LATER))
    await store.append([batch("OLT V", START, {ONT_RX_DBM: {ont(1, 1): -18.27, ont(1, 2): Reason.OFFLINE}})])
    await store.emptied()
    await store.close()
    async with httpx.AsyncClient(base_url=victoria, trust_env=False) as client:
        await client.get("/internal/force_flush")
        answer = await client.get(
            "/api/v1/export", params={"match[]": '{olt="OLT V"}', "start": str(START.timestamp())}
        )
    found = {one["metric"]["__name__"]: (one["metric"]["ont"], one["values"], one["timestamps"])
             for one in map(json.loads, answer.text.splitlines())}  # fmt: skip
    at = [int(START.timestamp() * 1000)]
    assert found == {
        "ont_ont.rx_power_dbm": ("ONT-1-1-1-1-1", [-18.27], at),
        "ont_ont.rx_power_dbm.reason": ("ONT-1-1-1-1-2", [5], at),
    }


async def test_a_question_without_server_says_so(tmp_path: Path) -> None:
    server = InfluxServer("http://127.0.0.1:9", "org", "bucket", Secret("t"))
    store = InfluxTelemetry(tmp_path, server, FixedClock(LATER))
    with pytest.raises(TelemetryServerError) as caught:
        await store.last(FLEET, [ONT_RX_DBM])
    assert caught.value.status == 0
    await store.close()


async def test_a_question_that_the_server_refuses_says_so(gateway: Gateway) -> None:
    http = InfluxHttp(InfluxServer(gateway.url, "org", gateway.database, Secret("t")))
    with pytest.raises(TelemetryServerError, match="error parsing query"):
        await http.query("SELECT")
    await http.close()


def test_a_url_never_carries_credentials() -> None:
    with pytest.raises(InvalidValueError) as caught:
        InfluxHttp(InfluxServer("http://user:word@host:8086", "org", "bucket", Secret("t")))
    assert "word" not in str(caught.value)


def test_waits_double_up_to_a_minute_and_obey_the_server() -> None:
    assert [wait_s(failures, None) for failures in (1, 2, 3, 7, 400)] == [1, 2, 4, LONGEST_WAIT_S, LONGEST_WAIT_S]
    assert [wait_s(1, asked) for asked in (30.0, 120.0, 1e9)] == [30.0, 120.0, LONGEST_ASKED_S]


def test_the_outbox_keeps_all_requests_of_an_append_or_none(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    outbox.add([(b"a", 1), (b"b", 2)], START)
    with pytest.raises(ZeroDivisionError):
        outbox.add(((b"c", 1 // divisor) for divisor in (1, 0)), START)
    assert outbox.spool().waiting == 2
    outbox.close()
    assert issubclass(TelemetryFullError, OSError)


async def test_a_failure_nobody_thought_of_does_not_stop_the_sending(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.telemetry.sender.LONGEST_WAIT_S", 0.001)
    outbox, sent = Outbox(tmp_path), []

    def write(body: bytes) -> None:
        sent.append(body)
        if len(sent) == 1:
            raise ValueError("unforeseen")

    sender = Sender(outbox, write)
    outbox.add([(b"a", 1), (b"b", 1)], START)
    sender.start()
    await sender.emptied()
    assert sent == [b"a", b"a", b"b"]
    await sender.close()
    outbox.close()


@pytest.mark.parametrize("value", [1e300, 1e-9, -0.0, 123456789.0, 0.1 + 0.2, -18.27, 4_000_000_000.0])
def test_numbers_of_any_size_are_written_exactly_beside_plain_ones(value: float) -> None:
    cells: dict[OntName, Cell] = {ont(1, 1): value, ont(1, 2): 2.5, ont(1, 3): Reason.TIMEOUT}
    lines = LineWriter().lines([batch("A", START, {ONT_RX_DBM: cells, ONT_TX_DBM: dict.fromkeys(cells, 1.0)})])
    fields = [line.split(b" ")[1].split(b",")[0].split(b"=") for line in lines]
    assert [float(text) for _, text in fields[:2]] == [value, 2.5]
    assert fields[2] == [b"ont.rx_power_dbm.reason", b"3i"]


def test_a_request_of_years_ago_and_one_of_today_have_instants_of_two_widths() -> None:
    old = batch("A", datetime(1999, 1, 1, tzinfo=UTC), {ONT_RX_DBM: {ont(1, 1): -18.0}})
    lines = LineWriter().lines([old, batch("A", START, {ONT_RX_DBM: {ont(1, 1): -18.0}})])
    assert [line.split(b" ")[2] for line in lines] == [b"915148800000000\n", b"1777593600000000\n"]


async def test_a_full_disk_is_emptied_by_the_server_that_comes_back(tmp_path: Path) -> None:
    """What waits is sent although nothing can be written, not even its deletion; that follows when there is room."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", FULL, str(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    )
    out, error = await child.communicate()
    assert out.decode().endswith("full\nempty\nagain 0\n"), (out, error.decode())


FULL = """
import resource, sys
from pathlib import Path
from storage.telemetry.errors import TelemetryFullError
from storage.telemetry.outbox import Outbox
from tests.storage.telemetry.samples import START

outbox = Outbox(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, resource.RLIM_INFINITY))
try:
    while True:
        outbox.add([(bytes(100_000), 1)], START)
except TelemetryFullError:
    print("full", flush=True)
while (request := outbox.oldest()) is not None:
    outbox.sent(request)
print("empty", flush=True)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
outbox.add([(bytes(100_000), 1)], START)
outbox.sent(outbox.oldest())
print("again", outbox.spool().waiting, flush=True)
"""


async def test_an_append_that_is_given_up_does_not_run_beside_the_next(tmp_path: Path, gateway: Gateway) -> None:
    """An OLT that changes while its batch is written has its task cancelled: the writer of lines served two threads."""
    store = influx_store(tmp_path, gateway)
    every = cycles(40)
    tasks = []
    for one in every:
        tasks.append(asyncio.create_task(store.append([one])))
        await asyncio.sleep(0)
        if len(tasks) % 2:
            tasks[-1].cancel()
        assert len([thread for thread in threading.enumerate() if thread.name.startswith("telemetry-outbox")]) <= 1
    await asyncio.gather(*tasks, return_exceptions=True)
    await store.emptied()
    found = await store.series(FLEET, ONT_RX_DBM, START, FAR)
    kept = {sample.at for sample in found}
    assert kept >= {one.at for one in every[1::2]}
    whole = Oracle([one for one in every if one.at in kept])
    assert found == whole.series(FLEET, ONT_RX_DBM, START, FAR)
    await store.close()
