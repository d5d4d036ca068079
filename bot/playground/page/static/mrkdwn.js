// Slack's mrkdwn and its escapes, as DOM.

import { el } from "./dom.js";

const TOKEN = /<([^<>]*)>/;
const STYLED = [
  { pattern: /`([^`\n]+)`/, make: (inner) => el("code", {}, unescaped(inner)) },
  { pattern: /(?<![\w*])\*(\S(?:[^*\n]*\S)?)\*(?![\w*])/, make: (inner, known) => el("strong", {}, spans(inner, known)) },
  { pattern: /(?<![\w_])_(\S(?:[^_\n]*\S)?)_(?![\w_])/, make: (inner, known) => el("em", {}, spans(inner, known)) },
  { pattern: /(?<![\w~])~(\S(?:[^~\n]*\S)?)~(?![\w~])/, make: (inner, known) => el("s", {}, spans(inner, known)) },
  { pattern: TOKEN, make: token },
];

/** A text of several lines: code blocks, quotations, and everything else. `known` has the users. */
export function mrkdwn(text, known) {
  const parts = text.split(/```\n?([\s\S]*?)\n?```/);
  return parts.flatMap((part, number) => (number % 2 ? [el("pre", {}, unescaped(part))] : paragraphs(part, known)));
}

export function unescaped(text) {
  return text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");
}

function paragraphs(text, known) {
  const made = [];
  let quoted = [];
  const flush = () => {
    if (quoted.length) made.push(el("blockquote", {}, spans(quoted.join("\n"), known)));
    quoted = [];
  };
  let lines = [];
  const end = () => {
    const joined = lines.join("\n");
    if (joined.trim()) made.push(el("div.line", {}, spans(joined.replace(/^\n+|\n+$/g, ""), known)));
    lines = [];
  };
  for (const line of text.split("\n")) {
    const quote = line.match(/^(?:&gt;|>) ?(.*)$/);
    if (quote) { end(); quoted.push(quote[1]); } else { flush(); lines.push(line); }
  }
  flush();
  end();
  return made;
}

function spans(text, known) {
  let first = null;
  for (const style of STYLED) {
    const match = style.pattern.exec(text);
    if (match && (first === null || match.index < first.match.index)) first = { match, style };
  }
  if (first === null) return text ? [unescaped(text)] : [];
  const { match, style } = first;
  const rest = text.slice(match.index + match[0].length);
  return [unescaped(text.slice(0, match.index)), style.make(match[1], known), ...spans(rest, known)];
}

function token(inner, known) {
  const [target, label] = split(inner);
  if (target.startsWith("@")) return mention(`@${known.name(target.slice(1)) ?? label ?? target.slice(1)}`);
  if (target.startsWith("#")) return mention(`#${label ?? known.channel(target.slice(1)) ?? target.slice(1)}`);
  if (target.startsWith("!date^")) return date(target, label);
  if (target.startsWith("!")) return mention(`@${(label ?? target.slice(1)).replace(/^@/, "")}`);
  return link(target, label ?? target.replace(/^mailto:/, ""));
}

function split(inner) {
  const bar = inner.indexOf("|");
  return bar < 0 ? [inner, undefined] : [inner.slice(0, bar), inner.slice(bar + 1)];
}

function date(target, label) {
  const moment = new Date(Number(target.split("^")[1]) * 1000);
  if (Number.isNaN(moment.getTime())) return el("span", {}, unescaped(label ?? ""));
  const shown = moment.toLocaleString([], { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false });
  return el("time", { datetime: moment.toISOString() }, shown);
}

export const mention = (text) => el("span.mention", {}, unescaped(text));

export function link(target, label) {
  const address = unescaped(target);
  if (!/^(https?|mailto):/.test(address)) return el("span", {}, unescaped(label));
  return el("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, unescaped(label));
}
