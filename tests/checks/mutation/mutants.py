"""Make answers of damaged right answers: a mutant is one of them with one change."""

import ast
import inspect
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Any

from tests.answers import RIGHT
from tests.checks.mutation.changes import damaged


@dataclass(frozen=True)
class Mutant:
    """A right answer with one line changed: in which function, what was there and what is now."""

    exercise: str
    function: str
    before: str
    after: str
    answer: Callable[..., Any]

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What a mutant is known by, in a list that shall outlive other changes to the file."""
        return (self.exercise, self.function, self.before, self.after)


def mutants(exercise: str) -> Iterator[Mutant]:
    """Return every mutant of every right answer to an exercise, each once."""
    seen: set[tuple[str, str, str]] = set()
    for answer in filter(inspect.isfunction, RIGHT[exercise]):
        for function in [answer, *helpers(answer)]:
            for before, after, space in changed(function):
                key = (function.__name__, before, after)
                if key not in seen:
                    seen.add(key)
                    yield Mutant(exercise, *key, built(answer, function, space))


def helpers(answer: FunctionType) -> list[FunctionType]:
    """Return the functions beside an answer that it calls and that are no answers themselves."""
    answers = [a for several in RIGHT.values() for a in several if inspect.isfunction(a)]
    beside = [vars(sys.modules[answer.__module__]).get(name) for name in answer.__code__.co_names]
    return [
        f
        for f in beside
        if inspect.isfunction(f) and f.__module__ == answer.__module__ and f not in answers
    ]


def changed(function: FunctionType) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Return, for each change that compiles to something else, the lines and the new function."""
    (tree,) = ast.parse(inspect.getsource(function)).body
    right = ast.unparse(tree)
    known = {meaning(compile(right, "right", "exec"))}
    for text in damaged(tree):
        try:
            code = compile(text, "mutant", "exec")
        except SyntaxError:
            continue
        if meaning(code) not in known:
            known.add(meaning(code))
            space = dict(vars(sys.modules[function.__module__]))
            exec(code, space)
            yield *lines(right, text), space


def built(answer: FunctionType, function: FunctionType, space: dict[str, Any]) -> Callable:
    """Return the answer as it is where `function` is another one."""
    if function is answer:
        return space[answer.__name__]
    return FunctionType(answer.__code__, space, answer.__name__, answer.__defaults__)


def meaning(code: CodeType) -> tuple:
    """Return what a piece of code does, whatever line it stands in."""
    inner = [meaning(c) if isinstance(c, CodeType) else repr(c) for c in code.co_consts]
    return (code.co_code, tuple(inner), code.co_names, code.co_varnames, code.co_freevars)


def lines(right: str, text: str) -> tuple[str, str]:
    """Return the lines in which two programs differ, in one line each."""
    old, new = right.splitlines(), text.splitlines()
    start = next(i for i in range(len(old)) if i == len(new) or old[i] != new[i])
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    return tuple("; ".join(t.strip() for t in x[start : len(x) - end]) for x in (old, new))
