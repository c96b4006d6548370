"""The rule-sets that decided are kept, and verdicts can be read back as they were written."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from domain import codec
from domain.errors import NotFoundError
from domain.identifiers import DiagnosisNumber
from domain.ruleset import RulesetTexts
from storage import kept_diagnoses
from storage.records import Records
from storage.rulesets import RulesetDamagedError, RulesetVersionError
from tests.storage.samples import ALPHA, MINUTE, NOW, new_diagnosis, provision, snapshot, verdict

TEXTS = RulesetTexts('version = "1.2.3"\n', {"drop_cut": "É", "_common": "x"})


async def test_a_rule_set_is_kept_word_for_word_and_once(records: Records) -> None:
    await records.rulesets.keep(TEXTS, NOW)
    await records.rulesets.keep(TEXTS, NOW + MINUTE)
    assert await records.rulesets.get("1.2.3") == TEXTS


def test_the_order_of_the_pages_is_no_content() -> None:
    assert RulesetTexts(TEXTS.toml, dict(reversed(list(TEXTS.pages.items())))).digest == TEXTS.digest


async def test_two_contents_under_one_version_are_refused(records: Records) -> None:
    await records.rulesets.keep(TEXTS, NOW)
    for other in (RulesetTexts(TEXTS.toml + "#", TEXTS.pages), RulesetTexts(TEXTS.toml, {})):
        with pytest.raises(
            RulesetVersionError, match=r"1\.2\.3 : version déjà utilisée avec un autre contenu, augmentez"
        ):
            await records.rulesets.keep(other, NOW)
    assert await records.rulesets.get("1.2.3") == TEXTS


async def test_a_rule_set_that_is_not_kept_or_was_altered_is_refused(records: Records) -> None:
    with pytest.raises(NotFoundError):
        await records.rulesets.get("1.2.3")
    await records.rulesets.keep(TEXTS, NOW)
    async with records.rulesets._database.write() as session:
        await session.execute(text("UPDATE ruleset SET toml = toml || '#'"))
    with pytest.raises(RulesetDamagedError):
        await records.rulesets.get("1.2.3")


async def ended(records: Records, minutes: int = 0) -> DiagnosisNumber:
    number = (await records.diagnoses.create(ALPHA, new_diagnosis(sent_at=NOW + minutes * MINUTE)))[0].number
    await records.diagnoses.finish(ALPHA, number, snapshot(), verdict(), NOW + minutes * MINUTE, 1.0)
    return number


async def test_a_verdict_is_read_back_as_it_was_written(records: Records) -> None:
    await provision(records)
    kept = await records.kept_diagnoses.get(await ended(records))
    assert (kept.snapshot, kept.diagnosis) == (codec.dump(snapshot()), codec.dump(verdict()))
    assert (kept.ruleset, kept.code_version, kept.altered) == ("2026.1", "0.1.0+abc", False)
    with pytest.raises(NotFoundError):
        await records.kept_diagnoses.get(DiagnosisNumber("190509-1029-9999999"))


@pytest.mark.parametrize("column", ["snapshot", "diagnosis", "digest"])
async def test_a_record_that_was_altered_says_so(records: Records, column: str) -> None:
    await provision(records)
    number = await ended(records)
    async with records.diagnoses._database.write() as session:
        changed = f"replace({column}, substr({column}, 9, 1), '~')"
        await session.execute(text(f"UPDATE diagnosis SET {column} = {changed}"))  # noqa: S608 - a column named above
    assert (await records.kept_diagnoses.get(number)).altered


async def test_a_record_from_before_there_were_digests_is_not_altered(records: Records) -> None:
    await provision(records)
    number = await ended(records)
    async with records.diagnoses._database.write() as session:
        await session.execute(text("UPDATE diagnosis SET digest = NULL"))
    assert not (await records.kept_diagnoses.get(number)).altered


async def test_verdicts_stream_by_number_some_at_a_time(records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_diagnoses, "BATCH", 2)
    await provision(records)
    numbers = [await ended(records, minute) for minute in range(5)]
    running, _ = await records.diagnoses.create(ALPHA, new_diagnosis())

    async def streamed(**window: Any) -> list[list[DiagnosisNumber]]:
        return [[kept.number for kept in batch] async for batch in records.kept_diagnoses.stream(**window)]

    assert await streamed() == [numbers[:2], numbers[2:4], numbers[4:]]
    assert await streamed(limit=3) == [numbers[:2], numbers[2:3]]
    assert await streamed(since=NOW + MINUTE, until=NOW + timedelta(minutes=3)) == [numbers[1:3]]
    assert running.number not in numbers
