from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

from api.web.rendering import STATIC
from tests.web.html import parse
from tests.web.world import World

ROOT = Path(__file__).resolve().parents[2]
VENDOR = STATIC / "vendor"


def test_vendored_scripts_are_those_of_the_manifest_and_no_other() -> None:
    lines = (VENDOR / "SHA256SUMS").read_text("utf-8").splitlines()
    listed = {name: digest for digest, name in (line.split("  ") for line in lines)}
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.iterdir()
        if path.name != "SHA256SUMS"
    }
    assert found == listed


def test_the_lock_pins_exact_versions_with_their_hashes_and_no_registry() -> None:
    wanted = json.loads((ROOT / "package.json").read_text("utf-8"))["dependencies"]
    text = (ROOT / "package-lock.json").read_text("utf-8")
    locked = {
        name.removeprefix("node_modules/"): entry
        for name, entry in json.loads(text)["packages"].items()
        if name.startswith("node_modules/")
    }
    assert {name: entry["version"] for name, entry in locked.items()} == wanted
    assert all(entry["integrity"].startswith("sha512-") for entry in locked.values())
    assert "resolved" not in text
    assert "://" not in text


def test_the_vendored_htmx_is_the_version_that_is_locked() -> None:
    wanted = json.loads((ROOT / "package.json").read_text("utf-8"))["dependencies"]["htmx.org"]
    found = re.search(r'version:"([\d.]+)"', (VENDOR / "htmx.min.js").read_text("utf-8"))
    assert found is not None
    assert found[1] == wanted


def test_the_style_of_the_page_stays_small_and_loads_nothing() -> None:
    style = (STATIC / "style.css").read_text("utf-8")
    assert len(style.splitlines()) <= 300
    assert "url(" not in style
    assert "@import" not in style


async def test_every_asset_of_a_page_is_served_and_kept_by_its_content(world: World) -> None:
    async with world.client(None) as browser:
        page = parse((await browser.get("/connexion")).text)
        answers = {url: await browser.get(url) for url in page.xpath("//script/@src | //link/@href")}
        bare = await browser.get("/static/style.css")
        outside = await browser.get("/static/..%2frouting.py")
    assert len(answers) == 6
    for url, answer in answers.items():
        assert answer.status_code == 200, url
        assert "?v=" in url
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert "immutable" not in bare.headers.get("cache-control", "")
    assert outside.status_code == 404
