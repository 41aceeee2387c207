"""The one place where an error or a reason code becomes a sentence: what it means and what to do next."""

from bot.domain.decision import NO_ACCOUNT, NOT_YET, UNREADABLE, UNSURE, Code, ExecutionCode, Refused
from bot.domain.errors import (
    ClaimRefusedError,
    ConflictError,
    GreenlightError,
    IllegalEventError,
    ModelUnavailableError,
    NotDurableError,
    PlanCode,
    PlanRefusedError,
    SourceUnavailableError,
    StoreUnavailableError,
    UnknownIncidentError,
)
from bot.domain.incident import NOT_APPLIED
from bot.slack.views.phrases import pause_words
from bot.slack.views.text import esc, esc_fit, mention

REFUSALS = {
    Code.MALFORMED: "I could not read this button. Nothing was recorded. Use the newest card of the thread.",
    Code.WRONG_ACTION: "This button is not one that I know. Nothing was recorded. Use the newest card.",
    Code.WRONG_MESSAGE: (
        "This is not the card that I posted for this plan. Nothing was recorded. "
        "Use the newest card of the incident's thread."
    ),
    Code.UNKNOWN_PLAN: "I do not know this plan. Nothing was recorded. Use the newest card of the thread.",
    Code.EXPIRED: "This plan expired and will not run. Ask me in the thread for a new one, or act by hand.",
    Code.SUPERSEDED: "A newer plan took this one's place. Please decide on the newest card in the thread.",
    Code.DECIDED: "This plan is already decided. Your click did not count. The card shows who and when.",
    Code.RESOLVED_ITSELF: "The alert stopped, so this plan is not needed any more. There is nothing to do.",
    Code.PAUSED: "Changes are paused, so this did not count. A lead can resume; then click again.",
    Code.DIGEST_MISMATCH: (
        "What this button names is not the plan that I hold. Nothing was recorded, and nothing will run. "
        "Use the newest card, and tell the people who run Greenlight."
    ),
    Code.POLICY_CHANGED: (
        "The policy, or who approves for this service, changed since this plan was made, "
        "so it cannot be approved any more. "
        "Ask me in the thread for a new plan."
    ),
    Code.CATALOGUE_CHANGED: (
        "The list of actions changed since this plan was made, so it cannot be approved any more. "
        "Ask me in the thread for a new plan."
    ),
    Code.PERSON_UNKNOWN: (
        "The policy does not know you, so this did not count. Ask one of those whom the card names. "
        "Somebody must add your Slack id under people in policy.yaml; plans made after that take your word."
    ),
    Code.NOT_HUMAN: (
        "Only people decide on plans; this click came from an app. Nothing was recorded. "
        "Ask one of those whom the card names."
    ),
    Code.INACTIVE: "This Slack account is deactivated, so the click did not count. Use an active account.",
    Code.GUEST: "Guests of this workspace cannot decide on plans. Ask a full member of the on-call team.",
    Code.EXTERNAL_TEAM: "Only members of our own workspace decide on plans. Ask the on-call team to decide.",
    Code.SHARED_CHANNEL: (
        "This channel is shared with another organisation, or Slack did not say that it is not, so plans "
        "cannot be decided here. Try again in a moment, or use an incident channel of our own."
    ),
    Code.ROSTER_UNAVAILABLE: (
        "Somebody's roster could not be read or is empty, and you are on no other that counts here. "
        "Nothing was recorded. Try again in a moment; else ask those whom the card names, or act by hand."
    ),
    Code.NOT_AUTHORISED: (
        "You are not among those who may decide on this plan. Nothing was recorded. "
        "The card names who may; mention them if it is urgent."
    ),
    Code.ORIGINATOR: (
        "You asked for this plan, so somebody else must approve it. Nothing was recorded. "
        "The card names who may."
    ),
    Code.ALREADY_COUNTED: "Your decision on this plan is already counted. Another person is needed.",
    Code.FROZEN: (
        "Changes are frozen in this environment, so this did not count. "
        "Wait for the freeze to end, or act by hand; rejecting works."
    ),
    Code.RATE_LIMIT: (
        "A limit of the policy is reached, so this could not be run and did not count. "
        "Wait until there is room again, or act by hand."
    ),
    Code.STORE_UNAVAILABLE: (
        "I could not write your decision down, so nothing was recorded and nothing will run. "
        "The buttons still work; try again in a moment."
    ),
}
"""A sentence for every code; a test holds that none is missing."""

EXECUTIONS = {
    ExecutionCode.PAUSED: "Changes were paused before the step began. Once resumed, ask for a new plan.",
    ExecutionCode.EXPIRED: "The approval was too old when the step was to begin. Ask for a new plan.",
    ExecutionCode.TARGET_LOCKED: (
        "Another incident is changing the same target, or nobody knows yet how its step there ended. "
        "Wait until it is done, or record in its thread what happened; then ask for a new plan."
    ),
    ExecutionCode.RATE_LIMIT: (
        "A limit of the policy was reached before the step began. "
        "Wait until there is room again and ask for a new plan, or act by hand."
    ),
    ExecutionCode.ENVIRONMENT_MISMATCH: (
        "The target is not, or cannot be shown to be, what and where it was when the plan was made. "
        "Check services.yaml and the target before anything else."
    ),
    ExecutionCode.DRIFT: (
        "The target is not as it was when the plan was made, or cannot be observed, so the step was not run. "
        "See what changed it before anything else is done."
    ),
    ExecutionCode.DRY_RUN_DIFFERS: (
        "A dry run right before the step showed something else than was approved, or could not be made. "
        "See what changed it before anything else is done."
    ),
    ExecutionCode.NOT_DURABLE: (
        "The store could not confirm that the start was on disk, so the step was not run. "
        "Check the store (greenlight doctor), then ask for a new plan."
    ),
}

ELSEWHERE = {
    NOT_APPLIED: (
        "Nobody knew how the step had ended; a look showed that it changed nothing. "
        "Ask for a new plan if the change is still wanted."
    ),
    "RECORD_BROKEN": (
        "Somebody changed this incident's record in the store, so nothing is done by it. "
        "Act by hand, run greenlight audit verify, and tell the people who run Greenlight."
    ),
    "NOT_APPROVED": (
        "The executor found no approval that counts for this very step, so it was not run. "
        "Ask for a new plan, and tell the people who run Greenlight."
    ),
    "CATALOGUE_CHANGED": (
        "The list of actions changed after the approval, so the step was not run. Ask for a new plan."
    ),
    "UNKNOWN_TARGET": (
        "The target left the inventory after the approval, so the step was not run. Check services.yaml."
    ),
    "NO_EXECUTOR": (
        "Nothing here can do this action to this target any more, so the step was not run. "
        "Check the target's executor in services.yaml, then ask for a new plan."
    ),
    "BAD_PARAMETER": (
        "A value of this step cannot be sent as it is, so nothing was sent. Ask for another plan."
    ),
    "NOT_HERE": "This process may not change anything. Check that a worker of the act role runs.",
    "GIVEN_UP": (
        "A worker ended again and again before the next step could begin, so the rest was cancelled. "
        "Look at its log, then ask for a new plan."
    ),
}
"""Codes of executors and workers that are none of rule 17's; a test reads them out of the code."""

FAILED = "The step was run and failed. Look at the target before you do anything else."

PLANS = {
    PlanCode.UNKNOWN_ACTION: (
        "The team proposed an action that is not in the catalogue. "
        "Ask for another plan, or add the action to actions.yaml."
    ),
    PlanCode.BAD_PARAMETER: (
        "The team proposed a value that the catalogue or the target does not allow. "
        "Ask for another plan, or act by hand."
    ),
    PlanCode.UNKNOWN_TARGET: (
        "The target is not in the inventory, or could not be looked at. "
        "Check services.yaml and the target, then ask again."
    ),
    PlanCode.OUT_OF_SCOPE: (
        "The target or action does not belong to the service of this incident, or is live elsewhere. "
        "Check services.yaml, then ask again."
    ),
    PlanCode.TOO_MANY_STEPS: "The plan had more steps than anybody could review. Ask for a smaller one.",
    PlanCode.BLAST_RADIUS: (
        "The plan would change more, or more often, than the limits of the policy let it. "
        "Ask for a smaller one."
    ),
    PlanCode.TOO_LARGE_TO_REVIEW: "The plan is too large to be shown whole. Ask for a smaller one.",
    PlanCode.SAME_STEPS: (
        "These very steps were rejected already. Ask for another plan, or wait: they may come back "
        "24 hours after the rejection."
    ),
}

STORE_DOWN = "The store does not answer. Unless the card shows it, this was not recorded; then try again."
UNEXPECTED = "Something went wrong on our side. Nothing was recorded. Try again, or act by hand."

ERRORS: tuple[tuple[type[GreenlightError], str], ...] = (
    (StoreUnavailableError, STORE_DOWN),
    (
        NotDurableError,
        "The store could not confirm that this is on disk. Look at the card before you try again.",
    ),
    (ConflictError, "Too much happened here at once, and nothing was recorded. Please try again."),
    (UnknownIncidentError, "I have no incident in this thread. Use the thread of the alert."),
    (
        IllegalEventError,
        "This does not fit what the incident is doing now. Look at the card; it may have moved on.",
    ),
    (ModelUnavailableError, "No model answered. The rules team works on, and says so on the card."),
    (SourceUnavailableError, "A source did not answer. What it would have shown is listed as missing."),
)


def refusal(refused: Refused) -> str:
    """Why a click did not count and what to do next, as mrkdwn; ends with the code."""
    special = _special(refused)
    if special:
        return f"{special} [{refused.code}]"
    detail = f" ({esc_fit(refused.detail, 200)})" if refused.detail else ""
    return f"{REFUSALS[refused.code]}{detail} [{refused.code}]"


def _special(refused: Refused) -> str:
    """The sentence for what is known beyond the code; empty where that is nothing more."""
    match refused:
        case Refused(Code.DECIDED, by=str(person)):
            return f"{mention(person)} has already decided on this plan. Your click did not count."
        case Refused(Code.WRONG_MESSAGE, detail) if detail == NOT_YET:
            return (
                "I have not noted yet which message is this plan's card, so this did not count. "
                "Wait a moment and click again; if it stays so, use the newest card of the thread."
            )
        case Refused(Code.SUPERSEDED, by=str(person)):
            return (
                f"{mention(person)} is changing this plan's parameters, so this did not count. "
                "Please decide on the new card that follows in the thread."
            )
        case Refused(Code.PAUSED, by=str(person)):
            return (
                f"{mention(person)} paused this incident, so this did not count. "
                "A lead can resume it as the card says; then click again."
            )
        case Refused(Code.PAUSED, detail) if detail == UNREADABLE:
            return (
                "I could not read whether changes are paused, so this did not count. Try again in a moment."
            )
        case Refused(Code.PAUSED, detail) if detail:
            what, how = (
                pause_words(detail).capitalize(),
                f"`/greenlight resume {esc_fit(detail, 80)}` and why",
            )
            return (
                f"{esc_fit(what, 80)} are paused, so this did not count. A lead says {how}; then click again."
            )
        case Refused(Code.PERSON_UNKNOWN, detail) if detail == NO_ACCOUNT:
            return (
                "Slack did not tell me who you are, so this did not count. "
                "Try again in a moment; if it stays so, ask another of those whom the card names."
            )
        case Refused(Code.STORE_UNAVAILABLE, detail) if detail == UNSURE:
            return (
                "The store did not answer, so I do not know whether your decision was written down. "
                "The card shows it as soon as I do; while it still has its buttons, you can click again."
            )
        case Refused(Code.NOT_AUTHORISED, detail) if detail:
            return (
                "You may approve this plan, but not as the last one: "
                f"{esc_fit(detail, 200)}. Nothing was recorded. Ask one of those whom the card names."
            )
        case _:
            return ""


def execution_sentence(code: str) -> str:
    """Why a step did not run or a plan stopped; a code from elsewhere is named as it is."""
    if code == "FAILED":
        return FAILED
    known = next((one for one in ExecutionCode if one == code), None)
    said = EXECUTIONS[known] if known else ELSEWHERE.get(code)
    return said or f"The executor refused the step ({code[:40]}). Look at the target."


def plan_sentence(code: str) -> str:
    """Why a plan was not shown."""
    known = next((one for one in PlanCode if one == code), None)
    return PLANS[known] if known else f"The plan breaks a rule ({code[:40]})."


def error_sentence(error: GreenlightError) -> str:
    """An error as mrkdwn for the person who ran into it; its own text only where it is made for people."""
    if isinstance(error, PlanRefusedError):
        return f"{plan_sentence(error.code)} {esc_fit(error.message, 300)} [{esc(error.code)}]"
    if isinstance(error, ClaimRefusedError):
        return f"{esc(execution_sentence(error.code))} [{esc_fit(error.code, 40)}]"
    return next((text for kind, text in ERRORS if isinstance(error, kind)), UNEXPECTED)
