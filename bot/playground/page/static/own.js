// What people do with what they wrote themselves: attach a file, edit a message, delete it.

import { post } from "./api.js";
import { el, toast } from "./dom.js";

const MOST = 600_000; // bytes of a file; the page's server takes little more at once

/** A button that shares a file. `where()` says as whom, where and with which words; `done(ts)` is called then. */
export function attaching(where, done) {
  const field = el("input", { type: "file", hidden: true, "aria-hidden": "true", tabindex: -1 });
  field.addEventListener("change", async () => {
    const file = field.files[0];
    field.value = "";
    if (!file) return;
    if (file.size > MOST) { toast(`This page takes files up to ${MOST / 1000} kB.`); return; }
    const answer = await post("share", { ...where(), name: file.name, content: base64(await file.arrayBuffer()) });
    if (answer !== null) done(answer.ts);
  });
  const button = el("button.attach", { type: "button", title: "Attach a file", "aria-label": "Attach a file", onclick: () => field.click() }, "+");
  return [button, field];
}

/** Text as base64, as the page's server wants the content of a file. */
export const encoded = (text) => base64(new TextEncoder().encode(text).buffer);

function base64(buffer) {
  let binary = "";
  for (const byte of new Uint8Array(buffer)) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** Edit and Delete, for the author of a message; `place` is the element that shows it, `typed` its words as one types them. */
export function ownTools(at, typed, place, done) {
  const edit = el("button.link", { type: "button", onclick: () => editor(at, typed, place, done) }, "Edit");
  const remove = el("button.link", { type: "button", onclick: async () => {
    if (await post("delete", at) !== null) done();
  } }, "Delete");
  return el("span.own", {}, edit, remove);
}

function editor(at, typed, place, done) {
  const field = el("textarea", { rows: 2, "aria-label": "Edit message", maxlength: 150000 });
  field.value = typed;
  const before = [...place.childNodes];
  const back = () => place.replaceChildren(...before);
  const form = el("form.reply-form.editing", { autocomplete: "off" }, field, el("button.send", { type: "submit" }, "Save"));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (field.value.trim() && field.value !== typed && await post("edit", { ...at, text: field.value }) !== null) done();
    else back();
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") back();
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); form.requestSubmit(); }
  });
  place.replaceChildren(form);
  field.focus();
}
