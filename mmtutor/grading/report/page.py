"""The report as one HTML page that needs nothing else: no script, no font, no network.

All that comes from a submission (names, sentences, names of mistakes) goes through `text` or
`prose`, which escape it; the page's own policy forbids scripts besides.
"""

from collections.abc import Sequence
from itertools import groupby

from mmtutor.grading.record import Graded, Record
from mmtutor.grading.report.exercise import exercise
from mmtutor.grading.report.pieces import anchor, bar, count, css, key, prose, table, text
from mmtutor.grading.report.style import STYLE
from mmtutor.grading.report.tally import Tally, kind

SHORT = {"passed": "✓", "unknown": "? on no list", "by hand": "by hand", "untried": "–"}
"""What stands in the table of the class; a known mistake stands there by its name."""
FIRST = 5
"""How many things the page begins with."""
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page(
    records: Sequence[Record], tallies: Sequence[Tally], notes: Sequence[str], names: bool = True
) -> str:
    """Return the page: what to talk about first, each lesson, each exercise, who stands where."""
    lessons = [(name, list(group)) for name, group in groupby(tallies, lambda one: one.lesson)]
    title = f"What the class got wrong: {', '.join(name for name, _ in lessons)}"
    people = len({record.student for record in records})
    parts = [
        f"<h1>{text(title)}</h1>",
        f"<p>{count(people, 'student')}, {count(len(tallies), 'exercise')}. {key()}</p>",
        contents(lessons),
        before_class(tallies),
        *(lesson(name, group, names) for name, group in lessons),
        left_out(records, notes, names),
    ]
    return (
        "<!DOCTYPE html>\n<html lang='en'>\n<head>\n<meta charset='utf-8'>\n"
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        "<meta name='viewport' content='width=device-width, initial-scale=1'>\n"
        f"<title>{text(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(filter(None, parts))
        + "\n</main>\n</body>\n</html>\n"
    )


def contents(lessons: Sequence[tuple[str, list[Tally]]]) -> str:
    """Link to everything on the page."""
    links = [
        f"<a href='#lesson-{anchor(name)}'>{text(name)}</a>: "
        + " · ".join(f"<a href='#{anchor(one.id)}'>{text(one.title)}</a>" for one in group)
        for name, group in lessons
    ]
    return f"<nav aria-label='Contents'><p>{'<br>'.join(links)}</p></nav>"


def before_class(tallies: Sequence[Tally]) -> str:
    """Say what most students share: what the next class might begin with."""
    shared: list[tuple[int, str]] = []
    for tally in tallies:
        link = f"<a href='#{anchor(tally.id)}'>{text(tally.title)}</a>"
        for seen in tally.mistakes:
            said = f"{link}: <code>{text(seen.name)}</code>. {prose([seen.sentence])}"
            shared.append((len(seen.students), said))
        for group in tally.unexplained:
            said = f"{link}: on no list. {prose(group.sentences)}"
            shared.append((len(group.students), said))
    most = sorted((one for one in shared if one[0] > 1), key=lambda one: -one[0])[:FIRST]
    if not most:
        return ""
    items = "".join(
        f"<li><b>{count(number, 'student')}</b> in {said}</li>" for number, said in most
    )
    return f"<section class='first'><h2>Before the next class</h2><ol>{items}</ol></section>"


def lesson(name: str, tallies: Sequence[Tally], names: bool) -> str:
    """Write all of a lesson: its exercises at a glance, one by one, then student by student."""
    titles = ("Exercise", "", "Tried", "Passed", "Hints used")
    return (
        f"<section class='lesson' id='lesson-{anchor(name)}'><h2>{text(name)}</h2>"
        + table(titles, map(overview, tallies), numbers=titles[2:])
        + "".join(exercise(tally, names) for tally in tallies)
        + everybody(tallies)
        + "</section>"
    )


def overview(tally: Tally) -> str:
    """Write an exercise's line in the table at the top of its lesson."""
    hints = f"{sum(tally.hints)}" if tally.hints else "not known"
    return (
        f"<tr><th scope='row'><a href='#{anchor(tally.id)}'>{text(tally.title)}</a></th>"
        f"<td class='drawn'>{bar(tally)}</td>"
        f"<td class='number'>{tally.tried} of {len(tally.went)}</td>"
        f"<td class='number'>{len(tally.students('passed'))}</td>"
        f"<td class='number'>{hints}</td></tr>"
    )


def everybody(tallies: Sequence[Tally]) -> str:
    """Write the table of the class: a line for each student, a column for each exercise."""
    went = {(who, tally.id): one for tally in tallies for who, one in tally.went}
    students = list(dict.fromkeys(who for tally in tallies for who, _ in tally.went))
    rows = [
        f"<tr><th scope='row'>{text(student)}</th>"
        + "".join(cell(went.get((student, tally.id))) for tally in tallies)
        + "</tr>"
        for student in students
    ]
    titles = ("Student", *(text(tally.title) for tally in tallies))
    return f"<h3>Student by student</h3><div class='class'>{table(titles, rows)}</div>"


def cell(graded: Graded | None) -> str:
    """Write how one answer of one student stands."""
    if graded is None:
        return "<td class='untried'>–</td>"
    found = kind(graded)
    return f"<td class='{css(found)}'>{SHORT.get(found) or text(', '.join(graded.mistakes))}</td>"


def left_out(records: Sequence[Record], notes: Sequence[str], names: bool) -> str:
    """Say what could not be read, and what was odd about submissions; names may not be shown."""
    odd = [f"{record.student}: {note}" for record in records for note in record.notes]
    if not names:
        number = len(notes)
        return f"<p class='quiet'>{count(number, 'file')} left out.</p>" if number else ""
    items = "".join(f"<li>{prose([note])}</li>" for note in [*notes, *odd])
    return f"<section><h2>Left out, and odd</h2><ul>{items}</ul></section>" if items else ""
