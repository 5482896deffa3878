/** Where the page is: everything shown can be read off the address, and back goes back. */

export interface Place {
  /** Parts of the path, decoded. */
  path: string[];
  query: URLSearchParams;
}

export interface View {
  title: string;
  node: HTMLElement;
  /** Shows what the query says now; a view without it, or one that answers `false`, is made anew. */
  update?(query: URLSearchParams): void | boolean;
  close?(): void;
}

type Query = Record<string, string | number | readonly string[] | null | undefined>;

export function here(): Place {
  const path = location.pathname.split("/").filter(Boolean).map(decoded);
  return { path, query: new URLSearchParams(location.search) };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The address of a view; what is empty is left out. */
export function address(path: readonly string[], query: Query = {}): string {
  return `/${path.map(encodeURIComponent).join("/")}${search(query)}`;
}

export function search(query: Query): string {
  const found = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== null && one !== undefined && one !== "") found.append(name, String(one));
    }
  }
  return found.size ? `?${found}` : "";
}

let moved: (place: Place, anew?: boolean) => void = () => undefined;

/** Goes to an address of this page. */
export function go(url: string, replace = false): void {
  if (url === location.pathname + location.search) replace = true;
  if (replace) history.replaceState(null, "", url);
  else history.pushState(null, "", url);
  moved(here());
}

/** Makes the view anew: what it shows has changed. */
export const again = (): void => moved(here(), true);

/** The same view with other values in its query. */
export function change(values: Query, replace = false): void {
  const { path, query } = here();
  const kept: Record<string, string | string[]> = {};
  for (const name of new Set(query.keys())) kept[name] = query.getAll(name);
  go(address(path, { ...kept, ...values }), replace);
}

/** Follows links, back and forward. */
export function follow(then: (place: Place, anew?: boolean) => void): void {
  moved = then;
  addEventListener("popstate", () => then(here()));
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
    const other = event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
    if (!(link instanceof HTMLAnchorElement) || event.defaultPrevented || other) return;
    if (link.origin !== location.origin || link.target || link.hasAttribute("download")) return;
    if (link.hash && link.pathname === location.pathname && link.search === location.search) {
      // A place on this page is no other view, and back does not lead there.
      event.preventDefault();
      document.querySelector<HTMLElement>(link.hash)?.focus();
      return;
    }
    event.preventDefault();
    go(link.pathname + link.search);
  });
}
