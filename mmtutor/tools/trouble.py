"""The one exception that a reader may see: a sentence, never a traceback."""


class Trouble(Exception):
    """Something the reader can mend. Its message is one sentence that says how."""
