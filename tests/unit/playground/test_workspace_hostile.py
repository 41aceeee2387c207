import random
from typing import Any

import pytest
from slack_wire import Api

from bot.playground.workspace.methods.table import METHODS
from bot.playground.workspace.model import App
from bot.playground.workspace.workspace import DEFAULT_SCOPES, Workspace

NAMES = [
    "channel",
    "text",
    "blocks",
    "attachments",
    "metadata",
    "thread_ts",
    "ts",
    "user",
    "users",
    "view",
    "view_id",
    "limit",
    "cursor",
    "oldest",
    "chunks",
    "markdown_text",
    "timestamp",
    "name",
    "files",
    "filename",
    "length",
    "channel_id",
    "status",
    "loading_messages",
    "prompts",
    "usergroup",
]
PLAIN = {"type": "plain_text", "text": "x"}
MODAL: dict[str, Any] = {"type": "modal", "title": PLAIN, "blocks": []}
VALUES: list[Any] = [
    None,
    "",
    "x",
    "C1",
    "U1",
    0,
    -1,
    3.5,
    True,
    [],
    {},
    [1],
    [[]],
    [{}],
    [None],
    "[",
    '[{"type":"divider"}]',
    MODAL,
    {**MODAL, "title": 3},
    {**MODAL, "title": {"text": 3}},
    {**MODAL, "blocks": "x"},
    {**MODAL, "submit": []},
    {**MODAL, "blocks": [1]},
    {**MODAL, "blocks": 7},
    [{"type": "section", "text": 3}],
    [{"type": "actions", "elements": 3}],
    [{"type": "context", "elements": [{"type": []}]}],
    [{"type": []}],
    [{"type": {}}],
    [{"type": "plan", "title": [], "tasks": {}}],
    [{"type": "table", "rows": [1]}],
    [{"blocks": 3}],
    [{"fields": 3}],
    [{"color": 3, "fields": [1]}],
    [{"text": {}}],
    [{"type": "task_update", "id": "1", "details": 3}],
    [{"type": "blocks", "blocks": [3]}],
    [{"type": "section", "block_id": []}],
]


@pytest.mark.parametrize("seed", range(4))
async def test_no_nonsense_makes_a_method_fall_over(
    api: Api, app: App, workspace: Workspace, seed: int
) -> None:
    workspace.change_app(app, scopes=(*DEFAULT_SCOPES, "assistant:write"), is_agent=True)
    parent = await workspace.as_user("U1").post("C1", "parent")
    hook = workspace.add_webhook("C1")
    dice = random.Random(seed)
    for _ in range(250):
        method = dice.choice([one for one in METHODS if one != "apps.connections.open"])
        params = {name: dice.choice(VALUES) for name in dice.sample(NAMES, 8)}
        likely = {"channel": "C1", "channel_id": "C1", "thread_ts": parent.ts, "text": "x", "user_id": "U1"}
        params |= {key: value for key, value in likely.items() if dice.random() < 0.6}
        answer = await api.raw(method, json=params)
        assert answer.status == 200, (method, params)
        assert (await api.session.post(hook, json=params)).status < 500, params


@pytest.mark.parametrize("view", [one for one in VALUES if one != MODAL])
async def test_no_nonsense_is_shown_as_a_view(api: Api, workspace: Workspace, view: Any) -> None:
    answer = await api.raw("views.publish", json={"user_id": "U1", "view": view})
    assert answer.status == 200
    assert (await answer.json())["ok"] is False
    assert workspace.home("U1") is None
