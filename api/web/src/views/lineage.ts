/** Where something comes from, and what comes of it: jobs, datasets, runs, sources, facts and decisions, as a picture and a list. */

import { get, parts } from "../api";
import { el, fill } from "../dom";
import { badge, button, choice, labelledField, slider, switcher } from "../parts/controls";
import { impact } from "../parts/impact";
import { empty, loading, put } from "../parts/notice";
import { schema } from "../parts/scope";
import { table } from "../parts/table";
import type { Picture } from "../picture";
import { address, change, go, type Place, type View } from "../place";
import type { Walk, WalkNode } from "../types";
import { plural } from "../words";

const DEPTH = 3;
const WIDTH = 12;
const DRAWN = 120;
type Toward = "up" | "down";

export function show(place: Place, signal: AbortSignal): Promise<View> {
  const { query } = place;
  const ref = query.get("ref");
  const toward: Toward = query.get("toward") === "down" ? "down" : "up";
  const depth = Math.min(20, Math.max(1, Number(query.get("depth")) || DEPTH));
  const body = el("div", {});
  let drawn: Picture | null = null;
  let walk: Walk | null = null;
  let at = query;
  const node = el(
    "div",
    { class: "page" },
    el("h1", {}, "Lineage"),
    el("p", { class: "lead" }, "From jobs and datasets over runs and files to the facts, on to the decisions that stand on them, and the other way."),
    start(ref ?? "", toward),
    ref
      ? el("div", { class: "section-head" }, switcher("Direction", [["up", "Where it comes from"], ["down", "What comes of it"]], toward, (to) => change({ toward: to, on: null })), slider("Depth", 20, depth, (to) => change({ depth: to, on: null })))
      : null,
    body,
  );
  const chosen = el("div", { class: "chosen", role: "status" });
  /** Lights the way through the step that is chosen, and says what it is. */
  const mark = (): void => {
    const on = at.get("on");
    const step = walk?.nodes.find((one) => one.id === on);
    drawn?.light(walk && step ? through(walk, step.id) : null);
    for (const row of node.querySelectorAll<HTMLElement>("[data-step]")) row.closest("tr")?.classList.toggle("marked", row.dataset.step === on);
    fill(chosen, step ? about(step, toward) : el("p", { class: "quiet" }, "Choose a step to light its way through the picture."));
  };
  if (!ref) fill(body, empty("Choose what to start from", el("p", {}, "A dataset, a version of it, a file, a row, a run, a job, a fact or a thing.")));
  else {
    void put(body, async () => {
      const found = await get<Walk>(`/v1/lineage/${parts(ref)}`, { toward, depth, width: WIDTH, decisions: toward === "down" ? "true" : null }, signal);
      walk = found;
      const picturing = el("div", { class: "why-body" }, loading("Drawing"));
      void draw(found, toward).then((made) => {
        if (signal.aborted) made.close();
        else {
          drawn = made;
          fill(picturing, made.node);
          mark();
        }
      });
      queueMicrotask(mark);
      return [picturing, chosen, impact(ref, at), below(found, toward)];
    });
  }
  return Promise.resolve({
    title: ref ? `Lineage of ${ref}` : "Lineage",
    node,
    update: (now) => {
      const same = [...now].filter(([name]) => !MARKS.has(name)).join() === [...query].filter(([name]) => !MARKS.has(name)).join();
      if (!same) return false;
      at = now;
      mark();
      return true;
    },
    close: () => drawn?.close(),
  });
}

/** What the query says of the same walk. */
const MARKS = new Set(["on", "impact"]);

/** A step, all that leads to it and all that it leads to, with the lines between. */
function through(walk: Walk, step: string): Set<string> {
  const lit = new Set([step]);
  for (const [from, to] of [["start", "end"], ["end", "start"]] as const) {
    const waiting = [step];
    for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
      for (const link of walk.links) {
        if (link[from] !== one) continue;
        lit.add(line(link));
        if (!lit.has(link[to])) waiting.push(link[to]);
        lit.add(link[to]);
      }
    }
  }
  return lit;
}

const line = (one: { start: string; end: string }): string => `${one.start}→${one.end}`;

async function draw(walk: Walk, toward: Toward): Promise<Picture> {
  const { picture } = await import("../picture");
  // Decisions come last and are what the way leads to.
  const decisions = walk.nodes.filter((one) => one.kind === "decision").slice(0, WIDTH);
  const some = [...walk.nodes.filter((one) => one.kind !== "decision" || one.id === walk.root).slice(0, DRAWN - decisions.length), ...decisions.filter((one) => one.id !== walk.root)];
  const ids = new Set(some.map((one) => one.id));
  const cut = new Set(walk.cut.map((one) => one.node));
  return picture(
    `${plural(some.length, "step")} of lineage; the table below has the same.`,
    some.map((one) => ({ id: one.id, kind: one.kind === "decision" && one.carried === false ? "decision that looked at it" : one.kind, name: `${called(one)}${cut.has(one.id) ? " …" : ""}`, main: one.id === walk.root })),
    walk.links
      .filter((one) => ids.has(one.start) && ids.has(one.end))
      // Data flow from left to right, whichever way was walked.
      .map((one) => ({ id: line(one), name: "", forward: true, ...(toward === "up" ? { from: one.end, to: one.start } : { from: one.start, to: one.end }) })),
    (id) => {
      const step = ids.has(id) ? id : walk.links.find((one) => line(one) === id)?.end;
      if (step) change({ on: step });
    },
    "where it starts",
  );
}

/** What the step is, and where one can go from it. */
function about(one: WalkNode, toward: Toward): HTMLElement {
  const run = one.run ?? (one.kind === "run" ? one.name : null);
  const link = (href: string, text: string): HTMLElement => el("a", { href }, text);
  return el(
    "div",
    { class: "card" },
    el("p", {}, badge(one.kind, "chip-id"), " ", el("strong", {}, called(one)), one.text && one.text !== called(one) ? el("span", { class: "quiet" }, ` ${one.text}`) : null),
    one.kind === "decision" ? el("p", { class: "quiet" }, one.carried === false ? "It was looked at for this decision and carries no claim of it." : "It carried a claim of this decision.") : null,
    el(
      "p",
      { class: "ways" },
      one.kind === "decision" ? link(address(["decisions", one.name]), "Open the decision") : null,
      one.kind === "entity" ? link(address(["explore"], { entity: one.name }), "Open it") : null,
      run ? link(address(["loads", run]), "Open the run") : null,
      one.kind === "decision" ? link(address(["lineage"], { ref: one.name, toward: "up" }), "Where it comes from") : link(address(["lineage"], { ref: one.id, toward }), "Start from here"),
      one.kind === "decision" ? null : link(address(["lineage"], { ref: one.id, toward: toward === "up" ? "down" : "up" }), toward === "up" ? "What comes of it" : "Where it comes from"),
      button("Light all", () => change({ on: null }), "small"),
    ),
  );
}

/** A short name: what a fact says, the end of a path, the question of a decision. */
function called(one: WalkNode): string {
  if (["fact", "entity", "decision"].includes(one.kind)) return one.text || one.name;
  const name = one.name || one.id;
  return name.startsWith("/") ? name.split("/").slice(-2).join("/") : name;
}

function below(walk: Walk, toward: Toward): HTMLElement {
  const cuts = walk.cut.length;
  return el(
    "section",
    {},
    el("h2", { class: "small-title" }, plural(walk.nodes.length, "step"), walk.nodes.length > DRAWN ? `, of which ${DRAWN} are drawn` : ""),
    cuts ? el("p", { class: "quiet" }, `At ${plural(cuts, "place")} there is more than is shown (…): choose one to go on from there, or walk deeper.`) : null,
    walk.more_decisions ? el("p", { class: "quiet" }, `More decisions stand on it than the ${WIDTH} that are drawn: “Find them” lists them.`) : null,
    table(
      "Steps of the lineage",
      [
        { name: "Kind", cell: (one) => one.kind },
        { name: "Name", cell: (one) => el("a", { href: one.kind === "decision" ? address(["decisions", one.name]) : address(["lineage"], { ref: one.id, toward }) }, called(one)) },
        { name: "What", cell: (one) => (one.kind === "decision" ? (one.carried === false ? "looked at it" : "stands on it") : one.text === called(one) ? "" : one.text) },
        { name: "Read by", cell: (one) => (one.run ? el("a", { class: "whole", href: address(["loads", one.run]) }, one.run) : one.kind === "run" ? el("a", { href: address(["loads", one.id.replace(/^run:/, "")]) }, "open the run") : "") },
        { name: "Way", cell: (one) => el("button", { type: "button", class: "small", "data-step": one.id, "aria-label": `Light the way through ${called(one)}`, onclick: () => change({ on: one.id }) }, "Light") },
      ],
      walk.nodes,
    ),
  );
}

function start(ref: string, toward: string): HTMLElement {
  const field = el("input", { type: "text", value: ref, size: 44, maxlength: 2000 });
  const datasets = choice([["", "or a dataset …"]], "", (value) => value && go(address(["lineage"], { ref: value, toward })));
  datasets.setAttribute("aria-label", "Datasets");
  schema().then(
    ({ datasets: found }) => datasets.append(...found.map((one) => el("option", { value: one.ref }, `${one.title || one.dataset} (${one.version})`))),
    () => undefined,
  );
  return el(
    "form",
    { class: "fields", onsubmit: (event: SubmitEvent) => (event.preventDefault(), go(address(["lineage"], { ref: field.value.trim(), toward }))) },
    labelledField("Dataset, file, row, run, job, fact, decision or id of a thing", field),
    el("button", { type: "submit", class: "primary" }, "Show"),
    datasets,
  );
}
