// What Slack shows of an agent: how far it is, what a thread is at with the Stop button, ratings, and prompts.

import { post } from "./api.js";
import { el } from "./dom.js";

const MARKS = { pending: "○", in_progress: "◌", complete: "✓", error: "✗" };
const WORDS = { pending: "waits", in_progress: "under way", complete: "done", error: "not done" };
const AT = { processing: "at work", active: "your turn", suspended: "waits for somebody", closed: "closed" };

/** A plan: a title, and a card for each task. */
export function plan(block) {
  return el("div.block.plan", {}, el("b", {}, block.title), el("ul", {}, (block.tasks ?? []).map((task) => el(`li.${task.status}`, {},
    el("span.mark", { title: WORDS[task.status], "aria-label": WORDS[task.status] }, MARKS[task.status] ?? "○"), el("span", {}, task.title)))));
}

/** Two buttons below an answer; the pressed one stays so. */
export function rating(element, press) {
  const made = el("span.rating", { role: "group", "aria-label": "What do you think of this answer?" });
  const button = (one, sign) => el("button.link", { type: "button", "data-value": one.value, title: one.text.text,
    "aria-label": one.accessibility_label ?? one.text.text, "aria-pressed": "false",
    onclick: (event) => {
      for (const each of made.children) each.setAttribute("aria-pressed", String(each === event.currentTarget));
      press(one.value);
    } }, sign);
  made.append(button(element.positive_button, "👍"), button(element.negative_button, "👎"));
  return made;
}

/** What the thread is at, its title, and Stop while the agent is at work. */
export function session(found, user, channel, ts) {
  if (!found) return null;
  const stop = found.can_stop ? el("button.stop", { type: "button", onclick: () => post("press_stop", { user, channel, thread_ts: ts }) }, "Stop") : null;
  return el(`div.session.${found.status}`, {}, el("span.state", {}, AT[found.status] ?? found.status),
    found.title ? el("span.title", { title: found.title }, found.title) : null, stop);
}

/** What the bot offers to be asked in its direct messages. */
export function prompts(suggested, say) {
  if (!suggested) return null;
  return el("div.prompts", {}, el("span.label", {}, suggested.title || "Suggested"),
    suggested.prompts.map((one) => el("button", { type: "button", title: one.message, onclick: () => say(one.message) }, one.title)));
}
