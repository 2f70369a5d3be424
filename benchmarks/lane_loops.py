"""The work in a loop over the draws of a block, counted from its source.

A pass of the loop is read as a graph of values: what is written twice is calculated once, what is the same for all
draws is free, a row read again or read after it was written is at hand.  So is a product that only feeds a sum, where
the compiler may fuse them.  Elementary functions are free here: `benchmarks/floor.py` counts them.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

LANE = "i"  # what counts the draws in every loop of the kernels
ELEMENTARY = {"exp", "log", "power", "normal_cdf"}
ARITHMETIC = {ast.Add: "sums", ast.Sub: "sums", ast.Mult: "products", ast.Div: "divisions"}
CALLS = {**dict.fromkeys(("min", "max", "abs", "np.ceil", "np.floor"), "choices"), "np.sqrt": "roots"}
OPERATIONS = ("fused", "sums", "choices", "divisions", "roots", "products")
COUNTED = ("reads", "writes", *OPERATIONS, "elementary")


@dataclass(frozen=True, slots=True)
class LaneLoop:
    """A loop over draws: file and line, its function, its node, and whether products in it may be fused with sums."""

    name: str
    function: str
    node: ast.For
    fuses: bool


def find_loops(path: Path) -> Iterator[LaneLoop]:
    """All loops over draws of a module."""
    for function in find_functions(path):
        for node in ast.walk(function):
            if is_lane_loop(node):
                assert isinstance(node, ast.For)
                fuses = "exact_step" not in decorators(function)
                yield LaneLoop(f"{path.name}:{node.lineno}", function.name, node, fuses)


def find_scalars(path: Path) -> dict[str, ast.FunctionDef]:
    """Functions of a module that are inlined in loops over draws."""
    return {one.name: one for one in find_functions(path) if "kernel_scalar" in decorators(one)}


def find_functions(path: Path) -> list[ast.FunctionDef]:
    """Functions of a module."""
    return [node for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, ast.FunctionDef)]


def decorators(function: ast.FunctionDef) -> list[str]:
    """Decorators of a function."""
    return [ast.unparse(one) for one in function.decorator_list]


def is_lane_loop(node: ast.AST) -> bool:
    """Tell whether a node is a loop over draws."""
    return isinstance(node, ast.For) and ast.unparse(node.target) == LANE


def fixed_choices(loop: ast.For) -> list[ast.IfExp]:
    """Choices in a loop that are the same for all draws, so that one side of them is done."""
    changing = {node.id for node in ast.walk(loop) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    choices = [node for node in ast.walk(loop) if isinstance(node, ast.IfExp)]
    return [one for one in choices if not changing & {ast.unparse(part) for part in ast.walk(one.test)}]


def count_pass(loop: LaneLoop, scalars: Mapping[str, ast.FunctionDef], chosen: tuple[bool, ...] = ()) -> Counter[str]:
    """Rows read and written and operations on rows of one pass, with the outcomes of its fixed choices."""
    graph = Graph(scalars, dict(zip(fixed_choices(loop.node), chosen, strict=True)))
    graph.run(loop.node.body, {LANE: graph.value("lane")})
    return graph.count(fuses=loop.fuses)


@dataclass(slots=True)
class Graph:
    """Values of a pass.

    Attributes
    ----------
    scalars : functions that are inlined
    chosen : outcome of the choices that are the same for all draws
    values : kind and parts of every value; "same" is the same for all draws
    rows : value of every place of a row read or written so far
    results : values that are written or summed over the draws, by place or name
    """

    scalars: Mapping[str, ast.FunctionDef]
    chosen: Mapping[ast.IfExp, bool]
    values: list[tuple[str | int, ...]] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    results: dict[str, int] = field(default_factory=dict)

    def value(self, *value: str | int) -> int:
        """Number of a value, given its kind and parts."""
        if value not in self.values:
            self.values.append(value)
        return self.values.index(value)

    def is_same(self, number: int) -> bool:
        """Tell whether a value is the same for all draws."""
        return self.values[number][0] == "same"

    def calculate(self, kind: str, node: ast.expr, *parts: int) -> int:
        """Number of a calculated value."""
        if all(map(self.is_same, parts)):
            return self.value("same", ast.unparse(node))
        if kind == "sums" and self.value("same", "0.0") in parts:
            return next(part for part in parts if not self.is_same(part))
        if kind == "divisions" and self.is_same(parts[1]):
            return self.value("products", *parts)  # with the inverse
        return self.value(kind, *parts)

    def run(self, body: list[ast.stmt], names: dict[str, int]) -> int:
        """Go through statements; the value a function returns."""
        for statement in body:
            match statement:
                case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
                    for target, value in list(zip(targets, [self.read(one, names) for one in values], strict=True)):
                        self.store(target, value, names)
                case ast.Assign(targets=[target], value=value):
                    self.store(target, self.read(value, names), names)
                case ast.AugAssign(target=target, op=op, value=value):
                    read = ast.parse(ast.unparse(target), mode="eval").body
                    self.store(target, self.read(ast.BinOp(read, op, value), names), names)
                    if isinstance(target, ast.Name):
                        self.results[target.id] = names[target.id]
                case ast.Return(value=ast.expr() as value):
                    return self.read(value, names)
                case ast.Expr(value=ast.Constant()):
                    continue
                case _:
                    raise ValueError(f"not foreseen in a loop over draws: {ast.unparse(statement)}")
        return -1

    def store(self, target: ast.expr, value: int, names: dict[str, int]) -> None:
        """Give a value to a name or write it to a place of a row."""
        if isinstance(target, ast.Name):
            names[target.id] = value
        else:
            self.rows[ast.unparse(target)] = self.results[ast.unparse(target)] = value

    def read(self, node: ast.expr, names: dict[str, int]) -> int:
        """Number of the value of an expression."""
        match node:
            case ast.Name(id=name) if name in names:
                return names[name]
            case ast.Subscript(slice=place) if LANE in {ast.unparse(part) for part in ast.walk(place)}:
                return self.rows.setdefault(ast.unparse(node), self.value("reads", ast.unparse(node)))
            case ast.Constant() | ast.Name() | ast.Attribute() | ast.Subscript():
                return self.value("same", ast.unparse(node))
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return self.calculate("minus", node, self.read(operand, names))
            case ast.BinOp(left=left, op=ast.BitAnd() | ast.BitOr(), right=right):
                return self.calculate("masks", node, self.read(left, names), self.read(right, names))
            case ast.BinOp(left=left, op=op, right=right):
                return self.calculate(ARITHMETIC[type(op)], node, self.read(left, names), self.read(right, names))
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                parts = self.read(left, names), self.read(right, names)
                return self.calculate("choices", node, *parts, self.value("same", type(op).__name__))
            case ast.IfExp(test=test, body=one, orelse=other):
                if node in self.chosen:
                    return self.read(one if self.chosen[node] else other, names)
                return self.calculate("choices", node, *(self.read(part, names) for part in (test, one, other)))
            case ast.Call(func=function, args=arguments):
                return self.call(ast.unparse(function), node, [self.read(part, names) for part in arguments])
        raise ValueError(f"not foreseen in a loop over draws: {ast.unparse(node)}")

    def call(self, function: str, node: ast.expr, arguments: list[int]) -> int:
        """Number of the value of a call."""
        if function in self.scalars and function not in ELEMENTARY:
            inlined = self.scalars[function]
            return self.run(inlined.body, dict(zip((one.arg for one in inlined.args.args), arguments, strict=True)))
        if function == "float":
            return arguments[0]
        if function not in CALLS and function not in ELEMENTARY:
            raise ValueError(f"not foreseen in a loop over draws: {function}")
        return self.calculate(CALLS.get(function, "elementary"), node, *arguments, self.value("same", function))

    def count(self, *, fuses: bool) -> Counter[str]:
        """Count what the results need."""
        needed, uses = set(self.results.values()), Counter(self.results.values())
        waiting = list(needed)
        while waiting:
            for part in self.values[waiting.pop()][1:]:
                if isinstance(part, int):
                    uses[part] += 1
                    if part not in needed:
                        needed.add(part)
                        waiting.append(part)
        found = Counter(str(self.values[number][0]) for number in needed)
        found["writes"] = sum("[" in place for place in self.results)
        divisors = Counter(self.values[number][2] for number in needed if self.values[number][0] == "divisions")
        for times in divisors.values():
            if times > 1 and fuses:  # the inverse is taken once
                found["divisions"] -= times - 1
                found["products"] += times
        for number in needed:
            if fuses and self.values[number][0] == "sums" and self.feeds(number, uses):
                found.update(fused=1, sums=-1, products=-1)
        return Counter({kind: found[kind] for kind in COUNTED if found[kind]})

    def feeds(self, number: int, uses: Counter[int]) -> bool:
        """Tell whether a product goes into a sum and nowhere else."""
        for part in self.values[number][1:]:
            assert isinstance(part, int)
            inner = self.values[part]
            product = int(inner[1]) if inner[0] == "minus" else part
            if self.values[product][0] == "products" and uses[product] == uses[part] == 1:
                return True
        return False
