/** What was said of a thing before, and who said a fact until when: run by run, the newest first. */

import { get, part, parts } from "../api";
import { el, type Child } from "../dom";
import { address } from "../place";
import type { ByRun, EntityStep, FactStep, Statement } from "../types";
import { place, time } from "../words";
import { badge, button } from "./controls";
import { put } from "./notice";

type Query = Parameters<typeof get>[1];

/** Unfolds to what each run made come and go of the entity. */
export const entityHistory = (id: string, query: Query, open = false, opened: (open: boolean) => void = () => undefined): HTMLElement =>
  folded<EntityStep>("History", `/v1/history/entities/${parts(id)}`, query, entityStep, open, opened);

/** Unfolds to who said the fact, since when and until when. */
export const factHistory = (id: string): HTMLElement =>
  folded<FactStep>("Who said it, and until when", `/v1/history/facts/${part(id)}`, {}, factStep);

function folded<S>(title: string, path: string, query: Query, step: (one: S) => Child, open = false, opened: (open: boolean) => void = () => undefined): HTMLElement {
  const body = el("div", {});
  const load = (after: string | null, target: Element): Promise<void> =>
    put(target, async () => {
      const { steps, next } = await get<{ steps: S[]; next: string | null }>(path, { ...query, after });
      const further = el("div", {});
      return [
        steps.length ? el("ol", { class: "history" }, steps.map((one) => el("li", {}, step(one)))) : el("p", { class: "quiet" }, "Nothing changed in the runs looked at."),
        next === null ? null : el("p", {}, button("Further back", () => void load(next, further), "small")),
        further,
      ];
    });
  const fold = el("details", { class: "block", open }, el("summary", {}, title), body);
  fold.addEventListener("toggle", () => {
    opened(fold.open);
    if (fold.open && !body.childElementCount) void load(null, body);
  });
  return fold;
}

const when = (run: ByRun): HTMLElement =>
  el("p", { class: "when" }, el("strong", {}, time(run.ended_at)), " ", el("a", { href: address(["loads", run.id]) }, run.job), run.actor ? el("span", { class: "quiet" }, ` by ${run.actor}`) : null);

function entityStep(one: EntityStep): Child {
  const said = (how: string, kind: string, facts: Statement[]): HTMLElement[] =>
    facts.slice(0, 60).map((fact) => el("li", {}, badge(how, kind), " ", fact.text));
  const more = Math.max(0, one.came.length - 60) + Math.max(0, one.went.length - 60);
  return [
    when(one.run),
    el("ul", { class: "plain" }, renamed(one).map((text) => el("li", {}, badge(one.after === null ? "gone" : one.before === null ? "new" : "changed", "warn"), " ", text)), said("came", "answered", one.came), said("went", "failed", one.went)),
    more || one.cut ? el("p", { class: "quiet" }, "More changed than is listed: the run has all of it.") : null,
  ];
}

/** What it is called, as far as that changed. */
function renamed({ before, after }: EntityStep): string[] {
  if (before === null) return after === null ? [] : [`It is known here as “${after.name}”.`];
  if (after === null) return [`“${before.name}” is not known here any more.`];
  const told: string[] = [];
  if (before.name !== after.name) told.push(`Its name was “${before.name}” and is “${after.name}”.`);
  if ((before.status ?? "") !== (after.status ?? "")) told.push(`Its status was ${before.status ?? "none"} and is ${after.status ?? "none"}.`);
  if (before.type !== after.type) told.push(`It was a ${before.type} and is a ${after.type}.`);
  const [was, is] = [before, after].map((one) => (one.aliases ?? []).join(", "));
  if (was !== is) told.push(`It was also called ${was || "nothing else"}, and is ${is || "nothing else"}.`);
  return told;
}

function factStep(one: FactStep): Child {
  const said = (how: string, kind: string, all: FactStep["came"]): HTMLElement[] =>
    all.map((by) => el("li", {}, badge(how, kind), " ", el("span", { class: "file" }, by.source.name), ` ${place(by.locator)}`, el("span", { class: "quiet" }, ` · ${by.source.dataset}@${by.source.version}`)));
  return [when(one.run), el("ul", { class: "plain" }, said("said", "answered", one.came), said("no longer said", "failed", one.went))];
}
