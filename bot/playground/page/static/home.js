// The app's Home tab, as it has published it for whoever looks.

import { blocks } from "./blocks.js";
import { el, refill } from "./dom.js";
import { names } from "./text.js";

export function home(pane, state, doAs) {
  const app = state.apps[0];
  const view = state.homes.find((one) => one.app_id === app?.id);
  const use = (element, block, value) => doAs("click", { view_id: view.id, action_id: element.action_id, block_id: block.block_id, value });
  refill(
    pane,
    el("header", { class: "pane-head" }, el("h2", {}, app?.name ?? "App"), el("small", {}, "Home")),
    el(
      "div",
      { class: "scroller blocks" },
      view ? blocks(view.blocks, Object.assign(use, { values: {} })) : el("p", { class: "nothing" }, `${app?.name ?? "The app"} has published no Home tab. It works in the channel: open #${names.channels.get(state.channel) ?? "alerts"}.`),
    ),
  );
}
