"""What ``python -m storage`` says and does about telemetry."""

from __future__ import annotations

import gzip
from datetime import datetime
from pathlib import Path

from storage.telemetry.embedded import retain_all, seal_all
from storage.telemetry.errors import TelemetryError
from storage.telemetry.files import all_files
from storage.telemetry.outbox import NAME, Outbox
from storage.telemetry.sealing import verify


def shown(folder: Path) -> list[str]:
    """The files of a folder, and what waits in its outbox."""
    files = all_files(folder)
    size = {
        sealed: sum(file.path.stat().st_size for file in files if file.sealed is sealed) for sealed in (True, False)
    }
    counts = {sealed: sum(1 for file in files if file.sealed is sealed) for sealed in (True, False)}
    lines = [
        f"{folder}: {counts[False]} open segments ({_mb(size[False])}), {counts[True]} sealed ({_mb(size[True])})",
    ]
    if files:
        lines.append(f"{folder}: from {files[0].stem} to {files[-1].stem}")
    if (folder / NAME).exists():
        lines.append(_waiting(folder))
    return lines


def sealed(folder: Path, now: datetime, retention_days: float | None) -> list[str]:
    """Seal what is closed, then drop what is older than the retention."""
    lines = [
        f"{one.file.path.name}: {one.rows} rows, {_mb(one.before)} to {_mb(one.size)}, {one.size / one.rows:.1f} B/row"
        for one in seal_all(folder, now)
    ]
    if retention_days is not None:
        lines += [
            f"{path.name}: older than {retention_days:g} days, removed"
            for path in retain_all(folder, now, retention_days)
        ]
    return lines or [f"{folder}: nothing to seal"]


def verified(folder: Path) -> tuple[list[str], bool]:
    """Read every sealed file whole and compare it with its seal; whether all are whole."""
    lines, whole = [], True
    for file in all_files(folder):
        if not file.sealed:
            continue
        try:
            lines.append(f"{file.path.name}: {verify(file).rows} rows, whole")
        except TelemetryError as error:
            whole = False
            lines.append(f"damaged: {error}")
    return lines or [f"{folder}: nothing sealed"], whole


def spooled(folder: Path, action: str, number: int | None, target: Path | None) -> list[str]:
    """Show what waits and the dead letters; send them again, write one to a file as line protocol, or drop one."""
    if not (folder / NAME).exists():
        return [f"{folder}: no outbox"]
    outbox = Outbox(folder)
    try:
        if action == "retry":
            return [f"{outbox.retry()} dead letters will be sent again", _line(outbox, folder)]
        if action == "list":
            letters = [
                f"{one.id}: {one.at.isoformat()} {one.lines} lines, {one.status} {one.detail}"
                for one in outbox.dead_letters()
            ]
            return [_line(outbox, folder), *letters]
        body = outbox.dead_body(number or 0)
        if body is None:
            raise TelemetryError(NAME, f"no dead letter {number}")
        if action == "drop":
            outbox.drop(number or 0)
            return [f"{number}: dropped"]
        if target is None:
            raise TelemetryError(NAME, "export needs --to FILE")
        target.write_bytes(gzip.decompress(body))
        return [f"{number}: written to {target}"]
    finally:
        outbox.close()


def _waiting(folder: Path) -> str:
    outbox = Outbox(folder)
    try:
        return _line(outbox, folder)
    finally:
        outbox.close()


def _line(outbox: Outbox, folder: Path) -> str:
    found = outbox.spool()
    since = f" since {found.oldest.isoformat()}" if found.oldest else ""
    return (
        f"{folder}: {found.waiting} requests ({found.lines} lines, {_mb(found.size)}) wait for the server{since}, "
        f"{found.dead} dead letters"
    )


def _mb(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
