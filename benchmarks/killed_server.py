"""Many callers ask a server with the scripted model until it is killed: is each acknowledged decision in the ledger?

python benchmarks/killed_server.py [--callers 64] [--seconds 60] [--store STORE]

The store has to be empty; without one it is a file of its own.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import tempfile
from pathlib import Path

from tests.faults.children import command
from tests.faults.pressed import look, press, register


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--callers", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--store")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = wanted.store or f"sqlite:{folder}/whence.db"
        loading = command("--store", store, "load", register(Path(folder) / "data"))
        subprocess.run(loading, check=True, capture_output=True)  # noqa: S603 (our own command line)
        seen = press(store, wanted.callers, wanted.seconds)
        found = look(store, seen.acknowledged)
    report = {
        "callers": wanted.callers,
        "seconds": round(seen.seconds, 1),
        "acknowledged": len(seen.acknowledged),
        "a_second": round(len(seen.acknowledged) / seen.seconds, 1),
        "took_ms": {
            "p50": round(statistics.median(seen.took_ms)),
            "p95": round(sorted(seen.took_ms)[-len(seen.took_ms) // 20]),
        },
        "other_statuses": dict(seen.refused),
        "recorded": found.recorded,
        "acknowledged_and_missing": len(found.missing),
        "damaged": len(found.damaged),
        "not_in_ledger_and_audit_log_alike": len(found.unlogged),
    }
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
