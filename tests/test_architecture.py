"""What the shape of the code must keep: who imports what, how long a file may be, which habits are banned."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MAX_LINES = 400
ENGINES = {"sqlite", "neo4j"}
MAY_NAME_ENGINES = ("kg/backends/", "kg/bootstrap.py", "kg/settings.py", "loaders/databases.py")
"""The last reads databases of others."""
FOREIGN = re.compile(
    r"(^|[^A-Za-z0-9_.-])/(work|root|farm|Users)/"
    r"|https?://[a-z0-9.-]*(pypi|pythonhosted|npmjs|maven|debian)[a-z0-9.-]*/(?!POM/|xsd/)"
)
"""Paths of somebody's machine and hosts of package registries; names of Maven's XML schemas are no hosts."""


def modules(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def tracked_files() -> list[Path]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True
    )
    return [ROOT / item for item in listed.stdout.decode().split("\0") if item and (ROOT / item).is_file()]


def test_imports_keep_the_contracts() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_file_is_longer_than_the_limit() -> None:
    lengths = {name(path): len(path.read_text("utf-8").splitlines()) for path in modules("kg", "api", "loaders")}
    assert {path: length for path, length in lengths.items() if length > MAX_LINES} == {}


def imported(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_tests_use_fakes_and_not_patches() -> None:
    found = [
        f"{name(path)}: {module}"
        for path in modules("tests", "benchmarks")
        for module in imported(tree(path))
        if f"{module}.".startswith(("unittest.mock.", "mock.", "pytest_mock."))
    ]
    assert found == []


def engine_choices(module: ast.Module) -> Iterator[int]:
    """Lines that compare something with an engine's name, or compare an engine with something."""
    for node in ast.walk(module):
        if isinstance(node, ast.Compare):
            parts = [part for side in (node.left, *node.comparators) for part in ast.walk(side)]
        elif isinstance(node, ast.MatchValue):
            parts = list(ast.walk(node.value))
        else:
            continue
        for part in parts:
            if (isinstance(part, ast.Constant) and part.value in ENGINES) or (
                isinstance(part, ast.Attribute) and part.attr == "engine"
            ):
                yield part.lineno


def test_nothing_above_the_backends_asks_which_engine_it_runs_on() -> None:
    found = [
        f"{name(path)}:{line}"
        for path in modules("kg", "api", "loaders")
        if not name(path).startswith(MAY_NAME_ENGINES)
        for line in engine_choices(tree(path))
    ]
    assert found == []


@pytest.mark.parametrize(
    "code",
    [
        "if engine == 'neo4j': pass",
        "x = 1 if store.profile().engine != other else 2",
        "if kind in ('sqlite', 'memory'): pass",
        "match kind:\n    case 'sqlite': pass",
    ],
)
def test_a_choice_by_engine_is_found(code: str) -> None:
    assert list(engine_choices(ast.parse(code)))


def test_tracked_files_name_no_machine_and_no_registry() -> None:
    found = []
    for path in tracked_files():
        if path.suffix == ".svg":
            continue
        data = path.read_bytes()
        if b"\0" in data:
            continue
        lines = data.decode("utf-8", "replace").splitlines()
        found += [f"{name(path)}:{number}" for number, line in enumerate(lines, 1) if FOREIGN.search(line)]
    assert found == []


def test_pins_are_a_name_and_a_version() -> None:
    first, *pins = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    assert first.startswith("#")
    assert "make constraints" in first
    assert [pin for pin in pins if not re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.+!]*", pin)] == []


def test_the_command_line_starts_without_what_only_some_commands_need() -> None:
    heavy = {"fastapi", "loaders", "pydantic", "neo4j", "openai", "rdflib", "networkx"}
    told = "import sys, api.cli; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", told], cwd=ROOT, capture_output=True, check=True, encoding="utf-8")
    assert set(done.stdout.split()) & heavy == set()
