"""Events and sightings keep every field on their way to bytes and back."""

import json
from decimal import Decimal
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.adapters import codec
from bot.domain.events import Asked, Entry, Event
from bot.domain.evidence import Evidence, EvidenceKind, Fact, MetricReading, Sighting
from bot.domain.finding import ProposedStep
from bot.domain.ids import ActionId, At, EvidenceId, Fence, PersonId, TargetId

KINDS: tuple[type[Any], ...] = get_args(Event)
FACTS: tuple[type[Any], ...] = get_args(Fact)

# Raw parameters of a proposed step are whatever JSON has.
st.register_type_strategy(
    ProposedStep,
    st.builds(
        ProposedStep,
        st.text().map(ActionId),
        st.text().map(TargetId),
        st.lists(st.tuples(st.text(), st.none() | st.booleans() | st.integers() | st.text()), max_size=3).map(
            tuple
        ),
    ),
)
st.register_type_strategy(Decimal, st.decimals(allow_nan=False, allow_infinity=False))

numbers = st.integers(min_value=0, max_value=2**53)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_every_kind_of_event_comes_back_equal(kind: type[Any], data: st.DataObject) -> None:
    fence = data.draw(st.none() | numbers.map(Fence))
    entry = Entry(data.draw(numbers), At(data.draw(numbers)), fence, data.draw(st.from_type(kind)))
    stored = codec.entry_bytes(entry)
    assert codec.entry_from(stored) == entry
    assert codec.entry_bytes(codec.entry_from(stored)) == stored


@pytest.mark.parametrize("kind", FACTS, ids=lambda kind: kind.__name__)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_every_kind_of_fact_comes_back_equal(kind: type[Any], data: st.DataObject) -> None:
    evidence = data.draw(st.from_type(Evidence))
    sighting = Sighting(evidence, data.draw(st.text()), (data.draw(st.from_type(kind)),))
    assert codec.sighting_from(codec.sighting_bytes(sighting)) == sighting


def asked(text: str = "why?") -> Entry:
    return Entry(3, At(1_790_000_000_000), None, Asked(PersonId("U1"), "1.0", text))


def test_the_stored_form_names_its_class_and_schema() -> None:
    assert codec.entry_bytes(asked()) == (
        b'{"number":3,"at":1790000000000,"fence":null,"type":"Asked","schema":1,'
        b'"event":{"person":"U1","ts":"1.0","text":"why?"}}'
    )


def test_half_a_surrogate_pair_cannot_make_an_incident_unreadable() -> None:
    stored = codec.entry_bytes(asked("\ud83d boom \x00"))
    assert codec.entry_from(stored).event == Asked(PersonId("U1"), "1.0", "? boom \x00")


@pytest.mark.parametrize(
    "change",
    [{"type": "Exploded"}, {"schema": 2}, {"number": "3"}, {"event": {"person": "U1"}}, {"event": []}],
)
def test_bytes_of_another_kind_are_refused_in_words(change: dict[str, object]) -> None:
    raw = json.loads(codec.entry_bytes(asked())) | change
    with pytest.raises(codec.UnreadableBytesError):
        codec.entry_from(json.dumps(raw).encode())


@pytest.mark.parametrize("data", [b"", b"{", b"null", b"[]", b"\xff\xfe"])
def test_what_is_no_entry_is_refused(data: bytes) -> None:
    with pytest.raises(codec.UnreadableBytesError):
        codec.entry_from(data)
    with pytest.raises(codec.UnreadableBytesError):
        codec.sighting_from(data)


def test_decimals_keep_their_digits() -> None:
    reading = MetricReading("e", "%", "q", Decimal("7.10"), None, None, None, None, At(1))
    evidence = Evidence(EvidenceId("e"), EvidenceKind.METRICS, "s", "q", At(0), At(1), "h", "s")
    sighting = Sighting(evidence, "", (reading,))
    (found,) = codec.sighting_from(codec.sighting_bytes(sighting)).facts
    assert isinstance(found, MetricReading)
    assert str(found.value) == "7.10"
