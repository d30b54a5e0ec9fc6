// How a reply came about: what was understood, where it led and by whose word, what the rules decided, which SQL ran.

import * as api from "./api.js";
import { describeAnswer, describeRoute } from "./answers.js";
import { byId, make } from "./dom.js";
import { channelName, clock, count, duration, how, score, several, shortSha, source, status } from "./format.js";
import { fromLine } from "./thread.js";

const root = byId("inspector");

/** Without a turn: what will stand here, and which rules the tenant has. */
export function showNothing(tenant) {
  root.replaceChildren(
    make("h2", {}, "How the reply came about"),
    make(
      "p",
      { class: "hint lead" },
      "Beside each reply stands here: what was understood, where it led and by whose word, what the rules decided, and the SQL that ran.",
    ),
    tenant && rulesOf(tenant),
  );
  root.scrollTop = 0;
}

/** Where the inspector stands below the phone, brings it into view. */
export function bringIntoView() {
  if (root.getBoundingClientRect().top >= byId("phone").getBoundingClientRect().bottom) root.scrollIntoView();
}

/** `number` counts from 1. */
export function showTurn(turn, number, who) {
  const { reply, debug } = turn;
  root.replaceChildren(
    ...[
      heading(turn, number),
      turn.repeated &&
        make("p", { class: "notice" }, "This message had been answered before. The stored reply came back, and nothing ran again."),
      pair(understood(turn), route(turn)),
      debug?.missing.length > 0 && missing(debug.missing),
      debug && !turn.repeated && decisions(debug.decisions),
      debug && !turn.repeated && statements(debug.statements),
      !debug &&
        make("p", { class: "hint" }, "Decisions and SQL are shown for the turns that were made in this tab; the history keeps the rest."),
      values(who, reply),
      json(turn),
    ].filter(Boolean),
  );
  root.scrollTop = 0;
}

/** What a message was taken for, where it was not one of the options. */
const UNDERSTOOD = {
  opening: "the beginning of the conversation",
  text: "the text itself, as the page asks for one",
  "near-tie": "one of several options: asked which",
  nothing: "no option: asked again",
  more: "more of the list",
  back: "what came before in the list",
  repeat: "the same again",
  "opt-out": "an opt-out",
  "opt-in": "a wish to be written to again",
  unheard: "nothing, while the bot is silent",
};

function section(title, aside, ...children) {
  return make(
    "section",
    { class: "panel" },
    make("header", { class: "panel-head" }, make("h3", {}, title), aside && make("p", { class: "hint" }, aside)),
    ...children,
  );
}

/** Side by side where there is room. */
const pair = (...sections) => sections.some(Boolean) && make("div", { class: "pair" }, sections);

const facts = (rows) =>
  make(
    "dl",
    { class: "facts" },
    rows.filter(Boolean).map(([name, ...value]) => make("div", {}, make("dt", {}, name), make("dd", {}, ...value.flat()))),
  );

const pill = (text, tone) => make("span", { class: tone ? `pill pill-${tone}` : "pill" }, text);

function heading({ reply, debug, channel, at, repeated }, number) {
  const { text, tone } = status(reply.status);
  const aside = [clock(at), channelName(channel)];
  if (debug && !repeated) aside.push(`definitions ${debug.publication}`, duration(debug.micros));
  return make(
    "header",
    { class: "turn-head" },
    make("h2", {}, `Turn ${number}: page ${reply.page_no}`),
    pill(text, tone),
    reply.outcome && make("span", {}, "outcome ", make("code", {}, reply.outcome)),
    make("p", { class: "hint" }, aside.join(" · ")),
  );
}

function understood({ text, line, debug, repeated }) {
  if (repeated || text === "") return null;
  const matched = debug ? debug.matched : fromLine(line);
  const typed = make("q", {}, text);
  if (!matched) {
    const taken =
      UNDERSTOOD[debug?.understood] ?? (line?.route ? "the text itself, as the page asks for one" : "no option");
    return section("Understood", null, facts([["Said", typed], ["Taken for", taken]]));
  }
  const label = `Score ${score(matched.score)} of 1`;
  return section(
    "Understood",
    null,
    facts([
      ["Said", typed],
      ["Taken for", matched.key && make("kbd", {}, matched.key), make("strong", {}, matched.label)],
      [
        "Score",
        make("meter", { min: 0, max: 1000, value: matched.score, "aria-label": label }),
        `${score(matched.score)} by ${how(matched.how)}`,
      ],
    ]),
  );
}

function route({ line, debug }) {
  const way = debug ? debug.route : line?.route && { route: line.route };
  if (!way) return null;
  const changed = way.source === "module" && way.proposed;
  return section(
    "Route",
    null,
    facts([
      ["Leads to", describeRoute(way.route)],
      way.source && ["By the word of", pill(source(way.source), way.source === "module" ? "accent" : null)],
      changed && ["The data alone", make("del", {}, describeRoute(way.proposed))],
    ]),
  );
}

function missing(names) {
  return make(
    "p",
    { class: "notice notice-bad" },
    "No value for ",
    names.map((name, index) => [index > 0 && ", ", make("code", {}, `{${name}}`)]).flat(),
    ". The place stayed empty.",
  );
}

function decisions(all) {
  if (all.length === 0) return section("Decisions", "no rules were asked");
  const fuel = all.reduce((sum, { fuel }) => sum + fuel, 0);
  const micros = all.reduce((sum, { micros }) => sum + micros, 0);
  const aside = `${several(all.length, "decision")} · ${count(fuel)} fuel · ${duration(micros)}`;
  return section("Decisions", aside, make("ol", { class: "cards" }, all.map(decision)));
}

function decision({ id, hook, module, name, version, outcome, error, answer, log, fuel, micros }) {
  const fine = outcome === "answered";
  return make(
    "li",
    { class: fine ? "item" : "item item-bad" },
    make(
      "header",
      { class: "item-head" },
      make("strong", {}, hook),
      pill(outcome, fine ? "good" : "bad"),
      make(
        "span",
        { class: "hint" },
        `${name} ${version} `,
        make("code", { title: module }, shortSha(module)),
        `${id === null ? "" : ` · decision ${id}`} · ${count(fuel)} fuel · ${duration(micros)}`,
      ),
    ),
    error && make("p", { class: "error" }, error),
    answer && describeAnswer(answer),
    log.length > 0 && make("ul", { class: "log", "aria-label": "Log" }, log.map((text) => make("li", {}, text))),
  );
}

function statements(all) {
  if (all.length === 0) return section("SQL", "no statements ran");
  const micros = all.reduce((sum, { micros }) => sum + micros, 0);
  const aside = `${several(all.length, "statement")} · ${duration(micros)}`;
  return section("SQL", aside, make("ol", { class: "cards" }, all.map(statement)));
}

function statement({ page, stage, line, sql, params, rows, micros }) {
  return make(
    "li",
    { class: "item" },
    make(
      "header",
      { class: "item-head" },
      make("strong", {}, stage),
      make("span", {}, `page ${page}, line ${line}`),
      make("span", { class: "hint" }, `${several(rows, "row")} · ${duration(micros)}`),
    ),
    make("pre", {}, make("code", {}, sql)),
    params.length > 0 &&
      make(
        "ol",
        { class: "params", "aria-label": "Parameters" },
        params.map((value, index) => make("li", {}, make("span", { class: "hint" }, `$${index + 1}`), " ", make("code", {}, value))),
      ),
  );
}

/** The conversation's values as they are now, read when somebody looks. */
function values(who, reply) {
  const body = make("div", { class: "values" });
  const load = async ({ target }) => {
    if (!target.open) return;
    try {
      const contact = await api.contact(who);
      const rows = Object.entries(contact?.context ?? {});
      const write = (value) => (value === null ? "NULL" : String(value));
      const shown = rows.map(([name, value]) => [make("code", {}, name), write(value)]);
      body.replaceChildren(rows.length > 0 ? facts(shown) : make("p", { class: "hint" }, "There are none."));
    } catch (problem) {
      body.replaceChildren(make("p", { class: "error" }, problem.message));
    }
  };
  if (!reply) return null;
  return make("details", { class: "panel fold", ontoggle: load }, make("summary", {}, "Values of the conversation, now"), body);
}

function json({ reply, debug, line }) {
  const text = JSON.stringify(line ? { line } : { reply, debug }, null, 2);
  return make("details", { class: "panel fold" }, make("summary", {}, "All of it as JSON"), make("pre", {}, make("code", {}, text)));
}

function rulesOf({ title, rules }) {
  if (!rules) return section("Rules", null, make("p", {}, `${title} has no rules of its own; its data alone decides.`));
  return section(
    "Rules",
    null,
    facts([
      ["Module", make("strong", {}, rules.name), ` ${rules.version}`],
      ["Sha-256", make("code", { title: rules.sha256 }, shortSha(rules.sha256))],
      ["Asked for", rules.hooks.join(", ")],
    ]),
  );
}
