// Slack's forms: the topmost open view of the acting person, as a dialog.

import { post } from "./api.js";
import { blocks, textObject } from "./blocks.js";
import { $, el, toast } from "./dom.js";

let shown = null; // the view that is drawn, as JSON with the person, so that typing is not disturbed

export function showModal(views, user, known) {
  const view = views.at(-1) ?? null;
  const key = view && JSON.stringify([user, view]);
  if (key === shown) return;
  shown = key;
  const dialog = $("modal");
  if (view === null) {
    dialog.close();
    dialog.replaceChildren();
    return;
  }
  const typed = values(dialog);
  dialog.replaceChildren(form(view, user, known, typed));
  dialog.oncancel = (event) => { event.preventDefault(); close(view, user); };
  if (!dialog.open) dialog.showModal();
  dialog.querySelector("textarea, input")?.focus();
}

function form(view, user, known, typed) {
  const body = view.body;
  const made = el("form", { novalidate: true },
    el("h2", { id: "modal-title" }, body.title?.text ?? ""),
    body.blocks.map((block) => (block.type === "input" ? input(block, view, known, typed) : blocks([block], known, () => {}))),
    el("div.buttons", {},
      el("button", { type: "button", onclick: () => close(view, user) }, body.close?.text ?? "Cancel"),
      body.submit ? el("button.primary", { type: "submit" }, body.submit.text) : null));
  made.addEventListener("submit", async (event) => {
    event.preventDefault();
    const outcome = await post("submit", { user, view_id: view.id, values: values(made) });
    if (outcome?.notice) toast(outcome.notice);
    if (outcome) complain(made, outcome.errors);
  });
  return made;
}

function input(block, view, known, typed) {
  const element = block.element;
  const id = `input-${block.block_id}`;
  const control = element.multiline ? el("textarea", { rows: 3 }) : el("input", { type: "text" });
  control.id = id;
  control.name = block.block_id;
  control.value = typed[block.block_id] ?? element.initial_value ?? "";
  if (element.placeholder) control.placeholder = element.placeholder.text;
  if (element.max_length) control.maxLength = element.max_length;
  return el("div.field", { "data-block": block.block_id },
    el("label", { for: id }, textObject(block.label, known).map((part) => part.textContent), block.optional ? el("small", {}, " (optional)") : null),
    control,
    block.hint ? el("p.hint", {}, block.hint.text) : null,
    view.errors[block.block_id] ? el("p.complaint", { role: "alert" }, view.errors[block.block_id]) : null);
}

function complain(made, errors) {
  for (const field of made.querySelectorAll("[data-block]")) {
    field.querySelector(".complaint")?.remove();
    const told = errors[field.dataset.block];
    if (told) field.append(el("p.complaint", { role: "alert" }, told));
  }
}

function values(where) {
  return Object.fromEntries([...where.querySelectorAll("[name]")].map((control) => [control.name, control.value]));
}

const close = (view, user) => post("close", { user, view_id: view.id });
