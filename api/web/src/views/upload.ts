/** Sending files in: first what a load of them would do, then the load. */

import { send } from "../api";
import { el, fill } from "../dom";
import { badge, button, labelledField } from "../parts/controls";
import { put } from "../parts/notice";
import { forgetSchema } from "../parts/scope";
import { table } from "../parts/table";
import { address } from "../place";
import type { Json, Run } from "../types";
import { number, place, plural, spoken } from "../words";

interface Checked {
  dataset: string;
  version: string;
  records: number;
  skipped: number;
  rejected: number;
  entities: Record<string, number>;
  facts: Record<string, number>;
  left_over: string[];
  sample: { subject: string; predicate: string; object: string; locator: string }[];
  rejections: { source: string; locator: string; reason: string; record: Json }[];
  problem: string;
}
interface Sent {
  runs: Run[];
  checked: Checked[];
}

const MOST = 700_000;

export function upload(): HTMLElement {
  const input = el("input", { type: "file", multiple: true });
  const names = el("div", {});
  const body = el("div", { "aria-live": "polite" });
  let files: File[] = [];
  const chosen = new Set<string>();
  /** Counts changes of what is chosen, checks and loads: only the last check says what can be loaded. */
  let turn = 0;
  const sending = (check: boolean): (() => Promise<Sent>) => {
    const [mine, load] = [files, [...chosen]];
    return async () => {
      const read = await Promise.all(mine.map(async (file) => ({ name: file.name, base64: await base64(file) })));
      return send<Sent>("POST", "/v1/loads", { files: read, load, check });
    };
  };
  const begin = (): number => {
    load.disabled = true;
    return (turn += 1);
  };
  const load = button("Load them", () => {
    begin();
    check.disabled = true;
    const run = sending(false);
    void put(body, async () => {
      const { runs } = await run();
      forgetSchema();
      return runs.map((one) => el("p", {}, badge(one.state, one.state), " ", el("a", { href: address(["loads", one.id]) }, `${one.dataset}@${one.version}`), ` ${number(one.records)} records, ${number(one.changes.added)} assertions added, ${number(one.rejected)} rejected. ${one.message}`));
    }, "Loading").finally(() => (check.disabled = false));
  }, "primary");
  const check = button("Check what a load would do", () => {
    const [mine, run] = [begin(), sending(true)];
    void put(body, async () => {
      const { checked } = await run();
      if (mine !== turn) return null;
      load.disabled = checked.some((one) => one.problem);
      return checked.map(told);
    }, "Checking");
  }, "primary");
  const changed = (): void => {
    begin();
    if (!check.disabled) fill(body);
  };
  const choose = (name: string, wanted: boolean): void => {
    if (wanted) chosen.add(name);
    else chosen.delete(name);
    changed();
  };
  const offer = (): void => {
    chosen.clear();
    const total = files.reduce((sum, file) => sum + file.size, 0);
    for (const file of files) if (/\.ya?ml$/i.test(file.name)) chosen.add(file.name);
    fill(
      names,
      el("fieldset", { class: "datasets" }, el("legend", {}, "Which of them are dataset or ontology files"), files.map((file) => {
        const box = el("input", { type: "checkbox", checked: chosen.has(file.name), onchange: () => choose(file.name, box.checked) });
        return el("label", { class: "check" }, box, file.name, el("span", { class: "quiet" }, `${number(Math.ceil(file.size / 1000))} kB`));
      })),
      total > MOST ? el("p", { class: "warn-line" }, "Together they are larger than is taken here (700 kB). Load them with ", el("code", {}, "whence load"), ".") : el("p", { class: "exports" }, check, " ", load),
    );
  };
  input.addEventListener("change", () => {
    files = [...(input.files ?? [])];
    changed();
    if (files.length) offer();
    else fill(names);
  });
  return el("section", { class: "card" }, el("h2", {}, "Load files"), labelledField("Dataset files, ontology files and their data", input, "Files lie beside each other: a dataset file names its data by file name only."), names, body);
}

async function base64(file: File): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (let at = 0; at < bytes.length; at += 32_768) text += String.fromCharCode(...bytes.subarray(at, at + 32_768));
  return btoa(text);
}

function told(found: Checked): HTMLElement {
  const sum = (counts: Record<string, number>): string => Object.entries(counts).map(([name, count]) => `${number(count)} ${spoken(name)}`).join(", ");
  return el(
      "article",
      { class: "facts-of" },
      el("h3", {}, `${found.dataset}@${found.version} `, found.problem ? badge("would fail", "failed") : badge("would load", "answered")),
      found.problem ? el("p", {}, found.problem) : null,
      el("p", {}, `${plural(found.records, "record")}, ${number(found.rejected)} rejected, ${number(found.skipped)} skipped. `, sum(found.entities) ? `Things: ${sum(found.entities)}. ` : "", sum(found.facts) ? `Facts: ${sum(found.facts)}.` : ""),
      found.left_over.length ? el("p", { class: "warn-line" }, `Fields not used: ${found.left_over.join(", ")}`) : null,
      found.rejections.length
        ? table("Records that would be rejected", [{ name: "Where", cell: (one) => place(one.locator) }, { name: "Why", cell: (one) => one.reason }, { name: "Record", cell: (one) => el("code", {}, JSON.stringify(one.record)) }], found.rejections.slice(0, 20))
        : null,
      el("details", {}, el("summary", {}, "The first facts"), table("The first facts", [{ name: "From", cell: (one) => one.subject }, { name: "Relation", cell: (one) => spoken(one.predicate) }, { name: "To", cell: (one) => one.object }, { name: "Read at", cell: (one) => place(one.locator) }], found.sample)),
    );
}
