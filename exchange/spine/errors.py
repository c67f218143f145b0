"""What the spine raises.

JournalError            `code` is stable
  JournalDamaged        bytes on disk that no crash explains: refused, never skipped
  JournalFailed         a write or sync failed: nothing more is acknowledged, recover from what is on disk
  JournalFull           no room is left, not even in the reserve
Refusal                 this submission was not taken; nothing of it happened
  Busy                  more is waiting than the admission limit: try again later
  StorageFull           no space for the next journal segment: only what reduces risk is taken
  Stopped               the sequencer is closed or has failed
"""


class JournalError(Exception):
    """Something is wrong with the journal on disk."""

    code = "JOURNAL_ERROR"

    def __init__(self, detail: str) -> None:
        super().__init__(f"{self.code}: {detail}")
        self.detail = detail


class JournalDamaged(JournalError):  # noqa: N818 - the field's word
    code = "JOURNAL_DAMAGED"


class JournalFailed(JournalError):  # noqa: N818
    code = "JOURNAL_FAILED"


class JournalFull(JournalError):  # noqa: N818
    code = "JOURNAL_FULL"


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, no error of ours
    """A submission that was not taken."""

    code = "REFUSED"


class Busy(Refusal):
    code = "BUSY"


class StorageFull(Busy):
    code = "STORAGE_FULL"


class Stopped(Refusal):
    code = "STOPPED"
