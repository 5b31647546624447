"""Counting and bounded calls written into a checked syntax tree, before it is compiled.

Arithmetic, filters, tests and printing are counted where the environment carries them out. What Jinja
compiles to plain Python is wrapped here: loops, comparisons, slices, joins with `~`, literals. Calls of
methods and functions become filters of ours, so that nothing of Python's is ever called.
"""

from __future__ import annotations

from typing import cast

from jinja2 import nodes
from jinja2.visitor import NodeTransformer

from promptctl.core.templates.jinja import budget
from promptctl.core.templates.jinja.methods import counted_name


class Counting(NodeTransformer):
    """Adds the counting to a tree, in place."""

    def visit_For(self, node: nodes.For) -> nodes.For:  # noqa: N802 (Jinja calls it by this name)
        """Charge each turn of a loop for what one turn does."""
        cost = _cost(node)
        self.generic_visit(node)
        node.iter = _call("weigh", cast(nodes.Expr, node.iter))
        if node.test is not None:
            charge = _call("charge", nodes.Const(cost, lineno=node.lineno))
            node.test = nodes.And(charge, node.test, lineno=node.lineno)
        charge = _call("charge", nodes.Const(cost, lineno=node.lineno))
        node.body.insert(0, nodes.ExprStmt(charge, lineno=node.lineno))
        return node

    def visit_Call(self, node: nodes.Call) -> nodes.Filter:  # noqa: N802
        """Put our own function in the place of a method or a function."""
        self.generic_visit(node)
        called = node.node
        arguments = list(node.args)
        if isinstance(called, nodes.Getattr):
            value, own = called.node, counted_name(called.attr)
        else:
            value, own = arguments.pop(0), counted_name(cast(nodes.Name, called).name)
        return nodes.Filter(value, own, arguments, node.kwargs, None, None, lineno=called.lineno)

    def visit_CondExpr(self, node: nodes.CondExpr) -> nodes.CondExpr:  # noqa: N802
        """Give an `if` inside an expression its `else`: the empty text."""
        self.generic_visit(node)
        if node.expr2 is None:
            node.expr2 = nodes.Const("", lineno=node.lineno)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Concat:  # noqa: N802
        """Make text of the operands, as printing would, and charge it."""
        self.generic_visit(node)
        node.nodes = [_call("text", operand) for operand in node.nodes]
        return node

    def visit_Compare(self, node: nodes.Compare) -> nodes.Compare:  # noqa: N802
        """Charge the size of what is compared."""
        self.generic_visit(node)
        node.expr = _call("weigh", node.expr)
        for operand in node.ops:
            operand.expr = _call("weigh", operand.expr)
        return node

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Getitem:  # noqa: N802
        """Charge a slice for what it may copy."""
        self.generic_visit(node)
        if isinstance(node.arg, nodes.Slice):
            node.node = _call("weigh", node.node)
        return node

    def visit_List(self, node: nodes.List) -> nodes.Expr:  # noqa: N802
        """Charge a literal for all that it holds, however often it holds the same."""
        self.generic_visit(node)
        return _call("weigh", node)

    def visit_Dict(self, node: nodes.Dict) -> nodes.Expr:  # noqa: N802
        """Charge a literal for all that it holds."""
        self.generic_visit(node)
        return _call("weigh", node)

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Expr:  # noqa: N802
        """Charge a literal for all that it holds; targets of an assignment are none."""
        self.generic_visit(node)
        return _call("weigh", node) if node.ctx == "load" else node


def _call(name: str, operand: nodes.Expr) -> nodes.Call:
    line = operand.lineno
    function = nodes.EnvironmentAttribute(name, lineno=line)
    return nodes.Call(function, [operand], [], None, None, lineno=line)


def _cost(node: nodes.Node) -> int:
    """Steps and literal text of everything inside a node."""
    cost, pending = 0, [node]
    while pending:
        child = pending.pop()
        text = child.data if isinstance(child, nodes.TemplateData) else ""
        text = (
            child.value if isinstance(child, nodes.Const) and isinstance(child.value, str) else text
        )
        cost += budget.STEP + len(text)
        pending.extend(child.iter_child_nodes())
    return cost
