"""Every example of the documentation runs: Python blocks are executed, shell lines name real commands."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
BLOCKS = [
    (f"{page.relative_to(ROOT)}:{page.read_text('utf-8')[: found.start()].count(chr(10)) + 1}", found[1], found[2])
    for page in PAGES
    for found in re.finditer(r"^```(\w+)\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
]
PYTHON = [(where, text) for where, kind, text in BLOCKS if kind == "python"]
SHELL = [
    (where, line)
    for where, kind, text in BLOCKS
    if kind in {"sh", "bash", "console"}
    for line in (raw.strip().removeprefix("$ ") for raw in text.splitlines())
    if line.startswith(("make ", "python -m ", ".venv/bin/python -m "))
]


@pytest.mark.parametrize(("where", "text"), PYTHON, ids=[where for where, _ in PYTHON])
def test_python_examples_run(where: str, text: str) -> None:
    exec(compile(text, where, "exec"), {"__name__": "example"})  # noqa: S102 - our own documentation


@pytest.mark.parametrize(("where", "line"), SHELL, ids=[f"{where} {line}" for where, line in SHELL])
def test_shell_examples_name_real_commands(where: str, line: str) -> None:
    words = shlex.split(line, comments=True)
    if words[0] == "make":
        target = next(word for word in words[1:] if "=" not in word)
        done = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=False)
    else:
        module = words[words.index("-m") + 1]
        sub = [word for word in words[words.index("-m") + 2 : words.index("-m") + 3] if re.fullmatch(r"[a-z-]+", word)]
        done = subprocess.run(
            [sys.executable, "-m", module, *sub, "--help"], cwd=ROOT, capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, f"{where}: {line}\n{done.stderr}"
