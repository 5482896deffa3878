"""What a dataset file expects of its load, held against what the load found."""

from __future__ import annotations

from collections.abc import Mapping

from kg.errors import ExpectationFailed
from loaders.dataset import DatasetFile
from loaders.spool import Spool
from loaders.stage import Tally
from loaders.validate import MISSING


def check(spec: DatasetFile, tally: Tally, spool: Spool) -> None:
    """Raise ExpectationFailed naming what was expected and what was found."""
    name = spec.version_value().ref
    rejected = spool.rejected_records()
    share = rejected / tally.records if tally.records else 0.0
    if share > spec.expect.rejected:
        first = next(spool.rejected())
        hint = f"; load first: {', '.join(spec.after)}" if first.reason.endswith(MISSING) and spec.after else ""
        raise ExpectationFailed(
            f"{name}: {rejected:,} of {tally.records:,} records rejected "
            f"({share:.1%}, allowed {spec.expect.rejected:.1%}); the first, {first.locator}: {first.reason}{hint}"
        )
    _counts(name, "entities", tally.entities, spec.expect.entities)
    _counts(name, "facts", tally.facts, spec.expect.facts)


def _counts(name: str, what: str, found: Mapping[str, int], bounds: Mapping[str, tuple[int, int]]) -> None:
    for kind, (least, most) in bounds.items():
        if not least <= found.get(kind, 0) <= most:
            raise ExpectationFailed(f"{name}: {found.get(kind, 0):,} {what} of {kind}, expected {least:,} to {most:,}")
