/** Tables with named columns. */

import { el, type Child } from "../dom";

export interface Column<T> {
  name: string;
  cell: (row: T) => Child;
  kind?: "number" | "code" | "wide";
}

export function table<T>(caption: string, columns: readonly Column<T>[], rows: readonly T[], mark?: (row: T) => string): HTMLElement {
  return el(
    "div",
    // Scrolls by itself on narrow screens, and can then be reached with the keyboard.
    { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
    el(
      "table",
      // On narrow screens rows become blocks, which would take their roles away.
      { role: "table" },
      el("caption", { class: "unseen" }, caption),
      el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, columns.map((one) => el("th", { scope: "col", role: "columnheader", class: one.kind }, one.name)))),
      el(
        "tbody",
        { role: "rowgroup" },
        rows.map((row) =>
          el(
            "tr",
            { role: "row", class: mark?.(row) || null },
            columns.map((one) => el("td", { role: "cell", class: one.kind, "data-name": one.name }, one.cell(row))),
          ),
        ),
      ),
    ),
  );
}

/** Names with their values, one a line. */
export function pairs(rows: readonly (readonly [string, Child] | null)[]): HTMLElement {
  return el(
    "dl",
    { class: "pairs" },
    rows.map((row) => (row === null || row[1] === null || row[1] === "" ? null : [el("dt", {}, row[0]), el("dd", {}, row[1])])),
  );
}
