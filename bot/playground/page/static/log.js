// The event log of one thread: which one, how it stands, whom it waits for, and every event as it comes.

import { get } from "./api.js";
import { $, Kept, clock, el, settle } from "./dom.js";

const kept = new Kept();
let threads = [];
let picked = null; // a thread that somebody chose
let awaited = []; // "channel/ts" of messages that are about to become threads
let drawn = null; // "id@version" that stands there
let onDecide = () => {};
let preferred = "slack"; // the pane whose threads are shown first

/** `decide(way, request)` takes somebody to where they can answer a request. */
export function begin(decide) {
  onDecide = decide;
  $("thread").addEventListener("change", () => { picked = $("thread").value; awaited = []; draw(); });
}

/** Show the log of a thread, or else of the one that began with this message. */
export function pick(thread, channel, ts) {
  const found = threads.find((one) => one.id === thread) ?? threads.find((one) => one.channel === channel && one.ts === ts);
  if (!found) return; // it is not a thread, or not yet
  picked = found.id;
  awaited = [];
  draw();
}

/** The pane that is looked at: which thread is shown before anybody chose one. */
export function prefer(pane) {
  preferred = pane;
}

/** A message was written: as soon as it is a thread, its log is shown. */
export function expect(channel, ts) {
  awaited.push(`${channel}/${ts}`);
  update(threads);
}

export function update(list) {
  threads = list;
  const come = awaited.findLastIndex((key) => threads.some((one) => `${one.channel}/${one.ts}` === key));
  if (come >= 0) {
    picked = threads.find((one) => `${one.channel}/${one.ts}` === awaited[come]).id;
    awaited = awaited.slice(come + 1);
  }
  if (!threads.some((one) => one.id === picked)) picked = (threads.find((one) => one.pane === preferred) ?? threads[0])?.id ?? null;
  settle($("thread"), threads.map((one) => kept.get(`option/${one.id}`, one.title, () => el("option", { value: one.id }, `${label(one)}  ${one.title || "(nothing said)"}`))));
  $("thread").value = picked ?? "";
  draw();
}

const label = (line) => (line.pane === "mail" ? "✉" : clock(Number(line.ts)));

async function draw() {
  const line = threads.find((one) => one.id === picked);
  $("thread").hidden = !line;
  $("status").hidden = !line;
  if (!line) {
    drawn = null;
    settle($("log"), [kept.get("nothing", "", () => el("li.empty", {}, el("b", {}, "No thread yet"),
      "Send an example on the left: each thing that happens then becomes one line here."))]);
    return;
  }
  const key = `${line.id}@${line.version}`;
  if (key === drawn) return;
  const fresh = !drawn?.startsWith(`${line.id}@`);
  drawn = key;
  const view = await get(`threads/${line.id}`).catch(() => null);
  if (view === null || picked !== line.id) return;
  $("thread").value = line.id;
  $("status").textContent = view.line.status === "ready" ? "working" : view.line.status;
  $("status").className = `badge ${view.line.status}`;
  settle($("open"), view.open.map((request, place) => kept.get(`open/${line.id}/${place}`, request, () => waiting(request))));
  const log = $("log");
  const atBottom = fresh || log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  log.setAttribute("aria-live", fresh ? "off" : "polite"); // a thread that is opened is not read out as a whole
  settle(log, view.rows.map((row) => {
    const name = `row/${line.id}/${row.index}`;
    const isNew = !fresh && !kept.has(name);
    return kept.get(name, row, () => rowOf(row, isNew));
  }));
  log.dataset.thread = line.id;
  if (atBottom) log.scrollTop = log.scrollHeight;
}

const WAITING = {
  approval: "to approve this", question: "to answer", doubt: "to say whether it happened", stuck: "to look at this",
};

function awaitedOf({ names, needs }) {
  if (!names.length) return "nobody";
  if (needs < 2) return names.join(" or ");
  return names.length <= needs ? names.join(" and ") : `${needs} of ${names.join(", ")}`;
}

function waiting(request) {
  const who = awaitedOf(request);
  const panes = new Set(request.ways.map((way) => way.pane));
  const where = (way) => (panes.size < 2 ? "" : way.pane === "mail" ? " by mail" : " in Slack");
  const verb = request.kind === "approval" ? "Decide" : "Answer";
  return el("div", {},
    el("p", {}, `Waiting for ${who} ${WAITING[request.kind]}`),
    el("span.go", {}, request.ways.map((way) => el("button", { type: "button", onclick: () => onDecide(way, request.id) },
      `${verb} as ${way.name.split(" ")[0]}${where(way)}`))));
}

function rowOf(row, isNew) {
  const more = row.more.length > 600 ? `${row.more.slice(0, 600)}…` : row.more;
  return el(`li.row.${row.tone}${isNew ? ".new" : ""}`, { "data-type": row.type },
    el("time", {}, row.at ? clock(row.at, true) : ""),
    el("span.glyph", { "aria-hidden": "true" }, row.glyph),
    el("details", {},
      el("summary", { title: "Show the stored event" }, row.who ? el("span.who", {}, `${row.who} `) : null, row.words),
      el("pre", {}, JSON.stringify(row.details, null, 1))),
    more ? el("p.more", {}, more) : null);
}
