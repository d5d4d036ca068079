// What the bot has for one person alone: the App Home tab, the menu of a message, and slash commands.

import { post } from "./api.js";
import { blocks } from "./blocks.js";
import { el, settle, toast } from "./dom.js";
import { values } from "./fields.js";
import { menu } from "./menu.js";

/** The tab as an entry beside the channels. */
export const HOME = { id: "home", kind: "home", name: "App Home", messages: [], threads: {} };

/** Tell the app that somebody opened the tab: it publishes anew what stands there. */
export const open = (user) => post("open", { user, tab: "home" });

/** What stands there. `done()` is called when something was pressed. */
export function page(view, user, known, done) {
  if (!view) return el("p.empty", {}, el("b", {}, "Nothing here yet"), "The bot has not published this person's Home tab.");
  const made = el("div.home");
  const act = async ({ element, block, value }) => {
    const outcome = await post("act", {
      user, view_id: view.id, action_id: element.action_id, block_id: block.block_id, value: value ?? null, values: values(made),
    });
    if (outcome?.notice) toast(outcome.notice);
    await done();
  };
  made.append(...blocks(view.body.blocks, known, act));
  return made;
}

/** Put the tab in place; what was pressed keeps the keyboard, if it is still there. */
export function draw(list, made) {
  const pressed = list.contains(document.activeElement) ? document.activeElement.dataset.value : null;
  settle(list, [made]);
  if (pressed && !list.contains(document.activeElement)) list.querySelector(`[data-value="${CSS.escape(pressed)}"]`)?.focus({ preventScroll: true });
}

/** Point a message out. */
export function flash(list, ts) {
  const found = list.querySelector(`[data-ts="${CSS.escape(ts)}"]`);
  found?.scrollIntoView({ block: "center" });
  found?.classList.add("flash");
}

/** The menu of a message; null where it has none. */
export function about(message, room, user, shortcuts, done) {
  if (message.ephemeral || shortcuts.length === 0) return null;
  const items = shortcuts.map((one) => ({ text: one.name, value: one.callback_id }));
  const made = menu("⋯", `More actions for the message by ${message.name}`, items, async (item) => {
    const outcome = await post("shortcut", { user, channel: room.id, ts: message.ts, callback_id: item.value });
    if (outcome?.notice) toast(outcome.notice);
    await done();
  });
  made.opener.classList.add("dots");
  made.element.classList.add("message-menu");
  return made.element;
}

export const isCommand = (text) => text.startsWith("/");

/** Type a slash command; whether Slack took it, which it never does in a thread. */
export async function command(user, channel, typed, thread) {
  if (thread) {
    toast(`${typed.split(" ")[0]} is not supported in threads. Sorry!`);
    return false;
  }
  const outcome = await post("command", { user, channel, typed });
  if (outcome?.notice) toast(outcome.notice);
  return outcome !== null;
}

/** Where a link to a message of this Slack leads: { channel, ts, root }; null: elsewhere. */
export function placeOf(address) {
  const found = address?.match(/^https?:\/\/127\.0\.0\.1[:/].*\/archives\/([CDG]\w+)\/p(\d{10})(\d{6})(?:\?thread_ts=([\d.]+))?/);
  if (!found) return null;
  const ts = `${found[2]}.${found[3]}`;
  return { channel: found[1], ts, root: found[4] ?? ts };
}
