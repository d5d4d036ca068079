// A button that opens a list to choose from: Slack's overflow menus, and its selects in messages. Keys: arrows, Enter, Escape.

import { el } from "./dom.js";

/** `items`: { text, hint, value }, or { heading }. `pick(item)` is told what was chosen; `name` is read out. */
export function menu(face, name, items, pick) {
  const list = el("div.menu", { popover: "auto", role: "menu", "aria-label": name }, items.map((item) => entry(item, (chosen) => {
    list.hidePopover();
    pick(chosen);
  })));
  const opener = el("button.opener", { type: "button", "aria-haspopup": "menu", "aria-label": name }, face);
  opener.popoverTargetElement = list;
  list.addEventListener("toggle", (event) => {
    opener.setAttribute("aria-expanded", String(event.newState === "open"));
    if (event.newState === "open") place(list, opener);
    else list.classList.remove("placed");
  });
  list.addEventListener("keydown", (event) => move(event, list));
  opener.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown") return;
    event.preventDefault();
    list.showPopover({ source: opener });
    place(list, opener); // at once: the next key may come before the event does
  });
  return { element: el("span.menu-place", {}, opener, list), opener };
}

function entry(item, pick) {
  if (item.heading) return el("p.heading", { role: "presentation" }, item.heading);
  return el("button.item", { type: "button", role: "menuitem", tabindex: -1, "data-value": item.value, onclick: () => pick(item) },
    item.text, item.hint ? el("small", {}, item.hint) : null);
}

function place(list, opener) {
  const at = opener.getBoundingClientRect();
  const below = at.bottom + 4 + list.offsetHeight <= innerHeight;
  list.style.top = `${below ? at.bottom + 4 : Math.max(4, at.top - 4 - list.offsetHeight)}px`;
  list.classList.add("placed");
  list.style.left = `${Math.max(4, Math.min(at.left, innerWidth - list.offsetWidth - 4))}px`;
  list.querySelector(".item")?.focus();
}

function move(event, list) {
  const items = [...list.querySelectorAll(".item")];
  const now = items.indexOf(document.activeElement);
  const to = { ArrowDown: (now + 1) % items.length, ArrowUp: (now - 1 + items.length) % items.length, Home: 0, End: items.length - 1 }[event.key];
  if (to !== undefined) {
    event.preventDefault();
    items[to].focus();
  } else if (event.key === "Tab") {
    list.hidePopover();
  } else if (event.key.length === 1 && event.key !== " ") {
    items.find((item) => item.textContent.toLowerCase().startsWith(event.key.toLowerCase()))?.focus();
  }
}
