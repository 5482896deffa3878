"""How the difference that a load makes looks on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from api.terminal import show_table, shown
from kg.bootstrap import Services
from kg.domain.difference import Difference, difference, summary
from kg.domain.fact import EntityId, Fact, Literal
from kg.domain.lineage import Classification, Run
from kg.domain.scope import Scope
from kg.errors import DatasetNotFound

FEW = 5


def show_summary(run: Run, services: Services, screen: Console) -> None:
    """What changed, in a few lines; nothing where a load is the first or changes nothing."""
    if not (run.changes.gained or run.changes.lost):
        return
    found = difference(services.runs.changes(run.id))
    made = summary(found)
    counts = [
        (made.came, "entities came" if made.came > 1 else "entity came"),
        (made.went, "went"),
        (made.withdrawn, "got a status"),
        (made.replaced, "were replaced"),
        (made.gained, "facts gained" if made.gained > 1 else "fact gained"),
        (made.lost, "facts lost" if made.lost > 1 else "fact lost"),
    ]
    said = ", ".join(f"{count:,} {what}" for count, what in counts if count)
    screen.print(shown(f"  against {_before(run)}: {said}"), soft_wrap=True)
    names = _names(found, run, services)
    for entity, by in found.replaced[:FEW]:
        screen.print(shown(f"    {_called(entity, names)} is replaced by {_called(by, names)}"), soft_wrap=True)
    screen.print(shown(f"    all of it: whence runs {run.id}", style="dim"))


def _before(run: Run) -> str:
    return f"{run.compared} before" if run.compared == f"{run.dataset}@{run.version}" else run.compared


def show_difference(run: Run, services: Services, screen: Console) -> None:
    """Everything a run changed."""
    found = difference(services.runs.changes(run.id))
    if not found.facts:
        return
    names = _names(found, run, services)
    screen.print(shown(f"Against {_before(run)}", style="bold"))
    for title, entities in (("came", found.came), ("went", found.went)):
        _list(title, [_called(one, names) for one in entities], screen)
    _list("got a status", [f"{_called(one, names)}: {status}" for one, status in found.withdrawn], screen)
    _list("replaced", [f"{_called(one, names)} by {_called(by, names)}" for one, by in found.replaced], screen)
    rows = [(name, f"{len(of.gained):,}", f"{len(of.lost):,}") for name, of in found.facts.items()]
    show_table(("facts", "gained", "lost"), rows, screen)
    for name, of in found.facts.items():
        _list(f"{name} gained", [_said(fact) for fact in of.gained], screen)
        _list(f"{name} lost", [_said(fact) for fact in of.lost], screen)


def _list(title: str, lines: Sequence[str], screen: Console) -> None:
    if lines:
        screen.print(shown(title, style="bold"))
    for line in lines:
        screen.print(shown(f"  {line}"), soft_wrap=True)


def _said(fact: Fact) -> str:
    end = fact.object.value if isinstance(fact.object, Literal) else fact.object
    days = [f"{word} {day}" for word, day in (("from", fact.valid.start), ("to", fact.valid.end)) if day]
    return " ".join([fact.subject, "→", end, *days])


def _names(found: Difference, run: Run, services: Services) -> dict[EntityId, str]:
    """Names of the entities of which a line of their own is told."""
    told = {*found.came, *found.went} | {end for pair in found.replaced for end in pair}
    told |= {entity for entity, _ in found.withdrawn}
    names = dict(found.names)
    for ref in (run.compared, f"{run.dataset}@{run.version}"):
        try:
            view = services.store.view(Scope(datasets=(ref,), ceiling=Classification.RESTRICTED))
        except DatasetNotFound:
            continue
        names |= {one.id: one.name for one in view.entities(told).values()}
    return names


def _called(entity: EntityId, names: dict[EntityId, str]) -> str:
    key = entity.partition(":")[2]
    return f"{key} {names[entity]}" if names.get(entity, key) != key else key
