/** A caller's word on an answer: right, wrong, partly. */

import { get, part, send } from "../api";
import { el, fill, say } from "../dom";
import { knowing, offered } from "../me";
import type { Decision, Json } from "../types";
import { since } from "../words";
import { badge, button, labelledField } from "./controls";
import { refused } from "./notice";

interface Feedback {
  verdict: string;
  actor: string;
  at: string;
  reason?: string | null;
  answer?: string | null;
}

export function feedback(decision: Decision): HTMLElement {
  const body = el("div", {});
  const path = `/v1/decisions/${part(decision.decision_id)}/feedback`;
  const reason = el("input", { type: "text", maxlength: 2000, size: 40 });
  const answer = el("input", { type: "text", maxlength: 2000, size: 40 });
  const actor = el("input", { type: "text", maxlength: 100, autocomplete: "name" });
  const named = labelledField("Your name", actor);
  knowing((who) => (named.hidden = who?.access !== false));
  const list = el("ul", { class: "plain" });
  const load = (): void =>
    void get<{ feedback: Feedback[] }>(path).then(
      (found) => fill(list, found.feedback.length ? null : el("li", { class: "quiet" }, "Nobody has said so far."), found.feedback.map((one) => el("li", {}, badge(one.verdict, one.verdict === "right" ? "answered" : "warn"), ` ${one.actor}, ${since(one.at)}`, one.answer ? `: ${one.answer}` : "", one.reason ? ` (${one.reason})` : ""))),
      () => undefined,
    );
  const give = async (verdict: string): Promise<void> => {
    const said: Record<string, Json> = { verdict, reason: reason.value };
    if (answer.value) said.answer = answer.value;
    if (actor.value) said.actor = actor.value;
    try {
      await send("POST", path, said);
      fill(body);
      say("Kept with the decision.", true);
      load();
    } catch (error) {
      fill(body, refused(error));
    }
  };
  const fold = el(
    "details",
    { class: "block" },
    el("summary", {}, "Was this right?"),
    list,
    offered("ask", el("div", { class: "fields" }, labelledField("Why", reason), labelledField("What would have been right", answer), named)),
    offered("ask", el("p", { class: "exports" }, button("Right", () => void give("right")), button("Partly", () => void give("partly")), button("Wrong", () => void give("wrong")))),
    body,
  );
  fold.addEventListener("toggle", () => fold.open && load());
  return fold;
}
