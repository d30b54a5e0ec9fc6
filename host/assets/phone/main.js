// The page: who talks to whom, what is typed, and which turn is looked at. What is chosen stands in the address, so that a
// reload goes on with the same conversation and a colleague can be sent to it.

import * as api from "./api.js";
import { byId, make } from "./dom.js";
import { channelName, status } from "./format.js";
import { bringIntoView, showNothing, showTurn } from "./inspector.js";
import { Talk } from "./talk.js";
import { Thread } from "./thread.js";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];
const SPOKEN_KEYS = { "*": "star", "#": "hash" };
/** The debtor who is on nobody's list. */
const OTHER = "";

const form = Object.fromEntries(
  ["tenant", "debtor", "sender", "account", "conversation", "channel"].map((name) => [name, byId(name)]),
);
const text = byId("text");
const composer = byId("composer");
const thread = new Thread({ say, select, retry: (turn) => talk.retry(turn), edit });

let setup;
let talk = null;
/** What was read so far, told apart by its id: only what is new is spoken and selected. */
let newest = null;
let selected = null;

start();

async function start() {
  try {
    setup = await api.setup();
  } catch (problem) {
    byId("setup").hidden = byId("phone").hidden = byId("inspector").hidden = true;
    byId("main").append(failure(problem, "Try again", () => location.reload()));
    return;
  }
  byId("sign-out").hidden = setup.demo;
  if (setup.tenants.length === 0) {
    byId("setup").hidden = byId("phone").hidden = byId("inspector").hidden = true;
    byId("main").append(make("p", { class: "notice" }, "There is no tenant with a conversation to talk to yet. Publish one with ", make("code", {}, "forbear apply"), "."));
    return;
  }
  const asked = new URLSearchParams(location.search);
  fill(form.tenant, setup.tenants.map(({ name, title }) => [name, title]), asked.get("tenant"));
  fill(form.channel, setup.channels.map((name) => [name, channelName(name)]));
  tenantChosen(asked);
  byId("setup").addEventListener("change", chosen);
  byId("setup").addEventListener("submit", (event) => event.preventDefault());
  byId("start-over").addEventListener("click", startOver);
  composer.addEventListener("submit", (event) => {
    event.preventDefault();
    sendTyped();
  });
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    sendTyped();
  });
  byId("keypad").append(...KEYS.map((key) => make("button", { class: "key", type: "button", "data-key": key, onclick: () => press(key) }, key)));
  await open();
}

// Who talks to whom

function fill(select, entries, wanted) {
  select.replaceChildren(...entries.map(([value, label]) => make("option", { value }, label)));
  if (entries.some(([value]) => value === wanted)) select.value = wanted;
}

const tenant = () => setup.tenants.find(({ name }) => name === form.tenant.value);
const debtor = () => tenant().contacts.find(({ sender_id }) => sender_id === form.debtor.value);

/** Another tenant: its debtors, its conversations, its usual channel. `asked` holds what the address asks for. */
function tenantChosen(asked = new URLSearchParams()) {
  const { contacts, conversations, default_channel } = tenant();
  const people = contacts.map(({ sender_id, name }) => [sender_id, `${name}, ${sender_id}`]);
  const sender = asked.get("sender");
  const isOther = sender !== null && !contacts.some(({ sender_id }) => sender_id === sender);
  fill(form.debtor, [...people, [OTHER, "Another number …"]], isOther ? OTHER : sender);
  form.sender.value = isOther ? sender : "";
  form.account.value = isOther ? (asked.get("account") ?? "") : "";
  fill(form.conversation, conversations.map(({ code }) => [code, code]), asked.get("conversation") ?? debtor()?.conversation);
  const channel = asked.get("channel");
  form.channel.value = setup.channels.includes(channel) ? channel : default_channel;
}

function chosen({ target }) {
  if (target === form.tenant) tenantChosen();
  if (target === form.debtor && debtor()?.conversation) form.conversation.value = debtor().conversation;
  if (target === form.channel || target === form.account) {
    // The same conversation goes on; a new account counts from the next message.
    talk.who = who();
    dress();
    remember();
  } else {
    open().then(() => target === form.debtor && form.debtor.value === OTHER && form.sender.focus());
  }
}

function who() {
  const known = debtor();
  return {
    tenant: form.tenant.value,
    conversation: form.conversation.value,
    sender_id: known?.sender_id ?? form.sender.value.trim(),
    account_id: known?.account_id ?? form.account.value.trim(),
  };
}

function remember() {
  const { tenant, conversation, sender_id, account_id } = who();
  const query = new URLSearchParams({ tenant, conversation, sender: sender_id, channel: form.channel.value });
  if (!debtor() && account_id) query.set("account", account_id);
  history.replaceState(null, "", `?${query}`);
}

/** Shows the conversation that is chosen, as far as it went. */
async function open() {
  const isOther = form.debtor.value === OTHER;
  byId("sender-field").hidden = byId("account-field").hidden = !isOther;
  byId("debtor-field").hidden = tenant().contacts.length === 0;
  about();
  dress();
  remember();
  const opened = new Talk(who());
  talk = opened;
  newest = selected = null;
  thread.clear();
  showNothing(tenant());
  opened.addEventListener("change", () => opened === talk && changed());
  if (opened.who.sender_id === "") return changed();
  try {
    await opened.resume();
  } catch (problem) {
    if (opened === talk) thread.empty(failure(problem, "Try again", open));
  }
}

/** What is special about the debtor, and what is worth saying. */
function about() {
  const known = debtor();
  const conversation = tenant().conversations.find(({ code }) => code === form.conversation.value);
  const lines = [conversation?.description, known?.note].filter(Boolean);
  const tries = (known?.say ?? []).map((words) =>
    make("button", { class: "button try", type: "button", onclick: () => write(words) }, words),
  );
  byId("about").replaceChildren(
    make("p", {}, lines.join(". ")),
    ...(tries.length > 0 ? [make("p", { class: "tries" }, make("span", { class: "hint" }, "Worth writing: "), ...tries)] : []),
  );
}

/** The phone in the look of the channel. */
function dress() {
  const channel = form.channel.value;
  byId("phone").dataset.channel = channel;
  byId("keypad").hidden = channel !== "voice";
  byId("text-label").textContent = text.placeholder = channel === "voice" ? "Say something" : "Message";
  byId("peer").textContent = tenant().title;
  const { sender_id } = who();
  byId("peer-detail").textContent = [channelName(channel), sender_id].filter(Boolean).join(" · ");
}

// Talking

function say(words, event) {
  const byKeyboard = event?.detail === 0;
  talk.say(words, form.channel.value);
  if (byKeyboard) text.focus();
}

function sendTyped() {
  const words = text.value.trim();
  if (words === "" || talk.who.sender_id === "") return;
  text.value = "";
  say(words);
}

function write(words) {
  text.value = words;
  text.focus();
}

/** An unsent message goes back to where it was typed; what was typed since stays behind it. */
function edit(turn) {
  talk.drop(turn);
  write([turn.text, text.value].filter(Boolean).join(" "));
}

/** A key of the telephone. Where no menu asks for one, it is written down. */
function press(key) {
  if (talk.sending) return;
  if (talk.last?.reply.kind === "keypad") say(key);
  else text.value += key;
}

async function startOver() {
  if (!setup.demo && !confirm(`Begin anew for ${talk.who.sender_id}? The contact is reset; what was said stays on record.`)) return;
  const opened = talk;
  try {
    await opened.startOver();
    if (opened === talk) say("");
  } catch (problem) {
    if (opened === talk) thread.empty(failure(problem, "Try again", startOver));
  }
}

// What is shown

function select(turn) {
  selected = turn;
  changed();
  bringIntoView();
}

function changed() {
  const { turns, last, sending } = talk;
  const nameless = talk.who.sender_id === "";
  text.disabled = byId("send").disabled = nameless;
  byId("start-over").disabled = nameless || sending || turns.length === 0;
  showStatus(last);
  showKeys(last);
  if (last && last.id !== newest) {
    announce(last);
    newest = last.id;
    selected = last;
  }
  if (turns.length === 0) {
    newest = selected = null;
    thread.empty(nameless ? make("p", {}, "Type the number of the debtor above.") : invitation());
    showNothing(tenant());
    return;
  }
  thread.draw(turns, selected);
  if (selected) showTurn(selected, turns.indexOf(selected) + 1, talk.who);
}

function invitation() {
  const name = debtor()?.name ?? talk.who.sender_id;
  return [
    make("p", {}, `${name} and ${tenant().title} have not talked yet.`),
    make("button", { class: "button button-primary", type: "button", onclick: (event) => say("", event) }, "Begin"),
  ];
}

function showStatus(last) {
  if (!last) return byId("status").replaceChildren();
  const { text: words, tone } = status(last.reply.status);
  byId("status").replaceChildren(make("span", { class: `pill pill-${tone}` }, words));
}

/** The keys that the menu speaks of stand out, and say what they are for. */
function showKeys(last) {
  const offered = new Map(last?.reply.kind === "keypad" ? last.reply.options.map(({ key, label }) => [key, label]) : []);
  for (const key of byId("keypad").children) {
    const label = offered.get(key.dataset.key);
    key.classList.toggle("offered", label !== undefined);
    const name = SPOKEN_KEYS[key.dataset.key] ?? key.dataset.key;
    key.setAttribute("aria-label", label ? `${name}: ${label}` : name);
  }
}

/** Speaks a new reply to those who do not see it; what was said before the page was opened is not read out. */
function announce(last) {
  if (newest === null && talk.turns.length > 1) return;
  byId("spoken").textContent = last.reply.message || status(last.reply.status).meaning;
}

function failure(problem, label, act) {
  return make(
    "div",
    { class: "notice notice-bad failure" },
    make("h3", {}, problem.status === 401 ? "You are not signed in" : problem.title),
    problem.detail && problem.status !== 401 && make("p", {}, problem.detail),
    make(
      "p",
      { class: "actions" },
      problem.status === 401
        ? make("a", { class: "button", href: api.SIGN_IN }, "Sign in")
        : make("button", { class: "button", type: "button", onclick: act }, label),
    ),
  );
}
