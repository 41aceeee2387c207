// The confirm question that an element asks before its click is sent.

import { el } from "./dom.js";
import { textObject } from "./text.js";

/** Takes a dialog off the page. */
export function closing(dialog) {
  dialog.close();
  dialog.remove();
}

/** Asks the element's confirm question; true for yes. */
export function askFirst(confirm, given) {
  return new Promise((resolve) => {
    const style = confirm.style ?? (given.style === "danger" ? "danger" : "primary");
    const yes = el("button", { type: "button", class: `button ${style}`, data: { confirm: "yes" } }, confirm.confirm?.text ?? "Yes");
    const no = el("button", { type: "button", class: "button", data: { confirm: "no" } }, confirm.deny?.text ?? "Cancel");
    const dialog = el(
      "dialog",
      { class: "dialog confirm", "aria-labelledby": "confirm-title" },
      el("h2", { id: "confirm-title" }, confirm.title?.text ?? "Are you sure?"),
      el("div", { class: "dialog-body" }, textObject(confirm.text)),
      el("div", { class: "dialog-foot" }, no, yes),
    );
    const answer = (value) => () => {
      closing(dialog);
      resolve(value);
    };
    yes.addEventListener("click", answer(true));
    no.addEventListener("click", answer(false));
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      answer(false)();
    });
    document.body.append(dialog);
    dialog.showModal();
    no.focus();
  });
}
