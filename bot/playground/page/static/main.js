// The whole page: who acts, what is sent, and what changes when the server says so.

import { get, listen, post } from "./api.js";
import { $, avatar, clock, el, settle, toast } from "./dom.js";
import * as log from "./log.js";
import * as slack from "./slack.js";

let user = sessionStorage.getItem("user");
let runs = null;

async function start() {
  const about = await get("about");
  const people = Object.keys(about.people);
  if (!people.includes(user)) user = people[0];
  $("banner").textContent = about.banner;
  $("show-rules").hidden = !about.rules;
  $("rules-text").textContent = about.rules;
  $("show-rules").addEventListener("click", () => $("rules").showModal());
  $("examples").replaceChildren(...about.examples.map(example));
  for (const button of document.querySelectorAll("[data-trouble]")) button.addEventListener("click", () => make(button.dataset.trouble));
  slack.begin(log.pick, log.expect);
  log.begin(decide);
  const { users } = await get(`slack?user=${user}`);
  $("people").append(...people.map((id) => person(users.find((one) => one.id === id), about.people[id], users)));
  await slack.show(user);
  listen({ slack: slack.refresh, around });
}

function person(one, role, users) {
  const id = `person-${one.id}`;
  const radio = el("input", { type: "radio", name: "person", id, value: one.id, checked: one.id === user });
  radio.addEventListener("change", () => become(one.id));
  return el("div.person", {}, radio, el("label", { for: id }, avatar(one, users), el("span", {}, el("b", {}, one.real_name.split(" ")[0]), el("small", {}, role))));
}

async function become(id, where = null) {
  user = id;
  sessionStorage.setItem("user", id);
  const radio = $(`person-${id}`);
  if (radio) radio.checked = true;
  await slack.show(id, where);
}

async function decide(id, channel, request) {
  await become(id, channel);
  slack.pointOut(request);
}

function example(text) {
  const shown = text === "@bot" ? "@bot" : text.replace(/^@bot /, "");
  return el("button", { type: "button", title: text, onclick: () => slack.send(text) }, shown);
}

function around(state) {
  log.update(state.threads);
  $("count").textContent = state.runs.length;
  if (runs !== null && state.runs.length > runs) {
    $("count").classList.remove("bump");
    void $("count").offsetWidth; // lets the animation begin again
    $("count").classList.add("bump");
  }
  runs = state.runs.length;
  settle($("runs"), state.runs.length ? state.runs.slice(-3).reverse().map(ran) : [el("li", {}, "Nothing yet. This is the deploy command's own log on disk.")]);
  $("worker").className = `lamp ${state.worker.state}`;
  button("kill_worker").title = { running: `Signal 9 to process ${state.worker.pid}`, starting: "It is starting", down: "It starts again in a moment" }[state.worker.state];
  button("kill_worker").lastElementChild.textContent = { running: "Kill the worker", starting: "Worker starting …", down: "Worker is dead …" }[state.worker.state];
  button("slow").setAttribute("aria-pressed", String(state.slow));
  button("move_tag").setAttribute("aria-pressed", String(state.moved));
  button("move_tag").textContent = state.moved ? "Move the tag v1.4.0 back" : "Move the tag v1.4.0";
}

const button = (trouble) => document.querySelector(`[data-trouble="${trouble}"]`);

function ran(run) {
  return el("li", { title: `commit ${run.commit}` }, `${clock(Date.parse(run.at) / 1000, true)} `, el("b", {}, `${run.service} ${run.tag}`),
    ` to ${run.environment} `, el("code", {}, run.commit.slice(0, 7)));
}

const DONE = {
  kill_worker: "The worker was killed (signal 9). It starts again in two seconds.",
  move_tag: "The tag was moved. A card that waits for approval is asked again when it is approved.",
  slow: "The next deploys take twenty seconds: time enough to kill the worker in the middle.",
};

async function make(trouble) {
  const ends = button(trouble).getAttribute("aria-pressed") === "true";
  if ((await post("trouble", trouble)) !== null) toast(ends ? "As it was before." : DONE[trouble]);
}

start().catch((error) => toast(error.message));
