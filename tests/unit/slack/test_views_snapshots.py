# ruff: noqa: E501 - snapshots stand as they are read
"""The main messages as people read them; change one on purpose and run pytest with --inline-snapshot=fix."""

import re

from inline_snapshot import snapshot

from bot.domain.events import Outcome
from bot.ports.cards import Progress
from bot.slack.views.cards import cards_of
from bot.slack.views.plain import render_message
from bot.slack.views.scene import Scene
from tests.fakes.content import LEAD, ONCALL
from tests.fakes.house import ROLLBACK
from tests.fakes.story import Story, story


def seen(of: Story, name: str) -> str:
    scene = Scene(
        of.now,
        duplicates=2,
        approvers=(ONCALL, LEAD),
        oncall=(ONCALL,),
        names=((ONCALL, "Olga"), (LEAD, "Lee")),
        head="ab12" * 16,
    )
    card = next(card for card in cards_of(of.incident, scene) if card.name == name)
    return re.sub(r"[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}", "<digest>", render_message(card.message))


def proposed() -> Story:
    return story().opened().diagnosed().proposed()


def test_the_first_word() -> None:
    assert seen(story().opened(), "incident") == snapshot("""\
# Investigating: CheckoutHighErrorRate
Now: Reading logs, metrics and recent changes.
Needed: nothing from you right now.
  (checkout · critical · since 2026-09-21 14:12 UTC · still firing)
  (Alert seen 3 times.)
  (On call: Olga)
  (Has it: nobody yet)
Step 1 of 6
[>] Look (now)
[ ] Find the cause (to do)
[ ] Plan (to do)
[ ] Approve (to do)
[ ] Carry out (to do)
[ ] Measure (to do)
[Take it] [Stop] [Close] (more: I fixed it myself …; Hand over …; Mute this alert for 1 hour; Mute this alert for 1 day; Timeline and cost)
  (inc-000001, 1 entry · record head `ab12ab12ab12ab12`)\
""")


def test_the_incident_while_approval_is_needed() -> None:
    assert seen(proposed(), "incident") == snapshot("""\
# Approval needed: CheckoutHighErrorRate
Now: A plan waits for approval. None of it has been run.
Needed: Olga or Lee to approve or reject the plan below, until 14:43 UTC.
  (checkout · critical · since 2026-09-21 14:12 UTC · still firing)
  (Alert seen 3 times.)
  (On call: Olga)
  (Has it: nobody yet)
Step 4 of 6
[x] Look (done)
[x] Find the cause (done)
[x] Plan (done)
[>] Approve (now)
[ ] Carry out (to do)
[ ] Measure (to do)
Likely cause (confidence high)
checkout's connection pool is exhausted since the deploy of 42
- the pool times out [E1]
> connection pool exhausted: timeout waiting for connection
- 20 of 20 connections are in use [E2]
  (Found by: scripted.)
[Helpful] [Not helpful]
[Take it] [Evidence] [Stop] [Close] (more: I fixed it myself …; Hand over …; Mute this alert for 1 hour; Mute this alert for 1 day; Timeline and cost)
  (inc-000001, 4 entries · record head `ab12ab12ab12ab12`)\
""")


def test_the_approval_card() -> None:
    assert seen(proposed(), "plan:1") == snapshot("""\
# Approval needed: Change the size of the connection pool on checkout/process
@U0ONCALL or @U0LEAD can approve. Until 14:43 UTC.
Environment: shop-production (production)
Risk: low (action increase_pool_size is low)
Touches: 1 target
Needs: 1 approval; runs at once after it
Expires: 14:43 UTC
Digest: <digest>
Step 1 of 1: Change the size of the connection pool
on checkout/process (increase_pool_size, run by supervisor, at most 10 s)
    pool_size: 20 → 50
Undo: increase_pool_size with pool_size = 20 (a new plan with its own approval).
Worked if: error_rate below 0.01 in 3 of 3 samples, one every 2 s, from 2 s after the last step
  (The team's own words, unverified. What is approved is what stands above.)
The pool is too small for what holds connections.
Other ways the team saw (mention me with the words in bold for a new plan):
- use 1: Roll back
[Approve] [Reject] [Details]\
""")


def test_the_plan_while_it_runs() -> None:
    assert seen(proposed().approved().started().step_started(), "plan:1") == snapshot("""\
# Plan running: Change the size of the connection pool on checkout/process
Approved by @U0ONCALL at 14:13 UTC.
Steps
[>] Change the size of the connection pool on checkout/process (running)
      pool_size 20 → 50
Environment: shop-production (production)
Risk: low (action increase_pool_size is low)
Touches: 1 target
Needs: 1 approval; runs at once after it
Expires: 14:43 UTC
Digest: <digest>
Step 1 of 1: Change the size of the connection pool
on checkout/process (increase_pool_size, run by supervisor, at most 10 s)
    pool_size: 20 → 50
Undo: increase_pool_size with pool_size = 20 (a new plan with its own approval).
Worked if: error_rate below 0.01 in 3 of 3 samples, one every 2 s, from 2 s after the last step
  (The team's own words, unverified. What is approved is what stands above.)
The pool is too small for what holds connections.
[Details]\
""")


def test_a_rejected_plan() -> None:
    assert seen(proposed().rejected(), "plan:1") == snapshot("""\
# Plan rejected: Change the size of the connection pool on checkout/process
Rejected by @U0ONCALL at 14:13 UTC.
Reason given:
> Roll back instead.
Environment: shop-production (production)
Risk: low (action increase_pool_size is low)
Touches: 1 target
Needs: 1 approval; runs at once after it
Expires: 14:43 UTC
Digest: <digest>
Step 1 of 1: Change the size of the connection pool
on checkout/process (increase_pool_size, run by supervisor, at most 10 s)
    pool_size: 20 → 50
Undo: increase_pool_size with pool_size = 20 (a new plan with its own approval).
Worked if: error_rate below 0.01 in 3 of 3 samples, one every 2 s, from 2 s after the last step
  (The team's own words, unverified. What is approved is what stands above.)
The pool is too small for what holds connections.
[Details]\
""")


def test_a_fix_that_did_not_help() -> None:
    assert seen(proposed().approved().executed().verified(Outcome.UNCHANGED), "notice:13") == snapshot("""\
Not fixed. It did not help: measured error_rate: 0 of 3 samples below 0.01.
Plan 1 was carried out (pool_size 20 → 50).
The next plan needs its own approval.\
""")


def test_a_failed_step() -> None:
    of = proposed().approved().started().step_started().step_failed(detail="exit status 1").stopped()
    assert seen(of, "notice:9") == snapshot("""\
Plan 1 stopped: 0 done, 1 failed, 0 not run.
The step was run and failed. Look at the target before you do anything else.
`exit status 1`
Nothing more is run from this plan. What was done stays as it is; see the steps.
Steps
[!] Change the size of the connection pool on checkout/process (failed)
      pool_size 20 → 50
      exit status 1\
""")


def test_an_unknown_outcome() -> None:
    of = proposed().approved().started().step_started().unknown()
    assert seen(of, "notice:8") == snapshot("""\
Outcome unknown: No answer within 10 s.
Step 1: Change the size of the connection pool on checkout/process
Do not run it again by hand before you have looked. Greenlight never repeats it.
Greenlight looks (and changes nothing) 5, 15, 60 s after it lost track.
1. Look at `checkout/process`.
2. If `pool_size is 50`: press It was applied.
3. If `pool_size is 20`: press It was not.
The target stays locked until then. Plan <digest>.
[It was applied] [It was not]\
""")


def test_the_report() -> None:
    of = proposed().approved().executed().verified(Outcome.UNCHANGED)
    of.proposed(ROLLBACK).approved(LEAD, "lead").executed().verified().closed()
    assert seen(of, "report") == snapshot("""\
# Resolved: CheckoutHighErrorRate
Measured: the success check that was declared before approval holds.
What: CheckoutHighErrorRate on checkout.
How bad: severity critical; pool_in_use 20 (normal up to 15); error_rate was 0.5 when the first plan began.
When: began 2026-09-21 14:12 UTC, noticed 14:13 UTC; over at 14:14 UTC, 1 min 46 s after it began.
Measured at the end: error_rate: 3 of 3 samples below 0.01.
Root cause
- checkout's connection pool is exhausted since the deploy of 42 (confidence high; scripted)
- the pool times out
- 20 of 20 connections are in use
What was done
- Plan 1: Change the size of the connection pool on checkout/process (pool_size 20 → 50): done, measured: unchanged. Approved by Olga (<digest>).
- Plan 2: Switch to another release and restart on checkout/process (version 42 → 41): done, measured: improved. Approved by Lee (<digest>).
What should follow
- Clean up: pool_size of checkout/process was set from 20 to 50 without success, and not taken back.
- Monitoring: watch error_rate for a day; it should stay below 0.01.
- Prevention: remove the cause for good (checkout's connection pool is exhausted since the deploy of 42).
- Post-mortem: hold a blameless one; the timeline of this report is complete.
- Documentation: add what was learned to the runbook page pool-exhaustion.
Timeline
- 14:13:20 UTC Alert from alertmanager: CheckoutHighErrorRate.
- 14:13:22 UTC Evidence gathered: 4 looks.
- 14:13:24 UTC Diagnosis by scripted: cause (high). checkout's connection pool is exhausted since the deploy of 42
- 14:13:26 UTC Plan 1 proposed (<digest>): Change the size of the connection pool on checkout/process.
- 14:13:28 UTC Olga: Approved plan 1.
- 14:13:30 UTC Plan 1 began. error_rate was 0.5.
- 14:13:32 UTC Step 1 began: Change the size of the connection pool on checkout/process (pool_size 20 → 50).
- 14:13:34 UTC Step 1 done: done
- 14:13:36 UTC All steps of plan 1 are done.
- 14:13:44 UTC Measured: unchanged (error_rate: 0 of 3 samples below 0.01).
Timeline, continued
- 14:13:46 UTC Plan 2 proposed (<digest>): Switch to another release and restart on checkout/process.
- 14:13:48 UTC Lee: Approved plan 2.
- 14:13:50 UTC Plan 2 began. error_rate was 0.5.
- 14:13:52 UTC Step 1 began: Switch to another release and restart on checkout/process (version 42 → 41).
- 14:13:54 UTC Step 1 done: done
- 14:13:56 UTC All steps of plan 2 are done.
- 14:14:04 UTC Measured: improved (error_rate: 3 of 3 samples below 0.01).
- 14:14:06 UTC Closed: verified.
  (inc-000001, 24 entries. Every line comes from the record. Record head `ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12`: check it with `greenlight audit verify inc-000001 --head` and these digits.)
[Draft postmortem] [Draft update]\
""")


def test_who_waits_in_line_is_not_said_to_be_read() -> None:
    of = story().opened()
    progress = Progress("line", (("Wait for an investigation to end (it is the next one)", "in_progress"),))
    card = cards_of(of.incident, Scene(of.now, progress=progress))[0]
    text = render_message(card.message)
    assert "Now: Waiting for its turn" in text
    assert "Reading logs" not in text
