// What the page knows, in one place; main.js alone changes it.

export const state = {
  user: "",
  setting: null,
  messages: new Map(),
  ephemerals: [],
  homes: [],
  apps: [],
  channels: [],
  channel: "",
  thread: "",
  threadIn: "",
  place: "chat",
  seen: new Map(),
  from: new Map(),
  status: new Map(),
};
