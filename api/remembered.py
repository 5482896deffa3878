"""What another server told, kept for some minutes: one caller at a time asks it, outside of any lock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from kg.errors import IssuerUnavailable

FRESH_S = 300.0
"""So long nobody asks for what is known already."""
KEPT_S = 3_600.0
"""So long it is good still when the other server does not answer any more."""
ASKED_AGAIN_S = 10.0
"""From the end of one question to the next, whatever is wanted and however the last one ended."""
WAIT_S = 2.0
"""So long a caller waits for what another one is asking for already."""
MOST_WAITING = 8
"""Callers that wait; threads of a server are few, and others need them."""
Told = TypeVar("Told")


class Remembered(Generic[Told]):
    """One thing that is told. While it is asked for, all whom the last answer is enough go on with that."""

    def __init__(self, ask: Callable[[], Told], seconds: Callable[[], float] = time.monotonic) -> None:
        self._ask = ask
        self._seconds = seconds
        self._state = threading.Condition()
        self._told: tuple[Told, float] | None = None
        """The last answer, and when it was given."""
        self._asked_at = float("-inf")
        self._asking = False
        self._waiting = 0

    def get(self, enough: Callable[[Told], bool] = lambda _: True) -> Told:
        """What is told: the last answer, or a new one where that is old, or not enough, and may be asked for.

        An answer that is not enough is given too, where it is new. Raises IssuerUnavailable.
        """
        with self._state:
            known = self._known(enough)
            if known is not None:
                return known
            self._asking = True
        try:
            told = self._ask()
        except IssuerUnavailable:
            with self._state:
                held = self._held()
                self._ended()
            if held is None or not enough(held):
                raise
            return held
        except BaseException:
            with self._state:
                self._ended()
            raise
        with self._state:
            self._told = told, self._seconds()
            self._ended()
        return told

    def _known(self, enough: Callable[[Told], bool]) -> Told | None:
        """What can be given without asking; none where this caller has to ask. Raises IssuerUnavailable."""
        while True:
            held, now = self._held(), self._seconds()
            may_ask = now - self._asked_at >= ASKED_AGAIN_S
            if held is not None and enough(held):
                fresh = self._told is not None and now - self._told[1] < FRESH_S
                if fresh or self._asking or not may_ask:
                    return held
            if not self._asking:
                if may_ask:
                    return None
                if held is not None:
                    return held
                raise IssuerUnavailable("the issuer was asked a moment ago, and did not answer as it should")
            if self._waiting >= MOST_WAITING or not self._wait():
                raise IssuerUnavailable("the issuer is being asked, and has not answered yet")

    def _wait(self) -> bool:
        self._waiting += 1
        try:
            return self._state.wait(WAIT_S)
        finally:
            self._waiting -= 1

    def _held(self) -> Told | None:
        if self._told is None or self._seconds() - self._told[1] > KEPT_S:
            return None
        return self._told[0]

    def _ended(self) -> None:
        self._asking, self._asked_at = False, self._seconds()
        self._state.notify_all()
