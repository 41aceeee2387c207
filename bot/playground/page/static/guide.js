// The guided path: one step at a time, ticked off by what really happened; can be closed and opened again.

import { el, icon, refill } from "./dom.js";

export class Guide {
  /** `offer.act(user)`, `offer.fill(where, text)`, `offer.name(user)`. */
  constructor(offer) {
    this.offer = offer;
    this.steps = [];
    this.done = new Set();
    this.at = 0;
    this.isClosed = false;
    this.node = el("section", { class: "guide", "aria-label": "Guided path" });
  }

  start(steps, done, intro) {
    this.steps = steps;
    this.intro = intro;
    this.tick(done, !this.begun);
    this.begun = true;
  }

  /** Goes on by itself when the shown step is done. */
  tick(done, isFirst = false) {
    const wasDone = this.done.has(this.steps[this.at]?.id);
    this.done = new Set(done);
    const isDone = this.done.has(this.steps[this.at]?.id);
    if (isFirst || (isDone && !wasDone)) {
      const next = this.steps.findIndex((step, index) => (isFirst || index > this.at) && !this.done.has(step.id));
      if (next >= 0) this.at = next;
    }
    this.draw();
  }

  toggle() {
    this.isClosed = !this.isClosed;
    this.draw();
  }

  go(step) {
    this.at = Math.min(Math.max(this.at + step, 0), this.steps.length - 1);
    this.draw();
  }

  draw() {
    const step = this.steps[this.at];
    this.node.hidden = this.isClosed || !step;
    if (this.node.hidden) return;
    const isDone = this.done.has(step.id);
    const button = (label, act, kind = "") => {
      const node = el("button", { type: "button", class: `button small ${kind}` }, label);
      node.addEventListener("click", act);
      return node;
    };
    const close = el("button", { type: "button", class: "cross", "aria-label": "Close the guided path" }, icon("cross"));
    close.addEventListener("click", () => this.toggle());
    const dots = this.steps.map((one, index) => {
      const kind = this.done.has(one.id) ? "done" : index === this.at ? "now" : "";
      const node = el("button", { type: "button", class: `dot-step ${kind} ${index === this.at ? "here" : ""}`, "aria-label": `Step ${index + 1}: ${one.title}` });
      node.addEventListener("click", () => this.go(index - this.at));
      return node;
    });
    refill(
      this.node,
      el("header", {}, el("small", {}, `Step ${this.at + 1} of ${this.steps.length}`), close),
      el("h2", {}, isDone && el("span", { class: "tick" }, icon("check")), step.title),
      el("p", {}, step.text),
      el(
        "div",
        { class: "guide-buttons" },
        step.act_as && step.act_as !== this.offer.me() && button(`Act as ${this.offer.name(step.act_as)}`, () => this.offer.act(step.act_as), "primary"),
        step.fill_in && button("Fill in the words", () => this.offer.fill(step.where, step.fill_in)),
      ),
      el("footer", {}, el("div", { class: "dots" }, dots), button("Back", () => this.go(-1), "quiet"), button("Next", () => this.go(1), "quiet")),
    );
  }
}
