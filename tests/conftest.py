"""What every test may rely on."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import HealthCheck, settings

from api.logs import on_standard_error


def _plain() -> None:
    structlog.reset_defaults()
    # structlog's own defaults are the standard output, and tracebacks that draw every local: an application takes 20 s
    *usual, _ = structlog.get_config()["processors"]
    console = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*usual, console], logger_factory=on_standard_error)


_plain()
settings.register_profile("busy", suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no fault
settings.load_profile("busy")


@pytest.fixture(autouse=True)
def plain_logs() -> Iterator[None]:
    """Logs go to the standard error, where no test looks for answers; what a test configures ends with it.

    A service that a module's tests share logs while each of them runs, whatever ran before.
    """
    yield
    _plain()


@pytest.fixture(autouse=True, scope="module")
def what_a_file_left_open_is_its_own() -> Iterator[None]:
    """A socket that nobody closed is told by the collector: here, not in the middle of another file's test."""
    yield
    gc.collect()
