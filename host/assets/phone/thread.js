// The messages on the phone, in the look of the channel. A turn is drawn again only when something about it changed, so that
// focus and scrolling stay where they are.

import { SIGN_IN } from "./api.js";
import { byId, make } from "./dom.js";
import { count, duration, score, several, status } from "./format.js";

/** `on`: say(text), select(turn), retry(turn), edit(turn). */
export class Thread {
  #element = byId("thread");
  #list = make("ol");
  #drawn = new Map();

  constructor(on) {
    this.on = on;
    this.#element.append(this.#list);
  }

  /** Forgets everything: another conversation is shown. */
  clear() {
    this.#drawn.clear();
    this.#list.replaceChildren();
  }

  /** What stands there while nobody has talked. */
  empty(content) {
    this.clear();
    this.#list.append(make("li", { class: "empty" }, content));
  }

  draw(turns, selected) {
    if (this.#drawn.size === 0) this.#list.replaceChildren();
    const before = this.#list.lastElementChild;
    const wanted = new Set(turns.map((turn) => turn.id));
    for (const [id, { element }] of this.#drawn) {
      if (wanted.has(id)) continue;
      element.remove();
      this.#drawn.delete(id);
    }
    turns.forEach((turn, index) => this.#drawOne(turn, turns[index - 1], index === turns.length - 1));
    for (const [id, { element }] of this.#drawn) {
      const chosen = selected?.id === id;
      element.classList.toggle("selected", chosen);
      element.querySelector(".meta")?.setAttribute("aria-pressed", String(chosen));
    }
    const last = this.#list.lastElementChild;
    if (last && (last !== before || turns.at(-1)?.state !== "waiting")) this.#toTheEnd();
  }

  #toTheEnd() {
    this.#element.scrollTop = this.#element.scrollHeight;
  }

  #drawOne(turn, previous, isLast) {
    const blocked = turn.state === "waiting" && previous?.state === "failed";
    const signature = [turn.state, isLast, blocked, turn.reply?.status].join();
    const known = this.#drawn.get(turn.id);
    if (known?.signature === signature) return;
    const element = this.#turn(turn, previous, isLast, blocked);
    if (known) known.element.replaceWith(element);
    else this.#list.append(element);
    this.#drawn.set(turn.id, { element, signature });
  }

  #turn(turn, previous, isLast, blocked) {
    const anew = previous?.reply && turn.reply && previous.reply.conversation_guid !== turn.reply.conversation_guid;
    return make(
      "li",
      { class: `turn turn-${turn.state}` },
      anew && make("p", { class: "system" }, "A new conversation begins"),
      said(turn),
      turn.state === "waiting" && blocked && make("p", { class: "caption out" }, "Waits for the message above"),
      turn.state === "sending" && make("p", { class: "caption out" }, "Sending …"),
      turn.state === "failed" && this.#failure(turn),
      turn.reply && this.#answer(turn, isLast),
    );
  }

  #failure(turn) {
    const { title, detail, code, status: answer } = turn.problem;
    const button = (label, act) => make("button", { class: "button", type: "button", onclick: () => act(turn) }, label);
    return make(
      "div",
      { class: "notice notice-bad failure" },
      make("h3", {}, answer === 0 ? title : "The message was not accepted"),
      make("p", {}, detail || title),
      answer > 0 && make("p", { class: "hint" }, [`${answer} ${title}`, code].filter(Boolean).join(" · ")),
      make(
        "p",
        { class: "actions" },
        // In a tab of its own: what was typed stays here.
        answer === 401 && make("a", { class: "button", href: SIGN_IN, target: "_blank" }, "Sign in in a new tab"),
        button("Try again", this.on.retry),
        turn.text !== "" && button("Edit", this.on.edit),
      ),
    );
  }

  #answer(turn, isLast) {
    const { reply } = turn;
    const open = isLast && (reply.status === "active" || reply.status === "suspended");
    const parts = [];
    if (reply.message !== "") {
      parts.push(
        make(
          "div",
          { class: "bubble in", onclick: () => this.on.select(turn) },
          make("span", { class: "visually-hidden" }, "Reply: "),
          make("p", { class: "words" }, reply.message),
          attachment(reply.media_url),
        ),
        this.#options(reply, open),
      );
    }
    if (reply.segments) parts.push(make("p", { class: "caption in" }, segments(reply.segments)));
    parts.push(this.#meta(turn));
    if (open && turn.line) {
      const again = () => this.on.say("");
      parts.push(make("button", { class: "button again", type: "button", onclick: again }, "Ask again, with the options"));
    }
    const note = isLast && standing(reply);
    if (note) parts.push(make("p", { class: "system" }, note));
    return parts;
  }

  #options(reply, open) {
    const { kind, options } = reply;
    if (options.length === 0 || (kind !== "buttons" && kind !== "list")) return null;
    const row = ({ key, label, description }) =>
      make(
        "li",
        {},
        make(
          "button",
          { class: "option", type: "button", disabled: !open, onclick: (event) => this.on.say(key, event) },
          make("span", {}, label),
          description && make("span", { class: "hint" }, description),
        ),
      );
    const rows = make("ul", { class: `options options-${kind}` }, options.map(row));
    if (kind === "buttons") return rows;
    const intoView = ({ target }) => target.open && target.scrollIntoView({ block: "nearest" });
    return make("details", { class: "list", ontoggle: intoView }, make("summary", {}, reply.list_button || "Choose"), rows);
  }

  #meta(turn) {
    const { reply, debug, repeated } = turn;
    const failed = debug?.decisions.filter((decision) => decision.outcome !== "answered").length ?? 0;
    const parts = [`Page ${reply.page_no}`];
    if (repeated) parts.push("answered before");
    else if (debug) {
      if (debug.decisions.length > 0) parts.push(several(debug.decisions.length, "decision"));
      if (debug.statements.length > 0) parts.push(several(debug.statements.length, "statement"));
      parts.push(duration(debug.micros));
    }
    return make(
      "button",
      { class: "meta", type: "button", "aria-pressed": "false", onclick: () => this.on.select(turn) },
      make("span", { class: "visually-hidden" }, "How this reply came about: "),
      parts.join(" · "),
      failed > 0 && make("span", { class: "pill pill-bad" }, `${failed} failed`),
    );
  }
}

/** What the debtor said, and what it was taken for. */
function said(turn) {
  if (turn.text === "") return null;
  const { matched } = turn.debug ?? { matched: fromLine(turn.line) };
  return [
    make(
      "div",
      { class: "bubble out" },
      make("span", { class: "visually-hidden" }, "You: "),
      make("p", { class: "words" }, turn.text),
    ),
    matched && make("p", { class: "caption out" }, `${matched.label} · ${score(matched.score)} ${matched.how}`),
  ];
}

/** A match as the history keeps it. */
export function fromLine(line) {
  return line?.matched ? { key: null, label: line.matched, score: line.score, how: line.how } : null;
}

function attachment(address) {
  if (!address || !/^https?:\/\//i.test(address)) return null;
  const name = address.split(/[?#]/)[0].split("/").pop() || address;
  return make("a", { class: "attachment", href: address, target: "_blank", rel: "noreferrer" }, `Attachment: ${name}`);
}

function segments({ encoding, units, count: parts }) {
  const [name, unit] = encoding === "gsm-7" ? ["GSM-7", "septets"] : ["UCS-2", "units"];
  return `${several(parts, "segment")} · ${name} · ${count(units)} ${unit}`;
}

function standing(reply) {
  const { text, meaning } = status(reply.status);
  const silent = reply.message === "" ? "No reply. " : "";
  if (reply.status === "active") return silent;
  const outcome = reply.status === "completed" && reply.outcome ? `: ${reply.outcome}` : "";
  return `${silent}${text}${outcome}. ${meaning}`;
}
