// Questions to the server behind this page; there is no other.

import { t } from "./words.js";

export class Refused extends Error {
  constructor(reason, message) {
    super(message);
    this.reason = reason;
  }

  /** What went wrong in the page's language; what the server says where it has no words for it. */
  get short() {
    return t(`reason.${this.reason}`, {}, this.message);
  }

  /** The same, and what the server says. */
  get words() {
    return this.short === this.message ? this.message : `${this.short} (${this.message})`;
  }
}

const key = document.querySelector("meta[name=key]").content;

async function ask(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, { credentials: "same-origin", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused("no-server", t("no-server"));
  }
  if (answer.ok) return answer;
  const { error } = await answer.json().catch(() => ({ error: { reason: "internal", message: String(answer.status) } }));
  throw new Refused(error.reason, error.message);
}

export const get = async (path, signal) => (await ask(path, { signal })).json();
export const raw = (path, signal) => ask(path, { signal });

export async function post(path, content) {
  const headers = { "content-type": "application/json", "x-reading-page": key };
  return (await ask(path, { method: "POST", headers, body: JSON.stringify(content) })).json();
}

/** Ask until the answer is there; `waiting` is told what the server says meanwhile. */
export async function patiently(path, signal, waiting = () => {}) {
  for (;;) {
    const answer = await raw(path, signal);
    if (answer.status !== 202) return answer;
    const state = await answer.json();
    if (state.state === "failed") throw new Refused("bad-bundle", state.message);
    waiting(state);
  }
}

export const query = (values) => new URLSearchParams(values).toString();
