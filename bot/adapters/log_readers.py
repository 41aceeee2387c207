"""The closed table of what can be read as a log, by the kind that the inventory names."""

from collections.abc import Mapping

from bot.adapters.elasticsearch import read_elasticsearch
from bot.adapters.journald import read_journal
from bot.adapters.kubernetes_logs import read_pod_logs
from bot.adapters.log_files import read_files
from bot.adapters.log_reading import LogReader
from bot.adapters.loki import read_loki

LOG_READERS: Mapping[str, LogReader] = {
    "file": read_files,
    "kubernetes": read_pod_logs,
    "journald": read_journal,
    "loki": read_loki,
    "elasticsearch": read_elasticsearch,
}
