"""The table of Slack's length and count limits, each with its source.

Sources: [sdk] slack-sdk 3.47's models; [ref] Slack's method reference; [docs] docs.slack.dev;
[types] @slack/types 3.2; [sb] the limits of slackblocks 3.0; [gh] an issue of Slack's SDKs;
[K] general knowledge, not re-checked.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` characters of a string or items of a list at `path` inside a `kind` of object."""

    kind: str
    path: str
    most: int
    source: str
    least: int = 0


BLOCK_LIMITS: Final = (
    Limit("section", "text.text", 3000, "[sdk] SectionBlock.text_max_length", least=1),
    Limit("section", "fields", 10, "[sdk] SectionBlock.fields_max_length", least=1),
    Limit("section.field", "text", 2000, "[sdk] docstring of SectionBlock.fields", least=1),
    Limit("header", "text.text", 150, "[sdk] HeaderBlock.text_max_length", least=1),
    Limit("context", "elements", 10, "[sdk] ContextBlock.elements_max_length", least=1),
    Limit("context.element", "text", 3000, "[docs] text object", least=1),
    Limit("actions", "elements", 25, "[sdk] ActionsBlock.elements_max_length", least=1),
    Limit("context_actions", "elements", 5, "[sdk] ContextActionsBlock"),
    Limit("markdown", "text", 12_000, "[sdk] MarkdownBlock", least=1),
    Limit("image", "image_url", 3000, "[sdk] ImageBlock.image_url_max_length"),
    Limit("image", "alt_text", 2000, "[sdk] ImageBlock.alt_text_max_length"),
    Limit("image", "title.text", 2000, "[sdk] ImageBlock.title_max_length"),
    Limit("input", "label.text", 2000, "[sdk] InputBlock.label_max_length", least=1),
    Limit("input", "hint.text", 2000, "[sdk] InputBlock.hint_max_length"),
    Limit("alert", "text.text", 200, "[types] AlertBlock", least=1),
    Limit("table", "rows", 100, "[sdk] TableBlock", least=1),
    Limit("table.row", "", 20, "[sdk] TableBlock"),
    Limit("data_table", "rows", 201, "[docs] data table block", least=2),
    Limit("plan", "tasks", 50, "[docs] plan block"),
    Limit("container", "child_blocks", 10, "[sdk] ContainerBlock", least=1),
    Limit("card", "title.text", 150, "[types] CardBlock"),
    Limit("card", "body.text", 200, "[types] CardBlock"),
    Limit("card", "actions", 3, "[types] CardBlock"),
    Limit("carousel", "elements", 10, "[types] CarouselBlock", least=1),
    Limit("button", "text.text", 75, "[sdk] ButtonElement.text_max_length", least=1),
    Limit("button", "value", 2000, "[sdk] ButtonElement.value_max_length"),
    Limit("button", "url", 3000, "[sdk] ButtonElement.url_max_length"),
    Limit("button", "accessibility_label", 75, "[sdk] ButtonElement"),
    Limit("icon_button", "visible_to_user_ids", 10, "[sdk] IconButtonElement"),
    Limit("feedback_button", "text.text", 75, "[sdk] FeedbackButtonObject"),
    Limit("feedback_button", "value", 2000, "[sdk] FeedbackButtonObject"),
    Limit("confirm", "title.text", 100, "[sdk] ConfirmObject.title_max_length", least=1),
    Limit("confirm", "text.text", 300, "[sdk] ConfirmObject.text_max_length", least=1),
    Limit("confirm", "confirm.text", 30, "[sdk] ConfirmObject.confirm_max_length"),
    Limit("confirm", "deny.text", 30, "[sdk] ConfirmObject.deny_max_length"),
    Limit("option", "text.text", 75, "[sdk] Option.label_max_length", least=1),
    Limit("option", "value", 150, "[sdk] Option.value_max_length"),
    Limit("static_select", "options", 100, "[sdk] options_max_length", least=1),
    Limit("multi_static_select", "options", 100, "[sdk] options_max_length", least=1),
    Limit("overflow", "options", 5, "[sb] overflow", least=1),
    Limit("checkboxes", "options", 10, "[sb] checkboxes", least=1),
    Limit("radio_buttons", "options", 10, "[sb] radio buttons", least=1),
    Limit("placeholder", "text", 150, "[sdk] placeholder_max_length"),
    Limit("*", "block_id", 255, "[sdk] Block.block_id_max_length"),
    Limit("*", "action_id", 255, "[sdk] InteractiveElement.action_id_max_length"),
)

MESSAGE_BLOCKS: Final = 50  # [sb] blocks of a message
VIEW_BLOCKS: Final = 100  # [ref] views.open, views.publish
ATTACHMENTS: Final = 100  # [ref] chat.postMessage, too_many_attachments
BLOCKS_JSON: Final = 13_200  # [gh] bolt-js#2509: msg_blocks_too_long at about 13.2k characters
MARKDOWN_PER_MESSAGE: Final = 12_000  # [sdk] MarkdownBlock: cumulative per message
POST_TEXT: Final = 40_000  # [docs] longer text of a posted message is truncated
UPDATE_TEXT: Final = 4_000  # [ref] chat.update, msg_too_long
STREAM_TEXT: Final = 12_000  # [ref] chat.appendStream: markdown_text
METADATA_JSON: Final = 16_384  # [K] metadata_too_large
VIEW_TITLE: Final = 24  # [sdk] View.title_max_length
VIEW_BUTTON: Final = 24  # [sdk] View.submit_max_length, close_max_length
PRIVATE_METADATA: Final = 3000  # [sdk] View.private_metadata_max_length
CALLBACK_ID: Final = 255  # [sdk] View.callback_id_max_length
VIEW_JSON: Final = 250_000  # [ref] views.open, view_too_large
VIEW_STACK: Final = 3  # [docs] modals, push_limit_reached
LOADING_MESSAGES: Final = 10  # [ref] assistant.threads.setStatus
LOADING_MESSAGE: Final = 50  # [ref] assistant.threads.setStatus
SUGGESTED_PROMPTS: Final = 4  # [ref] assistant.threads.setSuggestedPrompts
MAX_TEXT_INPUT: Final = 3000  # [sb] plain_text_input.max_length
TABLES_PER_MESSAGE: Final = 1  # [docs] table block, only_one_table_allowed
CHARTS_PER_MESSAGE: Final = 2  # [docs] data visualization block
PAGE: Final = 1000  # [ref] conversations.history: largest limit

# Calls a minute: [docs] rate limits. "posting" is one message a second and channel, short bursts tolerated.
TIER_1: Final = 1
TIER_2: Final = 20
TIER_3: Final = 50
TIER_4: Final = 100
SPECIAL: Final = 600
POSTING: Final = 60
POSTING_BURST: Final = 10  # [K] "short bursts" has no published number
