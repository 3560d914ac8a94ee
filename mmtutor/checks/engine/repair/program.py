"""Read the program of a learner's function, and make a function of a changed one."""

import ast
import inspect
from functools import lru_cache
from types import CodeType, FunctionType
from typing import Any

NAME = "answer"


def program(answer: Any) -> ast.Module | None:
    """Return a function's program as `def answer(…): …`, None where it cannot be read.

    It is found in its file (or cell) by its line; of several there, by what it compiles to.
    """
    if not isinstance(answer, FunctionType):
        return None
    try:
        lines, _ = inspect.findsource(answer)
        known = functions("".join(lines))
    except (OSError, TypeError, SyntaxError, IndexError):
        return None
    wanted = answer.__code__
    found = [node for node in known if first_line(node) == wanted.co_firstlineno]
    found = [node for node in found if len(found) == 1 or same_code(node, wanted)]
    return as_module(found[0]) if len(found) == 1 else None


@lru_cache(maxsize=16)
def functions(text: str) -> list[ast.FunctionDef | ast.Lambda]:
    """Return every function in a file or cell."""
    kinds = (ast.FunctionDef, ast.Lambda)
    return [node for node in ast.walk(ast.parse(text)) if isinstance(node, kinds)]


def first_line(node: ast.FunctionDef | ast.Lambda) -> int:
    """Return where a function begins: with its first decorator, if it has any."""
    decorators = getattr(node, "decorator_list", [])
    return min([node.lineno, *(one.lineno for one in decorators)])


def same_code(node: ast.FunctionDef | ast.Lambda, wanted: CodeType) -> bool:
    """Say whether a piece of a program compiles to this code, as far as can be seen alone."""
    code = next(c for c in compile(as_module(node), "", "exec").co_consts if is_code(c))
    names = {*wanted.co_names, *wanted.co_freevars}
    return plain_constants(code) == plain_constants(wanted) and set(code.co_names) <= names


def plain_constants(code: CodeType) -> list[Any]:
    """Return the constants of a piece of code but for other code, which knows its own lines."""
    return [one for one in code.co_consts if not is_code(one)]


def is_code(constant: Any) -> bool:
    """Say whether a constant of a compiled program is the code of a function."""
    return isinstance(constant, CodeType)


def as_module(node: ast.FunctionDef | ast.Lambda) -> ast.Module:
    """Return a program that holds nothing but this function, under the name `NAME`."""
    body = [ast.Return(node.body)] if isinstance(node, ast.Lambda) else node.body
    whole = ast.FunctionDef(NAME, plain(node.args), body, [], lineno=1)
    return ast.parse(ast.unparse(ast.Module([whole], [])))  # numbered afresh, as it will be shown


def plain(head: ast.arguments) -> ast.arguments:
    """Return the head of a function without its annotations, which may name what is not known."""
    for argument in [*head.posonlyargs, *head.args, *head.kwonlyargs]:
        argument.annotation = None
    return head


def built(answer: FunctionType, tree: ast.Module) -> FunctionType | None:
    """Make a function of a changed program, with the names and defaults that the learner's has."""
    try:
        space = answer.__globals__ | inspect.getclosurevars(answer).nonlocals
        exec(compile(tree, "<your function, with one change>", "exec"), space)
    except Exception:
        return None
    return space[NAME]
