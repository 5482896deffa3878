/** Decisions that were made: the list, one of them, two beside each other. */

import { get } from "../api";
import { recorded } from "../asking";
import { el, fill, settled } from "../dom";
import { choice, labelledField } from "../parts/controls";
import { empty, put } from "../parts/notice";
import { change, type Place, type View } from "../place";
import type { DecisionLine } from "../types";
import { OUTCOMES } from "../words";
import { decisionList } from "./ask";

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
  let all: DecisionLine[] = [];
  const filter = (query: URLSearchParams): void => {
    const text = (query.get("q") ?? "").toLowerCase();
    const outcome = query.get("outcome") ?? "";
    const some = all.filter((one) => (!outcome || one.outcome === outcome) && (!text || `${one.question} ${one.text}`.toLowerCase().includes(text)));
    if (all.length === 0) fill(found, empty("No decision is recorded yet", el("p", {}, el("a", { href: "/" }, "Ask a question"))));
    else if (some.length === 0) fill(found, empty("None of the newest 200 decisions fits"));
    else fill(found, decisionList(some));
  };
  const words = el("input", { type: "search", value: query.get("q") ?? "" });
  words.addEventListener("input", settled(200, () => change({ q: words.value }, true)));
  const outcome = choice([["", "any"], ...Object.entries(OUTCOMES)], query.get("outcome") ?? "", (value) => change({ outcome: value }));
  const node = el(
    "div",
    { class: "page" },
    el("h1", {}, "Decisions"),
    el("p", { class: "lead" }, "Every answer is recorded as it was given, with what it stood on."),
    el("div", { class: "fields" }, labelledField("Words", words), labelledField("Outcome", outcome)),
    found,
  );
  void put(found, async () => {
    all = (await get<{ decisions: DecisionLine[] }>("/v1/decisions", { limit: 200 })).decisions;
    queueMicrotask(() => filter(new URLSearchParams(location.search)));
    return null;
  });
  return { title: "Decisions", node, update: filter };
}
