// A browser of the tests' own, and what every test does with a page: open it as a debtor, talk, and look whether anybody
// could use what is shown. FORBEAR_URL names the demo server, FORBEAR_CHROMIUM the browser.

import assert from "node:assert/strict";
import axe from "axe-core";
import { chromium } from "playwright-core";

const BASE = process.env.FORBEAR_URL;
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
/** What the browser itself writes to the console for an answer that is not a success; the page shows those. */
const ANSWERS = /^Failed to load resource/;
const WIDE = { width: 1360, height: 860 };
const NARROW = { width: 320, height: 640 };

/** Starts the browser with an empty profile. */
export const launch = () =>
  chromium.launch({ executablePath: process.env.FORBEAR_CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });

/** A page of its own, without anything kept from other tests. What goes wrong inside it is gathered in `page.faults`. */
export async function newPage(browser) {
  const context = await browser.newContext({ baseURL: BASE, viewport: WIDE });
  const page = await context.newPage();
  page.setDefaultTimeout(5_000);
  page.faults = [];
  page.on("pageerror", (error) => page.faults.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" && !ANSWERS.test(message.text())) page.faults.push(message.text());
  });
  return page;
}

/** Opens the phone as a debtor who has not talked yet. */
export async function open(page, who) {
  const { tenant, conversation, sender } = who;
  const answer = await page.request.post("/phone/api/reset", { data: { tenant, conversation, sender_id: sender } });
  assert.equal(answer.status(), 204);
  await page.goto(`/phone?${new URLSearchParams(who)}`);
}

/** Opens the phone and begins the conversation. */
export async function begin(page, who) {
  await open(page, who);
  await answered(page, () => page.getByRole("button", { name: "Begin" }).click());
}

/** Writes a message and waits for its reply. */
export const say = (page, words) =>
  answered(page, async () => {
    await page.getByRole("textbox", { name: /Message|Say something/ }).fill(words);
    await page.keyboard.press("Enter");
  });

/** Does something that the server answers, and waits until the answer is shown. */
export async function answered(page, act) {
  const before = await page.locator(".turn-done").count();
  await act();
  await page.locator(".turn-done").nth(before).waitFor();
}

export const inspector = (page) => page.getByRole("region", { name: "How the reply came about" });
export const status = (page) => page.locator("#status").innerText();

/** What is shown can be read and used by everybody, in light and dark, wide and narrow, and nothing went wrong in it. */
export async function assertUsable(page, state) {
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    assert.deepEqual(await violations(page), [], `${state}, ${colorScheme}`);
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize(NARROW);
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(over, 0, `${state}: ${over} pixels stick out at a width of ${NARROW.width}`);
  await page.setViewportSize(WIDE);
  assert.deepEqual(page.faults, [], state);
}

async function violations(page) {
  // Evaluated by the debugger, so that the page's content security policy stays as it is.
  await page.evaluate(`window.axe || (() => { ${axe.source} })()`);
  const { violations } = await page.evaluate("axe.run()");
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target} ${failureSummary}`).join("; ")}`);
}
