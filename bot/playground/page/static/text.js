// Slack's mrkdwn and the markdown block as nodes: an own small reader of each.

import { el, fill } from "./dom.js";

const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };
const plain = (text) => text.replace(/&(?:amp|lt|gt);/g, (one) => ENTITIES[one]);
const SAFE_LINK = /^(https?:|mailto:)/i;
const PERMALINK = /^https:\/\/[a-z0-9-]+\.slack\.com\/archives\/([A-Z0-9]+)\/p(\d+)(\d{6})$/;

/** Names for ids; filled by the page whenever it learns who is here. */
export const names = { users: new Map(), groups: new Map(), channels: new Map(), me: "" };

export function mention(id) {
  const mine = id === names.me ? " me" : "";
  return el("span", { class: `mention${mine}` }, `@${names.users.get(id) ?? id}`);
}

export function groupMention(id) {
  return el("span", { class: "mention" }, `@${names.groups.get(id) ?? id}`);
}

export function channelMention(id, label) {
  return el("span", { class: "mention" }, `#${names.channels.get(id) ?? label ?? id}`);
}

/** This workspace has no address of its own: a link to one of its messages opens the thread here. */
function toThread([, channel, seconds, rest], label) {
  const detail = { channel, ts: `${seconds}.${rest}` };
  const open = () => document.dispatchEvent(new CustomEvent("open-thread", { detail }));
  return el("button", { type: "button", class: "linklike", onclick: open }, label);
}

/** A link that opens nothing by itself: its address is shown, a click needs a new tab. */
export function link(url, label) {
  if (!SAFE_LINK.test(url)) return document.createTextNode(label ?? url);
  const place = PERMALINK.exec(url);
  if (place) return toThread(place, label ?? url);
  return el("a", { href: url, target: "_blank", rel: "noopener noreferrer", title: url }, label ?? url);
}

const pad = (number) => String(number).padStart(2, "0");
const DAY = { weekday: "short", day: "numeric", month: "short" };

function pretty(moment, options) {
  const today = new Date();
  const days = Math.round((new Date(today).setHours(0, 0, 0, 0) - new Date(moment).setHours(0, 0, 0, 0)) / 864e5);
  const near = { 0: "today", 1: "yesterday", [-1]: "tomorrow" }[days];
  return near ?? moment.toLocaleDateString(undefined, options);
}

/** A moment the way Slack's date tokens ask for, in the reader's own time zone. */
export function dateText(seconds, format, fallback) {
  const moment = new Date(seconds * 1000);
  if (Number.isNaN(moment.getTime())) return fallback;
  const time = `${pad(moment.getHours())}:${pad(moment.getMinutes())}`;
  const forms = {
    "{time}": () => time,
    "{time_secs}": () => `${time}:${pad(moment.getSeconds())}`,
    "{date_num}": () => `${moment.getFullYear()}-${pad(moment.getMonth() + 1)}-${pad(moment.getDate())}`,
    "{ago}": () => ago(seconds * 1000),
  };
  return format.replace(/\{[a-z_]+\}/g, (token) => {
    if (forms[token]) return forms[token]();
    if (token.startsWith("{date")) return token.includes("pretty") ? pretty(moment, DAY) : moment.toLocaleDateString(undefined, DAY);
    return token;
  });
}

export function ago(milliseconds) {
  const seconds = Math.max(0, Math.round((Date.now() - milliseconds) / 1000));
  if (seconds < 60) return `${seconds} s ago`;
  return seconds < 3600 ? `${Math.floor(seconds / 60)} min ago` : `${Math.floor(seconds / 3600)} h ago`;
}

/** The clock time of a message's ts. */
export function clock(ts, seconds = false) {
  return dateText(Number(ts), seconds ? "{time_secs}" : "{time}", "");
}

function angled(inner) {
  const bar = inner.indexOf("|");
  const [target, label] = bar < 0 ? [inner, null] : [inner.slice(0, bar), plain(inner.slice(bar + 1))];
  if (target.startsWith("@")) return mention(target.slice(1));
  if (target.startsWith("#")) return channelMention(target.slice(1), label);
  if (target.startsWith("!subteam^")) return groupMention(target.slice(9));
  if (target.startsWith("!date^")) {
    const [, stamp, format] = target.split("^");
    return el("time", { title: label ?? "" }, dateText(Number(stamp), format ?? "{time}", label ?? ""));
  }
  if (target.startsWith("!")) return el("span", { class: "mention all" }, `@${target.slice(1)}`);
  return link(plain(target), label ?? plain(target));
}

// In this order: code first (nothing is read inside), then <…>, then styles that hug their words.
const INLINE =
  /```([\s\S]+?)```|`([^`\n]+)`|<([^<>\n]+)>|(?<![\p{L}\p{N}])\*(\S(?:[^*\n]*\S)?)\*(?![\p{L}\p{N}])|(?<![\p{L}\p{N}])_(\S(?:[^_\n]*\S)?)_(?![\p{L}\p{N}])|(?<![\p{L}\p{N}])~(\S(?:[^~\n]*\S)?)~(?![\p{L}\p{N}])/gu;

function inline(text) {
  const found = [];
  let last = 0;
  for (const match of text.matchAll(INLINE)) {
    found.push(plain(text.slice(last, match.index)));
    last = match.index + match[0].length;
    const [, pre, code, angle, bold, italic, strike] = match;
    if (pre !== undefined) found.push(el("pre", {}, plain(pre.replace(/^\n/, ""))));
    else if (code !== undefined) found.push(el("code", {}, plain(code)));
    else if (angle !== undefined) found.push(angled(angle));
    else if (bold !== undefined) found.push(el("strong", {}, inline(bold)));
    else if (italic !== undefined) found.push(el("em", {}, inline(italic)));
    else found.push(el("s", {}, inline(strike)));
  }
  found.push(plain(text.slice(last)));
  return found;
}

/** Slack's mrkdwn: lines that begin with > are quotes. */
export function mrkdwn(text) {
  const box = el("div", { class: "mrkdwn" });
  let quote = null;
  for (const chunk of text.split(/(```[\s\S]+?```)/)) {
    if (chunk.startsWith("```")) {
      fill(box, inline(chunk));
      continue;
    }
    for (const line of chunk.split("\n")) {
      const quoted = /^(?:&gt;|>)\s?(.*)$/.exec(line);
      if (quoted) {
        quote ??= box.appendChild(el("blockquote"));
        fill(quote, el("div", {}, inline(quoted[1]), line === "" && "\u00a0"));
      } else {
        quote = null;
        fill(box, line === "" ? el("div", { class: "gap" }) : el("div", {}, inline(line)));
      }
    }
  }
  return box;
}

/** A text object of Block Kit. */
export function textObject(given) {
  if (!given) return null;
  if (given.type === "mrkdwn") return mrkdwn(given.text ?? "");
  return el("span", { class: "plain" }, given.text ?? "");
}

const MARKDOWN_INLINE =
  /`([^`\n]+)`|\[([^\]\n]+)\]\(([^()\s]+)\)|<([@#!][^<>\n]+)>|\*\*(\S(?:[^\n]*?\S)?)\*\*|(?<![\p{L}\p{N}*])[*_](\S(?:[^*_\n]*\S)?)[*_](?![\p{L}\p{N}*])|~~(\S(?:[^\n]*?\S)?)~~/gu;

function markdownInline(text) {
  const found = [];
  let last = 0;
  for (const match of text.matchAll(MARKDOWN_INLINE)) {
    found.push(text.slice(last, match.index));
    last = match.index + match[0].length;
    const [, code, label, url, angle, bold, italic, strike] = match;
    if (code !== undefined) found.push(el("code", {}, code));
    else if (label !== undefined) found.push(link(url, label));
    else if (angle !== undefined) found.push(angled(angle));
    else if (bold !== undefined) found.push(el("strong", {}, markdownInline(bold)));
    else if (italic !== undefined) found.push(el("em", {}, markdownInline(italic)));
    else found.push(el("s", {}, markdownInline(strike)));
  }
  found.push(text.slice(last));
  return found;
}

const cells = (line) => line.replace(/^\s*\||\|\s*$/g, "").split("|").map((cell) => cell.trim());

/** The markdown block: headings, lists, quotes, code, tables and paragraphs. */
export function markdown(text) {
  const box = el("div", { class: "markdown" });
  const lines = text.split("\n");
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at];
    const heading = /^(#{1,6})\s+(.*)$/.exec(line);
    const item = /^\s*(?:[-*+]|(\d+)[.)])\s+(.*)$/.exec(line);
    if (line.startsWith("```")) {
      const end = lines.findIndex((one, index) => index > at && one.startsWith("```"));
      const last = end < 0 ? lines.length : end;
      fill(box, el("pre", {}, lines.slice(at + 1, last).join("\n")));
      at = last;
    } else if (heading) {
      fill(box, el("p", { class: "heading" }, el("strong", {}, markdownInline(heading[2]))));
    } else if (item) {
      const tag = item[1] ? "ol" : "ul";
      const list = box.lastChild?.localName === tag ? box.lastChild : box.appendChild(el(tag));
      fill(list, el("li", {}, markdownInline(item[2])));
    } else if (line.startsWith(">")) {
      fill(box, el("blockquote", {}, markdownInline(line.replace(/^>\s?/, ""))));
    } else if (/^\s*\|/.test(line) && /^[\s|:-]+$/.test(lines[at + 1] ?? "")) {
      const body = [];
      const head = cells(line);
      for (at += 2; at < lines.length && /^\s*\|/.test(lines[at]); at += 1) body.push(cells(lines[at]));
      at -= 1;
      const row = (tag) => (one) => el("tr", {}, one.map((cell) => el(tag, {}, markdownInline(cell))));
      fill(box, el("div", { class: "scroll" }, el("table", {}, el("thead", {}, row("th")(head)), el("tbody", {}, body.map(row("td"))))));
    } else if (/^(-{3,}|\*{3,})\s*$/.test(line)) {
      fill(box, el("hr"));
    } else if (line.trim()) {
      fill(box, el("p", {}, markdownInline(line)));
    }
  }
  return box;
}
