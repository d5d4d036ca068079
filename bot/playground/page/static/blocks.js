// Block Kit, as DOM: the blocks that bots use in messages and forms.

import { plan, rating } from "./agent.js";
import { confirmed } from "./confirm.js";
import { el } from "./dom.js";
import { field, isField, keyOf, offered } from "./fields.js";
import { markdown } from "./markdown.js";
import { menu } from "./menu.js";
import { link, mention, mrkdwn } from "./mrkdwn.js";

/**
 * The blocks of a message or form. `act({ element, block, value })` is called when something is clicked or chosen, and
 * awaited; `before` has what was put into fields earlier, by key.
 */
export function blocks(list, known, act, before = {}) {
  return list.map((block) => one(block, { known, act: (element, value) => act({ element, block, value }), before, block })).filter(Boolean);
}

/** Whether somebody can click or choose something there. */
export const isOpen = (list) => list.some((block) => block.type === "actions" || (block.accessory && block.accessory.type !== "image"));

function one(block, how) {
  const { known } = how;
  switch (block.type) {
    case "header": return el("h4.block.header", {}, block.text.text);
    case "divider": return el("hr.block.divider");
    case "section": return section(block, how);
    case "context": return el("div.block.context.text", {}, block.elements.flatMap((each, place) => [place ? " · " : "", small(each, known)]));
    case "actions": return el("div.block.actions", {}, block.elements.map((each) => interactive(each, how, "Choose")));
    case "rich_text": return el("div.block.text", {}, block.elements.map((each) => rich(each, known)));
    case "table": return table(block, known);
    case "plan": return plan(block);
    case "context_actions": return el("div.block", {}, block.elements.map((each) => interactive(each, how, "Choose")));
    case "markdown": return el("div.block.text", {}, markdown(block.text, known));
    case "input": return null; // drawn by forms
    default: return el("p.block.context", {}, `(a block that this page does not draw: ${block.type})`);
  }
}

function section(block, how) {
  const made = el("div.block.text");
  if (block.text) made.append(...textObject(block.text, how.known));
  if (block.fields) made.append(el("div.fields", {}, block.fields.map((each) => el("div", {}, textObject(each, how.known)))));
  if (!block.accessory) return made;
  return el("div.block.sided", {}, made, el("div.accessory", {}, interactive(block.accessory, how, made.textContent.slice(0, 80))));
}

export function textObject(text, known) {
  return text.type === "mrkdwn" ? mrkdwn(text.text, known) : [el("div.line", {}, text.text)];
}

function small(element, known) {
  if (element.type !== "mrkdwn") return el("span", {}, element.text ?? element.alt_text ?? "");
  return el("span", {}, mrkdwn(element.text, known).flatMap((part) => (part.matches("div.line") ? [...part.childNodes] : [part])));
}

function interactive(element, how, name) {
  if (element.type === "button") return button(element, how);
  if (element.type === "feedback_buttons") return rating(element, (value) => how.act(element, value));
  if (element.type === "overflow") return overflow(element, how, name);
  if (element.type === "static_select" || element.type === "users_select") return choice(element, how, name);
  if (!isField(element)) return el("span.block.context", {}, `(an element that this page does not draw: ${element.type})`);
  const drawn = field(how.block, element, {
    known: how.known, name: element.placeholder?.text ?? name, value: how.before[keyOf(how.block, element)],
    changed: async () => { if (await confirmed(element.confirm, how.known)) await how.act(element, drawn.read()); },
  });
  return drawn;
}

function button(element, how) {
  const style = element.style ? `.${element.style === "danger" ? "danger" : "primary"}` : "";
  const made = el(`button${style}`, { type: "button", "data-value": element.value, "aria-label": element.accessibility_label }, element.text.text);
  made.addEventListener("click", () => carefully(made, element, how, element.value));
  return made;
}

function overflow(element, how, name) {
  const made = menu("⋯", `More about: ${name}`, offered(element, how.known), (item) => carefully(made.opener, element, how, item.value));
  made.opener.classList.add("dots");
  return made.element;
}

/** A select of a message tells its choice at once; its face shows it until the message changes. */
function choice(element, how, name) {
  const items = offered(element, how.known);
  const face = el("span");
  let now = how.before[keyOf(how.block, element)] ?? element.initial_option?.value ?? element.initial_user ?? "";
  const show = () => { face.textContent = items.find((item) => item.value === now)?.text ?? element.placeholder?.text ?? "Choose …"; };
  const made = menu([face, el("span", { "aria-hidden": "true" }, " ▾")], element.placeholder?.text ?? name, items, async (item) => {
    const before = now;
    now = item.value;
    show();
    if (await carefully(made.opener, element, how, item.value)) return;
    now = before;
    show();
  });
  made.opener.removeAttribute("aria-label"); // its face is its name
  made.element.dataset.key = keyOf(how.block, element);
  made.element.read = () => now;
  show();
  return made.element;
}

/** Ask if the element wants that, send, and return whether it was sent. Not disabled: clicking twice must be safe, so it can be tried. */
async function carefully(made, element, how, value) {
  if (!await confirmed(element.confirm, how.known)) return false;
  made.setAttribute("aria-busy", "true");
  await how.act(element, value);
  made.removeAttribute("aria-busy");
  return true;
}

function rich(element, known) {
  const runs = () => element.elements.map((each) => run(each, known));
  switch (element.type) {
    case "rich_text_section": return el("div.line", {}, runs());
    case "rich_text_preformatted": return el("pre", {}, runs());
    case "rich_text_quote": return el("blockquote", {}, runs());
    case "rich_text_list": return list(element, known);
    default: return el("div.line", {}, `(${element.type})`);
  }
}

/** A list as deep as it is set in; within a quotation it has that one's bar. */
function list(element, known) {
  const tag = `${element.style === "ordered" ? "ol" : "ul"}.in${element.indent ?? 0}`;
  const made = el(tag, { start: element.offset ? element.offset + 1 : null }, element.elements.map((each) => el("li", {}, rich(each, known))));
  return element.border ? el("blockquote", {}, made) : made;
}

/** A table; its first row is the head. */
function table(block, known) {
  const settings = (place) => block.column_settings?.[place] ?? {};
  const cell = (tag) => (each, place) => {
    const inside = each.type === "rich_text" ? each.elements.map((part) => rich(part, known)) : each.text;
    return el(`${tag}.${settings(place).align ?? "left"}${settings(place).is_wrapped ? ".wrapped" : ""}`, {}, inside);
  };
  const [head, ...rows] = block.rows;
  const made = el("table", {}, el("thead", {}, el("tr", {}, head.map(cell("th")))),
    el("tbody", {}, rows.map((row) => el("tr", {}, row.map(cell("td"))))));
  return el("div.block.table", {}, made);
}

function run(element, known) {
  switch (element.type) {
    case "text": return styled(element.text, element.style ?? {});
    case "user": return mention(`@${known.name(element.user_id) ?? element.user_id}`);
    case "channel": return mention(`#${known.channel(element.channel_id) ?? element.channel_id}`);
    case "broadcast": return mention(`@${element.range}`);
    case "link": return link(element.url, element.text ?? element.url);
    case "emoji": return el("span", {}, `:${element.name}:`);
    default: return el("span", {}, element.text ?? element.fallback ?? "");
  }
}

function styled(text, style) {
  let made = style.code ? el("code", {}, text) : document.createTextNode(text);
  if (style.bold) made = el("strong", {}, made);
  if (style.italic) made = el("em", {}, made);
  if (style.strike) made = el("s", {}, made);
  return made;
}
