"""What the docs must name: settings, errors, decision records, targets; and that links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import kg.errors
from kg.errors import KgError

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *DOCS.rglob("*.md"),
        *(ROOT / "examples").rglob("*.md"),
        *(ROOT / "benchmarks").rglob("*.md"),
    ]
)
VARIABLE = re.compile(r"\bWHENCE_[A-Z0-9_]*[A-Z0-9]\b")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)


def read(path: Path) -> str:
    return path.read_text("utf-8")


def errors() -> list[type[KgError]]:
    return [value for value in vars(kg.errors).values() if isinstance(value, type) and issubclass(value, KgError)]


def table(page: str) -> dict[str, list[str]]:
    """Cells of each table row whose first cell is a code span."""
    rows = re.findall(r"^\| `([^`]+)` \|(.*)\|$", read(DOCS / page), re.MULTILINE)
    return {first: [cell.strip() for cell in rest.split("|")] for first, rest in rows}


def settings_used() -> set[str]:
    """Variables that the code reads; of the tests only their own, since they also make wrong ones up."""
    code = [path for folder in ("kg", "api", "loaders", "benchmarks") for path in (ROOT / folder).rglob("*.py")]
    code += [path for path in (ROOT / "scripts").iterdir() if path.is_file()]
    code += [ROOT / "docker-compose.yml", ROOT / "Makefile", ROOT / ".ci" / "run"]
    used = {variable for path in code for variable in VARIABLE.findall(read(path))}
    own = {variable for path in (ROOT / "tests").rglob("*.py") for variable in VARIABLE.findall(read(path))}
    return used | {variable for variable in own if variable.startswith("WHENCE_TEST_")}


def test_every_setting_is_documented_and_no_other() -> None:
    assert set(table("settings.md")) == settings_used()


def test_every_error_is_documented_with_its_code_and_no_other() -> None:
    assert set(table("errors.md")) == {error.code for error in errors()}


def test_the_docs_say_which_errors_may_go_away() -> None:
    said = {code for code, cells in table("errors.md").items() if cells[0] == "yes"}
    assert said == {error.code for error in errors() if error.retryable}


def test_every_error_has_a_code_of_its_own() -> None:
    codes = [error.code for error in errors()]
    assert len(codes) == len(set(codes))


def test_every_decision_record_is_listed_once() -> None:
    listed = re.findall(r"^\| \[(\d{4})\]\(([^)]+)\) \|", read(DOCS / "adr" / "README.md"), re.MULTILINE)
    files = sorted(path.name for path in (DOCS / "adr").glob("[0-9]*.md"))
    assert [file for _, file in listed] == files
    assert [number for number, _ in listed] == [file[:4] for file in files]


@pytest.mark.parametrize("path", sorted((DOCS / "adr").glob("[0-9]*.md")), ids=lambda path: path.stem)
def test_a_decision_record_has_its_four_parts(path: Path) -> None:
    assert re.findall(r"^## (.+)$", read(path), re.MULTILINE) == [
        "Context",
        "Decision",
        "Consequences",
        "Alternatives",
    ]


def test_every_make_target_is_in_the_help() -> None:
    makefile = read(ROOT / "Makefile")
    phony = re.search(r"^\.PHONY:((?:.*\\\n)*.*)$", makefile, re.MULTILINE)
    assert phony
    said = set(re.findall(r"^([a-z0-9-]+):.*## \S", makefile, re.MULTILINE))
    assert set(phony[1].replace("\\\n", " ").split()) - said == {"format-check"}


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", read(page)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    broken = []
    for link in LINK.findall(FENCE.sub("", read(page))):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []
