"""Towards InfluxDB's API: our ready lines and influxdb-client's batching API, to the same server on this machine."""

from __future__ import annotations

import multiprocessing
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write.point import Point
from influxdb_client.client.write_api import WriteOptions

from domain.clock import WallClock
from domain.secret import Secret
from domain.telemetry import Batch, unpack
from storage.telemetry.columns import micros
from storage.telemetry.influx import InfluxTelemetry
from storage.telemetry.influx_http import InfluxServer
from storage.telemetry.influx_lines import LineWriter, requests

POINTS_OF_CLIENT = 40_000


class _Sink(BaseHTTPRequestHandler):
    """Takes everything: the same cost for both clients, in a process of its own."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        return


def _serve(pipe: Any) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Sink)
    pipe.send(server.server_address[1])
    server.serve_forever()


async def measure_lines(cycles: list[list[Batch]], folder: Path) -> None:
    """Print points (lines) and values (fields) per CPU second, for one column and for all of them."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(there,), daemon=True)
    process.start()
    server = InfluxServer(f"http://127.0.0.1:{here.recv()}", "org", "bucket", Secret("token"))
    try:
        for columns in (1, 3, len(cycles[0][0].values)):
            cut = [[_cut(batch, columns) for batch in cycle] for cycle in cycles]
            _making(cut, columns)
            await _sending(cut, columns, server, folder / str(columns))
            _client(cut[-1], columns, server)
    finally:
        process.terminate()


def _cut(batch: Batch, columns: int) -> Batch:
    chosen = list(batch.values)[:columns]
    return Batch(
        batch.operator_id, batch.olt, batch.at, batch.keys,
        {metric: batch.values[metric] for metric in chosen}, {metric: batch.reasons[metric] for metric in chosen},
    )  # fmt: skip


def _say(name: str, lines: int, columns: int, cpu: float) -> None:
    points, values = lines / cpu, lines * columns / cpu
    print(f"  {columns:2} columns  {name:<44} {points:12,.0f} points/CPU-s {values:12,.0f} values/CPU-s",
          flush=True)  # fmt: skip


def _making(cycles: list[list[Batch]], columns: int) -> None:
    writer = LineWriter()
    writer.lines(cycles[0])
    began = time.process_time()
    lines = sum(len(writer.lines(cycle)) for cycle in cycles[1:])
    _say("our text", lines, columns, time.process_time() - began)
    began = time.process_time()
    lines = sum(count for cycle in cycles[1:] for _, count in requests(writer, cycle))
    _say("our text, gzipped", lines, columns, time.process_time() - began)


async def _sending(cycles: list[list[Batch]], columns: int, server: InfluxServer, folder: Path) -> None:
    store = InfluxTelemetry(folder, server, WallClock())
    await store.append(cycles[0])
    await store.emptied()
    began = time.process_time()
    for cycle in cycles[1:]:
        await store.append(cycle)
    await store.emptied()
    lines = sum(len(batch.keys) for cycle in cycles[1:] for batch in cycle)
    _say("ours: text, gzip, outbox, sent, acknowledged", lines, columns, time.process_time() - began)
    await store.close()


def _client(cycle: list[Batch], columns: int, server: InfluxServer) -> None:
    began = time.process_time()
    sent = 0
    with (
        InfluxDBClient(server.url, server.token.reveal(), org=server.org, enable_gzip=True) as client,
        client.write_api(WriteOptions(batch_size=5000)) as api,
    ):
        for batch in cycle:
            at = micros(batch.at)
            for row, key in enumerate(batch.keys.tolist()):
                point: Any = Point("ont")  # type: ignore[no-untyped-call] # the library is half typed
                point.tag("olt", batch.olt).tag("ont", str(unpack(key))).time(at, "us")
                for metric, values in batch.values.items():
                    if not np.isnan(values[row]):
                        point.field(metric.key, float(values[row]))
                api.write(server.bucket, record=point)
                sent += 1
            if sent >= POINTS_OF_CLIENT // columns:
                break
    _say("influxdb-client: Point and batching API", sent, columns, time.process_time() - began)
