"""Real time-series servers from Debian, on free ports of 127.0.0.1, stopped by their own process."""

from __future__ import annotations

import itertools
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.services import require

START_S = 60.0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _running(command: list[str], folder: Path, alive: str) -> Iterator[None]:
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
    try:
        until = time.monotonic() + START_S
        while True:
            try:
                if httpx.get(alive, trust_env=False).is_success:
                    break
            except httpx.HTTPError:
                pass
            assert process.poll() is None, (folder / "log").read_text()[-2000:]
            assert time.monotonic() < until, f"{command[0]} does not answer"
        yield
    finally:
        process.terminate()
        process.wait(30)


@dataclass
class Influxd:
    """InfluxDB 1.6.7."""

    url: str
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def new_database(self) -> str:
        name = f"telemetry{next(self.numbers)}"
        httpx.post(f"{self.url}/query", params={"q": f"CREATE DATABASE {name}"}, trust_env=False).raise_for_status()
        return name


@contextmanager
def influxd(folder: Path) -> Iterator[Influxd]:
    require("influxd", available=shutil.which("influxd") is not None)
    port, other = _free_port(), _free_port()
    (folder / "influxd.conf").write_text(
        f"""reporting-disabled = true
bind-address = "127.0.0.1:{other}"
[meta]
  dir = "{folder}/meta"
[data]
  dir = "{folder}/data"
  wal-dir = "{folder}/wal"
[http]
  bind-address = "127.0.0.1:{port}"
  log-enabled = false
[monitor]
  store-enabled = false
"""
    )
    url = f"http://127.0.0.1:{port}"
    with _running(["influxd", "-config", str(folder / "influxd.conf")], folder, f"{url}/ping"):
        yield Influxd(url)


@contextmanager
def victoria_metrics(folder: Path) -> Iterator[str]:
    require("victoria-metrics", available=shutil.which("victoria-metrics") is not None)
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    command = [
        "victoria-metrics", f"-storageDataPath={folder}/data", f"-httpListenAddr=127.0.0.1:{port}",
        "-retentionPeriod=100y", "-search.latencyOffset=0s", "-loggerLevel=ERROR",
    ]  # fmt: skip
    with _running(command, folder, f"{url}/health"):
        yield url
