// Every block of Block Kit that apps here use, drawn the way Slack lays it out.

import { el, icon } from "./dom.js";
import { element } from "./elements.js";
import { picture } from "./live.js";
import { richText } from "./rich.js";
import { markdown, mrkdwn, textObject } from "./text.js";

const STATUS = {
  pending: ["to do", null],
  in_progress: ["in progress", null],
  complete: ["done", "check"],
  error: ["failed", "cross"],
};

function section(block, use) {
  return el(
    "div",
    { class: "section" },
    el(
      "div",
      { class: "section-text" },
      textObject(block.text),
      block.fields && el("div", { class: "fields" }, block.fields.map((field) => el("div", {}, textObject(field)))),
    ),
    block.accessory && el("div", { class: "accessory" }, element(block.accessory, block, use)),
  );
}

function context(block) {
  const parts = (block.elements ?? []).map((one) => (one.type === "image" ? image(one) : textObject(one)));
  return el("div", { class: "context" }, parts);
}

/** Uploaded pictures are shown; others live elsewhere, and this page asks nobody outside: their words are. */
function image(block) {
  const file = block.slack_file?.id;
  if (file) return el("img", { class: "picture", src: picture(file), alt: block.alt_text ?? "picture" });
  return el("span", { class: "image-words", role: "img" }, icon("eye"), block.alt_text || "picture");
}

function task(given) {
  const [word, mark] = STATUS[given.status] ?? STATUS.pending;
  const light = el("span", { class: `light ${given.status}`, title: word }, mark && icon(mark));
  const more = [given.details, given.output].filter(Boolean).map((one) => (one.type === "rich_text" ? richText(one) : textObject(one)));
  const sources = (given.sources ?? []).map((one) => el("span", { class: "source" }, one.text ?? one.url));
  return el(
    "li",
    { class: `task ${given.status}` },
    light,
    el("div", {}, el("div", { class: "task-title" }, given.title), more.length > 0 && el("div", { class: "task-more" }, more), sources),
  );
}

function plan(block) {
  return el("div", { class: "plan" }, el("div", { class: "plan-title" }, block.title), el("ol", {}, (block.tasks ?? []).map(task)));
}

function cell(given) {
  return given?.type === "rich_text" ? richText(given) : (given?.text ?? given?.value ?? "");
}

function table(block) {
  const [head, ...rows] = block.rows ?? [];
  const row = (tag) => (one) => el("tr", {}, one.map((each) => el(tag, {}, cell(each))));
  return el(
    "div",
    { class: "scroll" },
    el("table", {}, block.caption && el("caption", {}, block.caption), head && el("thead", {}, row("th")(head)), el("tbody", {}, rows.map(row("td")))),
  );
}

function input(block, use) {
  const id = `field-${block.block_id}`;
  const optional = block.optional ? el("span", { class: "optional" }, " (optional)") : null;
  const isGroup = ["radio_buttons", "checkboxes"].includes(block.element.type);
  const label = el(isGroup ? "legend" : "label", { for: isGroup ? null : id }, block.label?.text ?? "", optional);
  const error = el("p", { class: "field-error", id: `${id}-error`, hidden: true, role: "alert" });
  return el(
    isGroup ? "fieldset" : "div",
    { class: "field", data: { block: block.block_id } },
    label,
    element(block.element, block, use, id),
    error,
    block.hint && el("p", { class: "hint" }, block.hint.text),
  );
}

function container(block, use) {
  return el(
    "details",
    { class: "container", open: !block.default_collapsed },
    el("summary", {}, textObject(block.title) ?? "More"),
    blocks(block.child_blocks ?? [], use),
  );
}

function elementRow(block, use) {
  return el("div", { class: block.type.replace("_", "-") }, (block.elements ?? []).map((one) => element(one, block, use)));
}

/** A long name may break between its words, as CheckoutHigh|ErrorRate. */
function humps(text) {
  return text.split(/(?<=[a-z])(?=[A-Z])/).flatMap((part, index) => (index ? [el("wbr"), part] : [part]));
}

const DRAW = {
  header: (block) => el("h3", { class: "header" }, humps(block.text?.text ?? "")),
  section,
  context,
  divider: () => el("hr"),
  rich_text: richText,
  markdown: (block) => markdown(block.text ?? ""),
  plan,
  task_card: (block) => el("ol", { class: "plan" }, task(block)),
  table,
  data_table: table,
  actions: elementRow,
  context_actions: elementRow,
  input,
  container,
  image: (block) => el("figure", {}, image(block), block.title && el("figcaption", {}, textObject(block.title))),
  alert: (block) => el("div", { class: `callout ${block.level ?? "default"}`, role: "note" }, textObject(block.text)),
};

/** Blocks in their order; one that this page does not know is named, never dropped without a word. */
export function blocks(given, use) {
  return (given ?? []).map((block) => {
    const draw = DRAW[block.type];
    const shown = draw ? draw(block, use) : el("div", { class: "unknown" }, `[a ${block.type} block, which this page does not draw]`);
    return el("div", { class: `block block-${block.type}` }, shown);
  });
}

/** An attachment: coloured bar, pretext, title, text, fields, or blocks of its own. */
export function attachment(given, use) {
  const fields = (given.fields ?? []).map((one) =>
    el("div", { class: one.short ? "short" : "" }, el("strong", {}, one.title), mrkdwn(String(one.value ?? ""))),
  );
  const bar = el("div", { class: "stripe" });
  if (/^#?[0-9a-f]{6}$/i.test(given.color ?? "")) bar.style.background = `#${given.color.replace("#", "")}`;
  else if (["good", "warning", "danger"].includes(given.color)) bar.classList.add(given.color);
  return el(
    "div",
    {},
    given.pretext && mrkdwn(given.pretext),
    el(
      "div",
      { class: "attachment" },
      bar,
      el(
        "div",
        { class: "attachment-body" },
        given.author_name && el("div", { class: "small" }, given.author_name),
        given.title && el("div", { class: "attachment-title" }, mrkdwn(given.title)),
        given.blocks ? blocks(given.blocks, use) : given.text && mrkdwn(given.text),
        fields.length > 0 && el("div", { class: "fields" }, fields),
        given.footer && el("div", { class: "small" }, given.footer),
      ),
    ),
  );
}
