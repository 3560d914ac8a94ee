"""Do the cases bite? Every right answer is damaged mechanically, and every damaged one must fail.

`changes` damages a function, one place at a time, `mutants` makes answers of that, `trial` judges
them, and `report` counts. What is damaged and still right stands in `tests/checks/excused`, with a
reason. `python -m tests.checks.mutation gans vit.iou` prints what is left.
"""
