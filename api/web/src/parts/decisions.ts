/** Decisions as a list: what was asked, what was said, how it came out. */

import { el } from "../dom";
import { address } from "../place";
import type { DecisionLine } from "../types";
import { brief, OUTCOMES, since } from "../words";
import { badge } from "./controls";

export function decisionList(decisions: DecisionLine[]): HTMLElement {
  return el(
    "ul",
    { class: "decisions" },
    decisions.map((one) =>
      el(
        "li",
        {},
        el(
          "a",
          { href: address(["decisions", one.decision_id]) },
          el("span", { class: "question" }, one.question),
          el("span", { class: "said" }, brief(one.text)),
        ),
        el("span", { class: "meta" }, badge(OUTCOMES[one.outcome] ?? one.outcome, one.outcome), one.asked_at ? since(one.asked_at) : ""),
      ),
    ),
  );
}
