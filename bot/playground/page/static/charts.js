// Small line charts of the last minutes, with marks for what happened. All of it own SVG.

import { el, icon, refill, svg } from "./dom.js";
import { clock } from "./text.js";

const WIDTH = 320;
const HEIGHT = 74;
const TOP = 17;
const LONGEST = 240_000;
const SHORTEST = 90_000;
export const MARKS = {
  deploy: ["D", "Deploy"],
  fault: ["×", "Fault"],
  alert: ["!", "Alert"],
  resolved: ["–", "Alert over"],
  approval: ["✓", "Approval"],
  rejection: ["✗", "Rejection"],
  execution: ["▸", "Execution"],
  verification: ["=", "Verification"],
};

/** The milliseconds that the charts show: all there is, within bounds. */
export function spanOf(samples, now) {
  return Math.min(LONGEST, Math.max(SHORTEST, now - (samples[0]?.at ?? now)));
}

function path(samples, read, y, x) {
  let line = "";
  let isOpen = false;
  for (const one of samples) {
    const value = read(one);
    if (value === null || value === undefined) {
      isOpen = false;
      continue;
    }
    line += `${isOpen ? "L" : "M"}${x(one.at).toFixed(1)} ${y(value).toFixed(1)}`;
    isOpen = true;
  }
  return line;
}

function badges(marks, x) {
  const taken = [];
  return marks.map((mark) => {
    const at = x(mark.at);
    let row = 0;
    while (taken.some(([left, level]) => level === row && Math.abs(left - at) < 14)) row += 1;
    taken.push([at, row]);
    const cy = TOP - 8 + row * 14;
    return svg(
      "g",
      { class: `mark ${mark.kind}` },
      svg("title", {}, `${mark.text} (${clock(mark.at / 1000, true)})`),
      svg("line", { x1: at, x2: at, y1: cy + 6, y2: HEIGHT }),
      svg("circle", { cx: at, cy, r: 6.5 }),
      svg("text", { x: at, y: cy + 3.4 }, MARKS[mark.kind]?.[0] ?? "?"),
    );
  });
}

export class Chart {
  /** `read(sample)` is the number, `show(number)` its words, `least` the smallest top of the scale. */
  constructor({ name, title, read, show, least, limit, ceiling }) {
    Object.assign(this, { name, read, show, least, limit, ceiling });
    this.value = el("output", { class: "chart-value" });
    this.plot = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": title });
    this.top = el("span", { class: "chart-top" });
    this.node = el("figure", { class: `chart ${name}` }, el("figcaption", {}, el("span", {}, title), this.value), el("div", { class: "plot" }, this.plot, this.top));
  }

  draw(samples, marks, now) {
    const span = spanOf(samples, now);
    const x = (at) => WIDTH - ((now - at) / span) * WIDTH;
    const seen = samples.filter((one) => one.at > now - span);
    const numbers = seen.map(this.read).filter((one) => one !== null && one !== undefined);
    const ceiling = this.ceiling?.(seen.at(-1)) ?? null;
    const most = Math.max(this.least, ceiling ?? 0, ...numbers) * 1.08;
    const y = (value) => HEIGHT - 1 - (value / most) * (HEIGHT - TOP - 2);
    const line = path(seen, this.read, y, x);
    const last = seen.findLast((one) => this.read(one) !== null && this.read(one) !== undefined);
    const level = this.limit ?? ceiling;
    refill(
      this.plot,
      level !== null && level !== undefined && svg("line", { class: "limit", x1: 0, x2: WIDTH, y1: y(level), y2: y(level) }),
      line && svg("path", { class: "line", d: line }),
      badges(marks.filter((one) => one.at > now - span), x),
    );
    const words = last ? this.show(this.read(last), seen.at(-1)) : "–";
    this.value.textContent = words;
    this.top.textContent = this.show(most / 1.08);
    this.plot.setAttribute("aria-label", `${this.name}, now ${words}`);
  }
}

/** What happened, newest first, in words. */
export function happenings(marks) {
  const rows = marks.slice(-6).reverse().map((mark) =>
    el(
      "li",
      { class: mark.kind },
      el("span", { class: `dot ${mark.kind}`, title: MARKS[mark.kind]?.[1] }, MARKS[mark.kind]?.[0] ?? "?"),
      el("span", { class: "what" }, mark.text),
      el("time", {}, clock(mark.at / 1000, true)),
    ),
  );
  return rows.length ? el("ol", { class: "happenings" }, rows) : el("p", { class: "small" }, icon("eye"), "Nothing has happened yet.");
}
