/** The first view: a question, examples, what was asked lately. */

import { get } from "../api";
import { el, fill } from "../dom";
import { knowing, offered } from "../me";
import { decisionList } from "../parts/decisions";
import { empty } from "../parts/notice";
import { questionBox } from "../parts/question";
import { schema, scopeOf } from "../parts/scope";
import { type Place, type View } from "../place";
import type { DecisionLine } from "../types";
import { number, plural } from "../words";

export function show(place: Place, signal: AbortSignal): Promise<View> {
  const box = questionBox(place.query.get("q") ?? "", scopeOf(place.query), signal, true);
  const held = el("div", {});
  const denied = el("div", {});
  knowing((who) => {
    if (who === null) fill(denied, el("p", { class: "warn-line" }, el("a", { href: "/sign-in" }, "Sign in"), " to ask."));
    else if (!who.may.includes("ask")) {
      box.node.hidden = true;
      fill(denied, el("p", { class: "warn-line" }, "Your role reads, and does not ask."));
    }
  });
  const instances = offered("ask", el("div", {}));
  const recent = el("div", {});
  const node = el(
    "div",
    { class: "page ask-page" },
    el("h1", {}, "What do you want to know?"),
    el("p", { class: "lead" }, "Every answer names the facts it stands on, and every fact the row it was read from."),
    box.node,
    denied,
    instances,
    held,
    recent,
  );
  schema().then(
    (found) => {
      if (signal.aborted) return;
      const total = found.types.reduce((sum, one) => sum + one.count, 0);
      if (total === 0) {
        fill(held, empty("Nothing is loaded yet", el("p", {}, "Load data with ", el("code", {}, "whence load"), " or on the ", el("a", { href: "/loads" }, "Loads"), " view.")));
        return;
      }
      fill(
        held,
        el("p", { class: "quiet" }, `In this graph: ${plural(total, "thing")} of ${plural(found.types.filter((one) => one.count).length, "type")}, `, `${number(found.predicates.reduce((sum, one) => sum + one.count, 0))} facts. `, el("a", { href: "/explore" }, "Look around")),
      );
    },
    () => undefined,
  );
  get<{ questions: string[] }>("/v1/examples", {}, signal).then(
    ({ questions }) => {
      if (questions.length === 0) return;
      const asking = (text: string): HTMLElement => el("li", {}, el("button", { type: "button", onclick: () => box.put(text) }, text));
      fill(instances, el("h2", { class: "small-title" }, "For instance"), el("ul", { class: "examples" }, questions.map(asking)));
    },
    () => undefined,
  );
  get<{ decisions: DecisionLine[] }>("/v1/decisions", { limit: 5 }, signal).then(
    ({ decisions }) => {
      if (decisions.length === 0) return;
      fill(recent, el("h2", { class: "small-title" }, "Asked lately"), decisionList(decisions));
    },
    () => undefined,
  );
  return Promise.resolve({ title: "", node });
}
