// The mail pane: one person's conversations, the mails of one of them, answering, and writing new ones.

import { get, post } from "./api.js";
import { $, Kept, avatar, clock, el, settle, toast } from "./dom.js";
import { letterOf, newest } from "./letter.js";

const kept = new Kept();
const writing = new Map(); // Message-ID -> the form for its answer, kept while mails come in
let about = null;
let person = null;
let box = null; // what the server told last
let open = null; // the root of the conversation that stands there; null: a new mail
let isComposing = false; // somebody wants to write; else the form is there only because nothing has come yet
let goal = null; // the Message-ID to go to with the next answer
let anchor = null; // the mail that is to stay in view until one scrolls
let followed = null; // the conversation whose log was shown last
let onThread = () => {};
let onStart = () => {};

/** `pickThread(thread, channel, ts)` shows a thread's log, if there is one; `started(channel, ts)` tells of a mail that begins one. */
export function begin(told, pickThread, started) {
  about = told;
  onThread = pickThread;
  onStart = started;
  $("new-mail").addEventListener("click", () => { go(null); isComposing = true; draw(true); $("mail-to").focus(); });
  $("compose").addEventListener("submit", (event) => { event.preventDefault(); write(); });
  for (const name of ["wheel", "pointerdown", "keydown"]) $("letters").addEventListener(name, () => { anchor = null; }, { passive: true });
  $("addresses").append(...about.addresses.map((address) => el("option", { value: address })));
}

/** Show this person's mailbox, at the conversation of a mail if its Message-ID is given. */
export async function show(who, messageId = null) {
  if (who.id !== person?.id) { // at once: whoever clicks while the answer is under way acts as this person
    box = goal = open = null;
    isComposing = false;
    kept.clear();
    writing.clear();
  }
  person = who;
  goal = messageId ?? goal;
  const taken = await get(`mail?person=${encodeURIComponent(who.id)}`);
  if (taken.person !== person.id || taken.revision < (box?.revision ?? 0)) return; // a later call has overtaken this one
  const first = box === null;
  box = taken;
  const sought = goal && box.letters.find((letter) => letter.id === goal);
  const before = open;
  if (sought) {
    goal = null;
    go(sought.root);
  } else if (open === null && !isComposing && !$("mail-text").value) {
    go(conversations()[0]?.root ?? null);
  }
  draw(first || open !== before || Boolean(sought));
  if (sought) pointOut(sought.id);
}

function go(root) {
  open = root;
  isComposing = false;
}

export async function refresh() {
  if (person) await show(person);
}

/** The pane may have come into view: what is not seen stays new. */
export function reveal() {
  if (isVisible()) draw(true);
}

const isVisible = () => $("mail").offsetParent !== null;

/** Send one of the examples. */
export async function send(example) {
  const answer = await post("write", { person: person.id, to: example.to, cc: example.cc || "", subject: example.subject, text: example.text });
  if (answer === null) return false;
  goal = answer.message_id;
  onStart(person.mail, answer.message_id);
  await refresh();
  return true;
}

async function write() {
  const field = (id) => $(id).value.trim();
  if (!field("mail-to") || !field("mail-text")) { toast("A mail needs an address and a text."); return; }
  if (await send({ to: field("mail-to"), cc: field("mail-cc"), subject: field("mail-subject"), text: field("mail-text") })) {
    for (const id of ["mail-cc", "mail-subject", "mail-text"]) $(id).value = "";
  }
}

/** All mails that belong together, by their first References; the newest conversation first. */
function conversations() {
  const found = new Map();
  for (const letter of box.letters) {
    if (!found.has(letter.root)) found.set(letter.root, { root: letter.root, letters: [] });
    found.get(letter.root).letters.push(letter);
  }
  return [...found.values()].sort((a, b) => b.letters.at(-1).at - a.letters.at(-1).at);
}

function draw(jump) {
  if (box === null) return;
  const all = conversations();
  const current = all.find((one) => one.root === open) ?? null;
  $("mail-owner").textContent = person.mail;
  $("new-mail").setAttribute("aria-current", String(current === null));
  settle($("mails"), all.length ? all.map(entry) : [kept.get("none", "", () => el("li.none", {}, "No mail yet"))]);
  $("compose").hidden = current !== null;
  $("letters").hidden = $("answer").hidden = current === null;
  const colleague = Boolean(person.slack);
  settle($("mail-examples"), about.mails.filter((one) => one.colleagues === colleague).map((one) =>
    kept.get(`example/${one.text}`, one, () => el("button", { type: "button", title: `To ${one.to}`, onclick: () => send(one) }, one.text))));
  if (current === null) {
    $("mail-title").replaceChildren("New mail");
    if (!$("mail-to").value || jump) $("mail-to").value = about.mails.find((one) => one.colleagues === colleague).to;
    return;
  }
  const log = el("button.link", { type: "button", onclick: () => showLog(current) }, "Show its log");
  $("mail-title").replaceChildren(el("span", {}, current.letters[0].subject || "(no subject)"), log);
  if (isVisible()) markSeen(current);
  if (isVisible() && followed !== `${person.id}/${open}`) {
    followed = `${person.id}/${open}`;
    showLog(current);
  }
  const list = $("letters");
  const last = current.letters.findLast((one) => one.folder === "INBOX") ?? null;
  const isNews = list.lastElementChild?.dataset.id !== current.letters.at(-1).id;
  settle(list, current.letters.flatMap((letter) => withAnswer(letter, current, last)));
  settle($("answer"), last ? [form(last)] : []);
  if (jump || isNews) anchor = [...list.children].findLast((one) => one.matches(".letter"));
  hold();
}

/** Keep it in view: frames grow when they are loaded. */
function hold() {
  if (anchor?.isConnected) $("letters").scrollTop = anchor.offsetTop - $("letters").offsetTop;
}

function showLog(conversation) {
  const thread = conversation.letters.map((letter) => letter.thread).find(Boolean) ?? null;
  onThread(thread, person.mail, conversation.root);
}

function entry(conversation) {
  const last = conversation.letters.at(-1);
  const first = conversation.letters[0];
  const news = conversation.letters.filter(isNew).length;
  const data = [first.subject, newest(last), last.from_, news, conversation.root === open];
  return kept.get(`entry/${conversation.root}`, data, () => el("li", {}, el(`button${news ? ".unread" : ""}`, {
    type: "button", "aria-current": conversation.root === open ? "true" : null,
    onclick: () => { go(conversation.root); draw(true); },
  }, el("span.who", {}, nameOf(last.from_), el("time", {}, clock(last.at))),
  el("span.subject", {}, first.subject || "(no subject)", news ? el("span.unseen", {}, ` (${news} new)`) : null),
  el("span.snippet", {}, newest(last)))));
}

const isNew = (letter) => letter.folder === "INBOX" && !letter.seen;
const nameOf = (from) => from.replace(/\s*<.*>$/, "").replace(/^"|"$/g, "") || from;

function markSeen(conversation) {
  const uids = conversation.letters.filter(isNew).map((letter) => letter.uid);
  if (uids.length) post("seen", { person: person.id, uids });
}

/** A mail, and below it the form for an answer if one was begun; that for the last mail stands below all of them. */
function withAnswer(letter, conversation, last) {
  const name = nameOf(letter.from_);
  const drawn = kept.get(`letter/${letter.folder}/${letter.uid}`, letter.id, () => letterOf(letter, {
    person: person.id, avatar: avatar(name), name, open: letter === last || conversation.letters.length === 1,
    fitted: hold, answer: () => answerTo(letter).focus(),
    begin: (text) => { const field = answerTo(letter); field.value = text; field.focus(); },
  }));
  return letter !== last && writing.get(letter.id)?.dataset.wanted ? [drawn, writing.get(letter.id)] : [drawn];
}

function answerTo(letter) {
  const made = form(letter);
  made.dataset.wanted = "yes";
  draw(false);
  return made.querySelector("textarea");
}

function form(letter) {
  if (writing.has(letter.id)) return writing.get(letter.id);
  const field = el("textarea", { rows: 1, "aria-label": `Answer to ${nameOf(letter.from_)}`, placeholder: "Answer", title: "The mail is quoted below your answer", maxlength: 150000 });
  const answer = async (text) => {
    if (!text.trim()) return;
    if ((await post("reply", { person: person.id, uid: letter.uid, text })) === null) return;
    field.value = "";
    delete made.dataset.wanted;
    await refresh();
  };
  const quick = letter.asks === "approval" ? el("span.quick", {},
    el("button", { type: "button", onclick: () => answer("approve") }, "approve"),
    el("button", { type: "button", onclick: () => { field.value = "reject because "; field.focus(); } }, "reject because …")) : null;
  const made = el("form.answer", { autocomplete: "off" }, quick, field, el("button.send", { type: "submit" }, "Reply"));
  made.addEventListener("submit", (event) => { event.preventDefault(); answer(field.value); });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); answer(field.value); }
  });
  field.addEventListener("input", () => { field.style.height = "auto"; field.style.height = `${Math.min(field.scrollHeight + 2, 140)}px`; });
  writing.set(letter.id, made);
  return made;
}

function pointOut(id) {
  const letter = [...document.querySelectorAll("#letters .letter")].find((one) => one.dataset.id === id);
  if (!letter) return;
  letter.open = true;
  letter.classList.add("flash");
}
