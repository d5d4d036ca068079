// Block Kit, as DOM: the blocks that bots use in messages and forms.

import { el } from "./dom.js";
import { link, mention, mrkdwn } from "./mrkdwn.js";

/** The blocks of a message. `act(element)` is called when a button is clicked. */
export function blocks(list, known, act) {
  return list.map((block) => one(block, known, act)).filter(Boolean);
}

function one(block, known, act) {
  switch (block.type) {
    case "header": return el("h4.block.header", {}, block.text.text);
    case "divider": return el("hr.block.divider");
    case "section": return section(block, known, act);
    case "context": return el("div.block.context.text", {}, block.elements.flatMap((each, place) => [place ? " · " : "", small(each, known)]));
    case "actions": return el("div.block.actions", {}, block.elements.map((each) => button(each, act)));
    case "rich_text": return el("div.block.text", {}, block.elements.map((each) => rich(each, known)));
    case "markdown": return el("div.block.text", {}, el("div.line", {}, block.text));
    case "input": return null; // drawn by forms
    default: return el("p.block.context", {}, `(a block that this page does not draw: ${block.type})`);
  }
}

function section(block, known, act) {
  const made = el("div.block.text");
  if (block.text) made.append(...textObject(block.text, known));
  if (block.fields) made.append(el("div.fields", {}, block.fields.map((field) => el("div", {}, textObject(field, known)))));
  if (block.accessory?.type === "button") made.append(el("div.accessory", {}, button(block.accessory, act)));
  return made;
}

export function textObject(text, known) {
  return text.type === "mrkdwn" ? mrkdwn(text.text, known) : [el("div.line", {}, text.text)];
}

function small(element, known) {
  if (element.type !== "mrkdwn") return el("span", {}, element.text ?? "");
  return el("span", {}, mrkdwn(element.text, known).flatMap((part) => (part.matches("div.line") ? [...part.childNodes] : [part])));
}

function button(element, act) {
  const style = element.style ? `.${element.style === "danger" ? "danger" : "primary"}` : "";
  const made = el(`button${style}`, { type: "button", "data-value": element.value }, element.text.text);
  made.addEventListener("click", async () => {
    made.setAttribute("aria-busy", "true"); // not disabled: clicking twice must be safe, so it can be tried
    await act(element);
    made.removeAttribute("aria-busy");
  });
  return made;
}

function rich(element, known) {
  const runs = () => element.elements.map((each) => run(each, known));
  switch (element.type) {
    case "rich_text_section": return el("div.line", {}, runs());
    case "rich_text_preformatted": return el("pre", {}, runs());
    case "rich_text_quote": return el("blockquote", {}, runs());
    case "rich_text_list": return el(element.style === "ordered" ? "ol" : "ul", {}, element.elements.map((each) => el("li", {}, rich(each, known))));
    default: return el("div.line", {}, `(${element.type})`);
  }
}

function run(element, known) {
  switch (element.type) {
    case "text": return styled(element.text, element.style ?? {});
    case "user": return mention(`@${known.name(element.user_id) ?? element.user_id}`);
    case "channel": return mention(`#${known.channel(element.channel_id) ?? element.channel_id}`);
    case "broadcast": return mention(`@${element.range}`);
    case "link": return link(element.url, element.text ?? element.url);
    default: return el("span", {}, element.text ?? "");
  }
}

function styled(text, style) {
  let made = style.code ? el("code", {}, text) : document.createTextNode(text);
  if (style.bold) made = el("strong", {}, made);
  if (style.italic) made = el("em", {}, made);
  if (style.strike) made = el("s", {}, made);
  return made;
}
