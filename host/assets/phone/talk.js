// One debtor's conversation as this page knows it: messages go out one after the other, each under an id of its own, so that
// sending it again after a failure acts once. Fires "change" for whoever shows it. Knows nothing of the document.

import * as api from "./api.js";

/** Turns whose details outlive a reload. */
const KEPT = 60;

/**
 * @typedef {object} Turn
 * @property {string} id the message's id
 * @property {string} text what is sent
 * @property {string} channel
 * @property {"waiting"|"sending"|"done"|"failed"} state
 * @property {number} at milliseconds
 * @property {object} [reply] as the server sent it; of a resumed turn only what the history keeps
 * @property {object} [debug]
 * @property {boolean} [repeated]
 * @property {object} [line] of a resumed turn: its line of the history
 * @property {api.Problem} [problem]
 */
export class Talk extends EventTarget {
  /** @type {Turn[]} */
  turns = [];
  #busy = false;

  /** `who`: tenant, conversation, sender_id, account_id. */
  constructor(who) {
    super();
    this.who = who;
  }

  get last() {
    return this.turns.findLast((turn) => turn.reply);
  }

  get status() {
    return this.last?.reply.status ?? null;
  }

  /** Whether a message is on its way. */
  get sending() {
    return this.turns.some((turn) => turn.state === "sending");
  }

  /** Reads what was said so far from the server. Messages that are typed meanwhile go out afterwards. */
  async resume() {
    this.#busy = true;
    try {
      const contact = await api.contact(this.who);
      if (contact) this.turns = [...joined(contact, this.#kept()), ...this.turns];
    } finally {
      this.#busy = false;
    }
    this.#changed();
    return this.#flush();
  }

  say(text, channel) {
    this.turns.push({ id: crypto.randomUUID(), text, channel, state: "waiting", at: Date.now() });
    this.#changed();
    return this.#flush();
  }

  retry(turn) {
    turn.state = "waiting";
    delete turn.problem;
    this.#changed();
    return this.#flush();
  }

  /** Takes an unsent message back. */
  drop(turn) {
    this.turns = this.turns.filter((other) => other !== turn);
    this.#changed();
    return this.#flush();
  }

  async startOver() {
    const { tenant, conversation, sender_id } = this.who;
    try {
      await api.reset({ tenant, conversation, sender_id });
    } catch (problem) {
      if (problem.status !== 404) throw problem;
    }
    this.turns = [];
    sessionStorage.removeItem(this.#key);
    this.#changed();
  }

  /** Sends what waits, in order; stops where something may still succeed later, so that nothing overtakes it. */
  async #flush() {
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (;;) {
        const next = this.turns.find((turn) => turn.state === "waiting" || (turn.state === "failed" && turn.problem.isPassing));
        if (next?.state !== "waiting") break;
        await this.#send(next);
      }
    } finally {
      this.#busy = false;
    }
  }

  async #send(turn) {
    turn.state = "sending";
    this.#changed();
    const { tenant, conversation, sender_id, account_id } = this.who;
    const message = { tenant, conversation, sender_id, channel: turn.channel, text: turn.text, message_id: turn.id };
    if (account_id) message.account_id = account_id;
    try {
      const { reply, debug, repeated } = await api.turn(message);
      Object.assign(turn, { state: "done", reply, debug, repeated, at: Date.now() });
      this.#keep();
    } catch (problem) {
      if (!(problem instanceof api.Problem)) throw problem;
      Object.assign(turn, { state: "failed", problem });
    }
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }

  get #key() {
    const { tenant, conversation, sender_id } = this.who;
    return `phone ${JSON.stringify([tenant, conversation, sender_id])}`;
  }

  #keep() {
    const turns = this.turns.filter((turn) => turn.state === "done" && !turn.line).slice(-KEPT);
    try {
      sessionStorage.setItem(this.#key, JSON.stringify(turns));
    } catch {
      // The history on the server is enough to go on; only the details of older turns are missing then.
      sessionStorage.removeItem(this.#key);
    }
  }

  /** @returns {Turn[]} */
  #kept() {
    try {
      return JSON.parse(sessionStorage.getItem(this.#key)) ?? [];
    } catch {
      return [];
    }
  }
}

/** The history of the contact's present conversation, with the details of the turns that this page remembers. */
function joined(contact, kept) {
  const guid = contact.conversation_guid;
  const lines = contact.history.filter((line) => line.guid === guid);
  let rest = kept.filter((turn) => turn.reply.conversation_guid === guid);
  const turns = lines.toReversed().map((line, index) => {
    const at = rest.findLastIndex((turn) => turn.text.trim() === line.raw_input.trim() && turn.reply.message === line.message);
    if (at >= 0) {
      const [turn] = rest.splice(at);
      return turn;
    }
    const page_no = index === 0 ? contact.page_no : lines[lines.length - index].page_no;
    const outcome = index === 0 ? contact.outcome : null;
    const reply = { conversation_guid: guid, page_no, message: line.message, options: [], status: line.status, outcome, kind: "text" };
    return { id: crypto.randomUUID(), text: line.raw_input, channel: contact.channel, state: "done", at: line.at, reply, line };
  });
  // The server may have put the conversation to sleep, or an agent let go of it, since the last message.
  if (turns.length > 0) turns[0].reply.status = contact.status;
  return turns.toReversed();
}
