"""The ONT password: for who has the right « secrets ONT », in every form of a result."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.web import golden
from tests.web.world import FORCER, SUPPORT, opened


async def test_the_ont_password_is_for_who_may_see_it_in_every_form_of_a_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path, monkeypatch) as world:
        number = await world.finished(golden.inactive_box())
        transport = httpx.ASGITransport(world.app)
        for who, seen in ((SUPPORT, True), (FORCER, False)):
            headers = {"Authorization": f"Bearer {world.tokens[f'{who.operator_id}/{who.account}']}"}
            async with httpx.AsyncClient(
                transport=transport, base_url="http://sav.test/api/v1", headers=headers
            ) as client:
                for path in (f"/diagnostics/{number}", f"/diagnostics/{number}/result.csv"):
                    assert (golden.PASSWORD in (await client.get(path)).text) is seen, (who.account, path)
                pdf = await client.get(f"/diagnostics/{number}/result.pdf")
                assert pdf.content.startswith(b"%PDF-")
