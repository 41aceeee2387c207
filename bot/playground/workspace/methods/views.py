"""The views.* methods and the assistant.threads.* methods."""

from typing import Any, Final

from bot.playground.workspace import limits
from bot.playground.workspace.call import Call, Method
from bot.playground.workspace.errors import SlackError
from bot.playground.workspace.feed import ChangeKind
from bot.playground.workspace.model import Json, Status, View


def open_view(call: Call) -> Json:
    trigger = call.hub.screens.use_trigger(call.app, call.need("trigger_id"))
    return answer(call.hub.screens.open(call.app, trigger.user, given(call)))


def push_view(call: Call) -> Json:
    trigger = call.hub.screens.use_trigger(call.app, call.need("trigger_id"))
    return answer(call.hub.screens.push(call.app, trigger.user, given(call)))


def update_view(call: Call) -> Json:
    view = call.hub.screens.find(call.app, call.text("view_id"), call.text("external_id"))
    if view.body["type"] == "home":
        return answer(call.hub.screens.update_home(view, given(call), call.text("hash")))
    return answer(call.hub.screens.update(view, given(call), call.text("hash")))


def publish_view(call: Call) -> Json:
    if not call.app.home_tab:
        raise SlackError("not_enabled")
    user = call.need("user_id")
    return answer(call.hub.screens.publish(call.app, user, given(call), call.text("hash")))


def given(call: Call) -> Any:
    return call.structure("view", "invalid_arguments")


def answer(view: View) -> Json:
    return {"view": view.body}


def set_status(call: Call) -> Json:
    channel, thread_ts = thread_of(call)
    texts = call.items("loading_messages", "invalid_arguments") or []
    if len(texts) > limits.LOADING_MESSAGES or any(len(str(one)) > limits.LOADING_MESSAGE for one in texts):
        raise SlackError("invalid_arguments", ("[ERROR] loading_messages: at most 10 of 50 characters",))
    text = call.text("status")
    state = call.hub.state
    if text:
        loading = tuple(str(one) for one in texts)
        state.statuses[channel, thread_ts] = Status(call.app.id, channel, thread_ts, text, loading, state.now)
    else:
        state.statuses.pop((channel, thread_ts), None)
    state.feed.add(ChangeKind.STATUS_SET, channel=channel, ts=thread_ts, data={"status": text})
    return {}


def set_title(call: Call) -> Json:
    channel, thread_ts = thread_of(call)
    call.hub.state.prompts.setdefault((channel, thread_ts), {})["title"] = call.need("title")
    return {}


def set_prompts(call: Call) -> Json:
    if not call.app.is_agent:
        raise SlackError("not_agent_app")
    prompts = call.items("prompts", "invalid_arguments") or []
    if not 1 <= len(prompts) <= limits.SUGGESTED_PROMPTS:
        raise SlackError("invalid_arguments", ("[ERROR] prompts: between 1 and 4",))
    channel = call.hub.state.channel(call.need("channel_id", "channel_not_found"))
    call.hub.state.prompts.setdefault((channel.id, call.text("thread_ts")), {})["prompts"] = prompts
    return {}


def thread_of(call: Call) -> tuple[str, str]:
    channel = call.joined_channel("channel_id")
    thread_ts = call.need("thread_ts", "invalid_thread_ts")
    call.hub.state.message(channel.id, thread_ts, "invalid_thread_ts")
    return channel.id, thread_ts


ASSISTANT: Final = ("assistant:write",)
METHODS: Final = {
    "views.open": Method(open_view, (), limits.TIER_4),
    "views.push": Method(push_view, (), limits.TIER_4),
    "views.update": Method(update_view, (), limits.TIER_4),
    "views.publish": Method(publish_view, (), limits.TIER_4),
    "assistant.threads.setStatus": Method(set_status, ("chat:write", *ASSISTANT), limits.SPECIAL),
    "assistant.threads.setTitle": Method(set_title, ASSISTANT, limits.TIER_4),
    "assistant.threads.setSuggestedPrompts": Method(set_prompts, ASSISTANT, limits.TIER_4),
}
