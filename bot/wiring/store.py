"""The store as the settings describe it: an embedded server unless a URL is set."""

from contextlib import AbstractAsyncContextManager

from bot.adapters.store import Store, StorePlan, opened
from bot.settings import Settings


def open_store(settings: Settings) -> AbstractAsyncContextManager[Store]:
    """Attach to the store; raises StoreUnavailableError, EmbeddedServerError, ChainKeyError."""
    settings.data.mkdir(mode=0o700, exist_ok=True)
    return opened(store_plan(settings))


def store_plan(settings: Settings) -> StorePlan:
    """Where the store is and what keys its chain."""
    url, key = settings.redis_url, settings.audit_key
    return StorePlan(
        data=settings.data,
        url=url.get_secret_value() if url else None,
        secret=key.get_secret_value() if key else None,
        binary=settings.valkey_bin,
    )
