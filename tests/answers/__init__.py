"""Right answers, written in other ways than the reference. Every one of them must pass.

`RIGHT["attention.softmax"]` is a list of at least three. The checks' tests run them all. Each
lesson's stand in the file of its name, which has a `RIGHT` of its own.
"""

from importlib import import_module

from mmtutor import checks

RIGHT = {
    id: answers
    for lesson in checks.lessons()
    for id, answers in import_module(f"tests.answers.{lesson}").RIGHT.items()
}
