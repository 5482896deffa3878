/** Where something comes from, and what comes of it: jobs, datasets, runs, sources, facts, as a picture and a list. */

import { get, parts } from "../api";
import { el, fill } from "../dom";
import { choice, labelledField, slider, switcher } from "../parts/controls";
import { impact } from "../parts/impact";
import { empty, loading, put } from "../parts/notice";
import { schema } from "../parts/scope";
import { table } from "../parts/table";
import type { Picture } from "../picture";
import { address, change, go, type Place, type View } from "../place";
import type { Walk } from "../types";
import { plural } from "../words";

const DEPTH = 3;
const WIDTH = 12;
const DRAWN = 120;

export function show(place: Place, signal: AbortSignal): Promise<View> {
  const { query } = place;
  const ref = query.get("ref");
  const toward = query.get("toward") === "down" ? "down" : "up";
  const depth = Math.min(12, Math.max(1, Number(query.get("depth")) || DEPTH));
  const body = el("div", {});
  let drawn: Picture | null = null;
  const node = el(
    "div",
    { class: "page" },
    el("h1", {}, "Lineage"),
    el("p", { class: "lead" }, "From jobs and datasets over runs and files to the facts, and the other way."),
    start(ref ?? "", toward),
    ref ? el("div", { class: "section-head" }, switcher("Direction", [["up", "Where it comes from"], ["down", "What comes of it"]], toward, (to) => change({ toward: to })), slider("Depth", 12, depth, (to) => change({ depth: to }))) : null,
    body,
  );
  if (!ref) fill(body, empty("Choose what to start from", el("p", {}, "A dataset, a version of it, a file, a run, a job, a fact or a thing.")));
  else {
    void put(body, async () => {
      const walk = await get<Walk>(`/v1/lineage/${parts(ref)}`, { toward, depth, width: WIDTH }, signal);
      const picturing = el("div", { class: "why-body" }, loading("Drawing"));
      void draw(walk, toward).then((made) => {
        if (signal.aborted) made.close();
        else {
          drawn = made;
          fill(picturing, made.node);
        }
      });
      return [picturing, impact(ref), below(walk, toward)];
    });
  }
  return Promise.resolve({ title: ref ? `Lineage of ${ref}` : "Lineage", node, close: () => drawn?.close() });
}

async function draw(walk: Walk, toward: "up" | "down"): Promise<Picture> {
  const { picture } = await import("../picture");
  const some = walk.nodes.slice(0, DRAWN);
  const ids = new Set(some.map((one) => one.id));
  const cut = new Set(walk.cut.map((one) => one.node));
  return picture(
    `${plural(some.length, "step")} of lineage; the table below has the same.`,
    some.map((one) => ({ id: one.id, kind: one.kind, name: `${called(one)}${cut.has(one.id) ? " …" : ""}`, main: one.id === walk.root })),
    walk.links
      .filter((one) => ids.has(one.start) && ids.has(one.end))
      // Data flow from left to right, whichever way was walked.
      .map((one) => (toward === "up" ? { from: one.end, to: one.start } : { from: one.start, to: one.end }))
      .map((one) => ({ ...one, id: `${one.from}→${one.to}`, name: "", forward: true })),
    (id) => {
      if (ids.has(id)) change({ ref: id });
    },
  );
}

/** A short name: what a fact says, the end of a path. */
function called(one: Walk["nodes"][number]): string {
  if (one.kind === "fact" || one.kind === "entity") return one.text || one.name;
  const name = one.name || one.id;
  return name.startsWith("/") ? name.split("/").slice(-2).join("/") : name;
}

function below(walk: Walk, toward: "up" | "down"): HTMLElement {
  const cuts = walk.cut.length;
  return el(
    "section",
    {},
    el("h2", { class: "small-title" }, plural(walk.nodes.length, "step"), walk.nodes.length > DRAWN ? `, of which ${DRAWN} are drawn` : ""),
    cuts ? el("p", { class: "quiet" }, `At ${plural(cuts, "place")} there is more than is shown (…): choose one to go on from there, or walk deeper.`) : null,
    table(
      "Steps of the lineage",
      [
        { name: "Kind", cell: (one) => one.kind },
        { name: "Name", cell: (one) => el("a", { href: address(["lineage"], { ref: one.id, toward }) }, called(one)) },
        { name: "What", cell: (one) => (one.text === called(one) ? "" : one.text) },
        { name: "Read by", cell: (one) => (one.run ? el("a", { class: "whole", href: address(["loads", one.run]) }, one.run) : one.kind === "run" ? el("a", { href: address(["loads", one.id.replace(/^run:/, "")]) }, "open the run") : "") },
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
    labelledField("Dataset, file, run, job, fact or id of a thing", field),
    el("button", { type: "submit", class: "primary" }, "Show"),
    datasets,
  );
}
