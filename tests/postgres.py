"""A PostgreSQL server of our own for tests: Debian's, on a socket in a folder of its own, gone with the tests."""

from __future__ import annotations

import importlib.util
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

DRIVER = "psycopg"
_ROLE = "records"
_STARTED_S, _STOPPED_S = 60, 30
_FAST = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "listen_addresses=",
)  # it lasts as long as a test


def _program(name: str) -> str | None:
    """Debian keeps the programs of each version apart."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(found[-1]) if found else shutil.which(name)


def missing() -> str:
    """What is not on this machine; empty when a server can be run and reached."""
    lacks = [name for name in ("initdb", "postgres") if _program(name) is None]
    if importlib.util.find_spec(DRIVER) is None:
        lacks.append(f"the driver {DRIVER}")
    return ", ".join(lacks)


@dataclass(frozen=True, slots=True)
class Server:
    """A running server; `fresh` gives databases."""

    folder: Path
    _number: Iterator[int] = field(default_factory=itertools.count)

    def url(self, database: str) -> str:
        """The SQLAlchemy URL of a database."""
        return f"postgresql+{DRIVER}://{_ROLE}@/{database}?host={self.folder}"

    def fresh(self, template: str = "template0") -> str:
        """The name of a new database, a copy of ``template``."""
        import psycopg

        name = f"t{next(self._number)}"
        with psycopg.connect(host=str(self.folder), user=_ROLE, dbname="postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name


@contextmanager
def server() -> Iterator[Server]:
    """Run one; raises `subprocess.SubprocessError` when it does not come up."""
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    user = _unprivileged(folder)
    data = folder / "data"
    make = [_program("initdb") or "", "-D", str(data), "-U", _ROLE, "-A", "trust", "-E", "UTF8", "--no-sync"]
    subprocess.run(make, user=user, check=True, capture_output=True, timeout=_STARTED_S, cwd=folder)
    settings = [part for setting in _FAST for part in ("-c", setting)]
    run = [_program("postgres") or "", "-D", str(data), "-k", str(folder), *settings]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(run, user=user, stdout=log, stderr=subprocess.STDOUT, cwd=folder)
    try:
        _ready(process, folder)
        yield Server(folder)
    finally:
        process.send_signal(signal.SIGINT)  # its « fast » end: it does not wait for who is still connected
        process.wait(_STOPPED_S)
        shutil.rmtree(folder)


def _unprivileged(folder: Path) -> str | None:
    """PostgreSQL refuses to run as root: whose it is then, or ``None`` for our own account."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    user = "postgres" if "postgres" in known else "nobody"
    shutil.chown(folder, user)
    return user


def _ready(process: subprocess.Popen[bytes], folder: Path) -> None:
    """Wait until it takes connections: its own client library tries until then."""
    ready = [_program("pg_isready") or "pg_isready", "-q", "-h", str(folder)]
    for _ in range(_STARTED_S * 10):
        if process.poll() is not None:
            raise subprocess.SubprocessError((folder / "log").read_text())
        try:
            done = subprocess.run(ready, check=False, timeout=_STARTED_S)
        except subprocess.TimeoutExpired:
            continue
        if done.returncode == 0:
            return
        _pause(process)
    raise subprocess.SubprocessError("it does not take connections")


def _pause(process: subprocess.Popen[bytes]) -> None:
    """A tenth of a second, or less when the server ends."""
    try:
        process.wait(0.1)
    except subprocess.TimeoutExpired:
        return
