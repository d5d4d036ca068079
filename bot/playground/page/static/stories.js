// What to try: each story as its beginning, which one click sends, and what to do then.

import { $, el } from "./dom.js";

/** `play(story)` begins one. */
export function begin(stories, people, play) {
  $("show-stories").addEventListener("click", () => $("stories").showModal());
  $("story-list").append(...stories.map((story) => storyOf(story, people, play)));
}

function storyOf(story, people, play) {
  const nameOf = (id) => people.find((one) => one.id === id || one.slack === id).name.split(" ")[0];
  const name = nameOf(story.person);
  const said = story.text.replace(/^@bot /, "");
  const start = el("button.primary", { type: "button" }, "Begin");
  start.addEventListener("click", () => { $("stories").close(); play(story); });
  const talk = story.before.map((one) => el("p", {}, `${nameOf(one.person)} says: “${one.text}”`));
  return el("section", { "aria-label": story.title },
    el("div.story-top", {}, el("h3", {}, story.title), start),
    talk,
    el("p", {}, `${name} ${story.channel ? "says" : "writes"}: “${said}”${story.file ? `, with the file ${story.file.name}` : ""}`),
    el("ol", {}, story.then.map((one) => el("li", {}, one))));
}
