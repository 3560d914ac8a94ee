"""One exercise on the report's page: its mistakes, what nobody explains, who is stuck."""

from html import escape

from mmtutor.grading.record import Graded
from mmtutor.grading.report.pieces import FEW, anchor, bar, count, prose, table, text, who
from mmtutor.grading.report.tally import Group, Seen, Tally, kind

MANY = 12
"""So many students who are not there yet are named at once."""


def exercise(tally: Tally, names: bool) -> str:
    """Write which mistakes were made in an exercise, what nobody explains, and who is stuck."""
    parts = [mistakes(tally, names), unexplained(tally, names), stuck(tally)]
    body = "".join(filter(None, parts)) or "<p>Nobody handed in a wrong answer.</p>"
    return (
        f"<section id='{anchor(tally.id)}'><h3>{text(tally.title)} "
        f"<code>{text(tally.id)}</code></h3>{bar(tally)}{body}</section>"
    )


def mistakes(tally: Tally, names: bool) -> str:
    """List the known mistakes by name and count, with what a learner reads."""
    if not tally.mistakes:
        return ""
    rows = [mistake(seen, len(tally.went), names) for seen in tally.mistakes]
    titles = ("Mistake", "Students", "", "What they read")
    return "<h4>Mistakes</h4>" + table(titles, rows, numbers=("Students",))


def mistake(seen: Seen, of: int, names: bool) -> str:
    """Write a mistake's line; the bar is full where the whole class made it."""
    number = len(seen.students)
    drawn = f"<i class='known' style='flex:{number}'></i><i style='flex:{of - number}'></i>"
    return (
        f"<tr><th scope='row'><code>{text(seen.name)}</code></th><td class='number'>{number}</td>"
        f"<td><div class='bar short' aria-hidden='true'>{drawn}</div></td>"
        f"<td>{prose([seen.sentence])}{who(seen.students, names)}</td></tr>"
    )


def unexplained(tally: Tally, names: bool) -> str:
    """List the wrong answers on nobody's list, and show the line that would explain one."""
    if not tally.unexplained:
        return ""
    items = [group(one, names) for one in tally.unexplained]
    shown, rest = "".join(items[:FEW]), "".join(items[FEW:])
    if rest:
        more = f"<summary>{count(len(items) - FEW, 'more answer')}</summary>"
        rest = f"<details>{more}<ul>{rest}</ul></details>"
    return f"<h4>Wrong, and on no list</h4><ul>{shown}</ul>{rest}{one_line(tally)}"


def group(found: Group, names: bool) -> str:
    """Write who gave one wrong answer and what was said about it."""
    same = "the same answer" if len(found.students) > 1 else "an answer"
    said = prose(found.sentences) or "<span class='quiet'>Nothing was said about it.</span>"
    return (
        f"<li><b>{count(len(found.students), 'student')}</b>, {same}. {said}"
        f"{who(found.students, names)}</li>"
    )


def one_line(tally: Tally) -> str:
    """Show how a mistake is added to an exercise's list."""
    if not tally.known:
        return ""
    sentence = '"a_name", "What it looks like, and a question that leads on?"'
    line, how = f"Mistake({sentence}),", "and let the reference make it when it is told so"
    if tally.is_number:
        line, how = f"Mistake({sentence}, value=lambda: 0.5),", "with the number it leads to"
    file = f"mmtutor/checks/{tally.id.replace('.', '/')}.py"
    return (
        "<details class='how'><summary>Will others do the same? Add it with one line</summary>"
        f"<p>In <code>{text(file)}</code>, among <code>mistakes</code>, {how}:</p>"
        f"<pre><code>{escape(line)}</code></pre><p>Then <code>pytest tests/checks/test_lists.py "
        f"-k {text(tally.id)}</code> says whether it can be told from the others; those that are "
        "never made together share a word, the third argument.</p></details>"
    )


def stuck(tally: Tally) -> str:
    """Name who tried and is not there yet, those who tried and asked most first."""
    went = [(who, one) for who, one in tally.went if kind(one) in ("known", "unknown", "by hand")]
    if not went:
        return ""
    order = sorted(went, key=lambda one: (-(one[1].attempts or 0), -(one[1].hints or 0), one[0]))
    names = [f"{text(student)}{effort(graded)}" for student, graded in order]
    line, rest = ", ".join(names[:MANY]), ", ".join(names[MANY:])
    if rest:
        rest = f"<details><summary>{len(names) - MANY} more</summary>{rest}</details>"
    return f"<h4>Not there yet: {len(names)}</h4><p>{line}</p>{rest}"


def effort(graded: Graded) -> str:
    """Say in brackets how often somebody tried and asked, as far as it is known."""
    known = [
        count(number, word)
        for number, word in ((graded.attempts, "attempt"), (graded.hints, "hint"))
        if number
    ]
    return f" ({', '.join(known)})" if known else ""
