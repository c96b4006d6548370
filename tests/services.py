"""Real servers and programs that tests use: absent, the test is skipped and says so, or fails (REQUIRE_SERVICES=1)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

CHROMIUM = Path("/usr/bin/chromium")
NGINX = Path("/usr/sbin/nginx")
NGINX_JS = Path("/usr/lib/nginx/modules/ngx_http_js_module.so")


def require(name: str, *, available: bool) -> None:
    """Skip the test when ``name`` is not on this machine, or fail it where everything is required."""
    if available:
        return
    if os.environ.get("REQUIRE_SERVICES") == "1":
        pytest.fail(f"{name} is required and not on this machine (make services)")
    pytest.skip(f"{name} is not on this machine (make services installs it)")


def require_nginx() -> Path:
    """Debian's nginx with njs, or a skip that says so."""
    require("nginx with njs", available=NGINX.exists() and NGINX_JS.exists())
    return NGINX


def require_chromium() -> Path:
    """Debian's Chromium, or a skip that says so."""
    require("Chromium", available=CHROMIUM.exists())
    return CHROMIUM
