"""``python -m api audit verify``: whole, or what was altered, by name."""

from __future__ import annotations

import sqlite3
from argparse import Namespace
from pathlib import Path

import pytest

from api import auditing
from api.records import opened
from api.settings import Settings
from domain.clock import FixedClock
from domain.identifiers import Id1
from domain.teleaction import NewTeleaction, Target, TargetKind
from storage.migration import migrate
from storage.operators import Operator
from tests.storage.samples import ALPHA, INFRA, NOW, access, provision


async def test_a_whole_trail_gives_its_head_and_an_altered_one_names_the_entry(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings.ephemeral(tmp_path)
    await migrate(settings.database_url)
    async with opened(settings, FixedClock(NOW)) as records:
        for operator in (INFRA, ALPHA):
            await records.operators.put(Operator(operator.operator_id, "…", is_infrastructure=operator is INFRA))
        await provision(records, access())
        target = Target(TargetKind.BOX, "access/F00000015")
        new = NewTeleaction(Id1("F00000015"), "box_reboot", target, {}, {}, "essai", "test", NOW, NOW)
        record, _ = await records.teleactions.ask(ALPHA, new)
    options = Namespace(what="verify", head="")
    assert await auditing.run(options, settings) == 0
    said = capsys.readouterr().out
    assert said.startswith("La trace est intacte : 1 entrées, tête ")
    head = said.split()[-1]
    assert await auditing.run(Namespace(what="verify", head=head), settings) == 0
    with sqlite3.connect(settings.database_url.partition(":///")[2]) as database:
        database.executescript("DROP TRIGGER audit_no_update; UPDATE audit SET body = '{}'")
    capsys.readouterr()
    assert await auditing.run(options, settings) == 1
    assert f"Entrée 1 (téléaction {record.number}) : modifiée" in capsys.readouterr().out
