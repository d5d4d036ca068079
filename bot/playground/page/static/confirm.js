// Ask before something is sent: Slack's confirm dialogs.

import { el } from "./dom.js";
import { mrkdwn } from "./mrkdwn.js";

/** Whether the person said yes to what an element wants confirmed (without such a wish: at once). */
export function confirmed(wish, known) {
  if (!wish) return Promise.resolve(true);
  return new Promise((resolve) => {
    const text = wish.text.type === "mrkdwn" ? mrkdwn(wish.text.text, known) : [el("p.line", {}, wish.text.text)];
    const dialog = el("dialog.confirm", { role: "alertdialog", "aria-labelledby": "confirm-title", "aria-describedby": "confirm-text" },
      el("h2", { id: "confirm-title" }, wish.title.text),
      el("div.text", { id: "confirm-text" }, text),
      el("form.buttons", { method: "dialog" },
        el("button", { value: "no", autofocus: wish.style === "danger" }, wish.deny.text),
        el(`button.${wish.style === "danger" ? "danger" : "primary"}`, { value: "yes", autofocus: wish.style !== "danger" }, wish.confirm.text)));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
