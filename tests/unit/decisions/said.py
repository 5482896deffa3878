"""A model that writes what its evidence says, word for word; scripted, no model."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from kg.answer.prompts import Prompts
from kg.answer.write import Author
from kg.domain.completion import ModelSpec, Reply, Request
from kg.domain.lineage import Classification
from kg.errors import ModelTimeout
from kg.ports.prompts import PromptRegistry

ITEM = re.compile(r'^(E\d+): \(\w+\) (".*")$', re.MULTILINE)


@dataclass
class Repeating:
    """Says each piece of evidence it is shown; has no plan of its own."""

    spec: ModelSpec = field(
        default_factory=lambda: ModelSpec("parrot", "scripted", ceiling=Classification.CONFIDENTIAL, scripted=True)
    )

    def complete(self, request: Request) -> Reply:
        if "claims" not in request.schema["properties"]:
            raise ModelTimeout("it says nothing")
        claims = [{"text": json.loads(text), "evidence": [number]} for number, text in ITEM.findall(request.user)]
        content = {"claims": claims[:20] or [{"text": "Nothing is said.", "evidence": []}]}
        return Reply(content, json.dumps(content), "scripted-1")


def speaking(prompts: PromptRegistry) -> Author:
    return Author(Repeating(), Prompts(prompts))
