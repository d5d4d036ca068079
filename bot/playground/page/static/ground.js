// The strip at the bottom: what really ran, who was refused, and the trouble one can make.

import { post } from "./api.js";
import { $, clock, el, settle, toast } from "./dom.js";

const DONE = {
  kill_worker: "The worker was killed (signal 9). It starts again in two seconds.",
  move_tag: "The tag was moved. A card that waits for approval is asked again when it is approved.",
  slow: "The next deploys take twenty seconds: time enough to kill the worker in the middle.",
  impatient: "Whoever is asked from now on is reminded after 10 seconds; after 20 others are asked as well; after 40 it expires.",
  forge_request: "A stranger wrote to support@acme.test as Kim. The shop shows nothing to a sender whom nobody vouches for.",
  forge_approval: "A stranger answered Finn's newest card with “approve”. It decides nothing; see what was refused.",
};
let ran = null;
let on = {}; // which switches are on

let onStart = () => {};

/** `started(channel, ts)` tells of a message that may begin a thread. */
export function begin(started) {
  onStart = started;
  for (const button of document.querySelectorAll("[data-trouble]")) button.addEventListener("click", () => make(button.dataset.trouble));
}

/** Turn a switch on, if it is not. */
export async function ensure(trouble) {
  if (!on[trouble]) await make(trouble);
}

export function update(state) {
  on = { slow: state.slow, impatient: state.impatient, move_tag: state.moved };
  $("count").textContent = state.ran.length;
  if (ran !== null && state.ran.length > ran) {
    $("count").classList.remove("bump");
    void $("count").offsetWidth; // lets the animation begin again
    $("count").classList.add("bump");
  }
  ran = state.ran.length;
  settle($("runs"), state.ran.length ? state.ran.slice(-4).reverse().map(done) : [el("li", {}, "Nothing yet. This is what the deploy command and the shop's database say.")]);
  settle($("refused"), state.refused.length ? state.refused.slice(-3).reverse().map(refusal) : [el("li", {}, "Nobody yet.")]);
  $("worker").className = `lamp ${state.worker.state}`;
  button("kill_worker").title = { running: `Signal 9 to process ${state.worker.pid}`, starting: "It is starting", down: "It starts again in a moment" }[state.worker.state];
  button("kill_worker").lastElementChild.textContent = { running: "Kill the worker", starting: "Worker starting …", down: "Worker is dead …" }[state.worker.state];
  button("slow").setAttribute("aria-pressed", String(state.slow));
  button("impatient").setAttribute("aria-pressed", String(state.impatient));
  button("move_tag").setAttribute("aria-pressed", String(state.moved));
  button("move_tag").textContent = state.moved ? "Move the tag v1.4.0 back" : "Move the tag v1.4.0";
}

const button = (trouble) => document.querySelector(`[data-trouble="${trouble}"]`);

const done = (one) => el("li", {}, `${clock(one.at, true)} `, el("b", {}, one.what), ` ${one.more} `, el("code", {}, one.mark));

const refusal = (one) => el("li", { title: `${one.who}: ${one.why}` }, `${clock(one.at, true)} `, el("b", {}, one.who), `: ${one.why}`);

async function make(trouble) {
  const ends = button(trouble).getAttribute("aria-pressed") === "true";
  const answer = await post("trouble", trouble);
  if (answer === null) return;
  if (answer.ts) onStart(answer.channel, answer.ts);
  toast(ends ? "As it was before." : DONE[trouble]);
}
