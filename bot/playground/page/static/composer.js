// The message box: Enter sends, Shift+Enter breaks the line, "@" offers names.

import { el, icon, refill } from "./dom.js";
import { names } from "./text.js";

export class Composer {
  /** `send(text)` answers whether it went; `suggest` are words offered as buttons. */
  constructor({ label, send, suggest }) {
    this.send = send;
    this.entry = el("textarea", { rows: 1, class: "composer-entry", "aria-label": label, placeholder: label });
    this.offers = el("div", { class: "offers", hidden: true });
    const button = el("button", { type: "submit", class: "send", "aria-label": "Send" }, icon("send"));
    this.words = el("div", { class: "words" });
    this.form = el("form", { class: "composer" }, this.offers, this.entry, el("div", { class: "composer-foot" }, this.words, button));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.go();
    });
    this.entry.addEventListener("keydown", (event) => this.key(event));
    this.entry.addEventListener("input", () => this.changed());
    this.suggest(suggest ?? []);
  }

  suggest(words) {
    const button = (word) => {
      const node = el("button", { type: "button", class: "word" }, word);
      node.addEventListener("click", () => this.put(this.entry.value ? `${this.entry.value.trimEnd()} ${word} ` : `${word} `));
      return node;
    };
    refill(this.words, words.map(button));
  }

  /** Puts words into the box and the cursor after them. */
  put(text) {
    this.entry.value = text;
    this.entry.focus();
    this.entry.setSelectionRange(text.length, text.length);
    this.changed();
  }

  isEmpty() {
    return this.entry.value.trim() === "";
  }

  label(text) {
    this.entry.placeholder = text;
    this.entry.setAttribute("aria-label", text);
  }

  key(event) {
    if (event.isComposing) return;
    const first = this.offers.hidden ? null : this.offers.querySelector("button");
    if (first && (event.key === "Tab" || event.key === "Enter")) {
      event.preventDefault();
      first.click();
    } else if (event.key === "Escape" && first) {
      this.offers.hidden = true;
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.go();
    }
  }

  changed() {
    this.entry.style.height = "auto";
    this.entry.style.height = `${Math.min(this.entry.scrollHeight, 160)}px`;
    this.offer();
  }

  offer() {
    const typed = this.entry.value.slice(0, this.entry.selectionStart);
    const found = /(?:^|\s)@([\w-]*)$/.exec(typed);
    const all = found ? [...names.users.values(), ...names.groups.values()] : [];
    const fitting = all.filter((name) => name.startsWith(found[1]) && name !== found[1] && name !== "slackbot").slice(0, 6);
    const buttons = fitting.map((name) => {
      const node = el("button", { type: "button" }, `@${name}`);
      node.addEventListener("click", () => {
        const rest = this.entry.value.slice(typed.length);
        this.put(`${typed.slice(0, typed.length - found[1].length)}${name} ${rest}`);
      });
      return node;
    });
    refill(this.offers, buttons);
    this.offers.hidden = buttons.length === 0;
  }

  async go() {
    const text = this.entry.value.trim();
    if (!text || this.entry.disabled) return;
    this.entry.disabled = true;
    const went = await this.send(text);
    this.entry.disabled = false;
    if (went) this.entry.value = "";
    this.changed();
    this.entry.focus();
  }
}
