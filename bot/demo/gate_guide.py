"""The guided path of `--gate`: each rule of the gate, with how to see it at work."""

from typing import Final

from bot.playground.page.values import Step

EDITED: Final = "edited"
FIRST_OF_TWO: Final = "first_of_two"
STOPPED: Final = "stopped"
DRIFTED: Final = "drifted"
EXPIRED: Final = "expired"
AUTO: Final = "auto"
UNDO: Final = "undo"

GATE_STEPS: Final = (
    Step(
        "plan",
        "Wait for the first plan",
        "Version 42 goes live and loses connections. Within a minute an alert comes in, and Greenlight "
        "proposes a plan. Here plans live for two minutes only, so that you can see them end.",
    ),
    Step(
        "refused",
        "Be refused",
        "Act as Carl, who is not on call, and click Approve. Or as Gus, who is a guest.",
        act_as="U0COLLEAGUE",
    ),
    Step(
        EDITED,
        "Change a parameter",
        "Act as Lena and click Edit. The form knows the bounds; 99999 is refused there. Another value makes "
        "a new plan: approvals of the old one are void, and Lena is named as who asked for it.",
        act_as="U0LEAD",
    ),
    Step(
        FIRST_OF_TWO,
        "Get two people to approve",
        "As Carl, ask for the roll-back (it is option 1). In this demo it counts as high risk and needs two "
        "people, one of them senior: approve as Olivia, then as Lena. The card counts: 1 of 2.",
        act_as="U0COLLEAGUE",
        fill_in="@greenlight use 1",
    ),
    Step(
        STOPPED,
        "Stop it during the hold",
        "After the last approval the plan is on hold for 20 seconds. Anybody of the team may press Stop on "
        "its card. Lena lets it go on with the command that the card shows.",
        act_as="U0COLLEAGUE",
    ),
    Step(
        DRIFTED,
        "See drift",
        "Approve a plan for the pool as Olivia. It is on hold for 15 seconds: press Change it by hand below "
        "meanwhile. What was approved is no longer so: nothing runs, the card says what changed, and "
        "Greenlight looks again and proposes anew.",
    ),
    Step(
        EXPIRED,
        "Let a plan expire",
        "Leave a plan alone. After a minute the pager is called: look into #pager. After two it expires, the "
        "incident escalates, and somebody is called again.",
    ),
    Step(
        "paused",
        "Pause everything",
        "A pause stops every step before it starts, whatever was approved.",
        act_as="U0LEAD",
        fill_in="/greenlight pause all trying the brake",
        where="channel",
    ),
    Step(
        AUTO,
        "Let staging heal itself",
        "Resume, then press Break staging below. In staging the policy lets low risks be applied without a "
        "person: same card, and it says so. In production that never happens.",
        act_as="U0LEAD",
        fill_in="/greenlight resume all seen enough",
        where="channel",
    ),
    Step(
        UNDO,
        "Take it back",
        "Click Undo on that card. The undo is a plan of its own, and needs a person.",
        act_as="U0ONCALL",
    ),
)
