"""The guided path: what to try, in the order in which it makes sense, and which people there are."""

from typing import Final

from bot.demo.gate_guide import GATE_STEPS
from bot.demo.home import CHANNEL, CHARACTERS
from bot.playground.page.values import Person, Setting, Step
from bot.playground.site import Fault

WATCH: Final = "watch"
PLAN: Final = "plan"
REFUSED: Final = "refused"
ASKED: Final = "asked"
PAUSED: Final = "paused"
RESUMED: Final = "resumed"
REJECTED: Final = "rejected"
APPROVED: Final = "approved"
VERIFIED: Final = "verified"

STEPS: Final = (
    Step(
        WATCH,
        "Watch it break",
        "Checkout is a small shop that really runs on this machine. In a few seconds version 42 goes live. "
        "It loses a database connection whenever a card is declined. Watch the errors climb; "
        "after a while the monitoring posts an alert.",
    ),
    Step(
        PLAN,
        "Greenlight looks, and proposes",
        "In the alert's thread it reads logs, metrics and recent changes, names the likely cause with its "
        "evidence, and proposes a plan with its undo. Nothing has been changed: it needs a person's yes.",
    ),
    Step(
        REFUSED,
        "Click Approve as somebody who may not",
        "Carl is a colleague, but he is not on call. Act as Carl and click Approve: "
        "the click does not count, and he is told why.",
        act_as="U0COLLEAGUE",
    ),
    Step(
        ASKED,
        "Ask it something",
        "Ask in the thread why it does not do something else. Without a model it answers from the record.",
        act_as="U0ONCALL",
        fill_in="@greenlight why not roll back?",
    ),
    Step(
        PAUSED,
        "Pause everything",
        "Lena is a lead. A pause stops every step before it starts, whatever was approved. "
        "Commands go into the channel's box.",
        act_as="U0LEAD",
        fill_in="/greenlight pause all trying the brake",
        where="channel",
    ),
    Step(
        RESUMED,
        "Let it go on",
        "A lead lifts the pause again.",
        act_as="U0LEAD",
        fill_in="/greenlight resume all seen enough",
        where="channel",
    ),
    Step(
        REJECTED,
        "Reject the plan, with a reason",
        "Act as Olivia, who is on call, and click Reject. The reason steers the next plan, "
        "so Olivia becomes one of those who asked for it and cannot approve it herself.",
        act_as="U0ONCALL",
    ),
    Step(
        APPROVED,
        "Give the green light",
        "A plan waits in the thread. Act as Lena (or as Olivia, if she rejected nothing) and click Approve. "
        "Exactly the plan that was shown runs, once.",
        act_as="U0LEAD",
    ),
    Step(
        VERIFIED,
        "See it heal",
        "Greenlight measures the check that was declared before the approval. Only a measurement may say "
        "that it worked. If it did not help, a new plan follows, and asks again.",
    ),
    Step(
        "free",
        "Now break something else",
        "Reset the shop below and cause another fault: one where nothing is wrong, "
        "or one that nothing here can fix. It says so in both cases.",
    ),
)


OOM_STEPS: Final = (
    Step(
        WATCH,
        "Watch it break",
        "Checkout is a small shop that really runs on this machine. Version 43 keeps each receipt in memory, "
        "and a sale begins: at 160 MiB the process is killed, is started again, and is killed again.",
    ),
    Step(
        PLAN,
        "Greenlight looks, and proposes",
        "In the alert's thread it quotes the line with which the process died, and proposes a higher limit. "
        "Nothing has been changed: it needs a person's yes.",
    ),
    Step(
        APPROVED,
        "Give the green light",
        "This action is of medium risk: Olivia, who is on call, or Lena, the lead, may approve it.",
        act_as="U0ONCALL",
    ),
    Step(
        VERIFIED,
        "See it heal",
        "Greenlight measures the check that was declared before the approval. Only a measurement may say "
        "that it worked.",
    ),
    Step(
        "free",
        "Take it back, or break something else",
        "Undo on the plan's card proposes the former limit, as a plan of its own. Reset the shop below for "
        "another fault.",
    ),
)

OTHER: Final = Step(
    "free",
    "Watch what it does",
    "Checkout is a small shop that really runs on this machine. Something is about to happen to it. "
    "In the alert's thread Greenlight says what it found, and whether it proposes anything at all.",
)


PATHS: Final = {Fault.LEAK: STEPS, Fault.OOM: OOM_STEPS}


def setting(fault: Fault, *, gate: bool = False) -> Setting:
    """What the page of this demo is about; the long path is that of the leaking deploy."""
    people = tuple(Person(one.id, one.name, one.what) for one in CHARACTERS)
    if gate and fault is Fault.LEAK:
        return Setting(CHANNEL, people, GATE_STEPS)
    return Setting(CHANNEL, people, PATHS.get(fault, (OTHER,)))
