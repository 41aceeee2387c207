// rich_text: literal pieces with styles; nothing in them is read as markup.

import { el } from "./dom.js";
import { channelMention, dateText, groupMention, link, mention } from "./text.js";

const STYLES = { bold: "strong", italic: "em", strike: "s", code: "code" };

function styled(node, style) {
  let shown = node;
  for (const [name, tag] of Object.entries(STYLES)) {
    if (style?.[name]) shown = el(tag, {}, shown);
  }
  return shown;
}

function piece(given) {
  switch (given.type) {
    case "text":
      return styled(given.text ?? "", given.style);
    case "link":
      return styled(link(given.url, given.text), given.style);
    case "user":
      return mention(given.user_id);
    case "usergroup":
      return groupMention(given.usergroup_id);
    case "channel":
      return channelMention(given.channel_id);
    case "broadcast":
      return el("span", { class: "mention all" }, `@${given.range}`);
    case "date":
      return el("time", { title: given.fallback ?? "" }, dateText(given.timestamp, given.format, given.fallback ?? ""));
    case "emoji":
      return emoji(given);
    case "color":
      return el("code", {}, given.value);
    default:
      return el("span", { class: "unknown" }, `[${given.type}]`);
  }
}

function emoji(given) {
  const codes = (given.unicode ?? "").split("-").map((code) => Number.parseInt(code, 16));
  const known = codes.length && codes.every((code) => code > 0 && code < 0x110000);
  return el("span", { class: "emoji" }, known ? String.fromCodePoint(...codes) : `:${given.name}:`);
}

const pieces = (given) => (given.elements ?? []).map(piece);

function part(given) {
  switch (given.type) {
    case "rich_text_section":
      return el("div", { class: "rich-section" }, pieces(given));
    case "rich_text_preformatted":
      return el("pre", {}, pieces(given));
    case "rich_text_quote":
      return el("blockquote", {}, pieces(given));
    case "rich_text_list": {
      const tag = given.style === "ordered" ? "ol" : "ul";
      const start = tag === "ol" && given.offset ? given.offset + 1 : null;
      const items = (given.elements ?? []).map((one) => el("li", {}, pieces(one)));
      return el(tag, { class: `indent-${given.indent ?? 0}`, start }, items);
    }
    default:
      return el("div", { class: "unknown" }, `[${given.type}]`);
  }
}

/** A rich_text block. */
export function richText(block) {
  return el("div", { class: "rich-text" }, (block.elements ?? []).map(part));
}
