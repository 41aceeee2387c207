import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from bot.adapters import hands as hands_module
from bot.adapters.hands import ApprovedHands, Redact
from bot.domain.errors import ExecutorRefusedError, SourceUnavailableError
from bot.domain.finding import ProposedStep
from bot.domain.ids import ActionId, Digest, EnvironmentId
from bot.domain.plan import idempotency_key
from bot.domain.service import Environment
from tests.fakes.claimed import Case, claimed, kept
from tests.fakes.content import PROCESS, FixedContent, example_content
from tests.fakes.store import MemoryStore, memory_store
from tests.fakes.world import FakeClock

RAISE = ProposedStep(ActionId("increase_pool_size"), PROCESS, (("pool_size", 40),))
RESTART = ProposedStep(ActionId("restart"), PROCESS)


def reached(content: FixedContent, *settings: tuple[str, str], executor: str = "supervisor") -> FixedContent:
    service = content.fixed_inventory.services[0]
    target = replace(service.targets[0], executor=executor, settings=settings)
    inventory = replace(content.fixed_inventory, services=(replace(service, targets=(target,)),))
    return replace(content, fixed_inventory=inventory)


async def hands_for(
    content: FixedContent, step: ProposedStep, redact: Redact = str
) -> tuple[ApprovedHands, Case, MemoryStore]:
    clock = FakeClock()
    store = memory_store(clock)
    case = claimed(content, clock, step)
    await kept(store.incidents, case, clock)
    return ApprovedHands(store.incidents, content, clock, redact), case, store


async def test_a_configuration_file_gets_the_approved_value_and_keeps_its_other_keys(tmp_path: Path) -> None:
    file = tmp_path / "checkout.json"
    file.write_text('{"acquire_timeout": 1.0, "pool_size": 20}')
    content = reached(example_content(), ("config_path", str(file)))
    hands, case, _ = await hands_for(content, RAISE)
    done = await hands.perform(case.incident, case.order)
    assert (done.ok, done.detail) == (True, "pool_size: 20 -> 40")
    assert json.loads(file.read_text()) == {"acquire_timeout": 1.0, "pool_size": 40}


async def test_the_same_order_never_runs_twice_in_one_process(tmp_path: Path) -> None:
    file = tmp_path / "checkout.json"
    file.write_text('{"pool_size": 20}')
    hands, case, _ = await hands_for(reached(example_content(), ("config_path", str(file))), RAISE)
    await hands.perform(case.incident, case.order)
    file.write_text('{"pool_size": 25}')
    with pytest.raises(ExecutorRefusedError) as refused:
        await hands.perform(case.incident, case.order)
    assert refused.value.code == "ALREADY_RUN"
    assert json.loads(file.read_text()) == {"pool_size": 25}


async def test_two_calls_at_once_run_it_once(tmp_path: Path) -> None:
    file = tmp_path / "checkout.json"
    file.write_text('{"pool_size": 20}')
    hands, case, _ = await hands_for(reached(example_content(), ("config_path", str(file))), RAISE)
    calls = (hands.perform(case.incident, case.order) for _ in range(5))
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert sum(isinstance(result, ExecutorRefusedError) for result in results) == 4


async def test_a_simulated_target_says_so_and_touches_nothing(tmp_path: Path) -> None:
    file = tmp_path / "checkout.json"
    file.write_text('{"pool_size": 20}')
    content = reached(example_content(), ("config_path", str(file)), executor="simulator")
    hands, case, _ = await hands_for(content, RAISE)
    done = await hands.perform(case.incident, case.order)
    assert done.detail.startswith("[SIMULATED] increase_pool_size(pool_size=40)")
    assert json.loads(file.read_text()) == {"pool_size": 20}


async def test_a_target_made_real_after_the_approval_of_a_simulation_is_refused() -> None:
    content = reached(example_content(), executor="simulator")
    hands, case, _ = await hands_for(content, RESTART)
    content.fixed_inventory = reached(example_content(), ("program", "x")).fixed_inventory
    with pytest.raises(ExecutorRefusedError) as refused:
        await hands.perform(case.incident, case.order)
    assert refused.value.code == "NO_EXECUTOR"


async def test_what_is_not_configured_fails_and_is_not_simulated() -> None:
    hands, case, _ = await hands_for(reached(example_content()), RESTART)
    done = await hands.perform(case.incident, case.order)
    assert not done.ok
    assert "it needs rpc_url and program" in done.detail


async def test_an_unreachable_supervisor_is_a_certain_failure(tmp_path: Path) -> None:
    nowhere = ("rpc_url", f"unix://{tmp_path}/none.sock"), ("program", "checkout")
    hands, case, _ = await hands_for(reached(example_content(), *nowhere), RESTART)
    done = await hands.perform(case.incident, case.order)
    assert (done.ok, done.detail) == (
        False,
        "supervisord cannot be reached. The process was not touched.",
    )


async def test_a_changed_catalogue_is_refused() -> None:
    content = reached(example_content())
    hands, case, _ = await hands_for(content, RESTART)
    content.fixed_catalogue = replace(content.fixed_catalogue, sha256="ff" * 32)
    with pytest.raises(ExecutorRefusedError) as refused:
        await hands.perform(case.incident, case.order)
    assert refused.value.code == "CATALOGUE_CHANGED"


@pytest.mark.parametrize(("name", "production"), [("shop-production", False), ("elsewhere", True)])
async def test_a_target_that_moved_to_another_environment_is_refused(name: str, production: bool) -> None:  # noqa: FBT001
    content = reached(example_content())
    hands, case, _ = await hands_for(content, RESTART)
    known = content.fixed_inventory
    moved = Environment(EnvironmentId(name), production)
    service = replace(known.services[0], environment=moved.id)
    content.fixed_inventory = replace(known, environments=(moved,), services=(service,))
    with pytest.raises(ExecutorRefusedError) as refused:
        await hands.perform(case.incident, case.order)
    assert refused.value.code == "ENVIRONMENT_MISMATCH"


async def test_what_the_executor_says_is_redacted() -> None:
    content = reached(example_content(), executor="simulator")
    hands, case, _ = await hands_for(content, RESTART, "<{}>".format)
    done = await hands.perform(case.incident, case.order)
    assert done.detail.startswith("<[SIMULATED]")


async def test_a_hanging_supervisor_is_a_time_out(tmp_path: Path) -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_unix_server(hang, tmp_path / "s.sock")
    async with server:
        settings = ("rpc_url", f"unix://{tmp_path}/s.sock"), ("program", "checkout")
        content = reached(example_content(), *settings)
        quick = tuple(replace(action, timeout_seconds=1) for action in content.fixed_catalogue.actions)
        content.fixed_catalogue = replace(content.fixed_catalogue, actions=quick)
        hands, case, _ = await hands_for(content, RESTART)
        with pytest.raises(TimeoutError):
            await hands.perform(case.incident, case.order)


async def test_a_supervisor_that_answers_bit_by_bit_is_a_time_out_as_well(tmp_path: Path) -> None:
    ended = asyncio.Event()

    async def dribble(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while not writer.is_closing():
            writer.write(b" ")
            await asyncio.sleep(0.05)
        ended.set()

    server = await asyncio.start_unix_server(dribble, tmp_path / "s.sock")
    async with server:
        settings = ("rpc_url", f"unix://{tmp_path}/s.sock"), ("program", "checkout")
        content = reached(example_content(), *settings)
        quick = tuple(replace(action, timeout_seconds=1) for action in content.fixed_catalogue.actions)
        content.fixed_catalogue = replace(content.fixed_catalogue, actions=quick)
        hands, case, _ = await hands_for(content, RESTART)
        with pytest.raises(TimeoutError):
            await hands.perform(case.incident, case.order)
        await ended.wait()


def test_the_key_of_a_step_is_the_same_every_time() -> None:
    assert idempotency_key(Digest("ab" * 32), 2) == "abababababab:2"


async def test_what_is_said_of_a_lost_answer_is_redacted_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    async def lost(_: object) -> None:
        raise SourceUnavailableError("Answered 500: token hunter2 is too old.")

    def always(*_: object) -> object:
        return lost

    monkeypatch.setattr(hands_module, "executor_for", always)
    hands, case, _ = await hands_for(
        reached(example_content(), ("program", "x")),
        RESTART,
        lambda text: text.replace("hunter2", "[hidden]"),
    )
    with pytest.raises(SourceUnavailableError) as told:
        await hands.perform(case.incident, case.order)
    assert told.value.message == "Answered 500: token [hidden] is too old."


async def test_a_target_with_other_settings_than_those_of_the_approval_is_refused(tmp_path: Path) -> None:
    file, other = tmp_path / "checkout.json", tmp_path / "billing.json"
    file.write_text('{"pool_size": 20}')
    other.write_text('{"pool_size": 20}')
    content = readdressed(reached(example_content(), ("config_path", str(file))), "one")
    hands, case, _ = await hands_for(content, RAISE)
    moved = readdressed(reached(example_content(), ("config_path", str(other))), "another")
    content.fixed_inventory = moved.fixed_inventory
    with pytest.raises(ExecutorRefusedError) as refused:
        await hands.perform(case.incident, case.order)
    assert refused.value.code == "ENVIRONMENT_MISMATCH"
    assert json.loads(other.read_text()) == {"pool_size": 20}


def readdressed(content: FixedContent, address: str) -> FixedContent:
    service = content.fixed_inventory.services[0]
    target = replace(service.targets[0], address=address)
    inventory = replace(content.fixed_inventory, services=(replace(service, targets=(target,)),))
    return replace(content, fixed_inventory=inventory)
