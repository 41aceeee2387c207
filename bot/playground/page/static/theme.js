// Light or dark: the system's choice until somebody presses the button.

import { el, icon } from "./dom.js";

function remembered(name, value) {
  try {
    if (value === undefined) return localStorage.getItem(name);
    localStorage.setItem(name, value);
  } catch {
    // Storage may be switched off; then the choice lasts as long as the page.
  }
  return value ?? null;
}

/** The button; the choice is kept for the next visit. */
export function themeButton() {
  const isDark = () => (document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const before = remembered("theme");
  if (before === "dark" || before === "light") document.documentElement.dataset.theme = before;
  const node = el("button", { type: "button", class: "bar-button", "aria-label": "Light or dark", title: "Light or dark" }, icon("theme"));
  node.addEventListener("click", () => {
    const next = isDark() ? "light" : "dark";
    document.documentElement.dataset.theme = next;
    remembered("theme", next);
  });
  return node;
}
