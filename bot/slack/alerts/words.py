"""The words, signs and colours by which senders say how things stand."""

import colorsys
import re

from bot.domain.alert import AlertStatus

FIRING, RESOLVED, ACKNOWLEDGED = AlertStatus.FIRING, AlertStatus.RESOLVED, AlertStatus.ACKNOWLEDGED

STATE_WORDS: dict[str, AlertStatus] = {
    **dict.fromkeys(
        [
            "firing",
            "fired",
            "triggered",
            "retriggered",
            "re-triggered",
            "alarm",
            "alarming",
            "alerting",
            "alert",
            "problem",
            "down",
            "failed",
            "failing",
            "failure",
            "unhealthy",
            "critical",
            "activated",
            "active",
            "open",
            "opened",
            "new",
            "breached",
            "exceeded",
            "degraded",
            "unreachable",
            "error",
            "warning",
            "warn",
            "outage",
            "fatal",
            "unknown",
            "nodata",
            "no-data",
            "insufficient_data",
            "started",
            "created",
            "major",
            "minor",
            "ongoing",
            "investigating",
        ],
        FIRING,
    ),
    **dict.fromkeys(
        [
            "resolved",
            "resolve",
            "recovered",
            "recovery",
            "recovering",
            "cleared",
            "clear",
            "closed",
            "close",
            "ok",
            "okay",
            "up",
            "healthy",
            "normal",
            "online",
            "passing",
            "passed",
            "restored",
            "deactivated",
            "inactive",
            "fixed",
            "ended",
            "completed",
            "operational",
            "succeeded",
            "success",
        ],
        RESOLVED,
    ),
    **dict.fromkeys(["acknowledged", "acknowledgement", "acknowledge", "acked", "ack"], ACKNOWLEDGED),
}

_RESOLVED_SIGNS = (
    ":white_check_mark:",
    ":heavy_check_mark:",
    ":ballot_box_with_check:",
    ":large_green_circle:",
    ":green_circle:",
    ":large_green_square:",
    ":green_heart:",
    ":tada:",
    ":ok:",
    "✅",
    "✔",
    "🟢",
    "🟩",
    "💚",
    "☑",
)
_FIRING_SIGNS = (
    ":fire:",
    ":rotating_light:",
    ":red_circle:",
    ":large_red_circle:",
    ":large_red_square:",
    ":x:",
    ":warning:",
    ":bangbang:",
    ":exclamation:",
    ":heavy_exclamation_mark:",
    ":boom:",
    ":no_entry:",
    ":octagonal_sign:",
    ":skull:",
    ":large_orange_circle:",
    ":large_yellow_circle:",
    ":alert:",
    ":siren:",
    ":broken_heart:",
    "🔥",
    "🚨",
    "🔴",
    "🟥",
    "❌",
    "⚠",
    "‼",
    "❗",
    "💥",
    "⛔",
    "🛑",
    "🟠",
    "🟡",
    "💀",
    "🆘",
)
_SIGN = re.compile("|".join(map(re.escape, (*_RESOLVED_SIGNS, *_FIRING_SIGNS))))
_HEX = re.compile(r"#?([0-9a-f]{6})")
_HEX_SHORT = re.compile(r"#?([0-9a-f])([0-9a-f])([0-9a-f])")
_DULL = 0.25
_RED_TO_YELLOW, _GREEN, _GREEN_END, _PINK = 65, 75, 172, 325


def state_of(word: str) -> AlertStatus | None:
    """The status that a value such as `ALARM`, `Resolved` or `OK -> CRITICAL` names."""
    last = re.split(r"->|→|⇒|=>", word)[-1]
    cleaned = re.sub(r"[^a-z_ -]", "", _SIGN.sub("", last).lower()).strip()
    if cleaned in STATE_WORDS:
        return STATE_WORDS[cleaned]
    first = cleaned.split(" ", 1)[0]
    return STATE_WORDS.get(first) if len(cleaned) <= 40 else None  # noqa: PLR2004 - a sentence is no state


def sign_of(text: str) -> AlertStatus | None:
    """The status that the first telling emoji shows."""
    found = _SIGN.search(text)
    if not found:
        return None
    return RESOLVED if found.group() in _RESOLVED_SIGNS else FIRING


def without_signs(text: str) -> str:
    """The text without the emojis that tell a state."""
    return _SIGN.sub(" ", text)


def colour_of(colour: str) -> AlertStatus | None:
    """Red to yellow is firing, green is resolved; grey, blue and the rest say nothing."""
    named = {"danger": FIRING, "warning": FIRING, "good": RESOLVED}.get(colour)
    if named:
        return named
    wide, short = _HEX.fullmatch(colour), _HEX_SHORT.fullmatch(colour)
    digits = wide.group(1) if wide else "".join(each * 2 for each in short.groups()) if short else ""
    if not digits:
        return None
    hue, lightness, saturation = _hls(digits)
    if saturation < _DULL or lightness in {0.0, 1.0}:
        return None
    if hue <= _RED_TO_YELLOW or hue >= _PINK:
        return FIRING
    return RESOLVED if _GREEN <= hue <= _GREEN_END else None


def _hls(digits: str) -> tuple[float, float, float]:
    """Hue in degrees, lightness and saturation in 0..1."""
    red, green, blue = (int(digits[start : start + 2], 16) / 255 for start in (0, 2, 4))
    hue, lightness, saturation = colorsys.rgb_to_hls(red, green, blue)
    return hue * 360, lightness, saturation
