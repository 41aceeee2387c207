"""The guided path of `--gate`: each rule of the gate, with how to see it at work."""

from typing import Final

from bot.playground.page.values import Step

EDITED: Final = "edited"
BY_TWO: Final = "by_two"
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
        "proposes a plan. Here plans live for two minutes only, so that you can see them end; if one ends "
        "too soon, write @greenlight use 1 in the thread for another.",
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
        "Still as Carl, click Edit. The form knows the bounds: 99999 is refused there. With 40 a new plan "
        "takes the place of the old one, whose approvals are void; Carl is named as who asked for it.",
        act_as="U0COLLEAGUE",
    ),
    Step(
        DRIFTED,
        "See drift",
        "Act as Olivia and approve. The plan is on hold for 15 seconds: meanwhile press Change it by hand "
        "below. The world is not as it was approved any more: nothing runs, and the card says what changed. "
        "Greenlight looks again and proposes anew.",
        act_as="U0ONCALL",
    ),
    Step(
        EXPIRED,
        "Let a plan expire",
        "Leave the new plan alone. After a minute the pager is called: look into #pager. After two it "
        "expires, the incident escalates, and somebody is called again.",
    ),
    Step(
        BY_TWO,
        "Get two people to approve",
        "As Carl, ask for the roll-back: it is option 1 on the newest card. In this demo it counts as high "
        "risk and needs two people, one of them senior: approve as Olivia, then as Lena. The card counts.",
        act_as="U0COLLEAGUE",
        fill_in="@greenlight use 1",
    ),
    Step(
        STOPPED,
        "Stop it during the hold",
        "Now it is on hold for 20 seconds. Anybody of the team may press Stop on its card. Then Lena lets it "
        "go on: copy the command from the card into the channel's box, with a reason. It runs, and heals.",
        act_as="U0LEAD",
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
        "resumed",
        "Let it go on",
        "Only a lead lifts a pause, and says why.",
        act_as="U0LEAD",
        fill_in="/greenlight resume all seen enough",
        where="channel",
    ),
    Step(
        AUTO,
        "Let staging heal itself",
        "Press Break staging below. In staging the policy lets low risks be applied without a person: the "
        "same card, and it says so. In production that never happens.",
    ),
    Step(
        UNDO,
        "Take it back",
        "Click Undo on that card. The undo is a plan of its own, and needs a person.",
        act_as="U0ONCALL",
    ),
)
