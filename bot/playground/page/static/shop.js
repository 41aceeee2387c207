// The service beside the messages: charts, processes, and the buttons that break it.

import { Chart, happenings, spanOf } from "./charts.js";
import { el, refill } from "./dom.js";
import { order } from "./live.js";

const percent = (value) => `${(value * 100).toFixed(value > 0 && value < 0.1 ? 1 : 0)} %`;
const seconds = (value) => (value < 1 ? `${Math.round(value * 1000)} ms` : `${value.toFixed(1)} s`);
const KEPT = 600;

export class Shop {
  constructor() {
    this.samples = [];
    this.marks = [];
    this.charts = [
      new Chart({ name: "errors", title: "Error rate", read: (one) => one.errors, show: percent, least: 0.1, limit: 0.05 }),
      new Chart({ name: "latency", title: "Latency, 95th percentile", read: (one) => one.latency, show: seconds, least: 0.1 }),
      new Chart({
        name: "pool",
        title: "Database pool in use",
        read: (one) => one.pool,
        show: (value, one) => (one?.pool_size ? `${Math.round(value)} of ${Math.round(one.pool_size)}` : `${Math.round(value)}`),
        least: 4,
        ceiling: (one) => one?.pool_size ?? null,
      }),
    ];
    this.head = el("div", { class: "service-head" });
    this.processes = el("ul", { class: "processes" });
    this.events = el("div");
    this.buttons = el("div", { class: "faults" });
    this.body = el(
      "div",
      { class: "service-body" },
      this.head,
      this.charts.map((one) => one.node),
      el("div", { class: "axis", "aria-hidden": "true" }, (this.since = el("span")), el("span", {}, "now")),
      el("h3", {}, "What happened"),
      this.events,
      el("h3", {}, "Processes"),
      this.processes,
      this.faultTitle = el("h3", {}, "Break something else"),
      this.buttons,
    );
    this.wait = el("p", { class: "waiting" }, "The shop is being opened …");
    this.node = el("section", { class: "service", "aria-label": "The service" }, this.wait, this.body);
    this.body.hidden = true;
    setInterval(() => this.draw(), 1000);
  }

  start({ samples, marks, faults }) {
    this.samples = samples;
    this.marks = marks;
    this.offer(faults);
    this.draw();
  }

  sample(one) {
    this.samples = [...this.samples.slice(-KEPT), one];
    this.draw();
  }

  mark(one) {
    this.marks = [...this.marks, one];
    this.draw();
  }

  offer(faults) {
    this.faultTitle.hidden = faults.length === 0;
    const button = (label, what, wish, kind = "") => {
      const node = el("button", { type: "button", class: `button small ${kind}`, title: what, data: { fault: wish.fault ?? "reset" } }, label);
      node.addEventListener("click", async () => {
        for (const one of this.buttons.children) one.disabled = true;
        await order(wish);
        for (const one of this.buttons.children) one.disabled = false;
      });
      return node;
    };
    const shown = faults.map((one) => button(one.label, one.what, { do: "cause", fault: one.id }));
    if (shown.length) shown.push(button("Reset", "Provider up, first settings, version 41.", { do: "reset" }, "quiet"));
    refill(this.buttons, shown);
  }

  draw() {
    const now = this.samples.at(-1);
    this.wait.hidden = Boolean(now);
    this.body.hidden = !now;
    if (!now) return;
    const moment = Math.max(Date.now(), now.at);
    for (const chart of this.charts) chart.draw(this.samples, this.marks, moment);
    const span = Math.round(spanOf(this.samples, moment) / 1000);
    this.since.textContent = span < 120 ? `${span} s ago` : `${Math.round(span / 60)} min ago`;
    const firing = now.alert === "firing";
    refill(
      this.head,
      el("h2", {}, "checkout"),
      el("span", { class: "version", title: "The version that answers now" }, now.version ? `version ${now.version}` : "no version answers"),
      el("span", { class: firing ? "state bad" : "state good" }, firing ? "alert firing" : now.alert === "pending" ? "alert pending" : "no alert"),
    );
    this.drawProcesses(now.processes);
    const key = `${this.marks.length}`;
    if (this.drawn !== key) refill(this.events, happenings(this.marks));
    this.drawn = key;
  }

  drawProcesses(processes) {
    const key = JSON.stringify(processes);
    if (key === this.drawnProcesses) return;
    this.drawnProcesses = key;
    refill(
      this.processes,
      processes.map((one) => el("li", { class: one.alive ? "alive" : "dead", title: one.state }, el("i", { role: "img", "aria-label": one.state }), el("span", {}, one.name), one.state !== "running" && el("small", {}, one.state))),
    );
  }
}
