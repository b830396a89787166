"""The small mistakes that `mutate.py` makes in a module, one at a time."""

import ast
import copy
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_COMPARISONS: dict[type[ast.cmpop], Sequence[type[ast.cmpop]]] = {
    ast.Eq: (ast.NotEq, ast.GtE),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
_OPERATIONS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
_NAMES = {"min": "max", "max": "min", "any": "all", "all": "any"}
_NO_BEHAVIOUR = frozenset({"annotation", "returns", "decorator_list", "bases", "keywords", "format_spec"})


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """A small mistake: its line, what stands there, and what would stand there."""

    line: int
    before: str
    after: str
    _tree: ast.Module
    _place: tuple[ast.AST, str, int | None, ast.AST]
    _other: ast.AST

    def text(self) -> str:
        """Return the module with the mistake."""
        parent, field, index, node = self._place
        _put(parent, field, index, self._other)
        text = ast.unparse(ast.fix_missing_locations(self._tree))
        _put(parent, field, index, node)
        return text


def changes(source: str) -> Iterator[Change]:
    """Yield the mistakes of a module in the order of its lines. Some may change nothing."""
    tree = ast.parse(source)
    for place in list(_places(tree)):
        for other in _others(place[-1]):
            yield Change(_line(place[-1]), *_difference(place[-1], other), tree, place, other)


def _places(node: ast.AST) -> Iterator[tuple[ast.AST, str, int | None, ast.AST]]:
    """Yield each node with behaviour: its parent, its field, its index in the field, and the node itself."""
    for field, value in ast.iter_fields(node):
        if (field in _NO_BEHAVIOUR and not isinstance(node, ast.Call)) or _is_text_about(node, field):
            continue
        children = enumerate(value) if isinstance(value, list) else [(None, value)]
        for index, child in children:
            if isinstance(child, ast.AST) and not _does_nothing(child):
                yield node, field, index, child
                yield from _places(child)


def _is_text_about(node: ast.AST, field: str) -> bool:
    """Return whether a field holds a pattern, which is changed as a whole, or the name of a type variable."""
    return field == "args" and isinstance(node, ast.Call) and ast.unparse(node.func) in ("re.compile", "TypeVar")


def _does_nothing(node: ast.AST) -> bool:
    """Return whether a statement is a docstring, `__all__`, or for the type checker."""
    if isinstance(node, ast.If):
        return ast.unparse(node.test) == "TYPE_CHECKING"
    if isinstance(node, ast.Assign):
        return ast.unparse(node.targets[0]) == "__all__"
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _put(parent: ast.AST, field: str, index: int | None, node: ast.AST) -> None:
    if index is None:
        setattr(parent, field, node)
    else:
        getattr(parent, field)[index] = node


def _others(node: ast.AST) -> Iterator[ast.AST]:  # noqa: C901, PLR0912  # a case a kind of node
    """Yield the nodes that may replace a node by mistake."""
    match node:
        case ast.Compare(left, operators, rest):
            for place, operator in enumerate(operators):
                for other in _COMPARISONS[type(operator)]:
                    yield ast.Compare(left, [*operators[:place], other(), *operators[place + 1 :]], rest)
        case ast.BoolOp(operator, values):
            yield ast.BoolOp(ast.Or() if isinstance(operator, ast.And) else ast.And(), values)
        case ast.UnaryOp(ast.Not(), operand):
            yield operand
        case ast.BinOp(left, operator, right) if type(operator) in _OPERATIONS:
            yield ast.BinOp(left, _OPERATIONS[type(operator)](), right)
        case ast.Constant(bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(int(value) | float(value)):
            yield from (ast.Constant(value + 1), ast.Constant(value - 1))
        case ast.Constant(str(value)) if " " not in value:  # texts are for people to read
            yield ast.Constant("" if value else "x")
        case ast.Call(ast.Attribute(ast.Name("re"), "compile"), [ast.Constant(str(pattern)), *others], keywords):
            for shorter in _shorter(pattern):
                yield ast.Call(node.func, [ast.Constant(shorter), *others], keywords)
        case ast.Call(ast.Name(name), arguments, keywords) if name in _NAMES:
            yield ast.Call(ast.Name(_NAMES[name]), arguments, keywords)
        case ast.Call(function, [first, second, *others], keywords) if not isinstance(first, ast.Starred):
            yield ast.Call(function, [second, first, *others], keywords)
        case ast.Return(value) if value is not None:
            yield ast.Return(ast.Constant(None))
        case ast.Expr() | ast.AugAssign() | ast.Raise() | ast.Continue() | ast.Break() | ast.Delete():
            yield ast.Pass()
        case ast.Assign([ast.Attribute() | ast.Subscript()]):
            yield ast.Pass()
    match node:
        case ast.If() | ast.While() | ast.IfExp():
            yield _with(node, "test", ast.UnaryOp(ast.Not(), node.test))
        case ast.comprehension(ifs=[_, *_]):
            for place, condition in enumerate(node.ifs):
                yield _with(node, "ifs", [*node.ifs[:place], ast.UnaryOp(ast.Not(), condition), *node.ifs[place + 1 :]])
        case ast.match_case(guard=ast.expr() as guard):
            yield _with(node, "guard", ast.UnaryOp(ast.Not(), guard))


def _with(node: ast.AST, field: str, value: object) -> ast.AST:
    other = copy.copy(node)
    setattr(other, field, value)
    return other


def _shorter(pattern: str) -> Iterator[str]:
    """Yield a regular expression without one of its characters, for each one after which it is valid."""
    for place in range(len(pattern)):
        shorter = pattern[:place] + pattern[place + 1 :]
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                re.compile(shorter)
        except (re.error, Warning):
            continue
        yield shorter


def _line(node: ast.AST) -> int:
    return int(
        getattr(node, "lineno", 0) or next((child.lineno for child in ast.walk(node) if hasattr(child, "lineno")), 0)
    )


def _difference(node: ast.AST, other: ast.AST) -> tuple[str, str]:
    """Return the part of two nodes that differs, with a few characters around it."""
    before, after = (" ".join(ast.unparse(one).split()) for one in (node, other))
    begin = next((n for n, (one, other) in enumerate(zip(before, after, strict=False)) if one != other), 0)
    begin = max(0, begin - 20) if len(before) > 60 else 0
    return before[begin : begin + 60], after[begin : begin + 60]
