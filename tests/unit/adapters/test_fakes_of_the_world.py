from bot.domain.action import UndoKind
from bot.domain.ids import At
from bot.domain.plan import Check, Step, Undo
from bot.domain.policy import Role
from bot.ports.content import Content
from bot.ports.team import Team
from bot.ports.world import Clock, Eyes, Hands, People, Roster, Window
from tests.fakes.content import EXAMPLE_STATE, ONCALL, PROCESS, example_content, example_persons
from tests.fakes.world import (
    FakeClock,
    FakeEyes,
    FakeHands,
    FakePeople,
    FakeRoster,
    ScriptedTeam,
    checkout_effect,
)


def the_ports(incidents_hands: FakeHands) -> tuple[Clock, Eyes, Hands, People, Roster, Team, Content]:
    clock, content = FakeClock(), example_content()
    return (
        clock,
        FakeEyes(clock),
        incidents_hands,
        FakePeople(example_persons()),
        FakeRoster(content.policy(), clock),
        ScriptedTeam(),
        content,
    )


async def test_the_roster_answers_with_the_lists_of_the_policy() -> None:
    content = example_content()
    roster = FakeRoster(content.policy(), FakeClock(), errors={"seniors": "time-out"})
    service = content.inventory().services[0]
    assert (await roster.read(service.oncall, Role.ONCALL)).members == (ONCALL,)
    assert service.senior
    failed = await roster.read(service.senior, Role.SENIOR)
    assert (failed.members, failed.error) == ((), "time-out")


async def test_samples_come_in_turn_and_the_last_one_stays() -> None:
    eyes = FakeEyes(FakeClock())
    service = example_content().inventory().services[0]
    metric = service.metrics[0]
    eyes.set_samples("error_rate", "0.5", None, "0.0")
    assert [await eyes.sample(service, metric) for _ in range(4)] == ["0.5", None, "0.0", "0.0"]


async def test_an_action_of_the_example_changes_what_the_eyes_see() -> None:
    eyes = FakeEyes(FakeClock())
    eyes.set_state(PROCESS, **EXAMPLE_STATE)
    action = example_content().catalogue().action("rollback_deployment")
    assert action
    check = Check("error_rate", "q", "ratio", action.check.comparison, "0.01", action.check.pace)
    step = Step(
        action.id,
        1,
        action.title,
        PROCESS,
        "supervisor",
        (("version", "41"),),
        (),
        (),
        10,
        check,
        Undo(UndoKind.NOT_NEEDED),
    )
    checkout_effect(eyes)(step)
    seen = await eyes.observe(example_content().inventory().services[0], PROCESS)
    assert (seen.field("version"), seen.field("previous_version"), seen.field("pid_start")) == (
        "41",
        "42",
        "2",
    )


async def test_a_blind_eye_gives_a_failed_sighting() -> None:
    eyes = FakeEyes(FakeClock(), blind={"logs"})
    window = Window(At(1), At(2))
    sighting = await eyes.logs(example_content().inventory().services[0], window)
    assert sighting.evidence.failed
    assert "did not answer" in sighting.text
