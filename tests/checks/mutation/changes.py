"""Damage a function in one place at a time: what people mistype, mix up and forget."""

import ast
import re
from collections.abc import Iterator
from itertools import pairwise

OPERATORS: dict[type, tuple[type, ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div,),
    ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Div, ast.Mod),
    ast.Mod: (ast.FloorDiv,),
    ast.Pow: (ast.Mult,),
    ast.MatMult: (ast.Mult,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.And: (ast.Or,),
    ast.Or: (ast.And,),
}
PAIRS = (
    "min max|amin amax|argmin argmax|minimum maximum|sum mean|all any|zeros ones|exp log|"
    "zeros_like ones_like|triu tril|softmax sigmoid|sqrt square|macro weighted|ij xy"
)
NAMES = {a: b for pair in PAIRS.split("|") for a, b in (pair.split(), pair.split()[::-1])}
"""Functions (and what their arguments may say) that are taken for each other."""
MODULES = {"F", "torch", "math", "einops", "linalg", "distributions", "func", "autograd", "optim"}
MODULES |= {"nn", "functional"}
SILENT = {"double", "float", "int", "bool", "contiguous", "clone", "item", "tolist", "detach"}
SILENT |= {"stack", "tensor"}
"""Calls that change no number. What they are there for has tests of its own."""
SYMMETRIC = {"transpose", "minimum", "maximum", "min", "max", "logaddexp", "eq", "mse_loss"}
SYMMETRIC |= {"cosine", "cosine_similarity"}
"""Calls to which the order of two arguments means nothing."""
TINY, HUGE = 1e-6, 1e6
"""Beyond these a float is a guard or stands for infinity, and twice as much is the same."""


def damaged(function: ast.FunctionDef) -> Iterator[str]:
    """Return the function's text with one change, for every change that there is."""
    for parent, field, index, node in list(places(function)):
        for new in changes(node):
            put(parent, field, index, new)
            yield ast.unparse(function)
        put(parent, field, index, node)


def places(function: ast.FunctionDef) -> Iterator[tuple[ast.AST, str, int | None, ast.AST]]:
    """Return every node with its place: the parent, the field, the index in a field of several."""
    for parent in ast.walk(function):
        if isinstance(parent, ast.keyword) and parent.arg == "strict":
            continue  # it only speaks when lengths differ, and they never do
        for field, value in ast.iter_fields(parent):
            if isinstance(value, list):
                yield from ((parent, field, i, n) for i, n in enumerate(value) if is_node(n))
            elif is_node(value):
                yield parent, field, None, value


def is_node(value: object) -> bool:
    return isinstance(value, ast.AST)


def put(parent: ast.AST, field: str, index: int | None, node: ast.AST) -> None:
    """Put a node into a place."""
    if index is None:
        setattr(parent, field, node)
    else:
        getattr(parent, field)[index] = node


def changes(node: ast.AST) -> Iterator[ast.AST]:
    """Return what could stand in the place of a node."""
    match node:
        case ast.Constant():
            yield from (ast.Constant(value) for value in constants(node.value))
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(number))):
            yield from (ast.Constant(value) for value in constants(-number))
        case ast.UnaryOp():
            yield node.operand
        case ast.BinOp():
            yield from binary(node)
        case ast.Compare(ops=[operator]):
            yield from (altered(node, ops=[new()]) for new in OPERATORS.get(type(operator), ()))
        case ast.BoolOp():
            yield from operators(node)
            yield from node.values
        case ast.IfExp():
            yield from (node.body, node.orelse)
        case ast.Call():
            yield from calls(node)
        case ast.Attribute():
            yield from attributes(node)
        case ast.Name(id=name) if name in NAMES:
            yield ast.Name(NAMES[name])
        case ast.Slice():
            yield from (altered(node, **{end: None}) for end in ("lower", "upper", "step"))
        case ast.Tuple() | ast.List():
            yield from (altered(node, elts=swapped) for swapped in exchanges(node.elts))
        case ast.arguments():
            yield from (altered(node, args=swapped) for swapped in exchanges(node.args))
        case ast.comprehension(ifs=[_, *_]):
            yield altered(node, ifs=[])
        case ast.AugAssign():
            yield from operators(node)
            yield ast.Pass()
        case ast.Assign() | ast.Expr() | ast.For() | ast.If():
            yield ast.Pass()


def altered(node: ast.AST, **fields: object) -> ast.AST:
    """Return a copy of a node with some fields changed."""
    return type(node)(**{**dict(ast.iter_fields(node)), **fields})


def exchanges(members: list) -> Iterator[list]:
    """Return the list with two neighbours exchanged, for all neighbours."""
    for i, (a, b) in enumerate(pairwise(members)):
        yield [*members[:i], b, a, *members[i + 2 :]]


def constants(value: object) -> list[object]:
    """Return other constants: one more, one less, twice as much; a guard that is too coarse."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, value - 1]
    if isinstance(value, str):
        return [NAMES[value]] if value in NAMES else []
    if not isinstance(value, float):
        return []
    if value and abs(value) < TINY:
        return [0.0, 1e-3]
    return [20.0] if abs(value) > HUGE else [2 * value or 1.0]


def operators(node: ast.AST) -> Iterator[ast.AST]:
    """Return a node with another operator."""
    yield from (altered(node, op=new()) for new in OPERATORS.get(type(node.op), ()))


def binary(node: ast.BinOp) -> Iterator[ast.AST]:
    """Return another operator, either side alone, and the sides exchanged where that matters."""
    yield from operators(node)
    yield from (node.left, node.right)
    if isinstance(node.op, ast.Div):
        yield from (altered(node, right=new) for new in at_least(node.right))
    if not isinstance(node.op, ast.Add | ast.Mult | ast.BitAnd | ast.BitOr):
        yield altered(node, left=node.right, right=node.left)


def at_least(divisor: ast.AST) -> Iterator[ast.AST]:
    """Return a divisor that never comes near 0, as people guard it. No length is below 1."""
    length = re.search(r"len\(|shape|size", ast.unparse(divisor))
    for low in () if isinstance(divisor, ast.Constant) else (2,) if length else (1, 2):
        number = call_of("torch.as_tensor", divisor)
        yield call_of("torch.clamp", number, ast.Constant(low))


def call_of(name: str, *arguments: ast.AST) -> ast.Call:
    """Return a call by the name of a function."""
    return ast.Call(ast.parse(name, mode="eval").body, list(arguments), [])


def calls(node: ast.Call) -> Iterator[ast.AST]:
    """Return what is called upon, arguments exchanged, and the call without one by name."""
    method = isinstance(node.func, ast.Attribute) and not is_module(node.func.value)
    name = ast.unparse(node.func).split(".")[-1]
    if name not in SILENT:
        yield from [node.func.value] if method else node.args[:1]
    if name == "log":
        yield from guarded(node, method)
    if name not in SYMMETRIC:
        yield from (altered(node, args=swapped) for swapped in exchanges(node.args))
    for word in node.keywords:
        plain = word.arg in ("strict", "dtype") or ast.unparse(word.value) in ("True", "False")
        if not plain:  # what is True by name is made False elsewhere
            yield altered(node, keywords=[other for other in node.keywords if other is not word])


def guarded(node: ast.Call, method: bool) -> Iterator[ast.AST]:
    """Return a logarithm to whose argument people add a little."""
    little = ast.Constant(1e-8)
    if method:
        more = ast.BinOp(node.func.value, ast.Add(), little)
        yield altered(node, func=altered(node.func, value=more))
    else:
        yield altered(node, args=[ast.BinOp(node.args[0], ast.Add(), little)])


def is_module(node: ast.AST) -> bool:
    """Say whether something is a module and no tensor: `torch`, `torch.linalg`, `F`."""
    name = node.id if isinstance(node, ast.Name) else getattr(node, "attr", None)
    return name in MODULES


def attributes(node: ast.Attribute) -> Iterator[ast.AST]:
    """Return a tensor that is not transposed, and the function that is taken for this one."""
    if node.attr in ("T", "mT"):
        yield node.value
    if node.attr in NAMES:
        yield altered(node, attr=NAMES[node.attr])
