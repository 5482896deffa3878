/** The decisions that a thing touches, now or if it were retired. */

import { get } from "../api";
import { el, say } from "../dom";
import { address, change } from "../place";
import type { Impact, Touch } from "../types";
import { brief, plural, stateWords } from "../words";
import { badge, button } from "./controls";
import { put } from "./notice";
import { table } from "./table";

/** What was asked last stands in the address (`impact`), so that a link asks it again. */
export function impact(ref: string, query: URLSearchParams): HTMLElement {
  const body = el("div", {});
  const run = (whatIf: boolean): void => {
    change({ impact: whatIf ? "without" : "now" }, true);
    find(whatIf);
  };
  const find = (whatIf: boolean): void =>
    void put(body, async () => told(await get<Impact>("/v1/impact", { ref, what_if: String(whatIf) }), whatIf), "Running the decisions again");
  const now = button("Find them", () => run(false));
  const then = button("What if it were retired?", () => run(true));
  const asked = query.get("impact");
  if (asked === "now" || asked === "without") find(asked === "without");
  return el("section", { class: "facts-of" }, el("h2", {}, "Decisions it touches"), el("p", { class: "exports" }, now, then), body);
}

function told(found: Impact, whatIf: boolean): HTMLElement[] {
  say(`It touches ${plural(found.carried.length + found.looked_at.length, "decision")}.`);
  return listed(found, whatIf);
}

/** Those that a run touched, with what they say today. */
export function touched(found: Impact | null): HTMLElement | null {
  return found && el("section", { class: "facts-of" }, el("h2", {}, "Decisions it touched"), listed(found, false));
}

function listed(found: Impact, whatIf: boolean): HTMLElement[] {
  if (found.carried.length + found.looked_at.length === 0) return [el("p", { class: "quiet" }, "No decision touches it.")];
  return [
    list(`It carried a claim of ${plural(found.carried.length, "decision")}`, found.carried, whatIf),
    list(`${plural(found.looked_at.length, "decision")} only looked at it`, found.looked_at, whatIf),
    found.more ? el("p", { class: "quiet" }, "There are more than are listed.") : el("span"),
  ];
}

function list(title: string, touches: Touch[], whatIf: boolean): HTMLElement {
  if (touches.length === 0) return el("p", { class: "quiet" }, `${title}.`);
  return el(
    "div",
    {},
    el("h3", {}, title),
    table(
      title,
      [
        { name: "Question", cell: (one) => el("a", { href: address(["decisions", one.decision]) }, one.question) },
        { name: "Review", cell: (one) => (one.review ? badge(stateWords(one.review), `review-${one.review}`) : "") },
        { name: whatIf ? "Would it change?" : "Changed?", cell: (one) => (one.changed === null ? el("span", { class: "quiet" }, one.note) : one.changed ? badge("yes", "warn") : badge("no", "")) },
        { name: "Then", cell: (one) => brief(one.before.text) },
        { name: whatIf ? "Without it" : "Now", cell: (one) => (one.after && one.changed ? brief(one.after.text) : "") },
      ],
      touches,
    ),
  );
}

