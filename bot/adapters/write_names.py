"""Which environment variables hold write credentials, by what the inventory refers to."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from bot.adapters.secret_refs import ENVIRONMENT, OPTIONAL, WRITES
from bot.adapters.shapes import mapping
from bot.adapters.yaml_door import MAX_BYTES, load
from bot.domain.errors import ContentError

SERVICES = "services.yaml"


def write_names(folders: Sequence[Path]) -> tuple[str, ...]:
    """Names that only the act process should be given; none where the inventory cannot be read.

    Blocks. Whoever starts the processes needs this before any of them has judged the file.
    """
    path = next((folder / SERVICES for folder in folders if (folder / SERVICES).is_file()), None)
    if path is None:
        return ()
    try:
        with path.open("rb") as file:
            document = load(file.read(MAX_BYTES + 1), str(path))
    except (OSError, ContentError):
        return ()
    return tuple(dict.fromkeys(_referred(document.value)))


def _referred(value: object) -> Iterator[str]:
    for service in mapping(mapping(value).get("services")).values():
        for target in mapping(mapping(service).get("targets")).values():
            for name, text in mapping(target).items():
                if name.startswith(WRITES) and isinstance(text, str) and text.startswith(ENVIRONMENT):
                    yield text.removeprefix(ENVIRONMENT).removesuffix(OPTIONAL)
