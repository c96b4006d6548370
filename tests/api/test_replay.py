"""`python -m api replay` and `backtest` on the records of a whole service that diagnosed a simulated plant."""

from __future__ import annotations

import argparse
import json
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import text

from api import again
from api.again import RulesetRefusedError
from api.demo.asking import ask
from api.demo.running import Demo
from api.replaying import Outcome, Replay, Replayer
from api.services.ruleset import load_ruleset
from diagnostics.__main__ import main as diagnostics
from diagnostics.ruleset import build
from diagnostics.thresholds import OLDEST
from domain.ruleset import RulesetTexts
from storage.records import Records
from storage.rulesets import RulesetVersionError

pytestmark = pytest.mark.asyncio(loop_scope="module")
PRESENT = load_ruleset()


def other(version: str = "99.0.0", **ceilings: float) -> str:
    """The rules in force with other ceilings, under another version."""
    toml = PRESENT.texts.toml.replace(f'version = "{PRESENT.version}"', f'version = "{version}"')
    for rule, ceiling in ceilings.items():
        toml = re.sub(rf"(?m)^{rule} = {{ value = [\d.]+", f"{rule} = {{ value = {ceiling}", toml)
    return toml


@dataclass(frozen=True)
class World:
    demo: Demo
    number: str
    broken: str

    @property
    def records(self) -> Records:
        return self.demo.service.records

    @property
    def url(self) -> str:
        return self.demo.service.settings.database_url

    async def replay(self, number: str | None = None, **changes: object) -> Replay:
        replayer = Replayer(self.records.kept_diagnoses, self.records.rulesets, PRESENT, self.demo.service.code_version)
        for name, value in changes.items():
            setattr(replayer, f"_{name}", value)
        return await replayer.replay(number or self.number)

    async def run(self, *arguments: str) -> int:
        return await again.run(parsed(*arguments), self.url)


def parsed(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    again.parsers(parser.add_subparsers(dest="command"))
    return parser.parse_args(arguments)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(demo: Demo) -> World:
    number = str((await ask(demo.client, "F00000015")).result["number"])
    await demo.plant.control.call("fault", kind="drop-cut", target="F00000016")
    broken = str((await ask(demo.client, "F00000016")).result["number"])
    return World(demo, number, broken)


def notes(replay: Replay) -> str:
    return "\n".join(replay.lines("fr"))


async def test_what_the_service_decided_replays_to_the_byte(world: World) -> None:
    for number in (world.number, world.broken):
        replay = await world.replay(number)
        assert (replay.outcome, replay.changes) == (Outcome.IDENTICAL, ())
        assert list(replay.lines("en")) == [f"Identical to the byte under rules {PRESENT.version}"]


async def test_under_other_rules_the_difference_is_printed(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "new.toml"
    file.write_text(other(drop_cut=0.4), "utf-8")
    assert await world.run("replay", world.broken, "--ruleset", str(file)) == 1
    out = capsys.readouterr().out
    assert out.startswith("Différent sous les règles 99.0.0\nVerdict\n  confiance : ")
    assert re.search(r"  ceilings\.drop_cut : [\d.]+ → 0\.4  ← suffit à changer le résultat", out)
    assert await world.run("replay", world.broken, "--ruleset", str(file), "--json") == 1
    data = json.loads(capsys.readouterr().out)
    assert (data["number"], data["outcome"]) == (world.broken, "different")
    assert {"part": "threshold", "of": "ceilings.drop_cut", "decides": True}.items() <= data["changes"][-1].items()


async def test_an_older_verdict_replays_under_the_rules_that_decided_it(world: World) -> None:
    later = build(other(drop_cut=0.4), PRESENT.texts.pages)
    assert (await world.replay(world.broken, present=later)).outcome is Outcome.IDENTICAL


async def test_rules_that_this_code_cannot_apply_are_told_and_the_present_ones_applied(world: World) -> None:
    await world.records.rulesets.keep(RulesetTexts('version = "0.0.1"', {}), world.demo.service.clock.now())
    set_to = "UPDATE diagnosis SET ruleset = :version WHERE number = :number"
    for version in ("0.0.1", "0.0.2"):
        await execute(world, set_to, version=version)
        replay = await world.replay()
        assert notes(replay).startswith(f"Les règles {version} ne s'appliquent pas sous ce code (")
    await execute(world, set_to, version=PRESENT.version)


async def test_rules_from_before_common_ancestors_were_weighed_are_told_to_be_too_old(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    older = re.sub(r"(?s)\n\[correlation\].*?(?=\n\[)", "", other("2.1.9"))
    texts = RulesetTexts(older, PRESENT.texts.pages)
    await world.records.rulesets.keep(texts, world.demo.service.clock.now())
    await execute(world, "UPDATE diagnosis SET ruleset = :version WHERE number = :number", version="2.1.9")
    replay = await world.replay()
    assert notes(replay).startswith(f"Les règles 2.1.9 sont antérieures à {OLDEST}, ")
    await execute(world, "UPDATE diagnosis SET ruleset = :version WHERE number = :number", version=PRESENT.version)
    file = tmp_path / "older.toml"
    file.write_text(older, encoding="utf-8")
    with pytest.raises(RulesetRefusedError, match=rf"règles refusées : antérieures à {re.escape(OLDEST)}"):
        await world.run("backtest", "--ruleset", str(file))


async def execute(world: World, statement: str, **values: str) -> None:
    async with world.records.diagnoses._database.write() as session:
        await session.execute(text(statement), {"number": world.number, **values})


async def test_another_version_of_the_code_is_told(world: World) -> None:
    replay = await world.replay(code_version="9.9.9")
    assert f"rendu par le code {world.demo.service.code_version}, il est rejoué par le code 9.9.9" in notes(replay)
    assert replay.outcome is Outcome.IDENTICAL


ALTERED: list[tuple[str, Callable[[str], str], Outcome, str]] = [
    ("diagnosis", lambda was: was.replace('"confidence":', '"confidence":0.5,"was":', 1), Outcome.DIFFERENT, "Verdict"),
    ("diagnosis", lambda _: "{}", Outcome.IMPOSSIBLE, "Son verdict est d'un format"),
    ("snapshot", lambda _: "{}", Outcome.IMPOSSIBLE, "Son instantané est d'un format"),
    ("digest", lambda _: "0" * 64, Outcome.DIFFERENT, "empreinte"),
]  # fmt: skip


@pytest.mark.parametrize(("column", "change", "outcome", "said"), ALTERED)
async def test_a_record_that_was_altered_says_so(
    world: World, column: str, change: Callable[[str], str], outcome: Outcome, said: str
) -> None:
    async with world.records.diagnoses._database.read() as session:
        query = text(f"SELECT {column} FROM diagnosis WHERE number = :number")  # noqa: S608 - a column named above
        stored = str(await session.scalar(query, {"number": world.number}))
    statement = f"UPDATE diagnosis SET {column} = :stored WHERE number = :number"  # noqa: S608 - as above
    await execute(world, statement, stored=change(stored))
    replay = await world.replay()
    await execute(world, statement, stored=stored)
    assert replay.outcome is outcome
    assert said in notes(replay)
    assert "Son enregistrement a été modifié" in notes(replay)


@pytest.mark.parametrize("number", ["190509-1029-9999999", "pas un numéro"])
async def test_an_unknown_number_cannot_be_replayed(world: World, number: str) -> None:
    replay = await world.replay(number)
    assert (replay.outcome, notes(replay)) == (Outcome.IMPOSSIBLE, "Aucun diagnostic ne porte ce numéro")


async def test_a_test_that_failed_cannot_be_replayed(world: World) -> None:
    await execute(world, "UPDATE diagnosis SET snapshot = NULL, state = 'En échec' WHERE number = :number")
    replay = await world.replay()
    assert (replay.outcome, notes(replay)) == (Outcome.IMPOSSIBLE, "Il n'a pas de verdict : En échec")


async def test_an_exported_snapshot_is_explained(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "snapshot.json"
    assert await world.run("replay", world.broken, "--snapshot", str(file)) == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert diagnostics(["explain", str(file)]) == 0
    assert "OUI  drop_cut : " in capsys.readouterr().out


@pytest.mark.parametrize("processes", ["1", "2"])
async def test_a_backtest_says_what_would_change(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str], processes: str
) -> None:
    file = tmp_path / "new.toml"
    file.write_text(other(drop_cut=0.4), "utf-8")
    window = ("--since", "2019-01-01", "--until", "2031-01-01T00:00+00:00", "--limit", "100")
    arguments = ("backtest", "--ruleset", str(file), *window, "--processes", processes)
    assert await world.run(*arguments) == 0
    out = capsys.readouterr().out
    assert out.startswith("règles 99.0.0 : ")
    assert "0 changent de verdict, 1 de confiance seulement" in out
    assert await world.run(*arguments, "--json") == 0
    data = json.loads(capsys.readouterr().out)
    assert data["confidence_only"] == 1
    assert data["decided_by"][0]["ruleset"] == PRESENT.version


@pytest.mark.parametrize(
    ("toml", "field"),
    [
        ("", "thresholds"),
        ("a = 1\nb = ]", "line 2"),
        (PRESENT.texts.toml.replace("together_s = {", "togethr_s = {", 1), "togethr_s"),
        (other() + "stranger = { value = 0.5, source = 'C' }\n", "stranger"),
    ],
)
async def test_rules_that_do_not_load_are_refused_with_the_field_at_fault(
    world: World, tmp_path: Path, toml: str, field: str
) -> None:
    file = tmp_path / "new.toml"
    file.write_text(toml, "utf-8")
    with pytest.raises(RulesetRefusedError, match=field):
        await world.run("backtest", "--ruleset", str(file))


async def test_the_service_refuses_other_rules_under_a_version_that_decided(world: World) -> None:
    texts = replace(PRESENT.texts, toml=PRESENT.texts.toml + "\n# another content\n")
    with pytest.raises(RulesetVersionError, match="augmentez la version"):
        await world.records.rulesets.keep(texts, world.demo.service.clock.now())
