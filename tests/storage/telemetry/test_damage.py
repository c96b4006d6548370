"""What disks do to the embedded store: pages that rot, files that vanish, no room left. Each test was once a defect."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from domain.clock import FixedClock
from domain.metrics.ont import ONT_RX_DBM
from domain.telemetry import Where
from storage.__main__ import main
from storage.telemetry import sealing
from storage.telemetry.columns import micros
from storage.telemetry.embedded import EmbeddedTelemetry, retain_all, seal_all
from storage.telemetry.errors import TelemetryDamagedError
from storage.telemetry.files import SegmentFile, all_files, strays
from storage.telemetry.outbox import Outbox
from storage.telemetry.segment import Segment
from tests.storage.telemetry.samples import OPERATOR, START, Oracle, cycles

ROOT = Path(__file__).resolve().parents[3]
FLEET = Where(OPERATOR)
FAR = START + timedelta(days=30)
ALL = 1 << 62
WIDE = [(1 + number // 64, number % 64) for number in range(600)]


async def _filled(folder: Path, count: int = 6) -> list[SegmentFile]:
    """Segments of ten minutes, two cycles of 600 ONTs each."""
    store = EmbeddedTelemetry(folder, span_s=600)
    await store.append(cycles(count, ponts=WIDE))
    await store.close()
    return all_files(folder)


def _rot(path: Path) -> None:
    """Lose everything but the first page, and what a header says."""
    content = path.read_bytes()
    path.write_bytes(content[:16_384] + b"\xa5" * (len(content) - 16_384))


async def test_a_segment_damaged_inside_does_not_hold_up_the_sealing_of_the_others(tmp_path: Path) -> None:
    files = await _filled(tmp_path)
    _rot(files[0].path)
    found = list(sealing.seal_each(tmp_path, micros(FAR), 0))
    assert isinstance(found[0], TelemetryDamagedError)
    assert found[0].where == files[0].path.name
    assert [one.rows for one in found[1:] if isinstance(one, sealing.Sealed)] == [1200, 1200]
    assert files[0].path.exists(), "what is left of it is kept"
    assert len(retain_all(tmp_path, FAR, 1)) == 3, "and goes with its time"


async def test_last_samples_damaged_inside_are_made_anew_by_the_next_append(tmp_path: Path) -> None:
    await _filled(tmp_path)
    _rot(tmp_path / "latest.sqlite")
    store = EmbeddedTelemetry(tmp_path, span_s=600)
    with pytest.raises(TelemetryDamagedError, match=r"latest\.sqlite"):
        await store.last(FLEET, [ONT_RX_DBM])
    await store.append(cycles(7, ponts=WIDE)[6:])
    oracle = Oracle(cycles(7, ponts=WIDE))
    assert (await store.last(FLEET, [ONT_RX_DBM]))[ONT_RX_DBM] == oracle.last(FLEET, ONT_RX_DBM)
    await store.close()


async def test_a_segment_damaged_inside_keeps_nobody_from_appending_after_a_kill(tmp_path: Path) -> None:
    files = await _filled(tmp_path)
    for suffix in ("", "-wal", "-shm"):
        (tmp_path / f"latest.sqlite{suffix}").unlink(missing_ok=True)
    _rot(files[0].path)
    store = EmbeddedTelemetry(tmp_path, span_s=600)
    await store.append(cycles(7, ponts=WIDE)[6:])
    found = (await store.last(FLEET, [ONT_RX_DBM]))[ONT_RX_DBM]
    assert {sample.at for sample in found} == {START + timedelta(minutes=30)}
    await store.close()


async def test_a_damaged_sealed_file_is_named_by_whoever_reads_it_and_stops_nobody_else(tmp_path: Path) -> None:
    await _filled(tmp_path)
    seal_all(tmp_path, FAR)
    file = all_files(tmp_path)[1]
    content = file.path.read_bytes()
    file.path.write_bytes(content[: len(content) // 2])
    (tmp_path / "latest.sqlite").unlink()
    store = EmbeddedTelemetry(tmp_path, span_s=600)
    since = START + timedelta(minutes=20)
    middle = START + timedelta(minutes=15)
    for ask in (
        store.series(FLEET, ONT_RX_DBM, START, FAR),
        store.as_of(FLEET, ONT_RX_DBM, middle),
        store.downsampled(FLEET, ONT_RX_DBM, START, FAR, 60),
    ):
        with pytest.raises(TelemetryDamagedError, match=file.path.name):
            await ask
    with pytest.raises(TelemetryDamagedError, match=file.path.name):
        await anext(store.summaries(FLEET, [ONT_RX_DBM], START, FAR))
    assert len(await store.series(FLEET, ONT_RX_DBM, since, FAR)) == 1200
    await store.append(cycles(7, ponts=WIDE)[6:])
    assert len((await store.last(FLEET, [ONT_RX_DBM]))[ONT_RX_DBM]) == 600
    await store.close()


async def test_a_fleet_is_read_although_the_last_samples_are_lost_and_nobody_has_appended_since(tmp_path: Path) -> None:
    await _filled(tmp_path)
    seal_all(tmp_path, FAR)
    (tmp_path / "latest.sqlite").unlink()
    store = EmbeddedTelemetry(tmp_path)
    assert [len(track.keys) async for track in store.tracks(FLEET, ONT_RX_DBM, START, FAR)] == [3600]
    assert [len(one.keys) async for one in store.summaries(FLEET, [ONT_RX_DBM], START, FAR)] == [600]
    await store.close()


async def test_two_sealings_at_once_leave_no_empty_segment_behind(tmp_path: Path) -> None:
    file, *_ = await _filled(tmp_path)
    sealing.seal(file, ALL)
    with pytest.raises(FileNotFoundError):
        sealing.seal(file, ALL)
    assert not file.path.exists()
    Segment.for_writing(file.path).close()  # what a writer leaves that opened it as it was being unlinked
    assert {one.rows for one in seal_all(tmp_path, FAR)} == {1200}
    assert not file.path.exists()
    assert len(all_files(tmp_path)) == 3


async def test_retention_clears_what_kills_left_beside_the_files(tmp_path: Path) -> None:
    first, *rest = await _filled(tmp_path)
    kept = tmp_path / f"{rest[0].stem}.parquet.tmp"
    left = [tmp_path / f"20250101T000000-600.g0.{suffix}" for suffix in ("sqlite-wal", "sqlite-shm", "parquet.tmp")]
    for path in (kept, *left):
        path.write_bytes(b"half")
    (tmp_path / "notes.sqlite-wal").write_bytes(b"not ours")
    assert sorted(strays(tmp_path)) == sorted(left)
    retain_all(tmp_path, FAR, 1000)
    assert kept.exists()
    assert (tmp_path / "notes.sqlite-wal").exists()
    assert not any(path.exists() for path in left)
    assert first.path.exists()


def test_status_names_the_files_that_a_wrong_clock_dated_ahead(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def filled() -> None:
        store = EmbeddedTelemetry(tmp_path, clock=FixedClock(datetime(2199, 1, 1, tzinfo=UTC)))  # as it was then
        await store.append([*cycles(1), replace(cycles(1)[0], at=datetime(2199, 1, 1, tzinfo=UTC))])
        await store.close()

    asyncio.run(filled())
    main(["status", "--url", f"sqlite+aiosqlite:///{tmp_path}/none.sqlite", "--telemetry", str(tmp_path)])
    out = capsys.readouterr().out
    assert "21990101T000000-86400.g0.sqlite: dated ahead of this machine's clock" in out
    assert "20260501" not in out


def test_status_lists_segments_although_the_outbox_is_damaged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    records = ["--url", f"sqlite+aiosqlite:///{tmp_path}/none.sqlite"]
    asyncio.run(_filled(tmp_path))
    (tmp_path / "outbox.sqlite").write_bytes(b"no database at all, and longer than a header of SQLite" * 20)
    main(["status", *records, "--telemetry", str(tmp_path)])
    out = capsys.readouterr().out
    assert "3 open segments" in out
    assert "damaged: outbox.sqlite: file is not a database" in out


NO_ROOM = """
import asyncio, resource, sys
from datetime import timedelta
from pathlib import Path
from domain.metrics.ont import ONT_RX_DBM
from domain.telemetry import Where
from storage.telemetry.embedded import EmbeddedTelemetry
from storage.telemetry.errors import TelemetryFullError
from tests.storage.telemetry.samples import OPERATOR, START, cycles

async def run(folder):
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    store = EmbeddedTelemetry(folder, span_s=600)
    try:
        await store.append(cycles(1, "OLT-B"))
    except TelemetryFullError:
        print("full")
    found = await store.series(Where(OPERATOR), ONT_RX_DBM, START, START + timedelta(days=1))
    print(len(found), sorted(path.name for path in folder.glob("*.sqlite") if path.stat().st_size == 0))

asyncio.run(run(Path(sys.argv[1])))
"""


async def test_a_disk_without_room_for_a_readers_side_files_still_answers(tmp_path: Path) -> None:
    await _filled(tmp_path)
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", NO_ROOM, str(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    )
    out, error = await child.communicate()
    assert out.decode().splitlines() == ["full", "3600 []"], error.decode()


REFUSED = """
import resource, sys
from pathlib import Path
from storage.telemetry.errors import TelemetryFullError
from storage.telemetry.outbox import Outbox
from tests.storage.telemetry.samples import START

outbox = Outbox(Path(sys.argv[1]))
outbox.add([(bytes(100_000), 1)] * 3, START)
resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
outbox.refused(outbox.oldest(), 400, "partial write")
sent = 0
while (request := outbox.oldest()) is not None:
    outbox.sent(request)
    sent += 1
print(sent, outbox.spool().waiting, outbox.spool().dead)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
outbox.shrink()
print(outbox.spool().waiting, [(one.status, one.detail) for one in outbox.dead_letters()])
"""


async def test_a_request_refused_while_the_disk_is_full_holds_nothing_up(tmp_path: Path) -> None:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", REFUSED, str(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    )
    out, error = await child.communicate()
    assert out.decode().splitlines() == ["2 3 0", "0 [(400, 'partial write')]"], error.decode()
    Outbox(tmp_path).close()
