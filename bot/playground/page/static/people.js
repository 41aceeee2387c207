// Who one acts as: a row of people to choose from.

import { el, refill } from "./dom.js";
import { avatar } from "./messages.js";

/** Draws the people as whom one can act; only anew when it is another one. */
export function drawPeople(people, state, actAs) {
  const key = `${state.user}`;
  if (people.dataset.key === key) return;
  people.dataset.key = key;
  refill(
    people,
    el("span", { class: "acting" }, "Acting as"),
    state.setting.people.map((one) => {
      const isMe = one.id === state.user;
      const node = el(
        "button",
        { type: "button", role: "radio", "aria-checked": String(isMe), class: `person${isMe ? " me" : ""}`, title: one.what, data: { person: one.id } },
        avatar(one.name),
        el("span", {}, el("strong", {}, one.name), el("small", {}, one.what)),
      );
      node.addEventListener("click", () => actAs(one.id));
      return node;
    }),
  );
}
