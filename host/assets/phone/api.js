// Talks to the server. Whatever goes wrong comes out as a Problem that can be shown to a person.

/** An answer that is not a success, or none at all. */
export class Problem extends Error {
  /** `status` is 0 when no answer came. */
  constructor({ status = 0, title, detail = "", code = "" }) {
    super(detail || title);
    Object.assign(this, { status, title, detail, code });
  }

  /** Whether the very same message may succeed later; one that was refused for what it says will not. */
  get isPassing() {
    return [0, 401, 408, 409, 429].includes(this.status) || this.status >= 500;
  }
}

/** Longer than the server lets a turn take. */
const PATIENCE_MS = 30_000;

async function call(path, options = {}) {
  let response;
  try {
    response = await fetch(path, { ...options, signal: AbortSignal.timeout(PATIENCE_MS) });
  } catch (error) {
    const late = error.name === "TimeoutError";
    throw new Problem({
      title: late ? "The server does not answer" : "The server cannot be reached",
      detail: "Is it still running? Nothing is lost: try again, and it is answered once.",
    });
  }
  if (response.ok) return response.status === 204 ? null : readJson(response);
  const problem = await response.json().catch(() => ({}));
  throw new Problem({
    status: response.status,
    title: problem.title || `The server answered ${response.status}`,
    detail: problem.detail,
    code: problem.code,
  });
}

async function readJson(response) {
  try {
    return await response.json();
  } catch {
    throw new Problem({ title: "The server's answer was cut off", detail: "Try again; it is answered once." });
  }
}

const post = (path, body) =>
  call(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

export const setup = () => call("/phone/api/setup");
export const turn = (message) => post("/phone/api/turn", message);
export const reset = (who) => post("/phone/api/reset", who);

/** Where the sender stands, or null if there is no such contact. */
export async function contact({ tenant, conversation, sender_id }) {
  try {
    return await call(`/phone/api/contact?${new URLSearchParams({ tenant, conversation, sender_id })}`);
  } catch (problem) {
    if (problem.status === 404) return null;
    throw problem;
  }
}

export const SIGN_IN = "/sign-in?next=/phone";
