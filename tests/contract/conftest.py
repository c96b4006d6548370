"""The typed client, generated once from the document, and a whole service to call with it."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from api.app import described
from api.contract.document import document
from api.demo.running import Demo, demo_service

CONFIG = Path(__file__).resolve().parents[2] / "api" / "contract" / "client.yml"


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the generator says; the package can be imported afterwards."""
    folder = tmp_path_factory.mktemp("client")
    described_in = folder / "openapi.json"
    described_in.write_text(json.dumps(document(described(), "en")), "utf-8")
    done = subprocess.run(
        [
            *(Path(sys.executable).with_name("openapi-python-client"), "generate"),
            *("--path", described_in, "--config", CONFIG, "--output-path", folder / "out"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return f"{folder / 'out'}\n{done.stdout}{done.stderr}"


@pytest.fixture(scope="session")
def package(generated: str) -> Iterator[Callable[[str], Any]]:
    """Modules of the client by their name inside it: ``package("api.diagnostics.ask_diagnosis")``."""
    folder = generated.partition("\n")[0]
    sys.path.insert(0, folder)
    yield lambda name: importlib.import_module(f"just_fibre_client.{name}" if name else "just_fibre_client")
    sys.path.remove(folder)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def demo() -> AsyncIterator[Demo]:
    async with demo_service() as running:
        yield running
