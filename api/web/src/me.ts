/** Who is at the page, and what they may: what they may not is not offered. The API refuses it all the same. */

import { credential, get } from "./api";

export interface Me {
  access: boolean;
  name: string;
  roles: string[];
  may: string[];
  datasets: string[] | null;
  ceiling: string;
  expires_at: string | null;
}

let asked: Promise<Me | null> | null = null;

/** Null for nobody: access is on, and no key or one that opens nothing. */
export function me(): Promise<Me | null> {
  asked ??= get<Me>("/v1/me").catch(() => null);
  return asked;
}

/** Calls when it is known that they may. */
export function ifMay(permission: string, then: () => void, otherwise: () => void = () => undefined): void {
  void me().then((who) => (who?.may.includes(permission) ? then() : otherwise()));
}

export async function signIn(token: string): Promise<Me> {
  credential.set(token);
  try {
    const who = await get<Me>("/v1/me");
    asked = Promise.resolve(who);
    return who;
  } catch (error) {
    credential.clear();
    throw error;
  }
}

export function signOut(): void {
  credential.clear();
  location.assign("/sign-in");
}
