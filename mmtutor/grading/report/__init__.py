"""What a class got wrong: from verdicts to a page and a table, for the teacher.

`gather` finds the verdicts in a folder (`notebook` reads a saved one, `export` a learner's own
progress), `tally` counts, `page` writes HTML, `sheet` CSV.
"""

from pathlib import Path

from mmtutor.grading.report.anonymous import anonymous
from mmtutor.grading.report.gather import gather
from mmtutor.grading.report.page import page
from mmtutor.grading.report.sheet import sheet
from mmtutor.grading.report.tally import tallies
from mmtutor.tools.files import write
from mmtutor.tools.places import existing
from mmtutor.tools.trouble import Trouble


def report(folder: Path, out: Path, names: bool = True) -> tuple[list[Path], tuple[str, ...]]:
    """Write `report.html` and `report.csv` into `out`; return them, and what had to be left out.

    Without names students are numbered. Raises Trouble where there is nothing to report,
    and where `out` can be no folder.
    """
    if not existing(out).is_dir():
        raise Trouble(f"{existing(out)} is a file: name a folder to write the report into.")
    found = gather(folder)
    if not found.records:
        raise Trouble(
            f"There are no verdicts in {folder}: name the folder that `mmtutor grade` wrote, or "
            "one with saved notebooks in which the checks were run."
        )
    records = found.records if names else anonymous(found.records)
    counted = tallies(records)
    out.mkdir(parents=True, exist_ok=True)
    texts = {
        out / "report.html": page(records, counted, found.notes, names),
        out / "report.csv": sheet(counted, names),
    }
    for path, text in texts.items():
        write(path, text)
    return list(texts), found.notes
