"""What a reader should know besides the judgement: sentences that decide nothing."""

from typing import Any

from mmtutor.checks.engine import outcome
from mmtutor.checks.engine.call import Call


def about_world(calls: list[Call], replaced_before: list[str]) -> list[str]:
    """Say what an answer did to what the kernel shares, or what was done to it before."""
    remarks = []
    if replaced_before:
        remarks.append(
            f"Before this check something had replaced {joined(replaced_before)}. "
            "The check used the original."
        )
    if deeds := list(dict.fromkeys(deed for call in calls for deed in call.deeds)):
        remarks.append(
            f"Your function {joined(deeds)}. That was put back: it would change what every later "
            "cell computes."
        )
    return remarks


def about_printing(calls: list[Call]) -> list[str]:
    """Show the first line that a right answer prints."""
    lines = [line for call in calls for line in call.printed.splitlines() if line.strip()]
    if not lines:
        return []
    first = lines[0].strip()
    shown = first if len(first) <= 80 else f"{first[:79]}…"
    return [f"It also prints, first “{shown}”. Now that it is right, the `print` can go."]


def about_kind(output: Any, expected: Any) -> list[str]:
    """Say that a right answer is no tensor where the lesson goes on with one."""
    kind = outcome.other_kind(output, expected)
    return [f"It returns {kind}; the lesson goes on with a torch tensor."] if kind else []


def joined(parts: list[str]) -> str:
    """Write "a, b and c"."""
    return " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))
