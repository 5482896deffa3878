/** A graph as a picture: layers from left to right, every label legible, one path lit at a time. */

import cytoscape, { type Core, type ElementDefinition, type StylesheetJson } from "cytoscape";
import dagre from "cytoscape-dagre";
import { el } from "./dom";
import { button, keep } from "./parts/controls";
import { onShade } from "./parts/shade";

cytoscape.use(dagre);

export interface Drawn {
  id: string;
  /** What it is, in a word or two: told by the text, the shape and the colour. */
  kind: string;
  name: string;
  key?: string;
  /** Whether it is what the picture is about. */
  main?: boolean;
  /** A plain value: drawn small, without its kind, which the line to it says. */
  value?: boolean;
}

export interface Line {
  id: string;
  from: string;
  to: string;
  name: string;
  /** Whether the arrow points at `to`; layers always go from `from` to `to`. */
  forward: boolean;
}

export interface Picture {
  node: HTMLElement;
  /** Lights these and dims the rest; null lights all. */
  light(ids: ReadonlySet<string> | null): void;
  /** Draws these lines thick: what is needed. */
  strong(ids: ReadonlySet<string>): void;
  /** Leaves out what is not among these. */
  only(ids: ReadonlySet<string> | null): void;
  save(name: string): void;
  close(): void;
}

const WIDTH = 200;
/** Of a plain value at most. */
const SMALL = 130;
const LINE = 16;
const TALL = 16;
const COLUMN_GAP = 96;
const ROW_GAP = 12;
/** Below it a label of 12.5 pixels is hard to read. */
const LEAST_ZOOM = 0.82;
/** Of the window, that a picture takes at most before it scrolls; the style says it too. */
const HIGH = 0.78;
const SHAPES = ["round-rectangle", "rectangle", "cut-rectangle", "barrel", "bottom-round-rectangle", "octagon"] as const;
const FONT = "12.5px system-ui, Segoe UI, Noto Sans, DejaVu Sans, sans-serif";

/** A plain value has the id of the fact that says it, and a graph one id for each of its parts. */
const NODE = "n:";
const LINK = "l:";
const own = (one: cytoscape.SingularElementArgument): string => one.id().slice(NODE.length);

const canvas = document.createElement("canvas").getContext("2d");

/** At most so many lines that fit the box; long words break after a slash, dot or dash. */
function wrapped(text: string, most: number, bold: boolean, width = WIDTH): string[] {
  if (canvas === null) return [text];
  canvas.font = bold ? `600 ${FONT}` : FONT;
  const fits = (part: string): boolean => canvas.measureText(part).width <= width - 16;
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    (fits(word) ? [word] : word.split(/(?<=[/@._-])/)).forEach((piece, at) => {
      const longer = line && at === 0 ? `${line} ${piece}` : line + piece;
      if (fits(longer) || !line) line = longer;
      else {
        lines.push(line);
        line = piece;
      }
    });
  }
  lines.push(line);
  const kept = lines.slice(0, most).map((one) => {
    let cut = one;
    while (!fits(cut) && cut.length > 1) cut = cut.slice(0, -1);
    return cut === one ? one : `${cut.slice(0, -1)}…`;
  });
  const last = kept[most - 1];
  if (lines.length > most && last && !last.endsWith("…")) kept[most - 1] = `${last.slice(0, -1)}…`;
  return kept;
}

function lines(one: Drawn): string[] {
  if (one.value) return wrapped(one.name, 2, false, SMALL);
  const bold = one.main === true;
  const star = bold ? "★ " : "";
  const whole = [one.kind, one.key].filter(Boolean).join(" · ");
  // Where both do not fit, the key says more; the kind is told by shape and colour too.
  const first = wrapped(star + whole, 2, bold).length > 1 && one.key ? one.key : whole;
  // A sentence differs from others at its end.
  return [...wrapped(star + first, 1, bold), ...wrapped(one.name, one.key ? 2 : 3, bold)];
}

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function looks(kinds: string[]): StylesheetJson {
  const rules: StylesheetJson = [
    {
      selector: "node",
      style: {
        width: "data(wide)",
        height: "data(tall)",
        label: "data(label)",
        "font-size": 12.5,
        "font-family": FONT.slice(FONT.indexOf(" ") + 1),
        "text-wrap": "wrap",
        "text-max-width": `${WIDTH}px`,
        "text-valign": "center",
        "line-height": 1.22,
        color: colour("--ink"),
        "border-width": 1.3,
      },
    },
    { selector: "node[?main]", style: { "border-width": 3, "font-weight": 600 } },
    {
      selector: "edge",
      style: {
        width: 1.3,
        label: "data(name)",
        "font-size": 11,
        color: colour("--quiet"),
        "text-background-color": colour("--paper"),
        "text-background-opacity": 0.92,
        "text-background-padding": "2px",
        "curve-style": "bezier",
        "line-color": colour("--line-strong"),
        "target-arrow-color": colour("--line-strong"),
        "source-arrow-color": colour("--line-strong"),
        "arrow-scale": 0.9,
      },
    },
    { selector: "edge[?forward]", style: { "target-arrow-shape": "triangle" } },
    { selector: "edge[!forward]", style: { "source-arrow-shape": "triangle" } },
    {
      selector: "edge.lit",
      style: {
        width: 2.6,
        color: colour("--ink"),
        "line-color": colour("--accent"),
        "target-arrow-color": colour("--accent"),
        "source-arrow-color": colour("--accent"),
      },
    },
    { selector: "node[?value]", style: { shape: "ellipse", "background-opacity": 0, "border-style": "dotted", "border-color": colour("--line-strong") } },
    { selector: "edge.strong", style: { width: 4 } },
    { selector: "node.lit", style: { "border-color": colour("--accent"), "border-width": 3 } },
    { selector: ".dim", style: { opacity: 0.22 } },
    { selector: ".out", style: { display: "none" } },
  ];
  kinds.forEach((kind, at) => {
    const which = (at % 8) + 1;
    rules.splice(1, 0, {
      selector: `node[kind = ${JSON.stringify(kind)}]`,
      style: {
        shape: SHAPES[at % SHAPES.length] ?? "rectangle",
        "background-color": colour(`--kind-${which}`),
        "border-color": colour(`--kind-${which}-line`),
      },
    });
  });
  return rules;
}

/** Places of the nodes: dagre's layers and order, with tall layers folded so that they fit a screen. */
function arrange(graph: Core): void {
  const shown = graph.elements(":visible");
  shown
    .layout({ name: "dagre", rankDir: "LR", nodeSep: ROW_GAP, rankSep: COLUMN_GAP, animate: false, fit: false } as cytoscape.LayoutOptions)
    .run();
  const layers = new Map<number, cytoscape.NodeSingular[]>();
  shown.nodes().forEach((one) => {
    const x = Math.round(one.position("x") / 20);
    layers.set(x, [...(layers.get(x) ?? []), one]);
  });
  const ordered = [...layers.entries()].sort(([a], [b]) => a - b).map(([, layer]) => layer);
  const tall = Math.max(...ordered.map((layer) => layer.length), 0);
  if (tall <= 14) return;
  const most = Math.max(10, Math.ceil(Math.sqrt(tall * 3.2)));
  let x = 0;
  for (const layer of ordered) {
    layer.sort((a, b) => a.position("y") - b.position("y"));
    const columns = Math.ceil(layer.length / most);
    const each = Math.ceil(layer.length / columns);
    for (let column = 0; column < columns; column += 1) {
      const some = layer.slice(column * each, (column + 1) * each);
      const height = some.reduce((sum, one) => sum + one.height() + ROW_GAP, -ROW_GAP);
      let y = -height / 2;
      for (const one of some) {
        one.position({ x, y: y + one.height() / 2 });
        y += one.height() + ROW_GAP;
      }
      x += column < columns - 1 ? WIDTH + 24 : WIDTH + COLUMN_GAP + 20;
    }
  }
}

/** Draws a graph; `told` hears of a node or line that is chosen. */
export function picture(label: string, nodes: readonly Drawn[], drawn: readonly Line[], told: (id: string) => void, mainly = "what is asked for"): Picture {
  const kinds = [...new Set(nodes.filter((one) => !one.value).map((one) => one.kind))];
  const holder = el("div", { class: "canvas" });
  const scroll = el("div", { class: "picture-scroll", role: "img", "aria-label": label, tabindex: 0 }, holder);
  const legend = el(
    "ul",
    { class: "legend", "aria-hidden": true },
    kinds.map((kind, at) => el("li", {}, el("span", { class: `swatch shape-${(at % SHAPES.length) + 1} kind-${(at % 8) + 1}` }), kind)),
    nodes.some((one) => one.main) ? el("li", {}, "★ ", el("span", {}, mainly)) : null,
  );
  const elements: ElementDefinition[] = [
    ...nodes.map((one) => {
      const text = lines(one);
      return { data: { ...one, id: NODE + one.id, label: text.join("\n"), wide: one.value ? SMALL : WIDTH, tall: text.length * LINE + (one.value ? TALL / 2 : TALL) } };
    }),
    ...drawn.map((one) => ({ data: { ...one, id: LINK + one.id, source: NODE + one.from, target: NODE + one.to } })),
  ];
  const graph = cytoscape({
    elements,
    style: looks(kinds),
    userZoomingEnabled: false,
    userPanningEnabled: false,
    boxSelectionEnabled: false,
    autoungrabify: true,
    autounselectify: true,
    layout: { name: "null" },
    // Sizes are needed before there is a place to draw in.
    styleEnabled: true,
    headless: true,
  } as cytoscape.CytoscapeOptions);
  let zoom = 0;
  let wide = 0;

  /** Gives the canvas the size at which labels can be read; what is wider scrolls. */
  const size = (): void => {
    const box = graph.elements(":visible").boundingBox({ includeLabels: true });
    const width = scroll.clientWidth || 900;
    const high = window.innerHeight * HIGH;
    const fit = Math.min(1.1, Math.max(LEAST_ZOOM, Math.min((width - 24) / (box.w || 1), (high - 24) / (box.h || 1))));
    const level = zoom || fit;
    holder.style.width = `${Math.max(width - 2, box.w * level + 24)}px`;
    holder.style.height = `${Math.max(90, box.h * level + 24)}px`;
    graph.resize();
    graph.zoom(level);
    graph.center(graph.elements(":visible"));
  };
  /** Says on the element what is drawn, which a canvas does not. */
  const tell = (): void => {
    const shown = graph.elements(":visible");
    scroll.dataset.drawn = String(shown.nodes().length);
    scroll.dataset.lines = String(shown.edges().length);
    scroll.dataset.zoom = graph.zoom().toFixed(3);
    scroll.dataset.ids = shown.map(own).join(" ");
    scroll.dataset.lit = graph.elements(".lit").map(own).join(" ");
  };
  /** Scrolls to what is lit, if it is not in sight. */
  const bring = (box: { x1: number; y1: number; w: number; h: number }): void => {
    const { scrollLeft, scrollTop, clientWidth, clientHeight } = scroll;
    if (box.x1 < scrollLeft || box.x1 + box.w > scrollLeft + clientWidth) scroll.scrollLeft = box.x1 + Math.min(0, (box.w - clientWidth) / 2);
    if (box.y1 < scrollTop || box.y1 + box.h > scrollTop + clientHeight) scroll.scrollTop = box.y1 + Math.min(0, (box.h - clientHeight) / 2);
  };
  const nearer = (by: number): void => {
    zoom = Math.min(2.5, Math.max(0.25, graph.zoom() * by));
    size();
  };
  const mounted = new ResizeObserver(() => {
    // Its height follows from the picture itself.
    if (scroll.clientWidth === 0 || scroll.clientWidth === wide) return;
    wide = scroll.clientWidth;
    if (graph.container() === null) graph.mount(holder);
    size();
    tell();
    performance.mark("picture");
  });
  arrange(graph);
  mounted.observe(scroll);
  const repaint = (): void => {
    graph.style(looks(kinds));
    // At once: a printer does not wait for the next frame.
    if (graph.container() !== null) (graph as unknown as { renderer(): { render(options: object): void } }).renderer().render({});
  };
  onShade.add(repaint);
  graph.on("tap", "node, edge", (event) => told(own(event.target as cytoscape.SingularElementArgument)));
  graph.on("mouseover", "node, edge", () => (holder.style.cursor = "pointer"));
  graph.on("mouseout", "node, edge", () => (holder.style.cursor = ""));

  return {
    node: el(
      "div",
      { class: "picture" },
      scroll,
      el(
        "div",
        { class: "picture-foot" },
        legend,
        el(
          "div",
          { class: "zoom" },
          button("−", () => nearer(1 / 1.25), "small"),
          button("Fit", () => ((zoom = 0), size()), "small"),
          button("+", () => nearer(1.25), "small"),
        ),
      ),
    ),
    light(ids) {
      graph.elements().removeClass("lit dim");
      const lit = graph.elements().filter((one) => ids?.has(own(one)) ?? false);
      lit.addClass("lit");
      if (ids !== null) graph.elements().difference(lit).addClass("dim");
      if (lit.nonempty() && graph.container() !== null) bring(lit.renderedBoundingBox());
      tell();
    },
    strong(ids) {
      graph.edges().removeClass("strong");
      graph.edges().filter((one) => ids.has(own(one))).addClass("strong");
    },
    only(ids) {
      graph.elements().removeClass("out");
      if (ids !== null) graph.nodes().filter((one) => !ids.has(own(one))).addClass("out");
      arrange(graph);
      size();
      tell();
    },
    save(name) {
      const content = graph.png({ output: "blob", full: true, scale: 2, bg: colour("--paper") });
      keep(content, name);
    },
    close() {
      mounted.disconnect();
      onShade.delete(repaint);
      graph.destroy();
    },
  };
}
