"""The record for auditors: opened to be read only, everything that leaves it redacted."""

import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.adapters.content import FileContent
from bot.adapters.ledger import Ledger, reading
from bot.adapters.reach import credentials_of
from bot.domain.errors import ContentError
from bot.domain.policy import KnownPerson
from bot.redaction.redactor import Redactor
from bot.settings import Settings, environment
from bot.telemetry import configure_logs
from bot.wiring.parts import SHIPPED
from bot.wiring.store import store_plan


@dataclass(frozen=True, slots=True)
class Audit:
    """What an auditor is given: the record, the people whom the policy knows now, and the redactor."""

    ledger: Ledger
    people: tuple[KnownPerson, ...]
    redact: Callable[[str], str]


@asynccontextmanager
async def audit_of(settings: Settings) -> AsyncGenerator[Audit]:
    """The record for as long as the block lasts; broken content hides no record, only names.

    Raises NoStoreError, ChainKeyError, StoreUnavailableError, EmbeddedServerError.
    """
    content = _content(settings)
    credentials = credentials_of(content.inventory()) if content else ()
    redactor = Redactor((*settings.secrets(), *credentials))
    configure_logs("warning", "console", redactor, sys.stderr)
    async with reading(store_plan(settings)) as ledger:
        yield Audit(ledger, content.policy().people if content else (), redactor)


def _content(settings: Settings) -> FileContent | None:
    try:
        return FileContent((settings.runbooks, SHIPPED), environment())
    except ContentError:
        return None
