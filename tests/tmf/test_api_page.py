"""The examples of ``docs/api.md`` are sent to the application, each as it is written."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import httpx

from tests.tmf.world import AGENT
from tests.web import golden
from tests.web.world import FORCER, World

PAGE = Path(__file__).resolve().parents[2] / "docs" / "api.md"
EXPECTED = {"/api/v1/sessions": 401, "/moves": 409}
"""Where the example cannot be carried out as it stands: an invented password, a draft that is not to be closed."""


def examples() -> list[list[str]]:
    """The curl lines of the page, as words."""
    return [shlex.split(line) for line in re.findall(r"^ *(curl .*)$", PAGE.read_text("utf-8"), re.MULTILINE)]


async def test_the_ten_usual_jobs_are_done_as_the_page_says(world: World) -> None:
    number = str(await world.finished(golden.cut_drop()))
    draft, _ = await world.service.tickets.draft(FORCER, golden.ID1, "84", {})
    token = world.tokens[f"{AGENT.operator_id}/{AGENT.account}"]
    names = {"$API": "http://sav.test", "$TOKEN": token, "190509-1029-2879560": number}
    names["SIG190514-2879560"] = draft.number
    done = 0
    transport = httpx.ASGITransport(world.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport) as http:
        for words in examples():
            for name, value in names.items():
                words = [word.replace(name, value) for word in words]  # noqa: PLW2901 - the same words, filled in
            url = next(word for word in words if word.startswith("http://sav.test"))
            headers = dict(words[at + 1].split(": ", 1) for at, word in enumerate(words) if word == "-H")
            body = words[words.index("-d") + 1] if "-d" in words else None
            method = words[words.index("-X") + 1] if "-X" in words else "GET"
            answer = await http.request(method, url, headers=headers, content=body)
            wanted = next((status for end, status in EXPECTED.items() if url.endswith(end)), None)
            assert answer.status_code == wanted or (wanted is None and answer.is_success), (words, answer.text)
            done += 1
    assert done >= 13
