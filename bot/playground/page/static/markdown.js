// Slack's `markdown` block: the Markdown that bots write, as DOM, tables and all. Links lead where they say, pictures are not loaded.

import { el } from "./dom.js";
import { link, mention } from "./mrkdwn.js";

const SPANS = [
  { pattern: /`([^`\n]+)`/, make: ([, code]) => el("code", {}, code) },
  { pattern: /!?\[([^\]\n]*)\]\(([^()\s]+)\)/, make: ([, label, target]) => link(target, label || target) },
  { pattern: /\*\*(\S(?:.*?\S)?)\*\*/, make: ([, inner], known) => el("strong", {}, spans(inner, known)) },
  { pattern: /(?<!\w)[*_](\S(?:[^*_\n]*\S)?)[*_](?!\w)/, make: ([, inner], known) => el("em", {}, spans(inner, known)) },
  { pattern: /~~(\S(?:.*?\S)?)~~/, make: ([, inner], known) => el("s", {}, spans(inner, known)) },
  { pattern: /<@([UW][A-Z0-9]+)(?:\|[^>]*)?>/, make: ([, user], known) => mention(`@${known.name(user) ?? user}`) },
];
const TABLE = /^\s*\|(.*)\|\s*$/;
const STARTS = [
  { pattern: TABLE, make: (lines, known) => grid(lines, known) },
  { pattern: /^#{1,6}\s+(.*)$/, make: (lines, known) => lines.map((line) => el("h5", {}, spans(line, known))) },
  { pattern: /^>\s?(.*)$/, make: (lines, known) => el("blockquote", {}, spans(lines.join("\n"), known)) },
  { pattern: /^\s*[-*+]\s+(.*)$/, make: (lines, known) => el("ul", {}, items(lines, known)) },
  { pattern: /^\s*\d+[.)]\s+(.*)$/, make: (lines, known) => el("ol", {}, items(lines, known)) },
  { pattern: /^(?:-{3,}|\*{3,})$/, make: () => el("hr.block.divider") },
];

export function markdown(text, known) {
  const parts = text.split(/^```[^\n]*\n([\s\S]*?)\n?```$/m);
  return parts.flatMap((part, number) => (number % 2 ? [el("pre", {}, part)] : paragraphs(part, known)));
}

function paragraphs(text, known) {
  const made = [];
  let lines = [];
  let kind = null;
  const end = () => {
    const start = STARTS[kind];
    if (start) made.push(...[start.make(lines, known)].flat());
    else if (lines.join("").trim()) made.push(el("div.line", {}, spans(lines.join("\n"), known)));
    lines = [];
  };
  for (const line of text.split("\n")) {
    const found = line.trim() ? STARTS.findIndex((start) => start.pattern.test(line)) : null;
    if (found !== kind) end();
    kind = found;
    if (found !== null) lines.push(found < 0 ? line : line.match(STARTS[found].pattern)[1] ?? "");
  }
  end();
  return made;
}

/** Rows of cells; the second one only says how the columns are aligned. */
function grid(lines, known) {
  const [head, , ...rows] = lines.map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|")));
  const cells = (tag, row) => el("tr", {}, row.map((cell) => el(tag, {}, spans(cell, known))));
  return el("div.block.table", {}, el("table", {}, el("thead", {}, cells("th", head)), el("tbody", {}, rows.map((row) => cells("td", row)))));
}

const items = (lines, known) => lines.map((line) => el("li", {}, spans(line, known)));

function spans(text, known) {
  let first = null;
  for (const span of SPANS) {
    const match = span.pattern.exec(text);
    if (match && (first === null || match.index < first.match.index)) first = { match, span };
  }
  if (first === null) return text ? [text] : [];
  const { match, span } = first;
  return [text.slice(0, match.index), span.make(match, known), ...spans(text.slice(match.index + match[0].length), known)];
}
