"""Bar 1: alerts read from real messages, per sender, and by the generic parser as if each sender were new."""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import cast

from bot.domain.alert import Alert
from bot.domain.ids import At
from bot.slack.alerts.generic import read_generic
from bot.slack.alerts.parsing import READERS, Reader, parse
from tests.evals import material

Row = dict[str, object]
NOW = At(1_795_000_000_000)
BARS = {"is_alert": 1.0, "status": 0.98, "title": 0.95, "severity": 0.95, "service": 0.85}
UNKNOWN_BARS = {"is_alert": 0.0, "status": 0.80, "title": 0.80}


@dataclass(frozen=True)
class Read:
    row: Row
    alert: Alert | None

    @property
    def expected(self) -> Row:
        return cast("Row", self.row["expected"])

    @property
    def sender(self) -> str:
        return str(self.expected["source"])

    @property
    def group(self) -> str:
        return str(self.row["fingerprint_group"])

    def right(self) -> dict[str, bool]:
        """Which statements are right; only alerts have any but the first, a service where one is named."""
        expected, alert = self.expected, self.alert
        verdicts = {"is_alert": (alert is not None) == expected["is_alert"]}
        if expected["is_alert"]:
            for name in ("status", "title", "severity"):
                verdicts[name] = alert is not None and getattr(alert, name) == expected[name]
            if expected["service_any"]:
                names = cast("list[str]", expected["service_any"])
                verdicts["service"] = alert is not None and alert.service in names
        return verdicts


def read(readers: tuple[Reader, ...]) -> list[Read]:
    file = material.given("alerts.jsonl") / "alerts.jsonl"
    rows = [cast("Row", json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines()]
    return [Read(row, parse(cast("Row", row["event"]), NOW, readers)) for row in rows]


def shares(found: list[Read]) -> dict[str, float]:
    right, all_of = Counter[str](), Counter[str]()
    for each in found:
        for name, verdict in each.right().items():
            right[name] += verdict
            all_of[name] += 1
    return {name: right[name] / all_of[name] for name in all_of}


def printed(title: str, found: list[Read]) -> dict[str, float]:
    by_sender = defaultdict[str, list[Read]](list)
    for each in found:
        by_sender[each.sender].append(each)
    print(f"\n{title}\n{'sender':<14}{'rows':>5}" + "".join(f"{name:>10}" for name in BARS))
    for sender, rows in (*sorted(by_sender.items()), ("all", found)):
        share = shares(rows)
        cells = "".join(f"{share[name]:>10.1%}" if name in share else f"{'-':>10}" for name in BARS)
        print(f"{sender:<14}{len(rows):>5}{cells}")
    for each in found:
        wrong = [name for name, verdict in each.right().items() if not verdict]
        if wrong:
            print(f"  {each.row['id']}: {', '.join(wrong)}")
    return shares(found)


def test_alerts_are_read_as_their_senders_meant_them() -> None:
    share = printed("all parsers", read(READERS))
    assert {name for name, bar in BARS.items() if share[name] < bar} == set()


def test_each_sender_is_read_without_its_own_parser() -> None:
    found = [each for each in read((read_generic,)) if each.expected["is_alert"]]
    share = printed("generic parser only: each sender as if never seen before", found)
    assert {name for name, bar in UNKNOWN_BARS.items() if share[name] < bar} == set()
    senders = {each.sender for each in found}
    assert len(senders) > 1
    # Alertmanager has most rows: the others must not hide behind it.
    others = shares([each for each in found if each.sender != "alertmanager"])
    assert {name for name, bar in UNKNOWN_BARS.items() if others[name] < bar} == set()


def test_news_is_ignored_by_the_generic_parser_as_well() -> None:
    found = [each for each in read((read_generic,)) if not each.expected["is_alert"]]
    assert [each.row["id"] for each in found if each.alert] == []


def test_one_group_has_one_fingerprint_and_different_groups_never_share_one() -> None:
    alerts = [(each, each.alert) for each in read(READERS) if each.alert]
    of_group, groups = defaultdict[str, set[str]](set), defaultdict[str, dict[str, str]](dict)
    for each, alert in alerts:
        of_group[each.group].add(alert.fingerprint)
        groups[alert.fingerprint][each.group] = json.dumps(
            [each.expected["title"], each.expected["labels"]] if each.sender == "grafana" else each.group
        )
    pairs = [group for group in of_group if sum(each.group == group for each, _ in alerts) > 1]
    print(f"\n{len(pairs)} groups with several messages, {len(of_group)} groups")
    same = [sorted(each) for each in groups.values() if len(each) > 1 and len(set(each.values())) == 1]
    print(f"groups that state the same alert with the same labels, and so share a fingerprint: {same}")
    assert [group for group in of_group if len(of_group[group]) > 1] == []
    assert [sorted(each) for each in groups.values() if len(set(each.values())) > 1] == []
