"""What a reader can mend is said in a sentence, never in a traceback."""

import errno


class Trouble(Exception):
    """Something the reader can mend. Its message is one sentence that says how."""


PERMISSION = "you have no permission for it; use a copy of the course in a folder of yours"
REFUSALS = {
    errno.EACCES: PERMISSION,
    errno.EPERM: PERMISSION,
    errno.EROFS: "it can only be read here; use a copy of the course in a folder of yours",
    errno.ENOSPC: "the disk is full; free some room and try again",
    errno.EDQUOT: "your share of the disk is full; free some room and try again",
}
"""What a system may refuse though nothing is wrong with the course."""


def refusal(error: OSError) -> str:
    """Return the sentence for what the system refused, or nothing for an error of another kind."""
    reason = REFUSALS.get(error.errno or 0)
    return f"{error.filename or 'A file'} cannot be used: {reason}." if reason else ""
