// The link to the server: one stream of events down, small orders up, the token with every one of them.

import { el } from "./dom.js";

const token = new URLSearchParams(location.search).get("token") ?? "";

/** Says something in the corner for a while. */
export function toast(text, kind = "note") {
  const node = el("div", { class: `toast ${kind}` }, text);
  document.getElementById("toasts").append(node);
  setTimeout(() => node.remove(), 7000);
}

async function post(path, order) {
  const headers = { "Content-Type": "application/json", Authorization: `Bearer ${token}` };
  const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(order) });
  return answer.json();
}

async function told(path, order) {
  try {
    return await post(path, order);
  } catch {
    toast("The demo does not answer any more. Was it stopped?", "problem");
    return null;
  }
}

/** Does something as a person; the result, or nothing where it was refused (which is then said). */
export async function act(user, verb, order = {}) {
  const answer = await told("/control/act", { as: user, do: verb, ...order });
  if (answer === null) return null;
  if (!answer.ok) {
    toast(`Not possible: ${answer.error}.`, "problem");
    return null;
  }
  if (answer.result?.acked === false && !answer.result.errors?.length && verb !== "submit") {
    toast("The app did not answer within three seconds. Slack would show a warning sign here.", "problem");
  }
  return answer.result;
}

/** Where a picture that was uploaded to the local workspace can be seen. */
export const picture = (file) => `/page/files/${encodeURIComponent(file)}?token=${encodeURIComponent(token)}`;

/** Breaks the service or puts it right. */
export async function order(what) {
  const answer = await told("/page/shop", what);
  if (answer && !answer.ok) toast(`Not possible: ${answer.error}.`, "problem");
  return Boolean(answer?.ok);
}

const KINDS = ["hello", "message", "gone", "ephemerals", "views", "homes", "status", "place", "sample", "mark", "faults", "stage"];

/** Follows everything that one person sees; returns how to stop. */
export function follow(user, hear, lost) {
  const source = new EventSource(`/page/live?as=${encodeURIComponent(user)}&token=${encodeURIComponent(token)}`);
  for (const kind of KINDS) {
    source.addEventListener(kind, (event) => hear(kind, JSON.parse(event.data)));
  }
  source.addEventListener("error", () => lost());
  return () => source.close();
}
