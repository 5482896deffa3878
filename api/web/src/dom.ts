/** Elements made of values. Text only ever becomes text; there is no way here to give markup. */

export type Child = Node | string | number | null | undefined | false | readonly Child[];
type Listener = (event: never) => void;
type Props = Record<string, string | number | boolean | null | undefined | Listener>;

/** An element with these attributes; functions listen (`onclick`), `true` sets, `false` and `null` leave out. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") made.addEventListener(name.slice(2), value as EventListener);
    else if (value !== false && value !== null && value !== undefined) {
      made.setAttribute(name, value === true ? "" : String(value));
    }
  }
  made.append(...nodes(children));
  return made;
}

function nodes(children: readonly Child[]): (Node | string)[] {
  return children.flatMap((child) => {
    if (child === null || child === undefined || child === false) return [];
    if (child instanceof Node) return [child];
    return typeof child === "object" ? nodes(child) : [String(child)];
  });
}

/** Puts these in the place of what the element holds. */
export function fill(target: Element, ...children: Child[]): void {
  target.replaceChildren(...nodes(children));
}

let counted = 0;
/** An id that no other element has. */
export function fresh(prefix: string): string {
  counted += 1;
  return `${prefix}-${counted}`;
}

/** Tells who listens to the page what happened; shown for a while too when `seen`. */
export function say(text: string, seen = false): void {
  const status = document.getElementById("said");
  if (status === null) return;
  status.textContent = "";
  status.classList.toggle("toast", seen);
  requestAnimationFrame(() => (status.textContent = text));
  if (seen) setTimeout(() => status.classList.remove("toast"), 4000);
}

/** Waits until nothing came for a while. */
export function settled<A extends unknown[]>(ms: number, then: (...given: A) => void): (...given: A) => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => then(...given), ms);
  };
}
