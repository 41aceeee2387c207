"""A Slack message with its attachments and blocks as one list of plain pieces, whatever its shape."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from bot.slack.alerts.blocks import Found, Role, block_findings
from bot.slack.alerts.json_shapes import as_list, as_map, as_text
from bot.slack.alerts.markup import is_web, links, plain

MAX_PIECES = 400
MAX_CHARACTERS = 40_000


@dataclass(frozen=True, slots=True)
class Piece:
    """One text of a message."""

    role: Role
    text: str

    @property
    def first_line(self) -> str:
        """The first line that says something."""
        return next((line.strip() for line in self.text.splitlines() if line.strip()), "")


@dataclass(frozen=True, slots=True)
class Flat:
    """A message as a reader sees it; `ts` and `attachment_ts` in seconds as Slack writes them."""

    pieces: tuple[Piece, ...]
    fields: tuple[tuple[str, str], ...]
    colours: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    block_ids: tuple[str, ...]
    ts: str
    attachment_ts: str
    username: str

    def of(self, *roles: Role) -> tuple[str, ...]:
        """The texts of some roles, in the order of the roles."""
        return tuple(piece.text for role in roles for piece in self.pieces if piece.role is role)

    @property
    def body(self) -> str:
        """All texts but the fallbacks and footers, one after the other."""
        hidden = {Role.FALLBACK, Role.FOOTER}
        return "\n".join(piece.text for piece in self.pieces if piece.role not in hidden)

    @property
    def link(self) -> str:
        """The first address, where there is one."""
        return self.links[0][0] if self.links else ""


_NO_TEXT = frozenset({Role.FIELD, Role.LINK, Role.BLOCK_ID})
_ATTACHMENT_ROLES = (
    ("title", Role.TITLE),
    ("pretext", Role.PRETEXT),
    ("text", Role.BODY),
    ("author_name", Role.CONTEXT),
    ("footer", Role.FOOTER),
    ("fallback", Role.FALLBACK),
)
_NO_PREVIEW = "[no preview available]"


def flatten(message: Mapping[str, object]) -> Flat:
    """The message in pieces; wrong types and surplus are left out, nothing raises."""
    attachments = [as_map(each) for each in as_list(message.get("attachments"))]
    own = [each for each in attachments if not _is_unfurl(each)]
    found = tuple(islice(_found(message, own), MAX_PIECES))
    return Flat(
        pieces=_pieces(found),
        fields=tuple((each.key, each.text) for each in found if each.role is Role.FIELD),
        colours=tuple(filter(None, (as_text(each.get("color")).lower() for each in own))),
        links=tuple((each.text, each.key) for each in found if each.role is Role.LINK),
        block_ids=tuple(each.text for each in found if each.role is Role.BLOCK_ID),
        ts=as_text(message.get("ts")),
        attachment_ts=next(filter(None, (_number(each.get("ts")) for each in own)), ""),
        username=plain(message.get("username") or as_map(message.get("bot_profile")).get("name"), 200),
    )


def _found(message: Mapping[str, object], attachments: list[Mapping[str, object]]) -> Iterator[Found]:
    text = message.get("text")
    yield Found(Role.TEXT, plain(text))
    yield from _links(text)
    yield from block_findings(message.get("blocks"))
    for attachment in attachments:
        yield from _attachment(attachment)


def _attachment(attachment: Mapping[str, object]) -> Iterator[Found]:
    if is_web(attachment.get("title_link")):
        yield Found(Role.LINK, as_text(attachment.get("title_link")), "")
    for name, role in _ATTACHMENT_ROLES:
        text = plain(attachment.get(name))
        if text and text != _NO_PREVIEW:
            yield Found(role, text)
    yield from _links(attachment.get("text"))
    for each in as_list(attachment.get("fields")):
        field = as_map(each)
        yield Found(Role.FIELD, plain(field.get("value")), plain(field.get("title"), 300))
    for each in as_list(attachment.get("actions")):
        button = as_map(each)
        if is_web(button.get("url")):
            yield Found(Role.LINK, as_text(button.get("url")), plain(button.get("text"), 300))
    yield from block_findings(attachment.get("blocks"))


def _links(text: object) -> Iterator[Found]:
    return (Found(Role.LINK, url, label) for url, label in links(text))


def _pieces(found: tuple[Found, ...]) -> tuple[Piece, ...]:
    kept: list[Piece] = []
    left = MAX_CHARACTERS
    for each in found:
        if each.role not in _NO_TEXT and each.text and left > 0:
            kept.append(Piece(each.role, each.text[:left]))
            left -= len(each.text)
    return tuple(kept)


def _is_unfurl(attachment: Mapping[str, object]) -> bool:
    """Whether Slack added it as the preview of a link; it is not the sender's word."""
    marks = ("from_url", "is_msg_unfurl", "is_app_unfurl", "is_share")
    return any(attachment.get(mark) for mark in marks)


def _number(value: object) -> str:
    return str(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else ""
