"""A small Bolt app that uses all that the page draws: blocks, dialogs, modals, edits, whispers, Home."""
# ruff: noqa: ANN001, ANN202 - samples of Slack annotate nothing
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownParameterType=false
# pyright: reportUnknownArgumentType=false, reportUntypedFunctionDecorator=false, reportUnusedFunction=false
# pyright: reportMissingParameterType=false

from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

HOSTILE = "<img src=x onerror=document.title='owned'><script>document.title='owned'</script>"


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text}


def rich(*pieces: dict[str, Any]) -> dict[str, Any]:
    return {"type": "rich_text", "elements": list(pieces)}


MARKDOWN = "## Heading\n- **one**\n- `two`\n\n> said\n\n| a | b |\n|---|---|\n| 1 | 2 |"
CONFIRM = {
    "title": plain("Run it?"),
    "text": plain("It restarts checkout."),
    "confirm": plain("Run"),
    "deny": plain("Go back"),
}
TASKS = [
    {"type": "task_card", "task_id": f"t{number}", "title": f"Task {status}", "status": status}
    for number, status in enumerate(("complete", "in_progress", "pending", "error"))
]
CELLS = [
    [{"type": "raw_text", "text": "service"}, {"type": "raw_text", "text": "errors"}],
    [{"type": "raw_text", "text": "checkout"}, {"type": "raw_text", "text": "9 %"}],
]
FEEDBACK = {
    "type": "feedback_buttons",
    "action_id": "rate",
    "positive_button": {"text": plain("Helpful"), "value": "yes"},
    "negative_button": {"text": plain("Not helpful"), "value": "no"},
}


def showcase(title: str) -> list[dict[str, Any]]:
    styled = [
        {"type": "text", "text": "bold", "style": {"bold": True}},
        {"type": "text", "text": " and "},
        {"type": "text", "text": "x = 1", "style": {"code": True}},
        {"type": "text", "text": " for "},
        {"type": "user", "user_id": "U1"},
    ]
    items = [{"type": "rich_text_section", "elements": [{"type": "text", "text": one}]} for one in "ab"]
    return [
        {"type": "header", "text": plain(title)},
        {
            "type": "section",
            "text": mrkdwn(f"*Bold* _it_ ~no~ `code` <@U2> <!date^0^{{date_num}}|then> &lt;b&gt; {HOSTILE}"),
        },
        {"type": "section", "fields": [mrkdwn("*Tier*\nlow"), mrkdwn("*Risk*\nnone")]},
        {"type": "context", "elements": [mrkdwn("small print")]},
        {"type": "divider"},
        rich(
            {"type": "rich_text_section", "elements": styled},
            {"type": "rich_text_list", "style": "bullet", "elements": items},
            {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "pool_size: 20 -> 50"}]},
            {"type": "rich_text_quote", "elements": [{"type": "text", "text": HOSTILE}]},
        ),
        {
            "type": "markdown",
            "text": f"{MARKDOWN}\n\n{HOSTILE}",
        },
        {"type": "plan", "title": "Step 2 of 4", "tasks": TASKS},
        {"type": "table", "rows": CELLS},
        {
            "type": "actions",
            "elements": [
                {
                    "type": "button",
                    "text": plain("Run"),
                    "action_id": "run",
                    "value": "1",
                    "style": "primary",
                    "confirm": CONFIRM,
                },
                {"type": "button", "text": plain("Ask"), "action_id": "ask", "value": "2"},
                {
                    "type": "button",
                    "text": plain("Only Ben"),
                    "action_id": "ben",
                    "visible_to_user_ids": ["U2"],
                },
            ],
        },
        {"type": "context_actions", "elements": [FEEDBACK]},
    ]


def field(block_id: str, label: str, element: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "type": "input",
        "block_id": block_id,
        "label": plain(label),
        "element": {"action_id": block_id, **element},
        **more,
    }


OPTIONS = [{"text": plain("By hand"), "value": "hand"}, {"text": plain("Noise"), "value": "noise"}]
FORM = {
    "type": "modal",
    "callback_id": "form",
    "title": plain("Why?"),
    "submit": plain("Send"),
    "close": plain("Go back"),
    "blocks": [
        field("reason", "Reason", {"type": "plain_text_input", "multiline": True, "min_length": 5}),
        field("how", "How", {"type": "radio_buttons", "options": OPTIONS}),
        field("who", "Who", {"type": "users_select"}, optional=True),
    ],
}


def scripted_app(client: AsyncWebClient) -> AsyncApp:
    app = AsyncApp(client=client)

    @app.event("app_mention")
    async def show(event, say):
        await say(
            text="Everything", blocks=showcase("Everything"), thread_ts=event.get("thread_ts") or event["ts"]
        )

    @app.action("run")
    async def run(ack, body, client):
        await ack()
        shown = body["message"]
        said = [
            {"type": "header", "text": plain("Done")},
            {"type": "section", "text": mrkdwn(f"by <@{body['user']['id']}>")},
        ]
        await client.chat_update(channel=body["channel"]["id"], ts=shown["ts"], text="Done", blocks=said)

    @app.action("ask")
    async def ask(ack, body, client):
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=FORM)

    @app.action("rate")
    async def rate(ack, body, client):
        await ack()
        place = {"channel": body["channel"]["id"], "thread_ts": body["message"]["thread_ts"]}
        await client.chat_postEphemeral(user=body["user"]["id"], text="Thank you", **place)

    @app.view("form")
    async def sent(ack, body, client):
        values = body["view"]["state"]["values"]
        reason = values["reason"]["reason"]["value"]
        if "please" not in reason:
            await ack(response_action="errors", errors={"reason": "Say please."})
            return
        await ack()
        how = values["how"]["how"]["selected_option"]["value"]
        await client.chat_postMessage(channel="C1", text=f"{reason} ({how})")

    @app.command("/local")
    async def local(ack, body):
        await ack(f"You said {body['text']}")

    @app.event("app_home_opened")
    async def home(event, client):
        view = {"type": "home", "blocks": [{"type": "header", "text": plain("Home of scripted")}]}
        await client.views_publish(user_id=event["user"], view=view)

    @app.event("message")
    async def ignore(event):
        assert event

    return app
