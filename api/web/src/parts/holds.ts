/** Whether a decision still holds: the same again as known then, or on today's graph. */

import { get, part } from "../api";
import { el, fill, say } from "../dom";
import type { Decision, Entity, Json, Replay, Told } from "../types";
import { plural, shown } from "../words";
import { entityLink } from "./answer";
import { badge, button } from "./controls";
import { put } from "./notice";
import { pairs } from "./table";

/** Of a text that is searched for. */
const LONGEST = 200;

export function holds(decision: Decision): HTMLElement {
  const body = el("div", {});
  const run = (live: boolean): void =>
    void put(body, async () => told(await get<Replay>(`/v1/decisions/${part(decision.decision_id)}/replay`, { live: String(live) }), decision), live ? "Running it on today’s graph" : "Running it as known then");
  return el(
    "section",
    { class: "holds", "aria-labelledby": "holds-title" },
    el("h2", { id: "holds-title" }, "Does it still hold?"),
    el("p", { class: "quiet" }, "The same plan can be run again. Nothing is recorded by it."),
    el("p", { class: "exports" }, button("On today’s graph", () => run(true)), button("As known then", () => run(false))),
    body,
  );
}

const STATES: Record<Replay["state"], readonly [string, string]> = {
  same: ["The same", "answered"],
  differs: ["It differs", "warn"],
  erased: ["Evidence was erased", "failed"],
};

function told(found: Replay, decision: Decision): HTMLElement[] {
  const [word, kind] = STATES[found.state] ?? [found.state, ""];
  say(word);
  const text = found.text && found.text.before !== found.text.after ? found.text : null;
  const names = new Map([...decision.explanation.nodes, ...decision.answer.entities].map((one) => [one.id, one.name]));
  return [
    el(
      "p",
      {},
      badge(word, kind),
      " ",
      found.state === "same" ? (found.identical ? "The answer and all its evidence are equal to the byte." : "The evidence is the same.") : found.same_answer ? "The answer is the same; what it rests on differs." : "",
    ),
    text ? pairs([["Then", text.before], [found.live ? "Today" : "Again", text.after]]) : el("span"),
    ...(found.facts ? [changes("Facts", found.facts, names)] : []),
    ...(found.rows ? [changes("Rows", found.rows, names)] : []),
    found.erased?.length ? el("ul", {}, found.erased.map((one) => el("li", {}, shown(one)))) : el("span"),
    ...(found.notes ?? []).map((one) => el("p", { class: "quiet" }, one)),
  ];
}

function changes(title: string, found: NonNullable<Replay["facts"]>, names: Map<string, string>): HTMLElement {
  const all = [
    ...found.came.map((one) => ["came", one.id, one.after] as const),
    ...found.went.map((one) => ["went", one.id, one.before] as const),
    ...found.changed.map((one) => ["changed", one.id, one.after] as const),
  ];
  const body = el("div", {});
  if (all.length === 0) return body;
  fill(
    body,
    el("h3", {}, plural(all.length, title.slice(0, -1).toLowerCase()), " that differ"),
    el("ul", { class: "plain" }, all.slice(0, 60).map(([how, id, said]) => el("li", {}, badge(how, how === "came" ? "answered" : how === "went" ? "failed" : "warn"), " ", words(said) ?? called(id, names)))),
  );
  return body;
}

/** What a row is about, by name; what the decision does not know is looked up. */
function called(key: string, names: Map<string, string>): HTMLElement {
  const shown = el("span", {}, names.get(key) ?? key);
  // The key of a pair or of a group is no id, and finds nothing.
  if (!names.has(key) && key.length < LONGEST) {
    get<{ entities: Entity[] }>("/v1/entities", { q: key, limit: 1 }).then(
      ({ entities: [found] }) => found?.id === key && fill(shown, entityLink(found)),
      () => undefined,
    );
  }
  return shown;
}

/** What a fact says, of the form in which a report has it. */
function words(said: Json | undefined): string | null {
  const first = Array.isArray(said) ? said[0] : said;
  const text = first && typeof first === "object" && !Array.isArray(first) ? (first as Partial<Told>).text : null;
  return typeof text === "string" ? text : null;
}
