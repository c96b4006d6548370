"""The conformance suite runs on each of these stores; real servers run for the session, on free ports."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from domain.clock import FixedClock
from domain.secret import Secret
from storage.telemetry.embedded import EmbeddedTelemetry
from storage.telemetry.influx import InfluxTelemetry
from storage.telemetry.influx_http import InfluxServer
from tests.storage.telemetry.backends import Backend
from tests.storage.telemetry.gateway import Gateway
from tests.storage.telemetry.samples import LATER, START
from tests.storage.telemetry.servers import Influxd, influxd, victoria_metrics


async def _nothing() -> None:
    return


@pytest.fixture(scope="session")
def influx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influxd]:
    with influxd(tmp_path_factory.mktemp("influxd")) as server:
        yield server


@pytest.fixture(scope="session")
def victoria(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with victoria_metrics(tmp_path_factory.mktemp("victoria")) as url:
        yield url


@pytest.fixture
def gateway(influx: Influxd) -> Iterator[Gateway]:
    """InfluxDB 2's write path in front of InfluxDB 1.6.7, on a database of its own; fails on demand."""
    with Gateway.running(influx.url, influx.new_database()) as found:
        yield found


def influx_store(folder: Path, gateway: Gateway) -> InfluxTelemetry:
    server = InfluxServer(gateway.url, "org", gateway.database, Secret("test-token"))
    return InfluxTelemetry(folder, server, FixedClock(LATER), first_wait_s=0.01)


@pytest.fixture(params=["open", "sealed", "hourly", "influx"])
async def backend(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Backend]:
    """Embedded with everything open, with everything sealed after each append, in 20-minute segments; InfluxDB."""
    if request.param == "influx":
        influx = influx_store(tmp_path / "spool", request.getfixturevalue("gateway"))
        try:
            yield Backend(influx, influx.emptied)
        finally:
            await influx.close()
        return
    store = EmbeddedTelemetry(tmp_path / "telemetry", span_s=1200 if request.param == "hourly" else 86_400)

    async def seal() -> None:
        await store.seal(START + timedelta(days=40))

    try:
        yield Backend(store, seal if request.param == "sealed" else _nothing)
    finally:
        await store.close()
