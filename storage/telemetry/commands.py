"""What ``python -m storage`` says and does about telemetry."""

from __future__ import annotations

import gzip
import shutil
from datetime import datetime
from pathlib import Path

from storage.telemetry.columns import instant, micros
from storage.telemetry.embedded import GRACE_S, retain_all
from storage.telemetry.errors import TelemetryBusyError, TelemetryError
from storage.telemetry.files import SegmentFile, all_files
from storage.telemetry.outbox import NAME, Outbox
from storage.telemetry.sealing import Sealed, seal_each, verify


def shown(folder: Path, now: datetime) -> list[str]:
    """The files of a folder, those dated ahead of the clock, and what waits in its outbox."""
    files = all_files(_existing(folder))
    parts = [[file for file in files if file.sealed is sealed] for sealed in (False, True)]
    open_size, sealed_size = (_size(sum(_bytes(file) for file in part)) for part in parts)
    free = shutil.disk_usage(folder).free
    opened = f"{_count(len(parts[0]), 'open segment')} ({open_size})"
    lines = [f"{folder}: {opened}, {len(parts[1])} sealed ({sealed_size}), {_size(free)} free"]
    if files:
        ends = max(file.end_us for file in files)
        lines.append(
            f"{folder}: from {instant(files[0].start_us):%Y-%m-%d %H:%M} to {instant(ends):%Y-%m-%d %H:%M} UTC"
        )
    lines += [
        f"{file.path.name}: dated ahead of this machine's clock; its samples are nobody's last ones until then"
        for file in files
        if file.start_us > micros(now)
    ]
    if (folder / NAME).exists():
        try:
            lines.append(_waiting(folder))
        except TelemetryError as error:
            lines.append(f"damaged: {error}")
    return lines


def sealed(folder: Path, now: datetime, days: float | None, open_days: float | None) -> tuple[list[str], bool]:
    """Seal what is closed, then drop what is older than the retention; whether nothing failed."""
    lines, whole = [], True
    for one in seal_each(_existing(folder), micros(now), GRACE_S):
        if isinstance(one, Sealed):
            gained = f"{_size(one.before)} to {_size(one.size)}, {one.size / one.rows:.1f} B/row"
            lines.append(f"{one.file.path.name}: {_count(one.rows, 'row')}, {gained}")
        else:
            later = isinstance(one, TelemetryBusyError)
            whole = whole and later
            lines.append(f"{'not yet' if later else 'failed'}: {one}")
    if days is not None:
        lines += [
            f"{path.name}: older than the retention, removed" for path in retain_all(folder, now, days, open_days)
        ]
    return lines or [f"{folder}: nothing to seal"], whole


def verified(folder: Path) -> tuple[list[str], bool]:
    """Read every sealed file whole and compare it with its seal; whether all are whole."""
    lines, whole = [], True
    for file in all_files(_existing(folder)):
        if not file.sealed:
            continue
        try:
            lines.append(f"{file.path.name}: {_count(verify(file).rows, 'row')}, whole")
        except TelemetryError as error:
            whole = False
            lines.append(f"damaged: {error}")
    return lines or [f"{folder}: nothing sealed"], whole


def spooled(folder: Path, action: str, number: int | None, target: Path | None) -> list[str]:
    """Show what waits and the dead letters; send them again, write one to a file as line protocol, or drop one."""
    if not (_existing(folder) / NAME).exists():
        return [f"{folder}: no outbox, nothing was ever sent to InfluxDB from here"]
    if action in {"export", "drop"} and number is None:
        raise TelemetryError(NAME, f"{action} needs the number of a dead letter (python -m storage spool)")
    outbox = Outbox(folder)
    try:
        if action == "retry":
            return [f"{_count(outbox.retry(), 'dead letter')} will be sent again", _line(outbox, folder)]
        if action == "list":
            letters = [
                f"dead letter {one.id}: {one.at.isoformat()} {_count(one.lines, 'line')}, {one.status} {one.detail}"
                for one in outbox.dead_letters()
            ]
            return [_line(outbox, folder), *letters]
        body = outbox.dead_body(number or 0)
        if body is None:
            raise TelemetryError(NAME, f"no dead letter {number}")
        if action == "drop":
            outbox.drop(number or 0)
            return [f"dead letter {number}: dropped"]
        if target is None:
            raise TelemetryError(NAME, "export needs --to FILE")
        target.write_bytes(gzip.decompress(body))
        return [f"dead letter {number}: written to {target}"]
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
        f"{folder}: {_count(found.waiting, 'request')} ({_count(found.lines, 'line')}, {_size(found.size)}) for the "
        f"server{since}, {_count(found.dead, 'dead letter')}"
    )


def _existing(folder: Path) -> Path:
    if not folder.is_dir():
        raise TelemetryError(str(folder), "no such folder (--telemetry, DIAG_TELEMETRY_FOLDER)")
    return folder


def _bytes(file: SegmentFile) -> int:
    paths = [file.path] if file.sealed else file.sqlite_paths()
    return sum(path.stat().st_size for path in paths if path.exists())


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _size(size: int) -> str:
    for unit, one in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= one:
            return f"{size / one:.1f} {unit}"
    return f"{size} B"
