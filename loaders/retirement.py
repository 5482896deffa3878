"""Retiring and purging what was loaded: one run each."""

from __future__ import annotations

import getpass
import hashlib
import os
from collections.abc import Callable

from kg.bootstrap import Services
from kg.domain.lineage import Run
from kg.domain.ref import Ref, ref_of
from kg.ports.clock import instant
from loaders import lineage
from loaders.lineage import Account
from loaders.sending import Send, nowhere

RETIRE, PURGE = "retire", "purge"


def retire(text: str, services: Services, actor: str, send: Send = nowhere) -> Run:
    """End what a dataset, a version or a source says. Raises InvalidInput, NotFound, LoadInProgress."""
    return _run(RETIRE, text, services, actor, services.store.retire, send)


def purge(text: str, services: Services, actor: str, send: Send = nowhere) -> Run:
    """Erase it from the past too. Raises InvalidInput, NotFound, LoadInProgress."""
    return _run(PURGE, text, services, actor, services.store.purge, send)


def _run(what: str, text: str, services: Services, actor: str, do: Callable[[Ref, Run], Run], send: Send) -> Run:  # noqa: PLR0913, PLR0917
    ref, now = ref_of(text), instant(services.clock())
    run_id = f"run-{hashlib.sha256(f'{what} {ref.text} {now}'.encode()).hexdigest()[:16]}"
    # Without a fingerprint, so that the same files can be loaded again.
    run = Run(run_id, f"{what} {ref.text}", ref.dataset, ref.version, "complete", now, now, fingerprint="", actor=actor)
    done = do(ref, run)
    # What is refused never began.
    send(lineage.start(done, Account()))
    send(lineage.end(done, Account()))
    return done


def this_person() -> str:
    """Who is signed in to this machine."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        # A container may run under a number that has no name.
        return f"uid {os.getuid()}"
