"""A model of any OpenAI-compatible server."""

from __future__ import annotations

import functools
import random
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kg.domain.completion import ModelSpec, Reply, Request, cost_of

if TYPE_CHECKING:
    import openai

    from kg.backends.openai.dialect import Dialect
    from kg.backends.openai.errors import Failure
    from kg.backends.openai.reading import Said
    from kg.backends.openai.wire import Allowance

OPENAI = "https://api.openai.com/v1"
WAIT_S = 0.5
"""Before the second try; twice that before each further one."""
LIST_S = 10.0
"""For the list of models, which a server has at hand."""
PATHS = {"chat": "/chat/completions", "responses": "/responses"}


class OpenAIModel:
    """One deadline holds for a request with all its tries. The client itself neither retries nor redirects.

    The client is loaded with the first request, so that what never asks a model starts as quickly as without.
    """

    def __init__(self, spec: ModelSpec, key: str = "") -> None:
        self.spec = spec if spec.base_url else replace(spec, base_url=OPENAI)
        self._key = key
        self._dialect: Dialect | None = None

    @property
    def dialect(self) -> Dialect:
        """How the server is asked, as far as it is known what it takes."""
        from kg.backends.openai.dialect import Dialect

        return self._dialect or Dialect(self.spec.structured)

    def complete(self, request: Request) -> Reply:
        from kg.backends.openai.reading import Said
        from kg.backends.openai.wire import Allowance

        began = time.perf_counter()
        deadline = time.monotonic() + self.spec.deadline_s
        dialect, calls, tries = self.dialect, 0, 0
        while True:
            calls += 1
            body = dialect.body(request, self.spec)
            came = self._ask(body, Allowance(deadline))
            if isinstance(came, Said):
                self._dialect = dialect
                return self._reply(came, request, dialect, calls, (time.perf_counter() - began) * 1000)
            if came.rejected is not None and (weaker := dialect.weaker(came.rejected, body)) is not None:
                dialect = weaker
                continue
            tries += 1
            wait = came.after_s if came.after_s is not None else WAIT_S * 2 ** (tries - 1) * random.uniform(1, 1.25)  # noqa: S311 (spreads tries)
            if not came.again or tries > self.spec.retries or time.monotonic() + wait >= deadline:
                # Raised here, so that nothing of the client, which holds the key, hangs on it.
                raise came.error
            time.sleep(wait)

    def served(self) -> tuple[str, ...]:
        """Names of the models that the server has. Raises ModelError."""
        from kg.backends.openai.errors import EXPECTED, failure
        from kg.backends.openai.wire import Allowance, allowing

        allowance = Allowance(time.monotonic() + LIST_S)
        failed: Failure
        with allowing(allowance):
            try:
                found: Any = self._client.get("/models", cast_to=object)
                return tuple(sorted(str(one["id"]) for one in found["data"]))
            except EXPECTED as exc:
                failed = failure(exc, self.spec, self._key, allowance, began=False)
        raise failed.error

    def _ask(self, body: dict[str, Any], allowance: Allowance) -> Said | Failure:
        """One request, read to its end."""
        import openai

        from kg.backends.openai.errors import EXPECTED, failure
        from kg.backends.openai.reading import Said, read_chat, read_responses
        from kg.backends.openai.wire import allowing

        said, began = Said(), False
        read = read_responses if self.spec.api == "responses" else read_chat
        with allowing(allowance):
            try:
                stream = self._client.post(
                    PATHS[self.spec.api], body=body, cast_to=object, stream=True, stream_cls=openai.Stream[object]
                )
                began = True
                with stream:
                    is_whole = stream.response.headers.get("content-type", "").startswith("application/json")
                    read([_json(stream.response.read())] if is_whole else stream, said)
            except EXPECTED as exc:
                return failure(exc, self.spec, self._key, allowance, began=began)
        return said

    def _reply(self, said: Said, request: Request, dialect: Dialect, calls: int, ms: float) -> Reply:
        from kg.backends.openai.errors import hidden, spoken
        from kg.models.form import parsed

        name = spoken(self.spec)
        text = hidden(said.text(name), self._key)
        content = parsed(text, request.schema, name, is_json=dialect.structured != "none")
        return Reply(
            content,
            text,
            hidden(said.model, self._key) or self.spec.model,
            hidden(said.id, self._key),
            tokens=said.tokens,
            cost=cost_of(said.tokens, self.spec.price),
            calls=calls,
            ms=ms,
        )

    @functools.cached_property
    def _client(self) -> openai.OpenAI:
        import openai

        from kg.backends.openai.wire import http_client

        return openai.OpenAI(
            # Servers without keys take any; the client wants one.
            api_key=self._key or "none",
            base_url=self.spec.base_url,
            max_retries=0,
            http_client=http_client(self.spec.base_url),
        )


def _json(body: bytes) -> Any:
    import json

    return json.loads(body)
