// How numbers, routes, names and times are written for people.

const number = new Intl.NumberFormat("en");
const time = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

export const count = (value) => number.format(value);
export const clock = (millis) => time.format(new Date(millis));
export const several = (value, one, many = `${one}s`) => `${count(value)} ${value === 1 ? one : many}`;

/** Microseconds: `85 µs`, `1.24 ms`. */
export function duration(micros) {
  return micros < 1000 ? `${micros} µs` : `${(micros / 1000).toFixed(micros < 100_000 ? 2 : 0)} ms`;
}

/** Of thousandths: `0.84`. */
export const score = (thousandths) => (thousandths / 1000).toFixed(2);

/** The first characters of a sha-256, as many as people compare. */
export const shortSha = (sha) => sha.slice(0, 8);

const CHANNELS = { console: "Console", sms: "SMS", whatsapp: "WhatsApp", web: "Web chat", voice: "Voice" };
export const channelName = (channel) => CHANNELS[channel] ?? channel;

const STATUSES = {
  active: { text: "Active", tone: "accent", meaning: "It waits for an answer." },
  suspended: { text: "Suspended", tone: "warn", meaning: "The debtor was silent for too long; the next message resumes it." },
  escalated: { text: "Escalated", tone: "warn", meaning: "A person has it. The bot is silent until they let go." },
  completed: { text: "Completed", tone: "good", meaning: "It is over. The next message begins a new one." },
  stopped: { text: "Stopped", tone: "bad", meaning: "This number opted out. Only START lifts that." },
};
export const status = (name) => STATUSES[name] ?? { text: name, tone: "accent", meaning: "" };

const HOW = {
  key: "its key",
  ordinal: "its place in the list",
  label: "its exact words",
  pattern: "its pattern",
  keyword: "one of its keywords",
  polarity: "a plain yes or no",
  fuzzy: "words that are near",
};
export const how = (name) => HOW[name] ?? name;

const SOURCES = {
  option: "the option",
  reroute_sql: "reroute_sql",
  module: "the module",
  max_retries: "the limit of retries",
};
export const source = (name) => SOURCES[name] ?? name;

export const isPage = (route) => /^\d+$/.test(route);

/** What a route does that is not a page's number, in a few words. */
export function routeMeaning(route) {
  if (route === "EXIT") return "the conversation ends";
  if (route === "ESCALATE") return "a person takes over";
  if (route === "COMPLETE") return "the conversation is complete";
  if (route.startsWith("WORKFLOW:")) return "this workflow starts, and the conversation ends";
  return "an outcome of the tenant's own";
}
