// Interactive elements. `use(element, block, value)` carries a click to the app; in a view, inputs also keep
// what was entered in `use.values`, by block id and action id, so that nothing is lost when the view changes.

import { askFirst } from "./confirm.js";
import { el, icon } from "./dom.js";
import { names, textObject } from "./text.js";

const optionsOf = (given) => [...(given.options ?? []), ...(given.option_groups ?? []).flatMap((group) => group.options)];

function visible(given) {
  return !given.visible_to_user_ids?.length || given.visible_to_user_ids.includes(names.me);
}

/** Runs a click: confirm first where asked for, and no second click while the first is under way. */
async function click(node, given, block, use, value) {
  if (node.getAttribute("aria-busy") === "true") return;
  if (given.confirm && !(await askFirst(given.confirm, given))) return;
  node.setAttribute("aria-busy", "true");
  try {
    await use(given, block, value);
  } finally {
    node.removeAttribute("aria-busy");
  }
}

function button(given, block, use) {
  const style = given.style ? ` ${given.style}` : "";
  const attributes = { type: "button", class: `button${style}`, "aria-label": given.accessibility_label };
  const node = el("button", { ...attributes, data: { action: given.action_id } }, given.text?.text ?? "");
  node.addEventListener("click", () => click(node, given, block, use));
  return node;
}

function iconButton(given, block, use) {
  const label = given.text?.text ?? given.accessibility_label ?? given.icon;
  const node = el("button", { type: "button", class: "button quiet", title: label, data: { action: given.action_id } }, icon("cross"), label);
  node.addEventListener("click", () => click(node, given, block, use));
  return node;
}

function feedback(given, block, use) {
  return el(
    "span",
    { class: "feedback" },
    [given.positive_button, given.negative_button].filter(Boolean).map((one) => {
      const node = el("button", { type: "button", class: "button small", "aria-label": one.accessibility_label, data: { action: given.action_id } }, one.text?.text ?? "");
      node.addEventListener("click", () => click(node, given, block, use, one.value));
      return node;
    }),
  );
}

function overflow(given, block, use) {
  const node = el("select", { class: "select", "aria-label": "More actions" }, el("option", { value: "" }, "More …"));
  for (const one of given.options) node.append(el("option", { value: one.value }, one.text.text));
  node.addEventListener("change", () => click(node, given, block, use, node.value).then(() => (node.value = "")));
  return node;
}

/** Keeps what is entered; elements outside input blocks, or with dispatch_action, tell the app at once. */
function keep(given, block, use) {
  const kept = use.values ?? {};
  return {
    before: kept[block.block_id]?.[given.action_id],
    set(value) {
      kept[block.block_id] = { ...kept[block.block_id], [given.action_id]: value };
      if (block.type !== "input" || (block.dispatch_action && given.type !== "plain_text_input")) use(given, block, value);
    },
  };
}

const TYPES = {
  email_text_input: "email",
  url_text_input: "url",
  number_input: "number",
  datepicker: "date",
  timepicker: "time",
};

function entry(given, block, use, id) {
  const kept = keep(given, block, use);
  const attributes = { id, class: "entry", placeholder: given.placeholder?.text, maxlength: given.max_length, "aria-describedby": `${id}-error` };
  const node = given.multiline
    ? el("textarea", { ...attributes, rows: 4 })
    : el("input", { ...attributes, type: TYPES[given.type] ?? "text" });
  node.value = kept.before ?? given.initial_value ?? given.initial_date ?? given.initial_time ?? "";
  if (node.value) kept.set(node.value);
  const counter = given.max_length ? el("span", { class: "counter" }) : null;
  const count = () => counter && (counter.textContent = node.value.length > given.max_length * 0.8 ? `${given.max_length - node.value.length} left` : "");
  node.addEventListener("input", () => {
    kept.set(node.value || null);
    count();
  });
  count();
  return el("div", { class: "entry-box" }, node, counter);
}

function choices(given, block, use, id) {
  const many = given.type === "checkboxes";
  const kept = keep(given, block, use);
  const first = many ? (given.initial_options ?? []).map((one) => one.value) : (given.initial_option?.value ?? null);
  let chosen = kept.before ?? first;
  const rows = given.options.map((one, index) => {
    const isOn = many ? chosen.includes(one.value) : chosen === one.value;
    const box = el("input", { type: many ? "checkbox" : "radio", name: id ?? given.action_id, id: `${id}-${index}`, value: one.value });
    box.checked = isOn;
    box.addEventListener("change", () => {
      if (many) chosen = box.checked ? [...chosen, one.value] : chosen.filter((value) => value !== one.value);
      else chosen = one.value;
      kept.set(chosen);
    });
    return el("label", { class: "choice" }, box, el("span", {}, textObject(one.text), one.description && el("small", {}, textObject(one.description))));
  });
  return el("div", { class: "choices" }, rows);
}

function people() {
  return [...names.users].map(([value, name]) => ({ value, text: { text: `@${name}` } }));
}

function places() {
  return [...names.channels].map(([value, name]) => ({ value, text: { text: `#${name}` } }));
}

function listOf(given) {
  if (/users_select/.test(given.type)) return people();
  if (/(channels|conversations)_select/.test(given.type)) return places();
  return optionsOf(given);
}

function select(given, block, use, id) {
  const kept = keep(given, block, use);
  const many = given.type.startsWith("multi_");
  const node = el("select", { id, class: "select", multiple: many, "aria-label": id ? null : (given.placeholder?.text ?? "Choose") });
  if (!many) node.append(el("option", { value: "" }, given.placeholder?.text ?? "Choose …"));
  for (const one of listOf(given)) node.append(el("option", { value: one.value }, one.text.text));
  const before = kept.before ?? (given.initial_option?.value || given.initial_options?.map((one) => one.value) || "");
  for (const one of node.options) one.selected = many ? before.includes(one.value) : one.value === before;
  node.addEventListener("change", () => {
    kept.set(many ? [...node.selectedOptions].map((one) => one.value) : node.value || null);
  });
  return node;
}

/** An element of any kind; `id` belongs to the label of an input block. */
export function element(given, block, use, id) {
  if (!visible(given)) return null;
  const { type } = given;
  if (type === "button") return button(given, block, use);
  if (type === "icon_button") return iconButton(given, block, use);
  if (type === "feedback_buttons") return feedback(given, block, use);
  if (type === "overflow") return overflow(given, block, use);
  if (type === "radio_buttons" || type === "checkboxes") return choices(given, block, use, id);
  if (type.endsWith("_select") || type.endsWith("select")) return select(given, block, use, id);
  if (type === "plain_text_input" || TYPES[type]) return entry(given, block, use, id);
  if (type === "image") return el("span", { class: "image-words" }, given.alt_text ?? "picture");
  return el("span", { class: "unknown" }, `[${type}]`);
}
