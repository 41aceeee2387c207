"""What people have open: modals and home tabs, with triggers that open them."""

import dataclasses
import json
from typing import Any, Final, cast

from bot.playground.workspace import limits
from bot.playground.workspace.blocks import BlockCheck
from bot.playground.workspace.errors import SlackError
from bot.playground.workspace.feed import ChangeKind
from bot.playground.workspace.model import App, Json, Trigger, View
from bot.playground.workspace.state import State

GIVEN: Final = (
    "type", "title", "submit", "close", "private_metadata", "callback_id",
    "clear_on_close", "notify_on_close", "external_id", "submit_disabled",
)  # fmt: skip
TEXT_LIMITS: Final = {"title": limits.VIEW_TITLE, "submit": limits.VIEW_BUTTON, "close": limits.VIEW_BUTTON}


class Screens:
    """The stacks of modals and the published homes, one per app and user."""

    def __init__(self, state: State, blocks: BlockCheck) -> None:
        self._state = state
        self._blocks = blocks

    def new_trigger(self, app: App, user: str, view_id: str = "") -> str:
        made = self._state.now
        key = f"{int(made * 1000)}.{self._state.team.id}.{self._state.new_secret()}"
        self._state.triggers[key] = Trigger(key, app.id, user, made, view_id)
        return key

    def use_trigger(self, app: App, trigger_id: str) -> Trigger:
        """Each opens one view within three seconds: [ref] views.open."""
        trigger = self._state.triggers.get(trigger_id)
        if trigger is None or trigger.app_id != app.id:
            raise SlackError("invalid_trigger_id")
        if trigger.is_used:
            raise SlackError("exchanged_trigger_id")
        if self._state.now - trigger.made > self._state.options.trigger_seconds:
            raise SlackError("expired_trigger_id")
        self._state.triggers[trigger_id] = dataclasses.replace(trigger, is_used=True)
        return trigger

    def stack(self, user: str) -> tuple[View, ...]:
        return tuple(self._state.views[one] for one in self._state.stacks.get(user, ()))

    def open(self, app: App, user: str, given: Any) -> View:
        """A new stack with one modal: whatever was open before is gone."""
        view = self._new(app, user, given, "modal", ())
        self._drop(self._state.stacks.get(user, ()))
        return self._show(view, (view.id,))

    def push(self, app: App, user: str, given: Any) -> View:
        below = self._state.stacks.get(user, ())
        if len(below) >= limits.VIEW_STACK:
            raise SlackError("push_limit_reached")
        view = self._new(app, user, given, "modal", below)
        return self._show(view, (*below, view.id))

    def update(self, view: View, given: Any, sent_hash: str = "") -> View:
        if sent_hash and sent_hash != view.body["hash"]:
            raise SlackError("hash_conflict")
        checked = self._checked(given, str(view.body["type"]))
        body = {**view.body, **checked, "hash": self._hash()}
        return self._keep(dataclasses.replace(view, body=body), ChangeKind.VIEW_UPDATED)

    def finish(self, view: View) -> None:
        """Close this one view, wherever it is in its stack."""
        stack = self._state.stacks.get(view.user, ())
        if view.id in stack:
            self._state.stacks[view.user] = tuple(one for one in stack if one != view.id)
            self._drop((view.id,))

    def close(self, user: str, *, everything: bool) -> tuple[View, ...]:
        """Close the top view or the whole stack; the closed ones, topmost first."""
        stack = self._state.stacks.get(user, ())
        kept = () if everything else stack[:-1]
        self._state.stacks[user] = kept
        return tuple(reversed(self._drop(stack[len(kept) :])))

    def publish(self, app: App, user: str, given: Any, sent_hash: str = "") -> View:
        self._state.user(user)
        known = self._state.homes.get((app.id, user))
        if known is not None:
            return self.update_home(self._state.views[known], given, sent_hash)
        view = self._new(app, user, given, "home", ())
        self._state.homes[app.id, user] = view.id
        return self._keep(view, ChangeKind.HOME_PUBLISHED)

    def update_home(self, view: View, given: Any, sent_hash: str) -> View:
        if sent_hash and sent_hash != view.body["hash"]:
            raise SlackError("hash_conflict")
        body = {**view.body, **self._checked(given, "home"), "hash": self._hash()}
        return self._keep(dataclasses.replace(view, body=body), ChangeKind.HOME_PUBLISHED)

    def with_state(self, view: View, values: Json) -> View:
        """The view with what the person has entered so far."""
        changed = dataclasses.replace(view, body={**view.body, "state": {"values": values}})
        self._state.views[view.id] = changed
        return changed

    def find(self, app: App, view_id: str, external_id: str) -> View:
        for view in self._state.views.values():
            named = view.id == view_id or (external_id and view.body.get("external_id") == external_id)
            if named and view.app_id == app.id and view.is_open:
                return view
        raise SlackError("not_found")

    def _new(self, app: App, user: str, given: Any, kind: str, below: tuple[str, ...]) -> View:
        checked = self._checked(given, kind)
        external = checked.get("external_id")
        if external and any(one.body.get("external_id") == external for one in self._state.views.values()):
            raise SlackError("duplicate_external_id")
        view_id = self._state.new_id("V")
        body: Json = {
            "id": view_id,
            "team_id": self._state.team.id,
            "app_id": app.id,
            "app_installed_team_id": self._state.team.id,
            "bot_id": app.bot_id,
            "hash": self._hash(),
            "state": {"values": {}},
            "root_view_id": below[0] if below else view_id,
            "previous_view_id": below[-1] if below else None,
            **checked,
        }
        return View(view_id, app.id, user, body)

    def _checked(self, given: Any, kind: str) -> Json:
        if not isinstance(given, dict):
            raise SlackError("invalid_arguments", ("[ERROR] missing required field: view",))
        view = cast("Json", given)
        if len(json.dumps(view, ensure_ascii=False)) > limits.VIEW_JSON:
            raise SlackError("view_too_large")
        problems = [*self._view_problems(view, kind)]
        if problems:
            raise SlackError("invalid_arguments", tuple(problems))
        defaults: Json = {
            "private_metadata": "",
            "callback_id": "",
            "external_id": "",
            "close": None,
            "submit": None,
        }
        flags: Json = {"clear_on_close": False, "notify_on_close": False}
        kept = {key: view[key] for key in GIVEN if view.get(key) is not None}
        return {**defaults, **flags, **kept, "blocks": self._view_blocks(view, kind)}

    def _view_blocks(self, view: Json, kind: str) -> list[Json]:
        try:
            return self._blocks.view(view.get("blocks"), kind)
        except SlackError as refused:
            # views answer invalid_arguments with pointers below /view: [ref] views.open
            messages = tuple(one.replace("json-pointer:/", "json-pointer:/view/") for one in refused.messages)
            raise SlackError("invalid_arguments", messages or (refused.code,)) from None

    def _view_problems(self, view: Json, kind: str) -> list[str]:
        problems: list[str] = []
        if view.get("type") != kind:
            problems.append(f"[ERROR] must be {kind} [json-pointer:/view/type]")
        if kind == "modal" and not view.get("title"):
            problems.append("[ERROR] missing required field: title [json-pointer:/view]")
        for key, most in TEXT_LIMITS.items():
            problems += text_problems(view.get(key), most, f"/view/{key}")
        for key, most in (("private_metadata", limits.PRIVATE_METADATA), ("callback_id", limits.CALLBACK_ID)):
            if len(str(view.get(key) or "")) > most:
                problems.append(f"[ERROR] must be less than {most + 1} characters [json-pointer:/view/{key}]")
        if kind == "modal" and has_input(view.get("blocks")) and not view.get("submit"):
            wanted = "submit is required when an input block exists"
            problems.append(f"[ERROR] {wanted} [json-pointer:/view/submit]")
        return problems

    def _show(self, view: View, stack: tuple[str, ...]) -> View:
        self._state.stacks[view.user] = stack
        return self._keep(view, ChangeKind.VIEW_OPENED)

    def _keep(self, view: View, kind: ChangeKind) -> View:
        self._state.views[view.id] = view
        self._state.feed.add(kind, user=view.user, data={"view_id": view.id})
        return view

    def _drop(self, ids: tuple[str, ...]) -> tuple[View, ...]:
        gone = tuple(dataclasses.replace(self._state.views[one], is_open=False) for one in ids)
        for view in gone:
            self._keep(view, ChangeKind.VIEW_CLOSED)
        return gone

    def _hash(self) -> str:
        return f"{int(self._state.now)}.{self._state.new_secret()[:8]}"


def text_problems(given: Any, most: int, pointer: str) -> list[str]:
    """What is wrong with a plain_text object of a view, if it is there."""
    if given is None:
        return []
    text: Any = cast("Json", given).get("text") if isinstance(given, dict) else None
    if not isinstance(text, str) or cast("Json", given).get("type") != "plain_text":
        return [f"[ERROR] must be a plain_text object [json-pointer:{pointer}]"]
    if len(text) > most:
        return [f"[ERROR] must be less than {most + 1} characters [json-pointer:{pointer}/text]"]
    return []


def has_input(blocks: Any) -> bool:
    if not isinstance(blocks, list):
        return False
    given = cast("list[Any]", blocks)
    return any(isinstance(one, dict) and cast("Json", one).get("type") == "input" for one in given)
