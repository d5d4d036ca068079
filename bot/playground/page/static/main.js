// The whole page: who acts, which pane is looked at, and what changes when the server says so.

import { get, listen } from "./api.js";
import { $, avatar, el, introduce, settle, toast } from "./dom.js";
import * as ground from "./ground.js";
import * as log from "./log.js";
import * as mail from "./mail.js";
import * as slack from "./slack.js";
import * as stories from "./stories.js";

let people = [];
let person = null;
let wanted = sessionStorage.getItem("pane") ?? "slack"; // where somebody looks who has both
let unseen = {};

async function start() {
  const about = await get("about");
  people = about.people;
  introduce(people);
  person = people.find((one) => one.id === sessionStorage.getItem("person")) ?? people[0];
  $("banner").textContent = about.banner;
  $("show-rules").hidden = !about.rules;
  $("rules-text").textContent = about.rules;
  $("show-rules").addEventListener("click", () => $("rules").showModal());
  $("people").append(...people.map(choice));
  for (const pane of PANES) $(`tab-${pane}`).addEventListener("click", () => look(pane));
  $("tabs").addEventListener("keydown", turn);
  slack.begin(about.examples, log.pick, log.expect);
  mail.begin(about, log.pick, log.expect);
  log.begin(decide);
  stories.begin(about.stories, people, play);
  ground.begin(log.expect);
  await become(person.id);
  listen({ slack: slack.refresh, mail: news, around });
}

function choice(one) {
  const id = `person-${one.id}`;
  const radio = el("input", { type: "radio", name: "person", id, value: one.id, checked: one === person });
  radio.addEventListener("change", () => become(one.id));
  return el("div.person", {}, radio, el("label", { for: id }, avatar(one.name),
    el("span", {}, el("b", {}, one.name.split(" ")[0]), el("small", {}, one.role)),
    el("span.dot", { id: `new-${one.id}`, hidden: true, title: "has new mail" })));
}

/** Act as somebody; `pane` and `at` lead to one place: a channel, a person (direct messages) or a mail. */
async function become(id, pane = null, at = null) {
  person = people.find((one) => one.id === id);
  sessionStorage.setItem("person", id);
  $(`person-${id}`).checked = true;
  if (pane) wanted = pane;
  showPane();
  await Promise.all([
    person.slack ? slack.show(person.slack, pane === "slack" ? at : null) : null,
    mail.show(person, pane === "mail" ? at : null),
  ]);
}

const PANES = ["slack", "mail"];
const possible = () => PANES.filter((pane) => person[pane]);

function look(pane) {
  wanted = pane;
  sessionStorage.setItem("pane", pane);
  showPane();
}

function showPane() {
  const pane = possible().includes(wanted) ? wanted : possible()[0];
  document.querySelector("main").dataset.pane = pane;
  document.querySelector("main").dataset.panes = possible().join(" ");
  for (const one of PANES) {
    $(`tab-${one}`).hidden = !person[one];
    $(`tab-${one}`).setAttribute("aria-selected", String(one === pane));
    $(`tab-${one}`).tabIndex = one === pane ? 0 : -1;
  }
  log.prefer(pane);
  mail.reveal();
  count();
}

function turn(event) {
  if (!["ArrowLeft", "ArrowRight"].includes(event.key) || possible().length < 2) return;
  const pane = document.querySelector("main").dataset.pane === "mail" ? "slack" : "mail";
  look(pane);
  $(`tab-${pane}`).focus();
}

async function decide(way, request) {
  await become(way.person, way.pane, way.at);
  if (way.pane === "slack") slack.pointOut(request);
}

async function play(story) {
  if (story.first) await ground.ensure(story.first);
  await become(story.person, story.channel ? "slack" : "mail", story.channel || null);
  if (story.before.length) await slack.join(story);
  else if (story.channel) await slack.send(story.text);
  else await mail.send(story);
}

async function news(state) {
  unseen = state.unseen;
  count();
  await mail.refresh();
}

function count() {
  for (const one of people) $(`new-${one.id}`).hidden = !unseen[one.id] || one === person;
  const mine = unseen[person.id] ?? 0;
  settle($("mail-count"), mine ? [el("span.news", {}, String(mine), el("span.unseen", {}, " new"))] : []);
}

function around(state) {
  log.update(state.threads);
  ground.update(state);
}

start().catch((error) => toast(error.message));
