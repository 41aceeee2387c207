// The modal that an app opened, as a native dialog.

import { blocks } from "./blocks.js";
import { closing } from "./confirm.js";
import { el, icon, refill } from "./dom.js";

/** The topmost modal of whoever acts; what was entered survives an update of the view. */
export class Modal {
  constructor(act, appName) {
    this.act = act;
    this.appName = appName;
    this.dialog = null;
    this.view = null;
  }

  /** Shows the last of these views, or nothing. */
  show(views) {
    const top = views.at(-1);
    if (!top) {
      this.away();
      return;
    }
    if (this.view?.id === top.id && this.view.hash === top.hash) return;
    const isSame = this.view?.id === top.id;
    const values = isSame ? this.values : {};
    this.away();
    this.view = top;
    this.values = values;
    this.draw(top);
  }

  away() {
    if (this.dialog) closing(this.dialog);
    this.dialog = null;
    this.view = null;
  }

  draw(view) {
    const use = Object.assign(
      (element, block, value) => this.act("click", { view_id: view.id, action_id: element.action_id, block_id: block.block_id, value }),
      { values: this.values },
    );
    this.trouble = el("p", { class: "trouble", hidden: true, role: "alert" });
    const submit = view.submit && el("button", { type: "submit", class: "button primary" }, view.submit.text);
    const close = el("button", { type: "button", class: "button" }, view.close?.text ?? (view.submit ? "Cancel" : "Close"));
    const cross = el("button", { type: "button", class: "cross", "aria-label": "Close" }, icon("cross"));
    const form = el(
      "form",
      { novalidate: true },
      el("header", {}, el("div", {}, el("h2", { id: "modal-title" }, view.title?.text ?? ""), el("small", {}, this.appName(view.app_id))), cross),
      el("div", { class: "dialog-body blocks" }, blocks(view.blocks, use), this.trouble),
      el("div", { class: "dialog-foot" }, close, submit),
    );
    this.dialog = el("dialog", { class: "dialog modal", "aria-labelledby": "modal-title", data: { view: view.callback_id ?? "" } }, form);
    for (const one of [close, cross]) one.addEventListener("click", () => this.act("close"));
    form.addEventListener("submit", (event) => this.submit(event, submit));
    this.dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.act("close");
    });
    document.body.append(this.dialog);
    this.dialog.showModal();
    (form.querySelector(".field input, .field textarea, .field select") ?? submit ?? close).focus();
  }

  async submit(event, button) {
    event.preventDefault();
    if (!button || button.getAttribute("aria-busy") === "true") return;
    button.setAttribute("aria-busy", "true");
    const done = await this.act("submit", { values: this.values });
    button.removeAttribute("aria-busy");
    if (done && this.dialog) this.complain(done.errors ?? {});
  }

  complain(errors) {
    for (const field of this.dialog.querySelectorAll(".field")) {
      const sentence = errors[field.dataset.block] ?? "";
      const line = field.querySelector(".field-error");
      refill(line, sentence);
      line.hidden = !sentence;
      field.classList.toggle("wrong", Boolean(sentence));
    }
    this.trouble.hidden = !errors[""];
    refill(this.trouble, errors[""] ?? "");
    this.dialog.querySelector(".field.wrong :is(input, textarea, select)")?.focus();
  }
}
