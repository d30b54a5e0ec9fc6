// What a module answered, in words. The decision log's JSON writes a value as `{"Text":"Dumela"}`, an operation as
// `{"SetContext":{…}}`; what this file does not know is shown as it is.

import { make } from "./dom.js";
import { isPage, routeMeaning } from "./format.js";

const WRITERS = {
  "before-page": (fields) => (fields.length === 0 ? none("no values") : list(fields.map(field))),
  options: (choices) => list(choices.map(choice), "ol"),
  reroute: (route) => (route === null ? none("no opinion on the route") : make("p", {}, describeRoute(route))),
  "after-response": (operations) => (operations.length === 0 ? none("no operations") : list(operations.map(operation))),
};

/** `answer` is `{"hook", "answer"}`, or `{"error", …}` where the error's own words stand beside it already. */
export function describeAnswer(answer) {
  if ("error" in answer) return null;
  const write = WRITERS[answer.hook];
  return make("div", { class: "answer" }, write ? write(answer.answer) : make("code", {}, JSON.stringify(answer.answer)));
}

/** A route and what it does. */
export function describeRoute(route) {
  return isPage(route) ? `Page ${route}` : [make("code", {}, route), `: ${routeMeaning(route)}`];
}

const none = (text) => make("p", { class: "hint" }, text);
const list = (items, tag = "ul") => make(tag, {}, items.map((item) => make("li", {}, item)));

function plain(value) {
  if (value === "Null" || value === null) return "NULL";
  return typeof value === "object" ? String(Object.values(value)[0]) : String(value);
}

const field = ({ name, value }) => [make("code", {}, name), ` = ${plain(value)}`];
const fields = (all) => all.map(({ name, value }) => `${name} = ${plain(value)}`).join(", ");
const choice = ({ key, label, callback }) => [make("kbd", {}, key), label, callback && make("span", { class: "hint" }, ` → ${callback}`)];

function operation(operation) {
  const [kind, what] = Object.entries(operation)[0];
  const write = OPERATIONS[kind];
  return write ? write(what) : make("code", {}, JSON.stringify(operation));
}

const OPERATIONS = {
  SetContext: (what) => ["remember ", field(what)].flat(),
  SetQueueStatus: ({ status, priority }) => `set the queue's status to ${status}${priority ? `, priority ${priority}` : ""}`,
  InsertRow: ({ table, row }) => ["insert into ", make("code", {}, table), `: ${fields(row)}`],
  StartWorkflow: ({ code, payload }) => ["start ", make("code", {}, code), payload.length > 0 && ` with ${fields(payload)}`],
  SendTemplate: ({ template, channel }) => ["send ", make("code", {}, template), channel && ` by ${channel}`],
  SetFlag: ({ name, on }) => `${on ? "mark" : "unmark"} the account ${name}`,
  SetField: (what) => ["set ", field(what)].flat(),
};
