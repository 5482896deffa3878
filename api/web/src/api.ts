/** The HTTP API as the page calls it; the same that every other caller has. */

import { search } from "./place";
import type { Problem } from "./types";

type Query = Parameters<typeof search>[0];

/** A refusal of the API, or that it cannot be reached. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly problem: Problem,
  ) {
    super(problem.detail);
  }
}

const KEY = "whence-key";

/** The key or token of who is at the page; kept while the tab is open. */
export const credential = {
  get: (): string | null => sessionStorage.getItem(KEY),
  set: (value: string): void => sessionStorage.setItem(KEY, value),
  clear: (): void => sessionStorage.removeItem(KEY),
};

async function request(path: string, init: RequestInit): Promise<Response> {
  const headers = new Headers(init.headers);
  const key = credential.get();
  if (key !== null) headers.set("Authorization", `Bearer ${key}`);
  let reply: Response;
  try {
    reply = await fetch(path, { ...init, headers, credentials: "same-origin" });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Refused(0, { code: "unreachable", detail: "Whence cannot be reached. Is it still running?" });
  }
  if (!reply.ok) throw new Refused(reply.status, await problemOf(reply));
  return reply;
}

async function problemOf(reply: Response): Promise<Problem> {
  try {
    return (await reply.json()) as Problem;
  } catch {
    return { code: "http_error", detail: `${reply.status} ${reply.statusText}` };
  }
}

export async function get<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
  const reply = await request(path + search(query), { signal: signal ?? null });
  return (await reply.json()) as T;
}

export async function send<T>(
  method: "POST" | "PUT" | "DELETE",
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<T> {
  const reply = await request(path, {
    method,
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  return (reply.status === 204 ? undefined : await reply.json()) as T;
}

/** The value of a header that a reading of this address gives. */
export async function headerOf(path: string, name: string): Promise<string | null> {
  return (await request(path, {})).headers.get(name);
}

export async function blob(path: string, query: Query = {}): Promise<Blob> {
  return (await request(path + search(query), {})).blob();
}

/** What a stream of events tells, one after the other. */
export async function* events(
  path: string,
  init: RequestInit = {},
): AsyncGenerator<{ name: string; data: Record<string, unknown> }> {
  const reply = await request(path, { ...init, headers: { ...init.headers, Accept: "text/event-stream" } });
  if (reply.body === null) return;
  const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    rest += value;
    const whole = rest.split("\n\n");
    rest = whole.pop() ?? "";
    for (const text of whole) {
      const name = /^event: (.*)$/m.exec(text)?.[1];
      const data = /^data: (.*)$/m.exec(text)?.[1];
      if (name !== undefined && data !== undefined) yield { name, data: JSON.parse(data) as Record<string, unknown> };
    }
  }
}

/** Part of a path: an id as one segment. */
export const part = encodeURIComponent;
/** Part of a path that may hold slashes of its own. */
export const parts = (id: string): string => id.split("/").map(encodeURIComponent).join("/");
