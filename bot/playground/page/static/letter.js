// One mail: its head, its text or its own HTML in a frame that can do nothing, and the headers that tell who sent it.

import { clock, el } from "./dom.js";

const HIGHEST = 2000; // px of a frame; what is longer scrolls

/** What is new in a mail, on one line: without our marker, and without what it quotes. */
export function newest(letter) {
  const lines = letter.text.split("\n").filter((line) => line.trim() && !line.startsWith("==="));
  const quoted = lines.findIndex((line) => line.startsWith(">") || / wrote:$/.test(line));
  return (quoted > 0 ? lines.slice(0, quoted) : lines).join(" ").slice(0, 160);
}

/** `how`: person, name, avatar, open; answer(): wants to answer; begin(text): begins an answer; fitted(): has its height. */
export function letterOf(letter, how) {
  const sent = letter.folder === "Sent";
  const body = el("div.letter-body");
  const made = el("details.letter", { open: how.open, "data-id": letter.id, "data-folder": letter.folder },
    el("summary", {}, how.avatar,
      el("span.byline", {}, el("b", {}, how.name), el("span.to", {}, recipients(letter)), el("time", {}, clock(letter.at))),
      el("span.snippet", {}, newest(letter))),
    body);
  const fill = () => { if (made.open && !body.children.length) body.append(...inside(letter, how, sent)); };
  made.addEventListener("toggle", fill);
  fill();
  return made;
}

function inside(letter, how, sent) {
  const shown = el("div.content");
  const views = [["Text", () => text(letter)]];
  if (letter.has_html) views[sent ? "push" : "unshift"](["As HTML", () => frame(letter, how)]);
  views.push(["Headers", () => headers(letter)]);
  const buttons = views.map(([name, make]) => el("button.link", { type: "button", onclick: () => choose(name, make) }, name));
  const choose = (name, make) => {
    buttons.forEach((button) => button.setAttribute("aria-pressed", String(button.textContent === name)));
    shown.replaceChildren(make());
  };
  choose(...views[0]);
  const answer = sent ? null : el("button.link", { type: "button", onclick: how.answer }, "Reply");
  return [shown, el("div.letter-tools", {}, buttons, el("span.gap"), answer)];
}

const text = (letter) => el("pre.plain", {}, letter.text.trimEnd());

/** The mail as its sender made it. No script runs in there; a link that begins an answer is taken from here. */
function frame(letter, how) {
  const query = new URLSearchParams({ person: how.person, folder: letter.folder, uid: letter.uid });
  const made = el("iframe", { sandbox: "allow-same-origin", src: `/api/letter?${query}`, title: `The mail of ${how.name}, as HTML` });
  made.addEventListener("load", () => {
    const inner = made.contentDocument;
    if (!inner?.documentElement) return;
    fit(made);
    how.fitted();
    inner.addEventListener("click", (event) => {
      const link = event.target.closest?.("a[href]");
      if (!link) return;
      event.preventDefault();
      const body = /^mailto:/.test(link.href) ? new URL(link.href).searchParams.get("body") : null;
      if (body !== null) how.begin(body);
    });
  });
  let width = 0;
  new ResizeObserver(() => { // it may be filled while its pane is hidden
    if (made.clientWidth === width) return;
    width = made.clientWidth;
    fit(made);
  }).observe(made);
  return made;
}

function fit(made) {
  const root = made.contentDocument?.documentElement;
  if (!root) return;
  made.style.height = ""; // else it would never become lower again
  made.style.height = `${Math.min(root.scrollHeight + 2, HIGHEST)}px`;
}

function headers(letter) {
  return el("dl.headers", {}, Object.entries(letter.headers).flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
}

function recipients(letter) {
  return `to ${letter.to}${letter.cc ? `, copied to ${letter.cc}` : ""}`;
}
