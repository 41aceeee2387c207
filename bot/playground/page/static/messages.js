// A list of messages that keeps its nodes: only what changed is drawn again, focus and scroll stay.

import { attachment, blocks } from "./blocks.js";
import { el, fill, icon } from "./dom.js";
import { clock, mrkdwn, names } from "./text.js";

const TOGETHER_SECONDS = 300;
const NEAR = 60;

/** A square with a letter, its colour by name. */
export function avatar(name, isApp) {
  if (isApp) return el("span", { class: "avatar robot", "aria-hidden": "true" }, el("i"));
  const hue = [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 360, 7);
  return el("span", { class: "avatar", "aria-hidden": "true", style: { background: `hsl(${hue} 38% 42%)` } }, name.slice(0, 1).toUpperCase());
}

export function authorOf(body) {
  return names.users.get(body.user) ?? body.bot_profile?.name ?? body.username ?? "app";
}

const isApp = (body) => Boolean(body.bot_id || body.app_id || body.subtype === "bot_message");

function alertAvatar(name) {
  return el("span", { class: "avatar alerting", "aria-hidden": "true" }, name.slice(0, 1).toUpperCase());
}

function picture(body) {
  const name = authorOf(body);
  return isApp(body) && !names.users.has(body.user) ? alertAvatar(name) : avatar(name, isApp(body));
}

function content(body, use) {
  const parts = [];
  if (body.blocks?.length) parts.push(el("div", { class: "blocks" }, blocks(body.blocks, use)));
  else if (body.text) parts.push(mrkdwn(body.text));
  for (const one of body.attachments ?? []) parts.push(attachment(one, use));
  for (const file of body.files ?? []) parts.push(el("div", { class: "file" }, file.title ?? file.name));
  return parts;
}

/** A long message takes little room in the channel until somebody asks for all of it. */
function shortened(parts) {
  const box = el("div", { class: "long" }, parts);
  const more = el("button", { type: "button", class: "more", hidden: true }, "Show all");
  more.addEventListener("click", () => {
    box.classList.toggle("whole");
    more.textContent = box.classList.contains("whole") ? "Show less" : "Show all";
  });
  new ResizeObserver(() => {
    more.hidden = !box.classList.contains("whole") && box.scrollHeight <= box.clientHeight + 8;
    box.classList.toggle("cut", !more.hidden && !box.classList.contains("whole"));
  }).observe(box);
  return [box, more];
}

function reactions(body) {
  const shown = (body.reactions ?? []).map((one) => el("span", { class: "reaction" }, `:${one.name}: ${one.count}`));
  return shown.length > 0 && el("div", { class: "reactions" }, shown);
}

function drawMessage(body, context) {
  const use = (element, block, value) =>
    context.act("click", { channel: body.channel, ts: body.ts, action_id: element.action_id, block_id: block.block_id, value });
  const head = el(
    "div",
    { class: "message-head" },
    el("strong", { class: "author" }, authorOf(body)),
    isApp(body) && el("span", { class: "badge" }, "APP"),
    el("time", { title: clock(body.ts, true) }, clock(body.ts)),
    body.is_ephemeral && el("span", { class: "only-you" }, icon("eye"), "Only visible to you"),
  );
  const kind = body.is_ephemeral ? " ephemeral" : body.streaming_state === "in_progress" ? " streaming" : "";
  return el(
    "article",
    { class: `message${kind}`, data: { ts: body.ts, author: body.user ?? body.username ?? "" } },
    el("div", { class: "message-side" }, picture(body), el("time", { class: "side-time" }, clock(body.ts))),
    el(
      "div",
      { class: "message-main" },
      head,
      body.subtype === "thread_broadcast" && context.inChannel && el("div", { class: "small" }, "replied to a thread"),
      context.inChannel ? shortened(content(body, use)) : content(body, use),
      body.edited && el("span", { class: "edited" }, "(edited)"),
      reactions(body),
      context.footer?.(body),
    ),
  );
}

export class Messages {
  /** `context`: act, draw, inChannel, footer(body). */
  constructor(box, context) {
    this.box = box;
    this.context = context;
    this.list = el("div", { class: "list" });
    this.pill = el("button", { type: "button", class: "pill", hidden: true }, "New messages ", icon("down"));
    this.known = new Map();
    this.atBottom = true;
    fill(box, this.list, this.pill);
    box.addEventListener("scroll", () => {
      this.atBottom = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR;
      if (this.atBottom) this.pill.hidden = true;
    });
    this.pill.addEventListener("click", () => this.toBottom());
    this.holdPressed();
    // Content that grows (an edited card) must not push the last line out of sight.
    new ResizeObserver(() => this.atBottom && this.toBottom()).observe(this.list);
  }

  /** A message is not drawn again between press and release: the click would fall on a button that is gone. */
  holdPressed() {
    this.box.addEventListener("pointerdown", (event) => {
      // No click follows another button, and a menu that opens may swallow its release.
      if (event.button === 0) this.pressed = event.target.closest("article");
    });
    const release = () => setTimeout(() => {
      this.pressed = null;
      if (this.isLate) this.context.draw();
      this.isLate = false;
    });
    for (const end of ["pointerup", "pointercancel", "contextmenu"]) document.addEventListener(end, release);
    window.addEventListener("blur", release);
  }

  clear() {
    this.known.clear();
    this.list.replaceChildren();
    this.atBottom = true;
  }

  /** Shows these bodies in order; `newFrom` is the ts after which a line says "New". */
  show(bodies, newFrom = "") {
    const before = this.list.childElementCount;
    const nodes = [];
    let last = null;
    let isMarked = false;
    for (const body of bodies) {
      const isNew = newFrom && body.ts > newFrom && body.user !== names.me;
      if (isNew && !isMarked) {
        isMarked = true;
        nodes.push(this.newLine ?? (this.newLine = el("div", { class: "new-line", role: "separator" }, el("span", {}, "New"))));
        last = null;
      }
      const node = this.node(body);
      node.classList.toggle("together", Boolean(last) && together(last, body));
      nodes.push(node);
      last = body;
    }
    this.place(nodes);
    this.forget(bodies);
    if (this.atBottom) this.toBottom();
    else if (this.list.childElementCount > before) this.pill.hidden = false;
  }

  /** The node of a body: the same one while neither it nor its footer changed. */
  node(body) {
    const footer = this.context.mark?.(body) ?? "";
    const kept = this.known.get(body.ts);
    if (kept && kept.body === body && kept.footer === footer) return kept.node;
    if (kept && kept.node === this.pressed) {
      this.isLate = true;
      return kept.node;
    }
    const node = drawMessage(body, this.context);
    const active = kept?.node.contains(document.activeElement) ? document.activeElement.dataset.action : null;
    if (kept) {
      kept.node.replaceWith(node);
      if (active) node.querySelector(`[data-action="${CSS.escape(active)}"]`)?.focus({ preventScroll: true });
    } else if (this.known.size) node.classList.add("arrives");
    this.known.set(body.ts, { body, footer, node });
    return node;
  }

  place(nodes) {
    const now = this.list.children;
    const isSame = now.length === nodes.length && nodes.every((node, index) => now[index] === node);
    if (!isSame) this.list.replaceChildren(...nodes);
  }

  forget(bodies) {
    const shown = new Set(bodies.map((body) => body.ts));
    for (const ts of this.known.keys()) if (!shown.has(ts)) this.known.delete(ts);
  }

  toBottom() {
    this.box.scrollTop = this.box.scrollHeight;
    this.pill.hidden = true;
    this.atBottom = true;
  }
}

function together(one, other) {
  const same = authorOf(one) === authorOf(other) && !one.is_ephemeral && !other.is_ephemeral;
  return same && Number(other.ts) - Number(one.ts) < TOGETHER_SECONDS && !other.blocks?.length;
}
