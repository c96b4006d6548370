"""What the settings choose: the telemetry store and its upkeep, the engine of informs."""

from __future__ import annotations

import socket
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from pydantic import SecretStr, ValidationError

from api.clock import WallTime
from api.problems import describe
from api.records import opened
from api.settings import InfluxSettings, Settings, explain
from api.wiring.background import background, every
from api.wiring.collection import collection
from api.wiring.engine import local_engine
from api.wiring.telemetry import telemetry
from domain.errors import DeviceProtocolError
from domain.identifiers import OntName
from domain.metrics.ont import ONT_RX_DBM
from domain.olt import OltTarget
from domain.olt_actions import ActionKind, OltOutcome, SetOntAdmin
from domain.secret import Secret
from domain.states import Admin
from domain.telemetry import Batch, Where, pack
from simulators.snmp.agent import SnmpAgent
from storage.telemetry.embedded import EmbeddedTelemetry
from storage.telemetry.errors import TelemetryDamagedError, TelemetryServerError
from storage.telemetry.files import all_files
from storage.telemetry.influx import InfluxTelemetry
from tests.simulators.vendor_site import running


class Later(WallTime):
    """The wall's clock, some days ahead."""

    days = 0

    def now(self):
        return super().now() + timedelta(days=self.days)


def batch(clock: WallTime) -> Batch:
    keys = np.array([pack(OntName(1, 1, 5, 10, 19))], dtype=np.int64)
    return Batch("OI", "O", clock.now(), keys, {ONT_RX_DBM: np.array([-19.36])}, {ONT_RX_DBM: np.zeros(1, np.uint8)})


async def test_the_embedded_store_is_sealed_and_kept_for_its_time(tmp_path: Path) -> None:
    clock = Later()
    settings = Settings.ephemeral(tmp_path)
    async with telemetry(settings, clock) as kept:
        assert isinstance(kept.store, EmbeddedTelemetry)
        await kept.store.append([batch(clock)])
        clock.days = 2
        await kept.keep()
        assert (kept.stats.sealed, kept.stats.dropped) == (1, 0)
        clock.days = 40
        await kept.keep()
        (last,) = (await kept.store.last(Where("OI"), [ONT_RX_DBM]))[ONT_RX_DBM]
        assert (kept.stats.dropped, last.value) == (1, -19.36)
        assert (await kept.look()).waiting == 0


async def test_a_day_that_cannot_be_sealed_does_not_keep_old_ones_on_the_disk(tmp_path: Path) -> None:
    clock = Later()
    settings = Settings.ephemeral(tmp_path)
    async with telemetry(settings, clock) as kept:
        await kept.store.append([batch(clock)])
        clock.days = 35
        await kept.store.append([batch(clock)])
        old, new = all_files(settings.telemetry_folder)
    new.path.write_bytes(new.path.read_bytes()[:16_384])
    async with telemetry(settings, clock) as kept:
        clock.days = 37
        with pytest.raises(TelemetryDamagedError):
            await kept.keep()
        assert kept.stats.dropped == 1
    assert not old.path.exists()


async def test_what_the_server_of_influxdb_does_not_take_waits_and_is_counted(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"  # bound and never listened on: connections are refused
        influx = InfluxSettings(url=url, bucket="b", token=SecretStr("t"))
        settings = Settings.ephemeral(tmp_path).model_copy(update={"influx": influx})
        for lines in (1, 2):
            async with telemetry(settings, WallTime()) as kept:
                assert isinstance(kept.store, InfluxTelemetry)
                await kept.store.append([batch(WallTime())])
                stats = await kept.look()
                assert (stats.waiting_lines, stats.dead) == (lines, 0)
                assert stats.waiting_bytes > 0
                await kept.keep()  # the server's own business


def test_what_fails_behind_the_service_is_a_gateway_s_error_in_the_reader_s_language() -> None:
    server = TelemetryServerError("http://192.0.2.1:8086", "connection refused")
    assert describe(server, "fr") == (504, "Le serveur de télémétrie ne répond pas", [])
    status, told, _ = describe(DeviceProtocolError("192.0.2.2:161", "no sysObjectID"), "fr")
    assert (status, told) == (424, "192.0.2.2:161 : no sysObjectID")


def test_the_engine_of_informs_is_the_same_at_every_start_and_counts_them(tmp_path: Path) -> None:
    first, second = (local_engine(tmp_path / "var" / "engine.json") for _ in range(2))
    assert first.engine_id == second.engine_id
    assert (first.boots, second.boots) == (1, 2)
    assert local_engine(tmp_path / "other.json").engine_id != first.engine_id


async def test_the_store_of_influxdb_is_chosen_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"ACS_KEY": "k1", "RADIUS_SECRET": "r1", "INFLUX__URL": "http://192.0.2.1:8086"}.items():
        monkeypatch.setenv(f"DIAG_{name}", value)
    with pytest.raises(ValidationError) as wrong:
        Settings(_env_file=None)
    assert "DIAG_INFLUX__BUCKET" in explain(wrong.value)
    monkeypatch.setenv("DIAG_INFLUX__BUCKET", "bucket")
    monkeypatch.setenv("DIAG_INFLUX__TOKEN", "token-of-a-server")
    settings = Settings(_env_file=None)
    assert settings.influx is not None
    assert (settings.influx.url, settings.influx.bucket) == ("http://192.0.2.1:8086", "bucket")
    assert "token-of-a-server" not in repr(settings)


async def test_periodic_work_that_fails_is_tried_again(capsys: pytest.CaptureFixture[str]) -> None:
    done: list[int] = []
    clock = WallTime()

    async def work() -> None:
        done.append(1)
        if len(done) < 3:
            raise OSError("disk full")
        raise SystemExit  # the end of this test

    with pytest.raises(SystemExit):
        await every("work", timedelta(0), clock, work)
    assert len(done) == 3
    assert capsys.readouterr().err.count("background work failed") == 2
    async with background() as spawn:
        spawn(every("work", timedelta(days=1), clock, _nothing))


async def _nothing() -> None:
    return None


async def test_the_service_acts_through_the_drivers_that_it_reads_with(tmp_path: Path) -> None:
    plant, _ = running("huawei")
    name = next(iter(plant.state.onts))
    settings = Settings.ephemeral(tmp_path)
    async with SnmpAgent(plant, "127.0.0.1", 0, "public") as agent:
        target = OltTarget("OI", "O", "huawei_smartax", "127.0.0.1", agent.port, Secret("public"))
        async with opened(settings, WallTime()) as records, collection(settings, WallTime(), records) as reading:
            assert ActionKind.SET_ONT_ADMIN in reading.actions.supported(target)
            told = await reading.actions.act(target, name, SetOntAdmin(Admin.LOCKED), 15)
            assert reading.polling.legacy is reading.site.legacy
    assert (told.outcome, told.proved) == (OltOutcome.DONE, True)
    assert not plant.state.onts[name].admin_up
