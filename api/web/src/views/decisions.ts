/** Decisions that were made: the list, one of them, two beside each other. */

import { get } from "../api";
import { recorded } from "../asking";
import { el, settled } from "../dom";
import { choice, labelledField } from "../parts/controls";
import { decisionList } from "../parts/decisions";
import { empty, put } from "../parts/notice";
import { address, change, type Place, type View } from "../place";
import type { DecisionLine } from "../types";
import { OUTCOMES } from "../words";

const PAGE = 50;
/** What chooses decisions: names of the query here and of the API alike. */
const CHOICE = ["words", "outcome", "actor", "since", "until"] as const;

export async function show(place: Place): Promise<View> {
  const [, id, how, other] = place.path;
  if (id === undefined) return list(place.query);
  if (how === "compare" && other !== undefined) {
    const [{ compared }, one, two] = await Promise.all([import("./compared"), recorded(id), recorded(other)]);
    return compared(one, two);
  }
  const [{ decisionView }, decision] = await Promise.all([import("./decision"), recorded(id)]);
  return decisionView(decision, place.query);
}

function list(query: URLSearchParams): View {
  const found = el("div", {});
  const typed = (type: string, name: string): HTMLInputElement => {
    const field = el("input", { type, maxlength: 200, size: type === "search" ? 26 : 14 });
    const tell = (): void => change({ [name]: field.value, after: null }, true);
    field.addEventListener(type === "date" ? "change" : "input", settled(250, tell));
    return field;
  };
  const outcome = choice([["", "any"], ...Object.entries(OUTCOMES)], "", (value) => change({ outcome: value, after: null }));
  const fields = { words: typed("search", "words"), outcome, actor: typed("text", "actor"), since: typed("date", "since"), until: typed("date", "until") };
  const node = el(
    "div",
    { class: "page" },
    el("h1", {}, "Decisions"),
    el("p", { class: "lead" }, "Every answer is recorded as it was given, with what it stood on."),
    el(
      "div",
      { class: "fields" },
      labelledField("Words of the question", fields.words),
      labelledField("Outcome", fields.outcome),
      labelledField("Asked by", fields.actor),
      labelledField("From", fields.since),
      labelledField("To", fields.until),
    ),
    found,
  );
  let reading = new AbortController();
  const update = (query: URLSearchParams): void => {
    for (const name of CHOICE) {
      const field = fields[name];
      if (document.activeElement !== field) field.value = query.get(name) ?? "";
    }
    reading.abort();
    reading = new AbortController();
    const { signal } = reading;
    void put(found, () => page(query, signal));
  };
  update(query);
  return { title: "Decisions", node, update, close: () => reading.abort() };
}

async function page(query: URLSearchParams, signal: AbortSignal): Promise<HTMLElement[]> {
  const chosen = Object.fromEntries(CHOICE.map((name) => [name, query.get(name)]));
  const { decisions, next } = await get<{ decisions: DecisionLine[]; next: string | null }>("/v1/decisions", { ...chosen, after: query.get("after"), limit: PAGE }, signal);
  const narrowed = CHOICE.some((name) => query.get(name));
  const older = next ? el("p", {}, el("a", { href: address(["decisions"], { ...chosen, after: next }) }, decisions.length < PAGE ? "Search in older ones" : "Older ones")) : el("span");
  if (decisions.length) return [decisionList(decisions), older];
  if (next) return [empty("None of the decisions that were searched so far fits"), older];
  if (query.get("after")) return [empty("There are no older ones")];
  return [narrowed ? empty("No decision fits") : empty("No decision is recorded yet", el("p", {}, el("a", { href: "/" }, "Ask a question")))];
}
