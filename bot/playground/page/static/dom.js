// Build DOM without markup: everything that somebody wrote goes in as text, never as HTML.

/** Make an element: el("p.more", {title}, "text", child, ...). Attributes that are false or null are left out. */
export function el(what, attributes = {}, ...children) {
  const [tag, ...classes] = what.split(".");
  const made = document.createElement(tag);
  if (classes.length) made.className = classes.join(" ");
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

export const $ = (id) => document.getElementById(id);

/** Put these children in place, keeping those that stand there already: focus and open details survive. */
export function settle(parent, children) {
  children.forEach((child, position) => {
    if (parent.children[position] !== child) parent.insertBefore(child, parent.children[position] ?? null);
  });
  while (parent.children.length > children.length) parent.lastElementChild.remove();
}

/** Remember what was made from which data, so that only what changed is made anew. */
export class Kept {
  #made = new Map();

  get(key, data, make) {
    const json = JSON.stringify(data);
    const found = this.#made.get(key);
    if (found?.json === json) return found.element;
    const element = make();
    this.#made.set(key, { json, element });
    return element;
  }

  has(key) { return this.#made.has(key); }
  clear() { this.#made.clear(); }
}

let names = []; // everybody has the same colour in Slack, in mails and in the header

export function introduce(people) {
  names = people.map((one) => one.name);
}

export function avatar(name) {
  const isBot = name === "Countersign";
  const initials = isBot ? "✓" : name.split(" ").map((word) => word[0]).join("").slice(0, 2);
  return el(`span.avatar.${isBot ? "bot" : `hue-${Math.max(0, names.indexOf(name)) % 7}`}`, { "aria-hidden": "true" }, initials);
}

export const clock = (seconds, precise = false) =>
  new Date(seconds * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", ...(precise && { second: "2-digit" }), hour12: false });

let quiet;
export function toast(text) {
  const shown = $("toast");
  shown.hidePopover();
  shown.showPopover(); // anew, so that it stands above a dialog that was opened since
  shown.textContent = text;
  clearTimeout(quiet);
  quiet = setTimeout(() => shown.hidePopover(), 6000);
}
