// The page: what one person sees, who that person is, and where everything is put.

import { blocks } from "./blocks.js";
import { Composer } from "./composer.js";
import { el, fill, icon, refill } from "./dom.js";
import { Guide } from "./guide.js";
import { home } from "./home.js";
import { act, follow, toast } from "./live.js";
import { Messages } from "./messages.js";
import { Modal } from "./modal.js";
import { drawPeople } from "./people.js";
import { Shop } from "./shop.js";
import { state } from "./state.js";
import { clock, names } from "./text.js";
import { themeButton } from "./theme.js";

let stop = () => {};

const doAs = (verb, order) => act(state.user, verb, order);
const capital = (word) => word.slice(0, 1).toUpperCase() + word.slice(1);
const appName = (id) => state.apps.find((one) => one.id === id)?.name ?? "app";
const shop = new Shop();
const modal = new Modal(doAs, appName);
const guide = new Guide({ me: () => state.user, act: actAs, fill: fillIn, name: (user) => capital(names.users.get(user) ?? user) });

// --- parts of the page ---------------------------------------------------------------------------------------

const channelBox = el("div", { class: "scroller", tabindex: "0", "aria-label": "Messages" });
const threadBox = el("div", { class: "scroller", tabindex: "0", "aria-label": "Thread" });
const statusLine = el("div", { class: "status-line", "aria-live": "polite" });
const channelList = new Messages(channelBox, { act: doAs, draw, inChannel: true, footer: replies, mark: repliesKey });
const threadList = new Messages(threadBox, { act: doAs, draw });
const channelComposer = new Composer({ label: "Message #alerts", send: sayInChannel });
const threadComposer = new Composer({ label: "Reply …", send: sayInThread });
const channelTitle = el("h2");
const threadTitle = el("small");
const homePane = el("section", { class: "pane home", "aria-label": "App Home" });
const back = el("button", { type: "button", class: "cross back", "aria-label": "Back to the channel" }, icon("back"));
const people = el("div", { class: "people", role: "radiogroup", "aria-label": "Acting as" });
const side = el("nav", { class: "side", "aria-label": "Workspace" });
const tabs = el("nav", { class: "tabs", "aria-label": "Parts of the page" });
const banner = el("div", { class: "banner", hidden: true, role: "status" });
const channelPane = el("section", { class: "pane channel", "aria-label": "Channel" }, el("header", { class: "pane-head" }, channelTitle), channelBox, channelComposer.form);
const threadPane = el(
  "section",
  { class: "pane thread", "aria-label": "Thread" },
  el("header", { class: "pane-head" }, back, el("h2", {}, "Thread"), threadTitle),
  threadBox,
  statusLine,
  threadComposer.form,
);
const noThread = el("section", { class: "pane thread empty" }, el("p", {}, "No thread yet. When an alert arrives, the work on it happens here."));
const rightPane = el("aside", { class: "beside", "aria-label": "The service and the guided path" }, guide.node, shop.node);
back.addEventListener("click", () => show("channel"));

// --- acting ---------------------------------------------------------------------------------------------------

function actAs(user) {
  if (user === state.user) return;
  state.user = user;
  names.me = user;
  modal.away();
  stop();
  stop = follow(user, hear, lost);
}

function fillIn(where, text) {
  const isThread = where === "thread" && state.thread;
  if (!isThread) enter(state.setting.channel);
  show(isThread ? "thread" : "channel");
  (isThread ? threadComposer : channelComposer).put(text);
}

async function sayInChannel(text) {
  const command = /^(\/[\w-]+)\s*([\s\S]*)$/.exec(text);
  if (command) return (await doAs("command", { command: command[1], text: command[2], channel: state.channel })) !== null;
  return (await doAs("say", { channel: state.channel, text })) !== null;
}

async function sayInThread(text) {
  if (/^\/[\w-]+(\s|$)/.test(text)) {
    toast("Slack takes commands only in the channel's own box, not in a thread.", "problem");
    return false;
  }
  return (await doAs("say", { channel: state.threadIn, text, thread_ts: state.thread })) !== null;
}

function show(place) {
  state.place = place;
  if (place === "home" && state.apps[0]) doAs("open_home");
  draw();
}

/** The thread beside stays as it is. */
function enter(channel) {
  if (channel === state.channel) return;
  state.channel = channel;
  channelList.clear();
  titled();
}

function holdThread(channel, ts) {
  if (ts !== state.thread) threadList.clear();
  [state.threadIn, state.thread] = [channel, ts];
}

function openThread(channel, ts) {
  holdThread(channel, ts);
  show("thread");
}

document.addEventListener("open-thread", ({ detail }) => {
  if (names.channels.has(detail.channel)) openThread(detail.channel, detail.ts);
});

// --- hearing --------------------------------------------------------------------------------------------------

const HEAR = {
  hello: hello,
  message(body) {
    const before = state.messages.get(`${body.channel} ${body.ts}`);
    state.messages.set(`${body.channel} ${body.ts}`, body);
    if (begins(body, before) && mayLeaveThread(body)) openThreadQuietly(body);
    draw();
  },
  gone(data) {
    state.messages.delete(`${data.channel} ${data.ts}`);
    draw();
  },
  ephemerals(data) {
    state.ephemerals = data.ephemerals;
    draw();
  },
  views: (data) => modal.show(data.views),
  homes(data) {
    state.homes = data.homes;
    draw();
  },
  status(data) {
    state.status.set(`${data.channel} ${data.ts}`, data.text);
    drawStatus();
  },
  place: learn,
  sample: (one) => shop.sample(one),
  mark: (one) => shop.mark(one),
  faults: (data) => shop.offer(data.faults),
  stage: staged,
};

function hear(kind, data) {
  banner.classList.remove("lost");
  HEAR[kind](data);
}

function lost() {
  banner.hidden = false;
  banner.classList.add("lost");
  refill(banner, "The demo is not there any more. This page goes on by itself when it comes back.");
}

function hello(data) {
  state.user = data.user;
  names.me = data.user;
  state.setting = data.setting;
  state.channel ||= data.setting.channel;
  state.messages = new Map(data.messages.map((body) => [`${body.channel} ${body.ts}`, body]));
  state.ephemerals = data.ephemerals;
  state.homes = data.homes;
  state.from.clear();
  channelList.clear();
  threadList.clear();
  if (!state.thread) {
    const root = data.messages.findLast((body) => body.channel === state.channel && isRoot(body) && body.reply_count);
    if (root) holdThread(root.channel, root.ts);
  }
  shop.start(data);
  state.isFirstLook = state.seen.size === 0;
  learn(data);
  state.isFirstLook = false;
  modal.show(data.views);
  guide.start(data.setting.guide, data.done, data.setting.intro);
  staged(data);
  document.getElementById("app").removeAttribute("aria-busy");
}

function learn(data) {
  names.users = new Map(data.users.map((one) => [one.id, one.name]));
  names.groups = new Map(data.groups.map((one) => [one.id, one.handle]));
  names.channels = new Map(data.channels.map((one) => [one.id, one.name]));
  state.apps = data.apps;
  state.channels = data.channels;
  titled();
  const app = data.apps[0];
  threadComposer.suggest(app ? [`@${app.name}`] : []);
  channelComposer.suggest(app ? app.commands.map((one) => one) : []);
  threadComposer.label(app ? `Reply … mention @${app.name} to ask it` : "Reply …");
  draw();
}

function titled() {
  const name = names.channels.get(state.channel) ?? "channel";
  refill(channelTitle, icon("hash"), name);
  channelComposer.label(`Message #${name}`);
}

function staged(data) {
  banner.hidden = data.ready || !data.stage;
  refill(banner, el("span", { class: "spinner" }), data.stage);
  guide.tick(data.done);
}

// A message of the alerts' channel has just got its first reply: the work on an alert begins.
const begins = (body, before) =>
  body.channel === state.setting.channel && isRoot(body) && Boolean(body.reply_count) && !before?.reply_count;

// A newer incident takes the thread's place, but not while something waits there or a reply is being written.
function mayLeaveThread(body) {
  if (!state.thread) return true;
  if (Number(body.ts) <= Number(state.thread)) return false;
  const waits = inThread(state.thread).some((one) => JSON.stringify(one.blocks ?? []).includes('"decide_approve"'));
  return !waits && threadComposer.isEmpty() && document.querySelector("dialog[open]") === null;
}

function openThreadQuietly(body) {
  holdThread(body.channel, body.ts);
  state.seen.set(threadKey(), inThread(body.ts).at(-1)?.ts ?? body.ts);
  if (state.place === "channel" || state.place === "chat") state.place = "thread";
}

// --- unread ---------------------------------------------------------------------------------------------------

const isRoot = (body) => !body.thread_ts || body.thread_ts === body.ts;
const channelKey = (channel = state.channel) => `${state.user} ${channel}`;
const threadKey = () => `${state.user} ${state.threadIn} ${state.thread}`;
const isWide = () => matchMedia("(min-width: 1000px)").matches;
const inSight = (place) =>
  document.visibilityState === "visible" && state.place !== "home" && (isWide() || state.place === place || (place === "channel" && state.place === "chat"));

/** Later than any ts: whoever looks on sees each message as it comes, so none of them is new. */
const NEVER = "~";

/** The ts after which messages were new when whoever acts began to look. */
function newFrom(key, bodies, place) {
  const last = bodies.at(-1)?.ts ?? "";
  const since = state.seen.get(key) ?? (state.isFirstLook ? last : "0");
  if (!inSight(place)) {
    state.from.delete(key);
    return since;
  }
  if (!state.from.has(key)) state.from.set(key, since < last ? since : NEVER);
  state.seen.set(key, last);
  return state.from.get(key);
}

function unread(key, bodies) {
  const since = state.seen.get(key) ?? "0";
  return bodies.filter((body) => body.ts > since && body.user !== state.user);
}

const mentionsMe = (body) => JSON.stringify([body.text, body.blocks]).includes(state.user);

document.addEventListener("visibilitychange", () => draw());

// --- drawing --------------------------------------------------------------------------------------------------

function inChannel(channel = state.channel) {
  const all = [...state.messages.values(), ...state.ephemerals].filter((body) => body.channel === channel);
  return all.filter((body) => (isRoot(body) || body.subtype === "thread_broadcast") && !(body.is_ephemeral && body.thread_ts)).sort(byTime);
}

function inThread(ts, channel = state.threadIn) {
  const all = [...state.messages.values(), ...state.ephemerals].filter((body) => body.channel === channel);
  return all.filter((body) => body.ts === ts || body.thread_ts === ts).sort(byTime);
}

const byTime = (one, other) => (one.ts < other.ts ? -1 : one.ts > other.ts ? 1 : 0);

function repliesKey(body) {
  const fresh = body.reply_count ? unread(`${state.user} ${body.channel} ${body.ts}`, inThread(body.ts, body.channel)).length : 0;
  return `${body.reply_count ?? 0} ${fresh} ${body.ts === state.thread}`;
}

function replies(body) {
  if (!body.reply_count || body.ts !== (body.thread_ts ?? body.ts)) return null;
  const fresh = unread(`${state.user} ${body.channel} ${body.ts}`, inThread(body.ts, body.channel));
  const open = body.ts === state.thread ? " open" : "";
  const node = el(
    "button",
    { type: "button", class: `replies${open}`, data: { thread: body.ts } },
    el("strong", {}, `${body.reply_count} ${body.reply_count === 1 ? "reply" : "replies"}`),
    fresh.length > 0 && el("span", { class: "fresh" }, `${fresh.length} new`),
    body.latest_reply && el("span", { class: "small" }, `last ${clock(body.latest_reply)}`),
  );
  node.addEventListener("click", () => openThread(body.channel, body.ts));
  return node;
}

function draw() {
  if (!state.setting) return;
  const root = document.getElementById("app");
  root.dataset.place = state.place === "chat" ? "channel" : state.place;
  const inChannelNow = inChannel();
  const inThreadNow = state.thread ? inThread(state.thread) : [];
  // The thread first: what is read there is no longer new in the channel's count.
  if (state.thread) threadList.show(inThreadNow, newFrom(threadKey(), inThreadNow, "thread"));
  channelList.show(inChannelNow, newFrom(channelKey(), inChannelNow, "channel"));
  threadPane.hidden = !state.thread;
  noThread.hidden = Boolean(state.thread);
  threadTitle.textContent = names.channels.has(state.threadIn) ? `#${names.channels.get(state.threadIn)}` : "";
  drawPeople(people, state, actAs);
  drawSide(inThreadNow);
  drawHome();
  drawStatus();
  const waiting = unread(channelKey(), inChannelNow).length + unread(threadKey(), inThreadNow).length;
  document.title = waiting && document.visibilityState === "hidden" ? `(${waiting}) Greenlight demo` : "Greenlight demo";
}

/** How much of a channel is new, and how much of that names whoever acts; the open thread counts with its own. */
function news(channel, inThreadNow) {
  const fresh = unread(channelKey(channel), inChannel(channel));
  if (channel === state.threadIn) fresh.push(...unread(threadKey(), inThreadNow));
  const calls = fresh.filter(mentionsMe).length;
  return fresh.length > 0 && el("span", { class: calls ? "count" : "count quiet", title: `${fresh.length} unread` }, calls || fresh.length);
}

function drawSide(inThreadNow) {
  const item = (place, label, mark, badge, channel = state.channel) => {
    const isHere = channel === state.channel && (state.place === "home") === (place === "home");
    const node = el(
      "button",
      { type: "button", class: `side-item${isHere ? " here" : ""}${badge ? " unread" : ""}`, data: { place } },
      mark,
      el("span", {}, label),
      badge,
    );
    node.addEventListener("click", () => {
      enter(channel);
      show(place);
    });
    return node;
  };
  const connected = state.apps[0]?.connected;
  refill(
    side,
    el("div", { class: "team" }, el("span", { class: "logo", "aria-hidden": "true" }), "Greenlight"),
    el("small", { class: "side-title" }, "Channels"),
    state.channels.map((one) => item("channel", one.name, icon("hash"), news(one.id, inThreadNow), one.id)),
    el("small", { class: "side-title" }, "Apps"),
    state.apps.slice(0, 1).map((one) => item("home", one.name, el("i", { class: connected ? "online" : "offline", title: connected ? "connected" : "not connected" }))),
    el("div", { class: "side-foot" }, "A local Slack workspace, on this machine."),
  );
  refill(
    tabs,
    [...channelTabs(), ["thread", "Thread"], ["service", "Service"], ["home", "App"]].map(([place, label, channel = state.channel]) => {
      const isHere = document.getElementById("app").dataset.place === place && channel === state.channel;
      const fresh = place === "thread" ? unread(threadKey(), inThreadNow).length : place === "channel" ? unread(channelKey(channel), inChannel(channel)).length : 0;
      const node = el("button", { type: "button", class: isHere ? "here" : "", "aria-current": isHere ? "page" : null }, label, fresh > 0 && el("span", { class: "count" }, fresh));
      node.addEventListener("click", () => {
        enter(channel);
        show(place);
      });
      return node;
    }),
  );
}

/** In a narrow window: the one channel is called so, several by their names. */
const channelTabs = () => (state.channels.length > 1 ? state.channels.map((one) => ["channel", `#${one.name}`, one.id]) : [["channel", "Channel"]]);

function drawHome() {
  homePane.hidden = state.place !== "home";
  if (!homePane.hidden) home(homePane, state, doAs);
}

function drawStatus() {
  const text = state.status.get(`${state.threadIn} ${state.thread}`) ?? "";
  refill(statusLine, text && `${state.apps[0]?.name ?? "The app"} ${text}`);
}

// --- start ----------------------------------------------------------------------------------------------------

function start() {
  const help = el("button", { type: "button", class: "bar-button", title: "The guided path" }, "Guide");
  help.addEventListener("click", () => {
    guide.toggle();
    if (!isWide()) show("service");
  });
  const bar = el("header", { class: "bar" }, people, el("span", { class: "push" }), help, themeButton());
  fill(document.getElementById("app"), side, bar, banner, channelPane, threadPane, noThread, homePane, rightPane, tabs);
  stop = follow("", hear, lost);
}

start();
