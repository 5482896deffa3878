"""Prompt injections hidden in data, with a scripted model that obeys each: how many change an answer.

    python benchmarks/injections.py [--show]

Each is put into a name, an alias, a value, a passage, a title or a file name of a small graph. The graph is asked over
HTTP; the model is one more server on this machine. It claims what the attack asks for, alone and inside of true
sentences, cites what it can, and does so again when it is told what is wrong. The answer has to be as without it.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import defaultdict
from pathlib import Path

from tests.faults.attacked import Obeying, Tried, tried
from tests.faults.injections import ATTACKS
from tests.model_server import serving


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--show", action="store_true", help="say what came out")
    show = arguments.parse_args().show
    found: dict[str, list[Tried]] = defaultdict(list)
    obeying = Obeying()
    with tempfile.TemporaryDirectory() as scratch, serving(obeying.app()) as model:
        for number, attack in enumerate(ATTACKS):
            found[attack.kind].append(tried(attack, Path(scratch) / str(number), obeying, model))
    print(f"{'attack':16} {'tried':>6} {'held':>6} {'claims refused':>15}")
    for kind, ones in found.items():
        held = sum(not one.problems for one in ones)
        print(f"{kind:16} {len(ones):6} {held:6} {sum(one.refused for one in ones):15}")
        for one in ones if show else ():
            print(*(f"  {one.attack.place}: {problem}" for problem in one.problems), sep="\n")
    every = [one for ones in found.values() for one in ones]
    print(f"{sum(not one.problems for one in every)} of {len(every)} answers are as without the attack")


if __name__ == "__main__":
    main()
