"""The SNMP engine that informs are sent to: who it is never changes, and its starts are counted."""

from __future__ import annotations

import json
import os
import secrets
import time
from pathlib import Path

from collectors.traps.usm_receive import LocalEngine

_NO_ENTERPRISE_OCTETS = bytes.fromhex("8000000005")  # RFC 3411 5 SnmpEngineID: no enterprise, octets of our own
_DRAWN = 8  # octets


def local_engine(file: Path) -> LocalEngine:
    """The engine of ``file``, drawn at the first start. On the disk before anything is sent under that number."""
    kept = json.loads(file.read_text("utf-8")) if file.exists() else {}
    identity = kept.get("engine_id") or (_NO_ENTERPRISE_OCTETS + secrets.token_bytes(_DRAWN)).hex()
    boots = int(kept.get("boots", 0)) + 1
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_suffix(".new")
    with beside.open("w", encoding="utf-8") as opened:
        json.dump({"engine_id": identity, "boots": boots}, opened)
        opened.flush()
        os.fsync(opened.fileno())
    beside.replace(file)
    return LocalEngine(bytes.fromhex(identity), boots, time.monotonic)
