"""What the embedded store's files go through: sealing, late rows, damage, full disks, kills, other processes."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from domain.metrics.ont import ONT_RX_DBM, ONT_TX_DBM
from domain.telemetry import Where
from storage.__main__ import main
from storage.telemetry import sealing
from storage.telemetry.embedded import EmbeddedTelemetry, seal_all
from storage.telemetry.errors import TelemetryBusyError, TelemetryDamagedError
from storage.telemetry.files import all_files
from storage.telemetry.outbox import Outbox
from storage.telemetry.segment import Segment
from tests.storage.telemetry.samples import OPERATOR, START, Oracle, cycles, ont

ROOT = Path(__file__).resolve().parents[3]
FLEET = Where(OPERATOR)
FAR = START + timedelta(days=30)
ALL = 1 << 62


async def _series(folder: Path) -> list[object]:
    store = EmbeddedTelemetry(folder)
    try:
        return list(await store.series(FLEET, ONT_RX_DBM, START, FAR))
    finally:
        await store.close()


async def _filled(folder: Path, count: int = 12) -> Oracle:
    store = EmbeddedTelemetry(folder)
    await store.append(cycles(count))
    await store.close()
    return Oracle(cycles(count))


async def test_late_rows_of_a_sealed_day_are_kept_beside_it(tmp_path: Path) -> None:
    store = EmbeddedTelemetry(tmp_path)
    batches = cycles(10)
    await store.append(batches[:6])
    assert len(await store.seal(FAR)) == 1
    await store.append(batches[4:])
    assert [(file.generation, file.sealed) for file in all_files(tmp_path)] == [(0, True), (1, False)]
    oracle = Oracle(batches)
    for _ in range(2):
        found = await store.series(FLEET, ONT_RX_DBM, START, FAR)
        assert found == oracle.series(FLEET, ONT_RX_DBM, START, FAR)
        steps = await store.downsampled(FLEET, ONT_TX_DBM, START, FAR, 86_400)
        assert [step[4] for step in steps] == [30]
        await store.seal(FAR)
    await store.close()


async def test_a_day_is_sealed_once_its_late_cycles_had_their_time(tmp_path: Path) -> None:
    await _filled(tmp_path)
    end = START + timedelta(days=1)
    assert seal_all(tmp_path, end + timedelta(minutes=14)) == []
    assert len(seal_all(tmp_path, end + timedelta(minutes=15))) == 1
    assert [file.sealed for file in all_files(tmp_path)] == [True]


async def test_rows_that_arrive_while_their_day_is_being_sealed_go_to_the_next_generation(tmp_path: Path) -> None:
    store = EmbeddedTelemetry(tmp_path)
    batches = cycles(4)
    await store.append(batches[:2])
    sealer = Segment.for_writing(all_files(tmp_path)[0].path)
    with sealer.locked():
        await store.append(batches[2:])
    sealer.close()
    assert [file.generation for file in all_files(tmp_path)] == [0, 1]
    assert await store.series(FLEET, ONT_RX_DBM, START, FAR) == Oracle(batches).series(FLEET, ONT_RX_DBM, START, FAR)
    await store.close()


async def test_a_kill_between_the_name_and_the_unlink_is_finished_by_the_next_sealing(tmp_path: Path) -> None:
    oracle = await _filled(tmp_path)
    (file,) = all_files(tmp_path)
    kept = {path: path.read_bytes() for path in file.sqlite_paths() if path.exists()}
    sealing.seal(file, ALL)
    for path, content in kept.items():
        path.write_bytes(content)
    expected = oracle.series(FLEET, ONT_RX_DBM, START, FAR)
    assert await _series(tmp_path) == expected
    assert len(seal_all(tmp_path, FAR)) == 1
    assert [found.sealed for found in all_files(tmp_path)] == [True]
    assert await _series(tmp_path) == expected


async def test_a_kill_while_the_sealed_file_is_written_loses_nothing(tmp_path: Path) -> None:
    oracle = await _filled(tmp_path)
    (tmp_path / f"{all_files(tmp_path)[0].stem}.parquet.tmp").write_bytes(b"PAR1 and then nothing")
    expected = oracle.series(FLEET, ONT_RX_DBM, START, FAR)
    assert await _series(tmp_path) == expected
    seal_all(tmp_path, FAR)
    assert await _series(tmp_path) == expected
    assert not [name for name in os.listdir(tmp_path) if name.endswith(".tmp")]  # noqa: PTH208 - and not async


async def test_a_sealed_file_that_differs_never_replaces_its_segment(tmp_path: Path) -> None:
    await _filled(tmp_path / "a", 12)
    await _filled(tmp_path / "b", 11)
    (other,) = all_files(tmp_path / "b")
    sealing.seal(other, ALL)
    (file,) = all_files(tmp_path / "a")
    file.closed_form.path.write_bytes(other.closed_form.path.read_bytes())
    with pytest.raises(TelemetryDamagedError):
        sealing.seal(file, ALL)
    assert file.path.exists()


async def test_verify_finds_one_changed_byte(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    await _filled(tmp_path)
    assert main(["seal", "--telemetry", str(tmp_path)]) == 0
    assert main(["verify", "--telemetry", str(tmp_path)]) == 0
    (file,) = all_files(tmp_path)
    content = bytearray(file.path.read_bytes())
    content[len(content) // 3] ^= 0xFF
    file.path.write_bytes(bytes(content))
    assert main(["verify", "--telemetry", str(tmp_path)]) == 1
    assert "damaged" in capsys.readouterr().out


async def test_commands_say_what_is_wrong_with_a_call(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("seal", "verify", "spool"):
        assert main([command, "--telemetry", str(tmp_path / "absent")]) == 2
        assert "no such folder" in capsys.readouterr().err
    await _filled(tmp_path)
    with pytest.raises(SystemExit):
        main(["seal", "--telemetry", str(tmp_path), "--retention-days", "-1"])
    assert "not a number of days" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["seal", "--telemetry", str(tmp_path), "--retention-days", "soon"])
    assert "soon is not a number of days" in capsys.readouterr().err
    assert main(["seal", "--telemetry", str(tmp_path), "--retention-days", "4e4"]) == 0
    assert "36 rows" in capsys.readouterr().out
    Outbox(tmp_path).close()
    for action in ("drop", "export"):
        assert main(["spool", action, "--telemetry", str(tmp_path)]) == 2
        assert "needs the number of a dead letter" in capsys.readouterr().err


async def test_retention_unlinks_whole_files_and_keeps_last_samples(tmp_path: Path) -> None:
    store = EmbeddedTelemetry(tmp_path, span_s=600)
    await store.append(cycles(6))
    removed = await store.retain(START + timedelta(minutes=30), 10 / 1440)
    assert len(removed) == 2
    found = await store.series(FLEET, ONT_TX_DBM, START, FAR)
    assert min(sample.at for sample in found) == START + timedelta(minutes=20)
    assert len((await store.last(FLEET, [ONT_RX_DBM]))[ONT_RX_DBM]) == 3
    await store.close()


async def test_only_one_process_writes_in_a_folder_and_others_read(tmp_path: Path) -> None:
    first, second = EmbeddedTelemetry(tmp_path), EmbeddedTelemetry(tmp_path)
    await first.append(cycles(1))
    with pytest.raises(TelemetryBusyError):
        await second.append(cycles(2))
    assert len((await second.last(FLEET, [ONT_RX_DBM]))[ONT_RX_DBM]) == 3
    await first.append(cycles(3))
    assert len(await second.series(FLEET, ONT_RX_DBM, START, FAR)) == 9
    await first.close()
    await second.append(cycles(4))
    await second.close()


async def test_last_samples_are_found_again_when_a_kill_came_after_the_segment(tmp_path: Path) -> None:
    oracle = await _filled(tmp_path)
    for suffix in ("", "-wal", "-shm"):
        (tmp_path / f"latest.sqlite{suffix}").unlink(missing_ok=True)
    store = EmbeddedTelemetry(tmp_path)
    await store.append(cycles(1, "OLT-B"))
    found = await store.last(Where(OPERATOR, "OLT-A"), [ONT_RX_DBM])
    assert found[ONT_RX_DBM] == oracle.last(FLEET, ONT_RX_DBM)
    await store.close()


async def test_last_samples_lost_are_found_again_in_sealed_files_too(tmp_path: Path) -> None:
    store = EmbeddedTelemetry(tmp_path, span_s=900)
    await store.append(cycles(12))
    await store.seal(START + timedelta(minutes=40), grace_s=0)
    await store.close()
    assert {file.sealed for file in all_files(tmp_path)} == {True, False}
    (tmp_path / "latest.sqlite").write_bytes(b"no database at all, and longer than a header of SQLite" * 20)
    store = EmbeddedTelemetry(tmp_path, span_s=900)
    await store.append(cycles(1, "OLT-B"))
    oracle = Oracle([*cycles(12), *cycles(1, "OLT-B")])
    assert (await store.last(FLEET, [ONT_RX_DBM]))[ONT_RX_DBM] == oracle.last(FLEET, ONT_RX_DBM)
    await store.close()


async def test_a_reader_follows_last_samples_made_anew(tmp_path: Path) -> None:
    reader = EmbeddedTelemetry(tmp_path)
    await _filled(tmp_path, 2)
    assert len((await reader.last(FLEET, [ONT_RX_DBM]))[ONT_RX_DBM]) == 3
    (tmp_path / "latest.sqlite").unlink()
    oracle = await _filled(tmp_path, 5)
    assert (await reader.last(FLEET, [ONT_RX_DBM]))[ONT_RX_DBM] == oracle.last(FLEET, ONT_RX_DBM)
    await reader.close()


async def test_a_segment_is_sealed_only_once_its_rows_are_among_the_last_samples(tmp_path: Path) -> None:
    await _filled(tmp_path)
    with sqlite3.connect(tmp_path / "latest.sqlite") as latest:
        latest.execute("UPDATE applied SET cycle = cycle - 1")
    latest.close()
    assert seal_all(tmp_path, FAR) == []
    store = EmbeddedTelemetry(tmp_path)
    await store.append(cycles(1, "OLT-B"))
    assert len(await store.seal(FAR)) == 1
    await store.close()


async def test_a_damaged_segment_keeps_nobody_from_appending(tmp_path: Path) -> None:
    await _filled(tmp_path, 3)
    (file,) = all_files(tmp_path)
    file.path.write_bytes(b"no database at all, and longer than a header of SQLite" * 20)
    store = EmbeddedTelemetry(tmp_path)
    await store.append(cycles(4)[3:])
    assert [file.generation for file in all_files(tmp_path)] == [0, 1]
    with pytest.raises(TelemetryDamagedError):
        await store.series(FLEET, ONT_RX_DBM, START, FAR)
    found = (await store.last(FLEET, [ONT_RX_DBM]))[ONT_RX_DBM]
    assert {sample.at for sample in found} == {START + timedelta(minutes=15)}
    await store.close()


async def test_open_segments_and_sealed_ones_have_a_retention_each(tmp_path: Path) -> None:
    store = EmbeddedTelemetry(tmp_path, span_s=600)
    await store.append(cycles(8))
    await store.seal(START + timedelta(minutes=20), grace_s=0)
    now = START + timedelta(minutes=40)
    removed = await store.retain(now, 25 / 1440, open_days=5 / 1440)
    assert [path.suffix for path in removed] == [".parquet", ".sqlite"]
    assert [file.sealed for file in all_files(tmp_path)] == [True, False]
    await store.close()


async def test_a_clock_set_back_hides_nothing_newer(tmp_path: Path) -> None:
    store = EmbeddedTelemetry(tmp_path, span_s=600)
    batches = cycles(9)
    for one in (*batches[3:], *batches[:3]):
        await store.append([one])
    assert await store.seal(START - timedelta(days=1)) == []
    assert await store.retain(START - timedelta(days=1), 1) == []
    oracle = Oracle(batches)
    assert await store.series(FLEET, ONT_RX_DBM, START, FAR) == oracle.series(FLEET, ONT_RX_DBM, START, FAR)
    assert (await store.last(FLEET, [ONT_RX_DBM]))[ONT_RX_DBM] == oracle.last(FLEET, ONT_RX_DBM)
    await store.close()


WRITER = """
import asyncio, sys
from pathlib import Path
from tests.storage.telemetry.samples import cycles
from storage.telemetry.embedded import EmbeddedTelemetry
from storage.telemetry.errors import TelemetryFullError

async def run(folder, limit, seal):
    if limit:
        import resource
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    store = EmbeddedTelemetry(Path(folder), span_s=1800)
    for number, batch in enumerate(cycles(100_000, ponts=[(1, n) for n in range(64)])[: limit and 3000 or 400]):
        try:
            await store.append([batch])
        except TelemetryFullError as error:
            print("full", type(error).__name__, flush=True)
            return
        print(number, flush=True)
        if seal:
            await store.seal(batch.at, grace_s=0)

asyncio.run(run(sys.argv[1], int(sys.argv[2]), sys.argv[3] == "seal"))
""".replace("100_000", "3000")


async def _child(folder: Path, limit: int = 0, seal: str = "") -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", WRITER, str(folder), str(limit), seal,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT,
    )  # fmt: skip


async def _assert_kept(folder: Path, acknowledged: int) -> None:
    """Everything acknowledged is there, in the history and among the last samples, and appending goes on."""
    oracle = Oracle(cycles(acknowledged, ponts=[(1, number) for number in range(64)]))
    until = START + timedelta(minutes=5 * acknowledged)
    store = EmbeddedTelemetry(folder, span_s=1800)
    assert await store.series(FLEET, ONT_RX_DBM, START, until) == oracle.series(FLEET, ONT_RX_DBM, START, until)
    await store.append(cycles(acknowledged + 1, ponts=[(1, number) for number in range(64)])[-1:])
    last = (await store.last(FLEET, [ONT_RX_DBM]))[ONT_RX_DBM]
    assert len(last) == 64
    assert min(sample.at for sample in last) >= until - timedelta(minutes=5)
    await store.close()


@pytest.mark.parametrize("kill_after", [1, 7, 23, 41])
@pytest.mark.parametrize("seal", ["", "seal"], ids=["appending", "appending and sealing"])
async def test_kill_9_loses_no_acknowledged_row(tmp_path: Path, kill_after: int, seal: str) -> None:
    child = await _child(tmp_path, seal=seal)
    assert child.stdout is not None
    seen = 0
    while seen < kill_after:
        line = await child.stdout.readline()
        assert line, await child.communicate()
        seen = int(line) + 1
    child.kill()
    rest, _ = await child.communicate()
    seen = max([seen, *(int(line) + 1 for line in rest.split(b"\n")[:-1])])
    await _assert_kept(tmp_path, seen)


async def test_a_full_disk_is_a_clear_error_and_loses_nothing_acknowledged(tmp_path: Path) -> None:
    child = await _child(tmp_path, limit=2_000_000)
    out, error = await child.communicate()
    *acknowledged, last = out.decode().split("\n")[:-1]
    assert last == "full TelemetryFullError", error.decode()
    assert acknowledged
    await _assert_kept(tmp_path, int(acknowledged[-1]) + 1)


async def test_a_segment_that_stays_open_between_two_questions_shows_what_came_meanwhile(tmp_path: Path) -> None:
    store, batches = EmbeddedTelemetry(tmp_path), cycles(9)
    one = Where(OPERATOR, "OLT-A", ont=ont(1, 2))
    for count in (3, 6, 9):
        await store.append(batches[count - 3 : count])
        expected = Oracle(batches[:count]).series(one, ONT_RX_DBM, START, FAR)
        assert await store.series(one, ONT_RX_DBM, START, FAR) == expected
    await store.close()


def _gone_and_held(folder: Path) -> list[str]:
    """Files of a folder that were unlinked and that this process still has open."""
    held = [str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    return [name for name in held if name.startswith(str(folder)) and name.endswith("(deleted)")]


async def test_a_segment_that_stays_open_is_sealed_all_the_same_and_leaves_the_disk(tmp_path: Path) -> None:
    store, batches = EmbeddedTelemetry(tmp_path), cycles(9)
    one = Where(OPERATOR, "OLT-A", ont=ont(1, 2))
    await store.append(batches)
    expected = Oracle(batches).series(one, ONT_RX_DBM, START, FAR)
    assert await store.series(one, ONT_RX_DBM, START, FAR) == expected
    assert len(await store.seal(FAR)) == 1
    await store.append(cycles(1, "OLT-B"))  # the writer lets its own go
    assert _gone_and_held(tmp_path) == []
    assert await store.series(one, ONT_RX_DBM, START, FAR) == expected
    await store.close()


async def test_an_ont_beyond_the_first_block_is_found_in_its_own(tmp_path: Path) -> None:
    store = EmbeddedTelemetry(tmp_path)
    batches = cycles(3, ponts=[(pon, number) for pon in range(1, 6) for number in range(64)])
    await store.append(batches)
    for where in (Where(OPERATOR, "OLT-A", ont=ont(*place)) for place in ((1, 0), (4, 63), (5, 0), (5, 63), (6, 0))):
        assert await store.series(where, ONT_RX_DBM, START, FAR) == Oracle(batches).series(
            where, ONT_RX_DBM, START, FAR
        )
        assert (await store.last(where, [ONT_RX_DBM]))[ONT_RX_DBM] == Oracle(batches).last(where, ONT_RX_DBM)
    await store.close()


async def test_last_samples_whose_file_is_locked_are_waited_for_in_a_thread(tmp_path: Path) -> None:
    store, batches = EmbeddedTelemetry(tmp_path), cycles(3)
    one = Where(OPERATOR, "OLT-A", ont=ont(1, 2))
    await store.append(batches)
    await store.close()
    store = EmbeddedTelemetry(tmp_path)
    other = sqlite3.connect(tmp_path / "latest.sqlite", isolation_level=None)
    other.execute("PRAGMA locking_mode=EXCLUSIVE").fetchall()
    other.execute("BEGIN EXCLUSIVE")
    other.execute("DELETE FROM applied")
    asking = asyncio.create_task(store.last(one, [ONT_RX_DBM]))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not asking.done()
    other.execute("ROLLBACK")
    other.close()
    assert (await asking)[ONT_RX_DBM] == Oracle(batches).last(one, ONT_RX_DBM)
    await store.close()
