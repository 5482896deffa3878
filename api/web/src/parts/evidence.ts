/** One piece of evidence: what it says, where it was read, who else says it. */

import { get, Refused } from "../api";
import { el, fill, type Child } from "../dom";
import { address } from "../place";
import type { Cited, Decision, Evidence, Fact } from "../types";
import { KINDS, place, plural, time, valid } from "../words";
import { tableRow } from "./answer";
import { badge } from "./controls";
import { factHistory } from "./history";
import { put } from "./notice";
import { pairs } from "./table";

/** Facts that are read at once. */
const FEW = 12;

export function evidenceDetail(decision: Decision, one: Evidence): HTMLElement {
  const more = el("div", {});
  const conflicting = decision.evidence.filter((other) => other.kind === "conflict" && other.id !== one.id && other.facts.some((fact) => one.facts.includes(fact)));
  const node = el(
    "article",
    { class: "evidence", "data-evidence": one.id },
    el("h3", {}, badge(one.id, "chip-id"), " ", KINDS[one.kind] ?? one.kind),
    one.kind === "passage" ? el("blockquote", {}, one.text) : el("p", { class: "says" }, one.text),
    conflicting.map((other) => el("p", { class: "warn-line" }, el("strong", {}, "Sources disagree. "), other.text)),
    one.kind === "absence" ? absence(one) : one.sources.map(sourceCard),
    more,
  );
  if (one.facts.length && one.kind !== "absence") {
    const fold = el("details", {}, el("summary", {}, one.facts.length === 1 ? "This fact as it stands now" : `These ${one.facts.length} facts as they stand now`), el("div", {}));
    fold.addEventListener("toggle", () => {
      const target = fold.lastElementChild;
      if (!fold.open || !target || target.childElementCount) return;
      void put(target, () => factsNow(one.facts));
    });
    fill(more, fold);
  }
  return node;
}

async function factsNow(ids: string[]): Promise<HTMLElement[]> {
  const some = await Promise.all(ids.slice(0, FEW).map(readNow));
  return ids.length > FEW ? [...some, el("p", { class: "quiet" }, `${plural(ids.length - FEW, "further fact")} not shown.`)] : some;
}

async function readNow(id: string): Promise<HTMLElement> {
  try {
    return factNow(await get<Fact>(`/v1/facts/${id}`));
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return el("div", { class: "fact" }, el("p", { class: "quiet" }, `${id} is no longer in the current data.`), factHistory(id));
    throw error;
  }
}

/** The file, the record and the field, and when they were read. */
export function sourceCard(cited: Cited): HTMLElement {
  const saved = cited.dataset === cited.run ? /^(\S+)@(\d+)$/.exec(cited.dataset ?? "") : null;
  return el(
    "div",
    { class: "source" },
    el("p", { class: "where" }, el("span", { class: "file" }, cited.source), cited.locator ? el("span", { class: "locator" }, place(cited.locator)) : null),
    quoted(cited),
    // A table that was saved here is a source of its own, and was read by no run.
    saved ? el("p", {}, el("a", { href: tableRow(saved[1] ?? "", saved[2] ?? "", (cited.locator ?? "").replace("row ", "")) }, "The table, with this row")) : pairs([
      cited.dataset ? ["Dataset", el("a", { href: address(["lineage"], { ref: cited.dataset, toward: "up" }) }, cited.dataset)] : null,
      cited.run ? ["Read by", el("a", { href: address(["loads", cited.run]) }, cited.run)] : null,
      cited.recorded_at ? ["Read on", time(cited.recorded_at)] : null,
      cited.dataset && cited.locator ? ["This row", el("a", { href: address(["lineage"], { ref: rowOf(cited), toward: "down" }) }, "what comes of it")] : null,
    ]),
  );
}

/** The row of the source as lineage names it: without its fields, unless it is nothing but a span. */
function rowOf({ dataset, source, locator }: Cited): string {
  const [record = "", ...fields] = (locator ?? "").split("#");
  return `row:${dataset ?? ""}/${source}#${record || fields.join("#")}`;
}

function quoted(cited: Cited): Child {
  if (cited.quote === null || cited.quote === undefined || cited.quote === "") return null;
  return el("blockquote", { class: "quote" }, el("mark", {}, cited.quote));
}

function absence(one: Evidence): HTMLElement {
  return el(
    "details",
    {},
    el("summary", {}, `Searched in ${plural(one.sources.length, "source")}`),
    el("ul", { class: "plain" }, one.sources.map((source) => el("li", {}, source.source, " ", el("span", { class: "quiet" }, source.dataset)))),
  );
}

/** A fact with all that says it, and what else its rows say. */
export function factNow(fact: Fact): HTMLElement {
  return el(
    "div",
    { class: "fact" },
    el("p", {}, fact.text, valid(fact.valid_from, fact.valid_to) ? el("span", { class: "quiet" }, ` ${valid(fact.valid_from, fact.valid_to)}`) : null),
    el(
      "ul",
      { class: "plain" },
      fact.assertions.map((one) =>
        el(
          "li",
          {},
          el("span", { class: "file" }, one.source.name),
          ` ${place(one.locator)} · `,
          one.source.title || one.source.dataset,
          el("span", { class: "quiet" }, ` · ${[one.source.publisher, one.source.licence, one.source.classification].filter(Boolean).join(" · ")} · read ${time(one.recorded_at)}`),
        ),
      ),
    ),
    fact.cut ? el("p", { class: "quiet" }, "There are more sources than are listed.") : null,
    fact.besides.length
      ? [el("h4", {}, fact.assertions.length === 1 ? "What the same row says" : "What the same rows say"), el("ul", {}, fact.besides.map((one) => el("li", {}, one.text)))]
      : null,
    factHistory(fact.id),
    el("p", {}, el("a", { href: address(["lineage"], { ref: fact.id, toward: "up" }) }, "Where it comes from")),
  );
}
