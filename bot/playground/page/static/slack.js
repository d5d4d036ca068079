// The Slack pane: channels with what is new in them, messages with their threads, and writing.

import { prompts, session } from "./agent.js";
import { get, post } from "./api.js";
import { blocks, isOpen } from "./blocks.js";
import { $, Kept, avatar, clock, el, settle, toast } from "./dom.js";
import { values } from "./fields.js";
import { files } from "./files.js";
import * as home from "./home.js";
import { showModal } from "./modal.js";
import { mrkdwn } from "./mrkdwn.js";
import { attaching, encoded, ownTools } from "./own.js";

const OPEN_THREADS = 4; // the newest ones show their replies by themselves
const REPLIES_SHOWN = 6; // of a long thread, until one asks for the others

const kept = new Kept();
const seen = JSON.parse(sessionStorage.getItem("seen") ?? "{}"); // "user/channel" -> ts of the newest message read
const unfolded = new Set(); // threads that show everything
const writing = new Map(); // thread -> its form for a reply, kept while messages come in

let snapshot = null;
let user = null;
let channel = null;
let inDirect = false;
let goal = null; // where to go with the next answer
let pointed = null; // a request whose card was not there when it was to be shown
let toTry = {};
let onThread = () => {};
let onStart = () => {};

/**
 * `examples`: what to try, by the name of a channel (empty: the direct message). `pickThread(null, channel, ts)` shows a
 * thread's log; `started(channel, ts)` tells of a message that may begin one.
 */
export function begin(examples, pickThread, started) {
  toTry = examples;
  onThread = pickThread;
  onStart = started;
  $("composer").addEventListener("submit", (event) => { event.preventDefault(); send($("text")); });
  enterSends($("text"), () => send($("text")));
  $("text").addEventListener("input", () => grow($("text")));
  $("messages").addEventListener("click", follow); // links to messages of this Slack
  $("composer").prepend(...attaching(() => at($("text").value), shared($("text"))));
}

const at = (text, thread = null) => ({ user, channel: channel === "bot" ? snapshot.bot_user : channel, said: text, thread_ts: thread });

/** What follows when a file was shared with the words in this field. */
const shared = (field, thread = null) => async (ts) => {
  field.value = "";
  grow(field);
  await refresh();
  if (thread === null) { onStart(channel, ts); toBottom(); }
};

/** A conversation of others, and then a mention with a file in it: what a story begins with. */
export async function join({ before, text, file }) {
  let root = null;
  for (const { person, text: said } of before) {
    const answer = await post("say", { user: person, channel, text: said, thread_ts: root });
    if (answer === null) return;
    root ??= answer.ts;
  }
  if (file) await post("share", { ...at(text, root), name: file.name, content: encoded(file.text) });
  else await post("say", { user, channel, text, thread_ts: root });
  await refresh();
  onStart(channel, root);
  toBottom();
}

/** Show what this person sees; `where` is a channel's id, a person's (their direct messages) or null (as before). */
export async function show(person, where = null) {
  user = person; // at once: whoever clicks while the answer is under way acts as this person
  goal = where ?? goal;
  const taken = await get(`slack?user=${encodeURIComponent(person)}`);
  if (taken.user !== user || taken.revision < (snapshot?.revision ?? 0)) return; // a later call has overtaken this one
  const isSomebodyElse = taken.user !== snapshot?.user;
  if (isSomebodyElse) { kept.clear(); writing.clear(); pointed = null; }
  snapshot = taken;
  const before = channel;
  const wanted = goal?.startsWith("U") || (goal === null && inDirect) ? channels().find((one) => one.kind === "im").id : goal ?? channel;
  channel = channels().find((one) => one.id === wanted)?.id ?? channels()[0].id;
  inDirect = current().kind === "im"; // everybody has a direct message of their own
  draw(before !== channel || goal !== null);
  goal = null;
  if (isSomebodyElse && current().kind === "home") await home.open(user);
}

export async function refresh() {
  if (user) await show(user);
}

/** Scroll to the card of a request, and point it out; as soon as it is there. */
export function pointOut(request) {
  pointed = request;
  const button = document.querySelector(`#messages [data-value="${CSS.escape(request)}"]`);
  const card = button?.closest(".message");
  if (!card) return;
  pointed = null;
  card.scrollIntoView({ block: "end" });
  card.classList.add("flash");
  button.focus({ preventScroll: true });
}

export async function send(field, thread = null) {
  const text = field.value ?? field;
  if (!text.trim()) return;
  const room = channel === "bot" ? snapshot.bot_user : channel;
  const said = inDirect ? text.replace(/^@bot\s*/, "") || "hello" : text;
  const isCommand = home.isCommand(text);
  const answer = isCommand ? await home.command(user, room, text, thread) || null
    : await post("say", { user, channel: room, text: said, thread_ts: thread });
  if (answer === null) return;
  if (field.value !== undefined) { field.value = ""; grow(field); }
  await refresh();
  if (isCommand) toBottom();
  if (isCommand || thread !== null) return;
  onStart(channel, answer.ts);
  toBottom();
}

const current = () => channels().find((one) => one.id === channel) ?? channels()[0];

/** The channels of the person; the direct message with the bot is offered before it exists. */
function channels() {
  const found = snapshot.channels.filter((one) => one.kind !== "channel" || !one.name.startsWith("acme-"));
  const rooms = found.filter((one) => one.kind !== "im");
  const im = found.find((one) => one.kind === "im") ?? { id: "bot", kind: "im", name: "Countersign", messages: [], threads: {} };
  return [...rooms, { ...im, name: "Countersign" }, home.HOME];
}

const known = {
  name: (id) => snapshot.users.find((one) => one.id === id)?.real_name,
  channel: (id) => snapshot.channels.find((one) => one.id === id)?.name,
  people: () => snapshot.users.filter((one) => !one.is_bot),
};

function draw(jump) {
  const room = current();
  channel = room.id;
  markRead(room);
  const focused = document.activeElement?.dataset.channel; // what is drawn anew must not take the keyboard away
  settle($("channels"), channels().map(entry));
  if (focused && document.activeElement?.dataset.channel !== focused) {
    document.querySelector(`#channels [data-channel="${CSS.escape(focused)}"]`)?.focus();
  }
  document.querySelector(".slack .room").classList.toggle("at-home", room.kind === "home");
  const title = { im: "Countersign", home: room.name }[room.kind] ?? `# ${room.name}`;
  const about = {
    deploys: "where deploys are asked for", releases: "where release managers decide", general: "everything else",
    support: "where customers' wishes are decided", finance: "where refunds are decided",
  };
  const direct = { im: "a direct message", home: "what waits for you, your threads, the agents, what you allowed" };
  $("room-title").replaceChildren(title, el("small", {}, direct[room.kind] ?? about[room.name] ?? ""));
  $("text").placeholder = room.kind === "im" ? "Message Countersign, or type /bot help" : `Message #${room.name}; begin with @bot, or type /bot help`;
  const examples = toTry[room.kind === "im" ? "" : room.name] ?? []; // in the other channels one decides
  document.querySelector(".slack .try").hidden = examples.length === 0 || room.kind === "home";
  settle($("examples"), examples.map(example));
  const list = $("messages");
  const atBottom = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
  if (room.kind === "home") home.draw(list, kept.get("home", snapshot.home, () => home.page(snapshot.home, user, known, refresh)));
  else settle(list, room.messages.length ? room.messages.flatMap((message, place) => top(message, room, place)) : [nothing(room), prompts(room.suggested, send)].filter(Boolean));
  if (jump && room.kind === "home") list.scrollTop = 0;
  else if (jump || (atBottom && room.kind !== "home")) toBottom();
  showModal(snapshot.modals, user, known);
  if (pointed) pointOut(pointed);
}

const example = (text) => kept.get(`example/${text}`, text, () => el("button", { type: "button", title: text, onclick: () => send(text) },
  text === "@bot" ? text : text.replace(/^@bot /, "")));

function toBottom() {
  $("messages").scrollTop = $("messages").scrollHeight;
}

function nothing(room) {
  const words = {
    im: ["Just the two of you", "Ask for something here, and only you see the answers. No @bot is needed."],
    finance: ["Nothing to decide", "When a customer wants money back, a card appears here, and as a mail to Finn as well."],
    support: ["Nothing to decide", "When a customer's wish changes something, a card appears here. You can ask for orders too."],
    releases: ["Nothing to decide", "When a deploy to production is asked for, its card appears here for the release managers."],
  }[room.kind === "im" ? "im" : room.name] ?? ["Quiet in here", "Send one of the examples below, or write something of your own that begins with @bot."];
  return kept.get(`empty/${room.id}`, words, () => el("p.empty", {}, el("b", {}, words[0]), words[1]));
}

function entry(room) {
  const news = unread(room);
  const data = [room.id, room.name, room.id === channel, news];
  return kept.get(`channel/${room.id}`, data, () => el("li", {}, el(`button${news ? ".unread" : ""}`, {
    type: "button", "aria-current": room.id === channel ? "true" : null, "data-channel": room.id,
    onclick: () => go(room),
  }, el("span.sign", { "aria-hidden": "true" }, { im: "@", home: "⌂" }[room.kind] ?? "#"), el("span.name", {}, room.name),
  news ? el("span.news", {}, news > 9 ? "9+" : String(news), el("span.unseen", {}, " new")) : null)));
}

async function go(room) {
  pointed = null;
  channel = room.id;
  inDirect = room.kind === "im";
  draw(true);
  if (inDirect) await post("open", { user, tab: "messages" }); // as Slack tells the bot
  if (room.kind === "home") await home.open(user);
}

function follow(event) {
  const at = home.placeOf(event.target.closest("a")?.href);
  const room = at && channels().find((one) => one.id === at.channel);
  if (!room) return;
  event.preventDefault();
  unfolded.add(at.root);
  go(room);
  home.flash($("messages"), at.ts);
}

const everything = (room) => [...room.messages, ...Object.values(room.threads).flat()];

function unread(room) {
  const mark = seen[`${user}/${room.id}`] ?? "0";
  return everything(room).filter((message) => message.user !== user && message.ts > mark).length;
}

function markRead(room) {
  const newest = everything(room).map((message) => message.ts).sort().at(-1);
  if (!newest) return;
  seen[`${user}/${room.id}`] = newest;
  sessionStorage.setItem("seen", JSON.stringify(seen));
}

function top(message, room, place) {
  const replies = room.threads[message.ts] ?? [];
  const recent = place >= room.messages.length - OPEN_THREADS;
  const drawn = messageOf(message, room);
  if (replies.length || room.sessions?.[message.ts] || writing.has(message.ts)) return [drawn, thread(message, replies, room, recent)];
  return message.ephemeral || (message.is_bot && !isCard(message)) ? [drawn] : [drawn, bare(message, room)];
}

/** A card has a heading and small print; an answer may have headings too. */
const isCard = (message) => ["header", "context"].every((type) => (message.body.blocks ?? []).some((block) => block.type === type));

function bare(message, room) {
  return kept.get(`bare/${message.ts}`, room.id, () => el("div.thread-tools.bare", {}, replyLink(message.ts)));
}

function thread(message, replies, room, recent) {
  const all = unfolded.has(message.ts) || (recent && replies.length <= REPLIES_SHOWN);
  const shown = all ? replies : replies.slice(recent ? -REPLIES_SHOWN : replies.length);
  const hidden = replies.length - shown.length;
  const key = `thread/${message.ts}`;
  const made = kept.get(key, room.id, () => el("div.replies"));
  const more = hidden ? kept.get(`more/${message.ts}`, hidden, () => el("button.link", { type: "button", onclick: () => {
    unfolded.add(message.ts);
    draw(false);
  } }, `${hidden} ${shown.length ? "earlier " : ""}${hidden === 1 ? "reply" : "replies"}`)) : null;
  const tools = kept.get(`tools/${message.ts}`, writing.has(message.ts), () => el("div.thread-tools", {},
    writing.has(message.ts) ? null : replyLink(message.ts),
    message.is_bot ? null // a card: its thread began elsewhere
      : el("button.link", { type: "button", onclick: () => onThread(null, room.id, message.ts) }, "Show its log")));
  const at = room.sessions?.[message.ts];
  const state = at ? kept.get(`session/${message.ts}`, [at, user], () => session(at, user, room.id, message.ts)) : null;
  settle(made, [state, more, ...shown.map((reply) => messageOf(reply, room)), tools, writing.get(message.ts)].filter(Boolean));
  return made;
}

const replyLink = (ts) => el("button.link", { type: "button", onclick: () => {
  writing.set(ts, replyForm(ts));
  draw(false);
  writing.get(ts).querySelector("textarea").focus();
} }, "Reply in thread");

function replyForm(ts) {
  const field = el("textarea", { rows: 1, "aria-label": "Reply in thread", placeholder: "Reply; no @bot is needed in a thread", maxlength: 150000 });
  const form = el("form.reply-form", { autocomplete: "off" }, attaching(() => at(field.value, ts), shared(field, ts)), field,
    el("button.send", { type: "submit" }, "Reply"));
  const reply = () => send(field, ts);
  form.addEventListener("submit", (event) => { event.preventDefault(); reply(); });
  enterSends(field, reply);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { writing.delete(ts); draw(false); }
  });
  return form;
}

function messageOf(message, room) {
  return kept.get(`message/${room.id}/${message.ts}`, message, () => {
    const author = snapshot.users.find((one) => one.id === message.user);
    const shown = el("div", {}, content(message, room));
    const isOwn = message.user === user && !message.is_bot && !message.ephemeral && message.body.subtype !== "tombstone";
    return el(`article.message${message.ephemeral ? ".alone" : ""}`, { "data-ts": message.ts },
      home.about(message, room, user, snapshot.shortcuts, refresh),
      avatar(author?.real_name ?? message.name),
      el("div", {},
        message.ephemeral ? el("span.whisper", {}, "Only visible to you") : null,
        el("div.byline", {}, el("b", {}, message.name), message.is_bot ? el("span.app", {}, "APP") : null,
          el("time", {}, clock(Number(message.ts))),
          isOwn ? ownTools({ user, channel: room.id, ts: message.ts }, typed(message.text), shown, refresh) : null),
        shown,
        message.edited && !message.is_bot ? el("span.edited", {}, "(edited)") : null));
  });
}

/** A message's text as somebody would type it. */
const typed = (text) => text
  .replace(/<@([UW][A-Z0-9]+)>/g, (whole, id) => `@${snapshot.users.find((one) => one.id === id)?.name ?? id}`)
  .replace(/<#([A-Z0-9]+)(?:\|[^>]*)?>/g, (whole, id) => `#${known.channel(id) ?? id}`)
  .replace(/<(https?:[^|>]+)(?:\|[^>]*)?>/g, "$1")
  .replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

function content(message, room) {
  const list = message.body.blocks ?? [];
  const attached = files(message.body.files, user);
  if (!list.length) return [message.text ? el("div.text", {}, mrkdwn(message.text, known)) : null, attached];
  const place = el("div");
  place.append(...blocks(list, known, (done) => click(message, room, done, values(place))));
  if (isCard(message)) place.className = isOpen(list) ? "carded" : "carded decided";
  return [place, attached];
}

async function click(message, room, { element, block, value }, filled) {
  const outcome = await post("click", {
    user, channel: room.id, ts: message.ts, action_id: element.action_id, block_id: block.block_id, value: value ?? null, values: filled,
  });
  if (outcome?.notice) toast(outcome.notice);
  await refresh();
}

function enterSends(field, act) {
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); act(); }
  });
}

function grow(field) {
  field.style.height = "auto";
  field.style.height = `${Math.min(field.scrollHeight + 2, 140)}px`;
}
