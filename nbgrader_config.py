"""nbgrader's settings for this course: in its folder, `nbgrader generate_assignment 01_attention`.

An assignment is a lesson. All that nbgrader reads and writes lies in `class/`, which git ignores;
submissions are `class/submitted/STUDENT/01_attention/01_attention.ipynb`. See docs/classroom.md.
"""

import os
import warnings
from pathlib import Path

from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.preprocessors import ClearSolutions, DeduplicateIds

from mmtutor.grading.course import lay_out

c = get_config()  # noqa: F821 (nbgrader gives it)
HERE = Path(__file__).resolve().parent
CLASS = HERE / "class"
lay_out(HERE / "solutions", CLASS / "source")
# SQLAlchemy about how nbgrader adds a submission, for every student: it is added all the same.
warnings.filterwarnings("ignore", "Object of type <Submitted")

c.CourseDirectory.root = str(CLASS)
c.CourseDirectory.course_id = "mmtutor"
c.CsvExportPlugin.to = str(CLASS / "grades.csv")

# The course's own steps are named, not imported, since JupyterLab reads this file, too.
# The same exercises as `mmtutor release` makes.
c.ClearSolutions.code_stub = {"python": "..."}
steps = list(GenerateAssignment.preprocessors.default())
steps.insert(steps.index(ClearSolutions) + 1, "mmtutor.tools.release.blank")
c.GenerateAssignment.preprocessors = steps

# Of a cell that a student copied, split or deleted nbgrader would make an error for the class.
steps = list(Autograde.sanitize_preprocessors.default())
steps[steps.index(DeduplicateIds)] = "mmtutor.grading.mend.mend"
c.Autograde.sanitize_preprocessors = steps

# A check stops what never returns after 10 s a call; a cell may take as long as slow and right.
c.Execute.timeout = 300
c.ExecutePreprocessor.startup_timeout = 120

# What kernels inherit: one thread each, and the sizes that fit a laptop, on every machine.
for name, value in {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "MMTUTOR_BUDGET": "quick",
    "MMTUTOR_HEADLESS": "1",
    "CUDA_VISIBLE_DEVICES": "",
}.items():
    os.environ.setdefault(name, value)
