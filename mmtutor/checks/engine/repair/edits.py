"""Small changes of a program, one at a time: another number, operator or name, a step more or less.

Each comes with what to say about its place, not with the mending.
"""

import ast
import copy
import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.MatMult, ast.FloorDiv)
COMPARISONS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)
FAMILIES = (
    ("sum", "mean", "prod", "amax", "amin", "max", "min", "std", "var", "norm", "cumsum"),
    ("exp", "log", "sqrt", "square", "abs", "log2", "log10", "exp2", "log1p", "expm1", "rsqrt"),
    ("softmax", "log_softmax", "sigmoid", "logsigmoid", "relu", "tanh", "softplus"),
    ("argmax", "argmin", "max", "min"),
    ("triu", "tril"),
    ("any", "all"),
    ("zeros_like", "ones_like"),
    ("zeros", "ones"),
    ("floor", "ceil", "round", "trunc"),
    ("repeat", "repeat_interleave"),
    ("tanh", "tan", "sin", "cos", "atan", "sigmoid"),
)
EACH = (
    "-{0}",
    "~{0}",
    "1 - {0}",
    "1 / {0}",
    "{0} ** 0.5",
    "{0} ** 2",
    "{0} / 2",
    "2 * {0}",
    "{0} + 1",
    "{0} - 1",
    "{0}.exp()",
    "{0}.log()",
    "{0}.abs()",
    "{0}.clamp(min=0)",
    "{0}.float()",
)
"""What can be done with every number for itself: anywhere."""
WHOLE = (
    "{0}.mT",
    "{0}.sum()",
    "{0}.mean()",
    "{0}.sum(-1)",
    "{0}.mean(-1)",
    "{0}.sum(0)",
    "{0}.mean(0)",
    "{0}.sum(-1, keepdim=True)",
    "{0}.squeeze()",
    "{0}.squeeze(-1)",
    "{0}.unsqueeze(-1)",
    "{0}.unsqueeze(1)",
    "{0}.unsqueeze(0)",
    "{0}.flatten()",
)
"""What can be done with all numbers together: with what is returned, or gets a name."""


Kind = Callable[[ast.AST], Iterator[tuple[ast.AST, str]]]


class Slot(NamedTuple):
    """A place in a program: a field of a node, or one of a list there, and what stands in it."""

    parent: ast.AST
    field: str
    index: int | None
    node: ast.AST

    def put(self, node: ast.AST) -> None:
        """Let a node stand here."""
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node


class Place(NamedTuple):
    """Where a program is changed, by which kind of change, and what to say of it."""

    kind: str
    said: str
    line: int


def edits(tree: ast.Module, spare: list[str]) -> Iterator[Place]:
    """Change `tree` in one place, say where, and change it back.

    The likeliest mendings come first. `spare` are expressions that could stand for a number which
    is built in, such as `x.shape[0]`.
    """
    places = list(slots(tree))
    kinds: dict[str, Kind] = {
        "numbers": numbers,
        "too much": too_much,
        "operators": operators,
        "calls": calls,
        "named": named(variables(tree)),
        "built in": built_in(spare),
        "missing": missing,
    }
    for name, kind in kinds.items():
        for slot in places:
            for replacement, said in kind(slot.node):
                ast.fix_missing_locations(ast.copy_location(replacement, slot.node))
                slot.put(replacement)
                if not knotted(tree):
                    yield Place(name, said, getattr(slot.node, "lineno", 0))
                slot.put(slot.node)
    yield from without_a_line(tree)


def slots(tree: ast.AST) -> Iterator[Slot]:
    """Give every place in a program, but for what belongs to the heads of functions."""
    for parent in ast.walk(tree):
        for field, value in ast.iter_fields(parent):
            if field in ("args", "returns", "decorator_list") and isinstance(
                parent, ast.FunctionDef | ast.Lambda
            ):
                continue
            if isinstance(value, ast.AST):
                yield Slot(parent, field, None, value)
            elif isinstance(value, list):
                nodes = (one for one in enumerate(value) if isinstance(one[1], ast.AST))
                yield from (Slot(parent, field, index, node) for index, node in nodes)


def knotted(tree: ast.AST) -> bool:
    """Say whether a list may come to hold itself: `torch.tensor` of that ends the whole kernel."""
    held: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=name))], value=value):
                held.setdefault(name, set()).update(bare(value))
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=deed), args=[*_, value]):
                if deed in ("append", "insert", "extend"):
                    held.setdefault(name, set()).update(bare(value))
    return any(name in inside(held, name) for name in held)


def bare(value: ast.AST) -> set[str]:
    """Return the names of which a value holds the thing itself, and not something made of it."""
    members = value.elts if isinstance(value, ast.List | ast.Tuple) else [value]
    return {one.id for one in members if isinstance(one, ast.Name)}


def inside(held: dict[str, set[str]], name: str) -> set[str]:
    """Return all names that something holds, or something that it holds."""
    found: set[str] = set()
    new = held.get(name, set())
    while new - found:
        found |= new
        new = set().union(*(held.get(one, set()) for one in found))
    return found


def variables(tree: ast.AST) -> list[str]:
    """Return the names of all arguments and of all that is assigned."""
    found = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    names = (node for node in ast.walk(tree) if isinstance(node, ast.Name))
    return sorted(found | {one.id for one in names if isinstance(one.ctx, ast.Store)})


def text(node: ast.AST) -> str:
    """Write a piece of a program, shortened."""
    source = ast.unparse(node)
    return source if len(source) <= 60 else f"{source[:59]}…"


def numbers(node: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """Change a number or a True."""
    value = node.value if isinstance(node, ast.Constant) else None
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = node.operand
        value = -inner.value if is_number(inner) else None  # type: ignore[attr-defined]
    for other in others(value):
        yield ast.Constant(other), f"the `{text(node)}`"


def is_number(node: ast.AST) -> bool:
    """Say whether a piece of a program is a number."""
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


def others(value: object) -> list[object]:
    """Return what could stand in place of a constant."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        near = [value - 1, value + 1, -1, -2, 0, 1, 2, -3, 3, -value, 0.5, 1 / (value or 1), math.e]
        return [other for other in dict.fromkeys(near) if other != value]
    if isinstance(value, float):
        near = [-value, 2 * value, value / 2, 1 / (value or 1), 0.0, 1.0, 0.5, 2.0]
        return [*near, float("-inf"), 1 - value, value**2]
    return []


def operators(node: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """Change an operator or a comparison, or the order of its sides."""
    if isinstance(node, ast.BinOp):
        said = f"how `{text(node.left)}` and `{text(node.right)}` are joined"
        for kind in OPERATORS:
            if not isinstance(node.op, kind):
                yield ast.BinOp(node.left, kind(), node.right), said
        yield ast.BinOp(node.right, node.op, node.left), f"the order in `{text(node)}`"
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        for kind in COMPARISONS:
            if not isinstance(node.ops[0], kind):
                changed = ast.Compare(node.left, [kind()], node.comparators)
                yield changed, f"the comparison `{text(node)}`"
    if isinstance(node, ast.BoolOp):
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield ast.BoolOp(other, node.values), f"the `and` or `or` in `{text(node)}`"


def too_much(node: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """Leave out a step: a sign, one side of an operation, a call, an argument of it."""
    if isinstance(node, ast.UnaryOp):
        yield node.operand, f"the sign in front of `{text(node.operand)}`"
    if isinstance(node, ast.BinOp):
        yield node.left, f"whether `{text(node.right)}` belongs in `{text(node)}`"
        yield node.right, f"whether `{text(node.left)}` belongs in `{text(node)}`"
    if isinstance(node, ast.Attribute) and node.attr in ("T", "mT"):
        yield node.value, f"whether `{text(node)}` should be transposed"
    if isinstance(node, ast.Subscript):
        yield node.value, f"the index in `{text(node)}`"
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute):
            yield node.func.value, f"whether `.{node.func.attr}(…)` is needed"
        if node.args:
            yield node.args[0], f"whether `{text(node.func)}(…)` is needed"
        for keyword in node.keywords:
            rest = [other for other in node.keywords if other is not keyword]
            changed = ast.Call(node.func, node.args, rest)
            yield changed, f"the `{text(keyword)}` in `{text(node.func)}(…)`"


def calls(node: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """Call another function of the same family, or with two arguments exchanged."""
    if isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Load):
        for first in range(len(node.elts) - 1):
            order = list(node.elts)
            order[first], order[first + 1] = order[first + 1], order[first]
            yield ast.Tuple(order, ast.Load()), f"the order in `{text(node)}`"
    if not isinstance(node, ast.Call):
        return
    yield from relatives(node)
    for first in range(len(node.args) - 1):
        order = list(node.args)
        order[first], order[first + 1] = order[first + 1], order[first]
        changed = ast.Call(node.func, order, node.keywords)
        yield changed, f"the order of what `{text(node.func)}(…)` is given"


def relatives(node: ast.Call) -> Iterator[tuple[ast.AST, str]]:
    """Call another function of the same family."""
    if not isinstance(node.func, ast.Attribute):
        return
    for family in FAMILIES:
        if node.func.attr in family:
            for other in family:
                if other != node.func.attr:
                    function = ast.Attribute(node.func.value, other, ast.Load())
                    changed = ast.Call(function, node.args, node.keywords)
                    yield changed, f"whether `{node.func.attr}` is the right function"


def named(names: list[str]) -> Kind:
    """Return an edit that puts another name of the program in place of a name."""

    def kind(node: ast.AST) -> Iterator[tuple[ast.AST, str]]:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            for other in names:
                if other != node.id:
                    yield ast.Name(other, ast.Load()), f"whether `{node.id}` is the right one"

    return kind


def built_in(spare: list[str]) -> Kind:
    """Return an edit that takes a number from the arguments where one is built in."""

    def kind(node: ast.AST) -> Iterator[tuple[ast.AST, str]]:
        for source in spare if is_number(node) else []:
            said = f"the `{text(node)}`: it is built in where something given should stand"
            yield ast.parse(source, mode="eval").body, said

    return kind


def missing(node: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """Do one thing more with a value."""
    if isinstance(node, ast.Return | ast.Assign) and node.value is not None:
        yield from wrapped(node, node.value)
    if not isinstance(node, ast.expr) or isinstance(node, ast.Constant | ast.Slice | ast.Tuple):
        return
    if not isinstance(getattr(node, "ctx", None), ast.Store):
        negative = isinstance(node, ast.UnaryOp) and is_number(node.operand)  # -100: no step
        for form in EACH:
            yield (
                done(form, node),
                f"`{text(node)}`{'' if negative else ': a step is missing there'}",
            )


def wrapped(line: ast.Return | ast.Assign, value: ast.expr) -> Iterator[tuple[ast.AST, str]]:
    """Do one thing more with all that a line returns, or gives a name to."""
    for form in WHOLE:
        changed = copy.copy(line)
        changed.value = done(form, value)
        yield changed, f"`{text(value)}`: a step is missing there"


def done(form: str, value: ast.expr) -> ast.expr:
    """Return a value with which something more is done."""
    return ast.parse(form.format(f"({ast.unparse(value)})"), mode="eval").body


def without_a_line(tree: ast.Module) -> Iterator[Place]:
    """Leave out one statement, where others are left."""
    for parent in list(ast.walk(tree)):
        body = getattr(parent, "body", None)
        for place in range(len(body) if isinstance(body, list) and len(body) > 1 else 0):
            gone = body.pop(place)
            yield Place("without a line", f"whether `{text(gone)}` is needed", gone.lineno)
            body.insert(place, gone)
