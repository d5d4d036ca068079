// What keeps a value in Block Kit: inputs, selects, radio buttons, checkboxes. Each can be read by its key.

import { el } from "./dom.js";
import { mrkdwn } from "./mrkdwn.js";

export const keyOf = (block, element) => `${block.block_id}/${element.action_id}`;

/** What stands in all fields within an element, by key: the form in which the server takes it. */
export function values(where) {
  return Object.fromEntries([...where.querySelectorAll("[data-key]")].map((field) => [field.dataset.key, field.read()]));
}

/**
 * One field. `value` is what was put in before (undefined: nothing yet, so that the initial value counts); `changed()` is
 * called when something was chosen, or Enter pressed in a line; `name` describes it where it has no label of its own.
 */
export function field(block, element, { value, known, changed, id, name }) {
  const make = MAKERS[element.type];
  if (!make) return el("p.block.context", {}, `(a field that this page does not draw: ${element.type})`);
  const { control, read } = make(element, { value, known, changed: changed ?? (() => {}), id, name });
  control.dataset.key = keyOf(block, element);
  control.read = read;
  return control;
}

export const isField = (element) => element.type in MAKERS;

/** Options or people, as a select or menu shows them; groups begin with a heading. */
export function offered(element, known) {
  if (element.type.includes("users")) return known.people().map((one) => ({ text: one.real_name, value: one.id }));
  const option = (one) => ({ text: one.text.text, hint: one.description?.text, value: one.value });
  if (!element.option_groups) return element.options.map(option);
  return element.option_groups.flatMap((group) => [{ heading: group.label.text }, ...group.options.map(option)]);
}

const MAKERS = {
  plain_text_input: (element, how) => line(element, how, "text"),
  number_input: (element, how) => line(element, how, "text", { inputmode: element.is_decimal_allowed ? "decimal" : "numeric" }),
  email_text_input: (element, how) => line(element, how, "email"),
  url_text_input: (element, how) => line(element, how, "url"),
  datepicker: (element, how) => line({ ...element, initial_value: element.initial_date }, how, "date"),
  timepicker: (element, how) => line({ ...element, initial_value: element.initial_time }, how, "time"),
  static_select: select,
  users_select: select,
  radio_buttons: (element, how) => ticks(element, how, "radio"),
  checkboxes: (element, how) => ticks(element, how, "checkbox"),
  multi_static_select: (element, how) => ticks(element, how, "checkbox"),
  multi_users_select: (element, how) => ticks(element, how, "checkbox"),
};

function line(element, { value, changed, id, name }, type, more = {}) {
  const control = element.multiline
    ? el("textarea", { rows: 3, id, "aria-label": name })
    : el("input", { type, id, "aria-label": name, ...more });
  control.value = value ?? element.initial_value ?? "";
  if (element.placeholder) control.placeholder = element.placeholder.text;
  if (element.max_length) control.maxLength = element.max_length;
  if (type === "date" || type === "time") control.addEventListener("change", changed);
  else if (!element.multiline) control.addEventListener("keydown", (event) => { if (event.key === "Enter") changed(event); });
  return { control, read: () => control.value };
}

function select(element, { value, known, changed, id, name }) {
  const before = value ?? first(element) ?? "";
  const control = el("select", { id, "aria-label": name });
  control.append(el("option", { value: "" }, element.placeholder?.text ?? "Choose …"));
  let parent = control;
  for (const item of offered(element, known)) {
    if (item.heading) control.append(parent = el("optgroup", { label: item.heading }));
    else parent.append(el("option", { value: item.value, title: item.hint }, item.text));
  }
  control.value = before;
  control.addEventListener("change", changed);
  return { control, read: () => control.value };
}

function ticks(element, { value, known, changed, id, name }, type) {
  const before = new Set([value ?? first(element) ?? []].flat());
  const control = el("div.ticks", { id, role: type === "radio" ? "radiogroup" : "group", "aria-label": name, "aria-labelledby": name ? null : `${id}-label` });
  const group = id ?? `ticks-${Math.random()}`;
  for (const [place, item] of offered(element, known).entries()) {
    if (item.heading) {
      control.append(el("p.heading", {}, item.heading));
      continue;
    }
    const box = el("input", { type, name: group, id: `${group}-${place}`, value: item.value, checked: before.has(item.value) });
    control.append(el("div.tick", {}, box, el("label", { for: box.id }, words(element, item, known),
      item.hint ? el("small", {}, item.hint) : null)));
  }
  control.addEventListener("change", changed);
  const ticked = () => [...control.querySelectorAll("input:checked")].map((box) => box.value);
  return { control, read: () => (type === "radio" ? ticked()[0] ?? "" : ticked()) };
}

/** Options of radio buttons and checkboxes may have markup. */
function words(element, item, known) {
  const text = element.options?.find((one) => one.value === item.value)?.text;
  return text?.type === "mrkdwn" ? mrkdwn(text.text, known) : item.text;
}

function first(element) {
  return element.initial_option?.value ?? element.initial_user
    ?? element.initial_options?.map((one) => one.value) ?? element.initial_users;
}
