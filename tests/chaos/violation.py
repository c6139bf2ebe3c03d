"""What an invariant yields where it is broken, and the few words that all of them share."""
from dataclasses import dataclass

UNDO = "/compensate"


@dataclass(frozen=True)
class Violation:
    invariant: str
    subject: str
    text: str

    def __str__(self):
        return f"{self.invariant} {self.subject}: {self.text}"


def is_undo(key):
    return key.endswith(UNDO)


def first(entries, event, operation=None):
    """Sequence of the first such entry, or None."""
    return next((e.sequence for e in entries if e.event == event and operation in (None, e.operation)), None)
