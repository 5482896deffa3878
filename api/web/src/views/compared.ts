/** Two decisions beside each other: what one has and the other has not. */

import { el } from "../dom";
import { answerText, entityLink } from "../parts/answer";
import { badge } from "../parts/controls";
import { scopeInWords } from "../parts/scope";
import { address, type View } from "../place";
import type { Decision, Entity } from "../types";
import { OUTCOMES, plural } from "../words";

export function compared(one: Decision, two: Decision): View {
  const has = (decision: Decision): Set<string> => new Set(decision.answer.entities.map((entity) => entity.id));
  const [first, second] = [has(one), has(two)];
  const gone = one.answer.entities.filter((entity) => !second.has(entity.id));
  const came = two.answer.entities.filter((entity) => !first.has(entity.id));
  const stayed = one.answer.entities.filter((entity) => second.has(entity.id));
  const group = (title: string, kind: string, entities: Entity[]): HTMLElement =>
    el("section", { class: `difference ${kind}` }, el("h2", {}, `${title}: ${entities.length}`), el("ul", { class: "plain" }, entities.map((entity) => el("li", {}, entityLink(entity)))));
  const same = one.evidence_hash === two.evidence_hash;
  const node = el(
    "div",
    { class: "page" },
    el("h1", {}, one.question),
    el("p", { class: "lead" }, same ? "Both answers and all their evidence are the same." : gone.length + came.length ? `${plural(came.length, "member")} only in the second, ${plural(gone.length, "member")} only in the first.` : "The members are the same; the evidence differs."),
    el("div", { class: "beside" }, side("First", one), side("Second", two)),
    el("div", { class: "beside three" }, group("Only in the first", "gone", gone), group("Only in the second", "came", came), group("In both", "stayed", stayed)),
  );
  return { title: "Compare", node };
}

function side(name: string, decision: Decision): HTMLElement {
  return el(
    "section",
    { class: "answer" },
    el("p", { class: "quiet" }, `${name}: ${scopeInWords({ ...decision.scope, valid_as_of: decision.as_of.valid })}`),
    badge(OUTCOMES[decision.outcome] ?? decision.outcome, decision.outcome),
    answerText(decision.answer),
    el("p", {}, el("a", { href: address(["decisions", decision.decision_id]) }, "Open this decision")),
  );
}
