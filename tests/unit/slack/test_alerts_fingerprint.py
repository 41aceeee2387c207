"""What makes two messages the same trouble."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.alert import Alert
from bot.domain.ids import At
from bot.slack.alerts.naming import workload
from bot.slack.alerts.parsing import parse

NOW = At(1_763_630_200_000)


def read(title: str, text: str = "", colour: str = "danger", ts: str = "1763630101.000100") -> Alert:
    attachment = {
        "title": title,
        "fallback": f"{title} | http://am/#/alerts?receiver=x",
        "text": text,
        "color": colour,
    }
    event = {
        "type": "message",
        "subtype": "bot_message",
        "bot_id": "B1",
        "ts": ts,
        "attachments": [attachment],
    }
    alert = parse(event, NOW)
    assert alert is not None
    return alert


@given(count=st.integers(1, 5000), ts=st.integers(1_500_000_000, 1_763_630_200), value=st.floats(0, 100))
def test_counts_states_colours_times_and_values_are_not_part_of_it(count: int, ts: int, value: float) -> None:
    first = read("[FIRING:1] HighErrors checkout (prod critical)", "error rate 5%")
    later = read(
        f"[RESOLVED:{count}] HighErrors checkout (prod critical)",
        f"error rate {value}%",
        "good",
        f"{ts}.0001",
    )
    assert first.fingerprint == later.fingerprint


@pytest.mark.parametrize(
    "title",
    [
        "[FIRING:1] HighErrors billing (prod critical)",
        "[FIRING:1] HighErrors checkout (staging critical)",
        "[FIRING:1] HighErrors checkout (prod warning)",
        "[FIRING:1] HighLatency checkout (prod critical)",
        "[FIRING:1] HighErrors checkout prod (critical)",
    ],
)
def test_another_name_service_place_or_severity_is_another_trouble(title: str) -> None:
    assert read(title).fingerprint != read("[FIRING:1] HighErrors checkout (prod critical)").fingerprint


def test_two_hosts_under_one_name_stay_two_troubles() -> None:
    first, second = (
        read(f"[FIRING:1] HostOutOfMemory (10.0.4.{host}:9100 node warning)") for host in (22, 23)
    )
    assert first.fingerprint != second.fingerprint


def test_a_replaced_pod_is_the_same_trouble_and_a_pod_of_another_owner_is_not() -> None:
    first, replaced, other = (
        read(f"[FIRING:1] KubePodNotReady orders ({pod} warning 5ff09887-38a0-400e-8a42-07f66903d78b)")
        for pod in ("worker-5d4f8-9qk2z", "worker-7c9f6d5b8-x2m4n", "sender-5d4f8-9qk2z")
    )
    assert first.fingerprint == replaced.fingerprint != other.fingerprint


def test_a_second_pod_that_joins_the_group_does_not_make_it_another_one() -> None:
    alone = read("[FIRING:1] KubePodCrashLooping search (indexer kube-state-metrics indexer-0 warning)")
    joined = read("[RESOLVED] KubePodCrashLooping search (indexer kube-state-metrics warning)")
    assert alone.fingerprint == joined.fingerprint


@pytest.mark.parametrize(
    ("pod", "owner"),
    [
        ("checkout-api-7c9f6d5b8-x2m4n", "checkout-api"),
        ("report-worker-68c9-p2", "report-worker"),
        ("fluentd-x2m4n", "fluentd"),
        ("nightly-28391020", "nightly"),
        ("indexer-0", "indexer-0"),
        ("pg-main-01", "pg-main-01"),
        ("redis-cache-0:9121", "redis-cache-0:9121"),
        ("ip-10-0-3-17.ec2.internal", "ip-10-0-3-17.ec2.internal"),
        ("web-v2-canary", "web-v2-canary"),
        ("i-123123123", "i-123123123"),
        ("es-data-3", "es-data-3"),
    ],
)
def test_only_what_a_controller_appends_is_taken_from_a_pods_name(pod: str, owner: str) -> None:
    assert workload(pod) == owner


def test_sentrys_issue_number_is_the_identity_whatever_the_text_becomes() -> None:
    def event(text: str, issue: int) -> dict[str, object]:
        section = {
            "type": "section",
            "text": {"type": "mrkdwn", "text": text},
            "block_id": f'{{"issue":{issue}}}',
        }
        return {"type": "message", "bot_id": "B1", "ts": "1763630101.000100", "blocks": [section]}

    first = parse(event(":red_circle: <https://s/1|*ValueError*>", 1), NOW)
    edited = parse(event(":red_circle: <https://s/1|*ValueError: bad card*>", 1), NOW)
    other = parse(event(":red_circle: <https://s/1|*ValueError*>", 2), NOW)
    assert first is not None
    assert edited is not None
    assert other is not None
    assert first.fingerprint == edited.fingerprint != other.fingerprint


def test_under_a_static_title_without_labels_the_description_tells_alerts_apart() -> None:
    first, second = (
        read("[FIRING:1] Monitoring Event Notification", f"*Alert:* {what} - `warning`")
        for what in ("Pod is crash looping.", "Node is not ready.")
    )
    assert first.title == "Pod is crash looping. - warning"
    assert first.fingerprint != second.fingerprint


def test_two_templates_are_two_receivers_and_to_the_sender_two_notifications() -> None:
    heading = "[FIRING:1] HighErrors checkout (prod critical)"
    attachment = {"fallback": f"{heading} | http://am/", "color": "danger"}
    event = {"type": "message", "subtype": "bot_message", "bot_id": "B1", "ts": "1763630101.000100"}
    titles = (heading, ":fire: HighErrors", "prod.example.org", "[FIRING:1] Monitoring Event Notification")
    alerts = [parse({**event, "attachments": [{**attachment, "title": title}]}, NOW) for title in titles]
    assert {alert.title for alert in alerts if alert} == {"HighErrors"}
    assert len({alert.fingerprint for alert in alerts if alert}) == len(titles)
