/** Reviews: the queue, and one with what it is about before anything can be said of it. */

import { get, part, send } from "../api";
import { known } from "../asking";
import { el, fill, say } from "../dom";
import { lit } from "../layers";
import { ifMay, knowing } from "../me";
import { answerRows, answerText } from "../parts/answer";
import { badge, choice, labelledField } from "../parts/controls";
import { evidenceDetail } from "../parts/evidence";
import { empty, put, refused } from "../parts/notice";
import { pairs, table } from "../parts/table";
import { whyPart } from "../parts/why";
import { address, again, change, type Place, type View } from "../place";
import type { Json, ReviewDetail, ReviewLine } from "../types";
import { plural, shown, since, stateWords, time } from "../words";

const STATES = ["", "open", "approved", "overridden", "excepted", "rejected", "changes_requested", "lapsed", "expired", "superseded"];
export async function show(place: Place, signal: AbortSignal): Promise<View> {
  const id = place.path[1];
  if (id === undefined) return queue(place.query, signal);
  return one(await get<ReviewDetail>(`/v1/reviews/${part(id)}`, {}, signal), place.query);
}

function queue(query: URLSearchParams, signal: AbortSignal): View {
  const body = el("div", {});
  const state = query.get("state") ?? "";
  const role = el("input", { type: "text", value: query.get("role") ?? "", size: 14, maxlength: 200 });
  role.addEventListener("change", () => change({ role: role.value, after: null }));
  const assignee = el("input", { type: "text", value: query.get("assignee") ?? "", size: 14, maxlength: 200 });
  assignee.addEventListener("change", () => change({ assignee: assignee.value, after: null }));
  const node = el(
    "div",
    { class: "page" },
    el("h1", {}, "Reviews"),
    el("p", { class: "lead" }, "Answers that somebody else has to look at before they are used."),
    el(
      "div",
      { class: "fields" },
      labelledField("State", choice(STATES.map((one) => [one, one ? stateWords(one) : "still standing"] as const), state, (value) => change({ state: value, after: null }))),
      labelledField("Waits for the role", role),
      labelledField("Assigned to", assignee),
    ),
    body,
  );
  void put(body, async () => {
    const found = await get<{ reviews: ReviewLine[]; next: string | null }>("/v1/reviews", { state, role: query.get("role"), assignee: query.get("assignee"), after: query.get("after"), limit: 50 }, signal);
    if (found.reviews.length === 0 && found.next === null) return empty("Nothing waits here", el("p", {}, "Review rules say which decisions need whom."));
    return [
      table(
        "Reviews",
        [
          { name: "Question", cell: (one) => el("a", { href: address(["reviews", one.decision_id]) }, one.question) },
          { name: "State", cell: (one) => badge(stateWords(one.state), `review-${one.state}`) },
          { name: "Because", cell: (one) => one.required_because ?? "" },
          { name: "Waits for", cell: (one) => [one.waits_for ? `${one.waits_for.count} ${one.waits_for.role}` : "", one.unfilled ? [" ", el("span", { class: "badge warn", title: one.unfilled }, "nobody can")] : null] },
          { name: "Assigned to", cell: (one) => one.assignee ?? "" },
          { name: "Asked", cell: (one) => [one.asked_by ?? "", " ", el("span", { class: "quiet" }, since(one.opened_at))] },
          { name: "Due", cell: (one) => [one.due_at ? time(one.due_at) : "", one.escalated ? [" ", badge("escalated", "warn")] : null] },
        ],
        found.reviews,
      ),
      found.next ? el("p", {}, el("a", { href: address(["reviews"], { state, role: query.get("role"), assignee: query.get("assignee"), after: found.next }) }, "Older ones")) : el("span"),
    ];
  });
  return { title: "Reviews", node };
}

function one(review: ReviewDetail, query: URLSearchParams): View {
  const { decision } = review;
  const why = whyPart(decision, query, (ids) => {
    for (const id of ids) document.querySelector(`article[data-evidence="${CSS.escape(id)}"]`)?.scrollIntoView({ block: "nearest" });
  });
  const told = decision.evidence.slice(0, 60);
  const changed = review.evidence_hash.today !== review.evidence_hash.decided;
  const judging = el("section", { class: "judge", "aria-labelledby": "judge-title" });
  const node = el(
    "div",
    { class: "page review" },
    el("p", {}, el("a", { href: "/reviews" }, "Reviews")),
    el("h1", {}, decision.question),
    el("p", {}, badge(stateWords(review.state), `review-${review.state}`), " ", review.state_reason ?? "", review.by ? el("span", { class: "quiet" }, ` by ${review.by}`) : null),
    changed ? el("p", { class: "warn-line" }, el("strong", {}, "The evidence is not what it was. "), "On today’s graph this answer rests on something else; an approval of it has lapsed. Ask again for an answer that stands on today’s data.") : null,
    pairs([
      ["Needed because", review.required_because ?? ""],
      ["Asked by", `${review.asked_by ?? "somebody"}, ${since(review.opened_at)}`],
      ["How much depends on it", review.tier],
      ["Has to be approved by", review.stages.map((stage) => `${stage.count} ${stage.role}`).join(", then ")],
      ["Approved so far", review.approvals.map((said) => String(said.actor)).join(", ") || "nobody"],
      review.waits_for ? ["Waits for", `${review.waits_for.count} ${review.waits_for.role}`] : null,
      review.assignee ? ["Assigned to", review.assignee] : null,
      review.due_at ? ["Due", time(review.due_at)] : null,
      review.until ? ["Excepted until", time(review.until)] : null,
      review.answer ? ["Answer to use instead", review.answer] : null,
    ]),
    el("section", { class: "answer" }, answerText(decision.answer), answerRows(decision.answer, (claim) => decision.claims.find((said) => said.id === claim)?.evidence.join(" ") ?? "", null, new Map(decision.explanation.nodes.map((said) => [said.id, said.name])))),
    why.node,
    el("section", { class: "facts-of" }, el("h2", {}, `What it rests on: ${plural(decision.evidence.length, "piece")} of evidence`), el("div", { class: "beside" }, told.map((said) => el("div", { class: "card" }, evidenceDetail(decision, said)))), decision.evidence.length > told.length ? el("p", { class: "quiet" }, "The rest is on ", el("a", { href: address(["decisions", decision.decision_id]) }, "the decision"), ".") : null),
    history(review),
    judging,
    el("p", {}, el("a", { href: address(["decisions", decision.decision_id]) }, "Open the decision")),
  );
  const update = (query: URLSearchParams): void => {
    const ids = (query.get("evidence") ?? "").split(",").filter(Boolean);
    why.update(query, ids.length ? lit(decision, ids) : null);
  };
  update(query);
  ifMay("review", () => fill(judging, judge(review)));
  return {
    title: `Review: ${decision.question}`,
    node,
    update,
    close: why.close,
  };
}

function history(review: ReviewDetail): HTMLElement {
  return el(
    "section",
    { class: "facts-of" },
    el("h2", {}, "What was said"),
    table(
      "What was said",
      [
        { name: "When", cell: (said) => time(String(said.at)) },
        { name: "Who", cell: (said) => String(said.actor ?? "") },
        { name: "What", cell: (said) => badge(stateWords(String(said.verdict ?? said.kind)), `review-${String(said.kind)}`) },
        { name: "Why", cell: (said) => [text(said.reason), text(said.answer), said.until ? `until ${text(said.until)}` : "", said.to ? `to ${text(said.to)}` : ""].filter(Boolean).join(" · ") },
      ],
      review.events,
    ),
  );
}

const text = (value: Json | undefined): string => (value === null || value === undefined ? "" : shown(value));

const MOVES = [
  ["approve", "Approve"],
  ["request_changes", "Ask for changes"],
  ["reject", "Reject"],
  ["override", "Override: another answer is to be used"],
  ["except", "Except: may be used for a time"],
  ["assign", "Assign to somebody"],
] as const;

/** Moves that need more than taking part in reviews. */
const APPROVING = ["override", "except"];

/** What can be said of it; of what was shown here, and nothing newer. */
function judge(review: ReviewDetail): (HTMLElement | null)[] {
  const move = choice(MOVES, "approve", () => adapt());
  const reason = el("textarea", { rows: 3, maxlength: 2000 });
  const answer = el("textarea", { rows: 2, maxlength: 2000 });
  const until = el("input", { type: "date" });
  const to = el("input", { type: "text", maxlength: 100 });
  const actor = el("input", { type: "text", maxlength: 100, autocomplete: "name" });
  const role = el("input", { type: "text", maxlength: 200, value: review.waits_for?.role ?? review.stages.at(-1)?.role ?? "" });
  const problem = el("div", {});
  const fields = { answer: labelledField("The answer to use instead", answer), until: labelledField("Until", until), to: labelledField("To", to), reason: labelledField("Reason", reason) };
  const adapt = (): void => {
    fields.answer.hidden = move.value !== "override";
    fields.until.hidden = move.value !== "except";
    fields.to.hidden = move.value !== "assign";
    reason.required = !["approve", "assign"].includes(move.value);
  };
  const who = el("div", { class: "fields" });
  knowing((found) => {
    if (found && !found.access) fill(who, labelledField("Your name", actor), labelledField("In the role", role));
  });
  const submit = async (): Promise<void> => {
    const body: Record<string, Json> = { move: move.value, reason: reason.value };
    if (move.value === "override") body.answer = answer.value;
    if (move.value === "except") body.until = until.value;
    if (move.value === "assign") body.to = to.value;
    if (actor.value) Object.assign(body, { actor: actor.value, roles: role.value ? [role.value] : [] });
    try {
      await send("POST", `/v1/reviews/${part(review.decision_id)}`, body, move.value === "assign" ? {} : { "If-Match": `"${review.shown}"` });
      known.delete(review.decision_id);
      say("Recorded.", true);
      again();
    } catch (error) {
      fill(problem, refused(error));
    }
  };
  adapt();
  ifMay("approve", () => undefined, () => {
    for (const one of [...move.options]) if (APPROVING.includes(one.value)) one.remove();
  });
  return [
    el("h2", { id: "judge-title" }, "Your judgement"),
    el("p", { class: "quiet" }, "It is of what is shown above. If that is another by the time you send it, it is refused."),
    el(
      "form",
      { class: "card", onsubmit: (event: SubmitEvent) => (event.preventDefault(), void submit()) },
      labelledField("What do you say?", move),
      fields.answer,
      fields.until,
      fields.to,
      fields.reason,
      who,
      el("p", {}, el("button", { type: "submit", class: "primary" }, "Send")),
      problem,
    ),
  ];
}
