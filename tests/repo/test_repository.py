"""The repository itself is under test: what a newcomer relies on is there and agrees with the rest."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = [
    ROOT / name
    for name in subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    if (ROOT / name).is_file()
]
MARKDOWN = [path for path in FILES if path.suffix == ".md"]
PAGES = [path for path in (ROOT / "diagnostics" / "rules").glob("*.md") if not path.stem.startswith("_")]
RULES = sorted(path.stem for path in (ROOT / "diagnostics" / "rules").glob("*.py") if not path.stem.startswith("_"))


@pytest.mark.parametrize(
    "name",
    [
        "README.md", "ARCHITECTURE.md", "CHANGELOG.md", "LICENSE", "Makefile", "docker-compose.yml", "pyproject.toml",
        "requirements.lock", "requirements-dev.lock", ".ci/run", "docs/glossary.md", "docs/dependencies.md",
        "docs/performance.md", "docs/adr/0001-flat-packages.md", "docs/adr/0002-domain-and-storage.md",
    ],
)  # fmt: skip
def test_what_a_newcomer_looks_for_is_there(name: str) -> None:
    assert (ROOT / name).is_file()


def test_no_source_file_exceeds_five_hundred_lines() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in FILES
        if path.suffix in {".py", ".html", ".css", ".js"} and "vendor" not in path.parts
        if (lines := len(path.read_text("utf-8").splitlines())) > 500
    }
    assert long == {}


def test_what_the_type_checker_is_told_to_let_pass_has_its_reason() -> None:
    told, bare = re.compile(r"# type" + r": ignore"), []
    reasoned = re.compile(told.pattern + r"\[[a-z, -]+\] +# \w")
    for path in (path for path in FILES if path.suffix == ".py"):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            if told.search(line) and (not reasoned.search(line) or re.search(r"\] +# noqa", line)):
                bare.append(f"{path.relative_to(ROOT)}:{number}")
    assert bare == []


def test_the_changelog_begins_with_the_version_of_the_project() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    headings = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert headings[0] == version


def test_every_link_between_pages_leads_somewhere() -> None:
    broken = [
        f"{page.relative_to(ROOT)} → {target}"
        for page in MARKDOWN
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert broken == []


def test_every_rule_has_its_page_and_its_test_and_no_page_is_an_orphan() -> None:
    pages = sorted(path.stem for path in PAGES)
    tests = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests" / "diagnostics").rglob("*.py"))
    assert RULES
    assert pages == RULES
    assert [rule for rule in RULES if rule not in tests] == []


def test_no_two_rule_pages_share_a_title() -> None:
    titles = [
        found[1] for path in PAGES if (found := re.search(r'^title = "(.+)"$', path.read_text("utf-8"), re.MULTILINE))
    ]
    assert len(titles) == len(RULES)
    assert sorted(titles) == sorted(set(titles))


def test_no_two_metrics_share_a_label() -> None:
    from domain.metric import all_metrics

    labels = [metric.label_fr for metric in all_metrics().values()]
    assert sorted(labels) == sorted(set(labels))


def test_every_decision_record_is_numbered_once_and_says_what_was_decided() -> None:
    records = sorted((ROOT / "docs" / "adr").glob("*.md"))
    numbers = [path.name[:4] for path in records]
    assert len(set(numbers)) == len(numbers)  # not in a row: parallel work takes its numbers beforehand
    assert [path.name for path in records if "**Decided.**" not in path.read_text("utf-8")] == []


def test_every_locked_direct_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    reasons = (ROOT / "docs" / "dependencies.md").read_text("utf-8")
    direct = [re.split(r"[\[>=<]", name)[0] for name in project["dependencies"]]
    assert [name for name in direct if name not in reasons] == []


def test_lock_files_name_no_registry_and_pin_everything_with_hashes() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text("utf-8")
        assert "://" not in text
        pinned = re.findall(r"^([A-Za-z0-9_.-]+)(?:\[[^]]*\])?==\S+( \\)?$", text, re.MULTILINE)
        assert pinned
        assert all(continuation for _, continuation in pinned)


def test_the_compose_file_is_valid() -> None:
    try:
        done = subprocess.run(
            ["docker-compose", "-f", str(ROOT / "docker-compose.yml"), "config", "-q"],
            capture_output=True,
            text=True,
            check=False,
            env={
                "PATH": "/usr/bin:/bin:/usr/local/bin",
                "DIAG_ACS_KEY": "a",
                "DIAG_RADIUS_SECRET": "b",
                "DIAG_CERTIFICATES__PASSPHRASE": "c",
            },
        )
    except FileNotFoundError:
        from tests.services import require

        require("docker-compose", available=False)
        return
    assert done.returncode == 0, done.stderr
