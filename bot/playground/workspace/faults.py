"""Faults a test can plan: what goes wrong, where, and how often."""

import dataclasses
import enum
from dataclasses import dataclass


class FaultKind(enum.StrEnum):
    RATE_LIMIT = "rate_limit"
    SERVER_ERROR = "server_error"
    ERROR = "error"
    DELAY = "delay"
    DROP_RESPONSE = "drop_response"


@dataclass(frozen=True, slots=True)
class Fault:
    """One planned fault; `seconds` is Retry-After or the delay, `status` that of a server error."""

    kind: FaultKind
    method: str
    times: int = 1
    seconds: float = 0
    status: int = 500
    code: str = ""


class Faults:
    """The plan of faults; `method` "*" means every method."""

    def __init__(self) -> None:
        self._planned: list[Fault] = []
        self._lost_acks = 0
        self._duplicates = 0
        self._are_acks_held = False

    def rate_limit(self, method: str, *, times: int = 1, retry_after: int = 1) -> None:
        self._planned.append(Fault(FaultKind.RATE_LIMIT, method, times, seconds=retry_after))

    def server_error(self, method: str, *, times: int = 1, status: int = 500) -> None:
        self._planned.append(Fault(FaultKind.SERVER_ERROR, method, times, status=status))

    def error(self, method: str, code: str, *, times: int = 1) -> None:
        """Answer `ok: false` with `code` without doing anything."""
        self._planned.append(Fault(FaultKind.ERROR, method, times, code=code))

    def delay(self, method: str, seconds: float, *, times: int = 1) -> None:
        self._planned.append(Fault(FaultKind.DELAY, method, times, seconds=seconds))

    def drop_response(self, method: str, *, times: int = 1) -> None:
        """Do the work, then close the connection without an answer."""
        self._planned.append(Fault(FaultKind.DROP_RESPONSE, method, times))

    def lose_acks(self, times: int = 1) -> None:
        """Treat the next acknowledgements of events as never received."""
        self._lost_acks += times

    def hold_acks(self, *, held: bool = True) -> None:
        """Ignore every acknowledgement while held, of events and interactions alike."""
        self._are_acks_held = held

    def duplicate_events(self, times: int = 1) -> None:
        """Deliver each of the next events twice, with one event id."""
        self._duplicates += times

    def clear(self) -> None:
        self._planned.clear()
        self._lost_acks = self._duplicates = 0
        self._are_acks_held = False

    def take(self, method: str, *kinds: FaultKind) -> Fault | None:
        """Use up one planned fault of these kinds for this method."""
        for index, fault in enumerate(self._planned):
            if fault.kind in kinds and fault.method in {method, "*"}:
                self._planned[index : index + 1] = (
                    [dataclasses.replace(fault, times=fault.times - 1)] if fault.times > 1 else []
                )
                return fault
        return None

    def take_lost_ack(self, *, is_event: bool) -> bool:
        if self._are_acks_held:
            return True
        if is_event and self._lost_acks:
            self._lost_acks -= 1
            return True
        return False

    def take_duplicate(self) -> bool:
        if not self._duplicates:
            return False
        self._duplicates -= 1
        return True
