// Files that stand under a message: what they are called, how big they are, and their text in a dialog.

import { text } from "./api.js";
import { $, el, toast } from "./dom.js";

export function files(list, user) {
  if (!list?.length) return null;
  return el("ul.files", {}, list.map((file) => el("li", {}, el("button.file", {
    type: "button", onclick: () => open(file, user),
  }, el("span.paper", { "aria-hidden": "true" }, ending(file)),
  el("span", {}, el("b", {}, file.title || file.name), el("small", {}, `${file.pretty_type} · ${size(file.size)}`))))));
}

const ending = (file) => (file.filetype || "?").slice(0, 4);

const size = (bytes) => (bytes < 1000 ? `${bytes} bytes` : bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`);

async function open(file, user) {
  const address = `attachment?${new URLSearchParams({ user, id: file.id })}`;
  const isText = file.mode === "snippet";
  try {
    $("file-text").textContent = isText ? await text(address) : "This page shows texts alone. You can download this file.";
  } catch (error) {
    toast(error.message);
    return;
  }
  $("file-title").textContent = file.title || file.name;
  $("file-about").textContent = `${file.name} · ${size(file.size)}`;
  $("file-save").href = `/api/${address}&save=1`;
  $("file-save").download = file.name;
  $("file").showModal();
  $("file-text").scrollTop = 0;
}
