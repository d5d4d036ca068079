// Slack's forms: the topmost open view of the acting person, as a dialog.

import { post } from "./api.js";
import { blocks, textObject } from "./blocks.js";
import { confirmed } from "./confirm.js";
import { $, el } from "./dom.js";
import { field, keyOf, values } from "./fields.js";

const FIELDS = "textarea, select, input";
let shown = null; // the view that is drawn, as JSON with the person, so that typing is not disturbed
let shownId = null;

export function showModal(views, user, known) {
  const view = views.at(-1) ?? null;
  const key = view && JSON.stringify([user, view]);
  if (key === shown) return;
  const dialog = $("modal");
  const typed = view?.id === shownId ? values(dialog) : {};
  const focused = view?.id === shownId ? document.activeElement?.id : null;
  shown = key;
  shownId = view?.id ?? null;
  if (view === null) {
    dialog.close();
    dialog.replaceChildren();
    return;
  }
  dialog.replaceChildren(form(view, views.length > 1, user, known, { ...filledIn(view), ...typed }));
  dialog.oncancel = (event) => { event.preventDefault(); close(view, user); };
  if (!dialog.open) dialog.showModal();
  const again = focused ? dialog.querySelector(`#${CSS.escape(focused)}`) : null;
  (firstWrong(dialog) ?? again ?? firstField(view, dialog))?.focus();
}

function form(view, isAbove, user, known, before) {
  const body = view.body;
  const act = ({ element, block, value }) => send(made, "act", {
    user, view_id: view.id, action_id: element.action_id, block_id: block.block_id, value: value ?? null, values: values(made),
  });
  const made = el("form", { novalidate: true, autocomplete: "off" },
    el("h2", { id: "modal-title" }, body.title?.text ?? ""),
    el("div.modal-body", {}, body.blocks.map((block) => (block.type === "input"
      ? input(block, view, known, before, act) : blocks([block], known, act, before)))),
    el("p.complaint.notice", { role: "alert" }),
    el("div.buttons", {},
      el("button", { type: "button", onclick: () => close(view, user) }, body.close?.text ?? (isAbove ? "Back" : "Cancel")),
      body.submit ? el("button.primary", { type: "submit" }, body.submit.text) : null));
  made.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (made.getAttribute("aria-busy") === "true") return;
    made.setAttribute("aria-busy", "true");
    await send(made, "submit", { user, view_id: view.id, values: values(made) });
    made.removeAttribute("aria-busy");
  });
  return made;
}

async function send(made, what, asked) {
  const outcome = await post(what, asked);
  made.querySelector(".notice").textContent = outcome?.notice ?? "";
  if (outcome && what === "submit") complain(made, outcome.errors);
}

function input(block, view, known, before, act) {
  const element = block.element;
  const id = `input-${block.block_id}`;
  const dispatch = async (event) => {
    if (!block.dispatch_action) return;
    event?.preventDefault(); // Enter tells the app, and does not submit
    if (await confirmed(element.confirm, known)) await act({ element, block, value: control.read() });
  };
  const control = field(block, element, { value: before[keyOf(block, element)], known, changed: dispatch, id });
  const told = view.errors[block.block_id];
  const made = el("div.field", { "data-block": block.block_id },
    el("label", { for: id, id: `${id}-label` }, textObject(block.label, known).map((part) => part.textContent), block.optional ? el("small", {}, " (optional)") : null),
    control,
    block.hint ? el("p.hint", { id: `${id}-hint` }, block.hint.text) : null);
  describe(made, told);
  return made;
}

/** Show a complaint beside its field, or take it away, and tie both to the field for those who do not see them. */
function describe(made, told) {
  made.querySelector(".complaint")?.remove();
  const control = made.querySelector("[data-key]");
  const hint = made.querySelector(".hint");
  const complaint = told ? el("p.complaint", { role: "alert", id: `${control?.id}-complaint` }, told) : null;
  if (complaint) made.append(complaint);
  control?.setAttribute("aria-describedby", [complaint?.id, hint?.id].filter(Boolean).join(" "));
  control?.setAttribute("aria-invalid", String(Boolean(told)));
}

function complain(made, errors) {
  for (const each of made.querySelectorAll("[data-block]")) describe(each, errors[each.dataset.block]);
  firstWrong(made)?.focus();
}

const within = (control) => (control?.matches(FIELDS) ? control : control?.querySelector(FIELDS));

const firstWrong = (where) => within(where.querySelector('[data-key][aria-invalid="true"]'));

function firstField(view, dialog) {
  const wished = view.body.blocks.find((block) => block.element?.focus_on_load);
  const named = wished ? dialog.querySelector(`[data-key="${CSS.escape(keyOf(wished, wished.element))}"]`) : null;
  return within(named) ?? dialog.querySelector(FIELDS) ?? dialog.querySelector("button");
}

/** What the app or an earlier submission left in the view, by key. */
function filledIn(view) {
  const found = {};
  for (const [block, actions] of Object.entries(view.body.state?.values ?? {})) {
    for (const [action, put] of Object.entries(actions)) found[`${block}/${action}`] = plainValue(put);
  }
  return found;
}

function plainValue({ type, ...put }) {
  const [content] = Object.values(put);
  if (Array.isArray(content)) return content.map((one) => one.value ?? one);
  return content?.value ?? content ?? "";
}

const close = (view, user) => post("close", { user, view_id: view.id });
