// What the phone promises, tried in a browser against the demo.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { answered, assertUsable, begin, inspector, launch, newPage, open, say, status } from "./browser.mjs";

const THANDI = { tenant: "kopano", conversation: "PAYMENT_COLLECT", sender: "0825550101", channel: "whatsapp" };
const PIETER = { tenant: "kopano", conversation: "PAYMENT_COLLECT", sender: "0825550102", channel: "whatsapp" };
const AYESHA = { tenant: "kopano", conversation: "PAYMENT_COLLECT", sender: "0825550103", channel: "web" };
const SIPHO = { tenant: "kopano", conversation: "ACCOUNT_ARREARS", sender: "0825550104", channel: "whatsapp" };
const ALICE = { tenant: "harbour", conversation: "PAYMENT_COLLECT", sender: "07700900101", channel: "sms" };
const BEN = { tenant: "harbour", conversation: "PAYMENT_COLLECT", sender: "07700900102", channel: "console" };
const CHIDI = { tenant: "harbour", conversation: "PAYMENT_COLLECT", sender: "07700900103", channel: "voice" };
const DORA = { tenant: "harbour", conversation: "PAYMENT_COLLECT", sender: "07700900104", channel: "web" };

let browser;
let page;
before(async () => void (browser = await launch()));
after(() => browser.close());
beforeEach(async () => void (page = await newPage(browser)));
afterEach(() => page.context().close());

const options = () => page.locator(".option:enabled");
const bubbles = () => page.locator(".bubble");

async function assertShows(expected) {
  const shown = await inspector(page).innerText();
  for (const words of expected) assert.match(shown, words);
}

test("a settlement that only the module offers is accepted on WhatsApp", async () => {
  await open(page, THANDI);
  await assertShows([/early-settlement 0\.1\.0/, /before-page, options, reroute, after-response/]);
  await assertUsable(page, "nobody has talked");
  await answered(page, () => page.getByRole("button", { name: "Begin" }).click());
  assert.match(await bubbles().last().innerText(), /Dumela Thandi/);
  await assertShows([
    /Turn 1: page 1/,
    /before-page\s+answered\s+early-settlement 0\.1\.0 [0-9a-f]{8} · decision \d+ · [\d,]+ fuel · [\d.]+ [µm]s/,
    /settlement_amount = 4365\.00/,
    /10 % off 4850\.00/,
    /Settle today for R4365\.00 and save R485\.00 → WORKFLOW:EARLY_SETTLEMENT/,
    /pre_sql\s+page 1, line \d+\s+1 row · [\d.]+ [µm]s/,
    /FROM "accounts"/,
    /\$1 'KA-1001'/,
  ]);
  await page.locator(".list summary").click();
  assert.equal(await options().count(), 6);
  await assertUsable(page, "a list is open");
  await answered(page, () => options().first().click());
  assert.equal(await status(page), "Completed");
  await assertShows([/outcome WORKFLOW:EARLY_SETTLEMENT/, /Score\s+1\.00 by its key/, /By the word of\s+the option/, /start SETTLEMENT_LETTER/]);
  await assertUsable(page, "completed");
});

test("the module's word goes before the data's, and both are shown", async () => {
  await begin(page, ALICE);
  assert.match(await page.locator(".caption.in").innerText(), /^\d segments · GSM-7 · \d+ septets$/);
  await say(page, "I lost my job last month");
  assert.equal(await status(page), "Escalated");
  await assertShows([
    /Said\s+I lost my job last month/,
    /Taken for\s+3\s*I am struggling/,
    /0\.90 by one of its keywords/,
    /Leads to\s+ESCALATE: a person takes over/,
    /By the word of\s+the module/,
    /The data alone\s+Page 5/,
    /heard: hardship/,
    /reroute_sql\s+page 1, line \d+/,
  ]);
  await say(page, "hello?");
  assert.match(await page.locator(".system").last().innerText(), /^No reply\. Escalated\./);
  await assertUsable(page, "escalated and silent");
});

test("the data's own way is taken where the module has no opinion", async () => {
  await begin(page, BEN);
  await say(page, "3");
  await assertShows([/Leads to\s+Page 4/, /By the word of\s+reroute_sql/, /no opinion on the route/]);
  await assertUsable(page, "the console");
  await say(page, "yes please");
  assert.equal(await status(page), "Completed");
  await assertShows([/outcome WORKFLOW:BREATHING_SPACE/, /post_sql\s+page 4, line \d+/]);
});

test("an option that presses for money is taken away from somebody who needs care", async () => {
  await begin(page, DORA);
  assert.deepEqual(await options().allInnerTexts(), ["Arrange a payment plan", "I am struggling", "Speak to an agent"]);
  await assertShows([/careful-listener/, /care needed: 1 of 4 options press for money/]);
  await assertUsable(page, "buttons of a web chat");
});

test("a long list is leafed through", async () => {
  await begin(page, SIPHO);
  await say(page, "my other accounts");
  await page.locator(".list summary").last().click();
  await answered(page, () => options().last().click());
  await page.locator(".list summary").last().click();
  assert.match((await options().allInnerTexts()).join(), /7701-1105/);
});

test("a menu is answered on the keypad of a telephone, and a leaflet is attached", async () => {
  await begin(page, CHIDI);
  assert.match(await bubbles().last().innerText(), /For I am struggling, press 3\./);
  assert.equal(await page.locator(".key").count(), 12);
  await answered(page, () => page.getByRole("button", { name: "3: I am struggling" }).click());
  const leaflet = page.getByRole("link", { name: /Attachment: .*\.pdf/ });
  assert.match(await leaflet.getAttribute("href"), /^https:/);
  await assertUsable(page, "the keypad");
});

test("an opt-out is kept, and starting over lifts it in the demo", async () => {
  await begin(page, { ...CHIDI, channel: "sms" });
  await say(page, "STOP");
  assert.equal(await status(page), "Stopped");
  await page.locator("#start-over").click();
  await page.locator("#status", { hasText: "Active" }).waitFor();
  assert.equal(await page.locator(".turn").count(), 1);
});

test("everything can be done by the keyboard alone, and a new reply is announced", async () => {
  await open(page, PIETER);
  const begins = page.getByRole("button", { name: "Begin" });
  await begins.waitFor();
  for (let steps = 0; steps < 30 && !(await begins.evaluate((button) => button === document.activeElement)); steps++) {
    await page.keyboard.press("Tab");
  }
  assert.notEqual(await begins.evaluate((button) => getComputedStyle(button).outlineStyle), "none");
  await answered(page, () => page.keyboard.press("Enter"));
  assert.match(await page.locator("[aria-live=polite]").innerText(), /Dumela Pieter/);
  await page.keyboard.type("pay now");
  await answered(page, () => page.keyboard.press("Enter"));
  for (const back of ["R1299.95", "R650.00", "R325.00"]) {
    await page.keyboard.press("Shift+Tab");
    if (back === "R1299.95") await page.keyboard.press("Shift+Tab"); // over the line that says how the reply came about
    assert.match(await page.evaluate(() => document.activeElement.innerText), new RegExp(back));
  }
  await answered(page, () => page.keyboard.press("Enter"));
  assert.match(await bubbles().last().innerText(), /We have noted R325\.00/);
  assert.equal(await page.evaluate(() => document.activeElement.id), "text");
});

test("a message shows how its own reply came about", async () => {
  await begin(page, AYESHA);
  await say(page, "this must be a mistake");
  await assertShows([/Turn 2: page 6/]);
  await page.locator(".bubble.in").first().click();
  await assertShows([/Turn 1: page 1/]);
  assert.equal(await page.locator(".meta").first().getAttribute("aria-pressed"), "true");
  await say(page, "The amount is wrong");
  await assertShows([/Turn 3: page 7/]);
  await say(page, "I paid half of it at the till on Friday");
  await assertShows([/Taken for\s+the text itself/, /By the word of\s+reroute_sql/, /'I paid half of it/]);
  await inspector(page).getByText("Values of the conversation, now").click();
  await inspector(page).getByText("conversation_guid", { exact: true }).waitFor();
});

test("what the server refuses is said in the conversation, and the text is kept", async () => {
  await begin(page, AYESHA);
  const long = "word ".repeat(1000).trim();
  const box = page.getByRole("textbox", { name: "Message" });
  await box.fill(long);
  await page.keyboard.press("Enter");
  const note = page.locator(".failure");
  await note.waitFor();
  assert.match(await note.innerText(), /was not accepted[\s\S]*4999 bytes[\s\S]*413/);
  await assertUsable(page, "a message was refused");
  await note.getByRole("button", { name: "Edit" }).click();
  assert.equal(await box.inputValue(), long);
  assert.equal(await note.count(), 0);
});

test("a message whose answer was lost acts once when it is sent again, and the next one waits for it", async () => {
  await begin(page, AYESHA);
  await page.route("**/phone/api/turn", async (route) => {
    await route.fetch();
    await route.abort();
  });
  const box = page.getByRole("textbox", { name: "Message" });
  for (const words of ["this must be a mistake", "The amount is wrong"]) {
    await box.fill(words);
    await page.keyboard.press("Enter");
  }
  await page.locator(".failure").waitFor();
  await page.getByText("Waits for the message above").waitFor();
  await page.unroute("**/phone/api/turn");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.locator(".turn-done").nth(2).waitFor();
  assert.match(await page.locator(".meta").nth(1).innerText(), /Page 6 · answered before/);
  await assertShows([/Turn 3: page 7/]);
  const whose = new URLSearchParams({ tenant: AYESHA.tenant, conversation: AYESHA.conversation, sender_id: AYESHA.sender });
  const { conversation_guid, history } = await (await page.request.get(`/phone/api/contact?${whose}`)).json();
  const said = history.filter(({ guid }) => guid === conversation_guid).map(({ raw_input }) => raw_input);
  assert.deepEqual(said, ["", "this must be a mistake", "The amount is wrong"]);
});

test("two messages typed in one breath are answered in order", async () => {
  await begin(page, PIETER);
  await answered(page, async () => {
    await page.getByRole("textbox", { name: "Message" }).focus();
    await page.keyboard.type("pay now");
    await page.keyboard.press("Enter");
    await page.keyboard.type("R650");
    await page.keyboard.press("Enter");
  });
  await page.locator(".turn-done").nth(2).waitFor();
  assert.match(await bubbles().last().innerText(), /We have noted R650\.00/);
});

test("a reload goes on where the conversation was, with its details; another tab with its history", async () => {
  await begin(page, SIPHO);
  await say(page, "my other accounts");
  await page.reload();
  await page.locator(".turn-done").nth(1).waitFor();
  await assertShows([/Turn 2: page 5/, /option_sql/]);
  assert.equal(await page.locator(".option").count() > 0, true);

  const other = await page.context().newPage();
  await other.goto(page.url());
  await other.getByRole("button", { name: "Ask again, with the options" }).click();
  await other.locator(".list").waitFor();
  assert.match(await other.locator(".bubble").last().innerText(), /These are your accounts/);
});

test("a number that is on no list can be typed", async () => {
  await page.goto("/phone?tenant=harbour");
  await page.getByRole("combobox", { name: "Debtor" }).selectOption("");
  await page.getByRole("textbox", { name: "Number" }).fill("07700900999");
  await page.getByRole("textbox", { name: "Account" }).fill("HL-503");
  await page.getByRole("combobox", { name: "Conversation" }).selectOption("SERVICE_SURVEY");
  await answered(page, () => page.getByRole("button", { name: "Begin" }).click());
  assert.match(await bubbles().last().innerText(), /How did you find talking to us/);
  await assertUsable(page, "a number of one's own");
});

test("a token that is not known is refused where it was typed", async () => {
  await page.goto("/sign-in?next=/phone");
  await assertUsable(page, "sign-in");
  await page.getByLabel("Token").fill("not-a-token");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").waitFor();
  assert.match(await page.title(), /^Error: /);
  assert.equal(await page.getByRole("alert").evaluate((alert) => alert === document.activeElement), true);
  await assertUsable(page, "sign-in failed");
});
