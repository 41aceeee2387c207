"""Evaluates the alert rules each second and posts what changed."""

import asyncio
import time
from collections.abc import Sequence

import aiohttp

from bot.playground.metrics.alerts import Alert, Rule, advance, alert_labels
from bot.playground.metrics.client import MetricsClient, MetricsError
from bot.playground.metrics.notification import slack_message
from bot.playground.metrics.samples import Labels

POST_TIMEOUT = aiohttp.ClientTimeout(total=5)
ATTEMPTS = 5


class Watch:
    """Follows the rules; with no webhook address it only keeps what it would have posted."""

    def __init__(self, metrics: MetricsClient, rules: Sequence[Rule], webhook_url: str | None) -> None:
        self._metrics = metrics
        self._alerts: list[dict[Labels, Alert]] = [{} for _ in rules]
        self._rules = tuple(rules)
        self._webhook_url = webhook_url
        self.posted: list[dict[str, object]] = []
        """Every message, oldest first."""

    def alerts(self) -> tuple[Alert, ...]:
        """The alerts that are pending or firing now."""
        return tuple(alert for known in self._alerts for alert in known.values())

    async def run(self, interval: float = 1.0) -> None:
        """Evaluates until cancelled; what cannot be read now is read in the next round."""
        while True:
            for index, rule in enumerate(self._rules):
                try:
                    found = await self._metrics.vector(rule.expr)
                except MetricsError:
                    continue
                await self._step(index, {alert_labels(rule, labels): value for labels, value in found})
            await asyncio.sleep(interval)

    async def _step(self, index: int, found: dict[Labels, float]) -> None:
        rule = self._rules[index]
        self._alerts[index], changed = advance(rule, self._alerts[index], found, time.time())
        for alert in changed:
            message = slack_message(rule, (alert,), self._metrics.url)
            self.posted.append(message)
            if self._webhook_url is not None:
                await self._post(self._webhook_url, message)

    async def _post(self, url: str, message: dict[str, object]) -> None:
        for attempt in range(ATTEMPTS):
            try:
                async with self._metrics.session.post(url, json=message, timeout=POST_TIMEOUT) as answer:
                    if answer.status < 400:  # noqa: PLR2004 - accepted
                        return
            except (aiohttp.ClientError, TimeoutError):
                pass
            await asyncio.sleep(0.2 * 2**attempt)
        print(f"alert not delivered to the webhook after {ATTEMPTS} attempts")
