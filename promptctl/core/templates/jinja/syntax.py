"""The allow-list over Jinja's syntax tree, and the names and includes that the tree holds.

Jinja's own search for names compiles the template, which folds constants at any cost and knows no
columns. This walk compiles nothing. Its scopes are Jinja's: a loop, a `with` and a block `set` have
their own; an `if` has none, so what only one branch sets still comes from outside after it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from inspect import signature
from typing import Any, cast

from jinja2 import nodes

from promptctl.core.nearest import did_you_mean
from promptctl.core.templates import (
    MAX_INCLUDES,
    MAX_PROBLEMS,
    Include,
    TemplateProblem,
    place_of,
)
from promptctl.core.templates.jinja.environment import default_filter
from promptctl.core.templates.jinja.filters import FILTERS, LOOP_ATTRIBUTES, TESTS
from promptctl.core.templates.jinja.methods import FUNCTIONS, METHODS

MAX_DEPTH = 50
"""Nesting of the syntax tree; Python compiles no more than 200 brackets, and one node makes up to 3."""
MAX_LOOPS = 8
"""Loops inside loops; Python itself compiles no more than 20."""
_FILTERS = {**FILTERS, "default": default_filter, "d": default_filter}
_TESTS = {**TESTS, "defined": TESTS["none"], "undefined": TESTS["none"]}
_INSTEAD = {
    "format": "join the pieces with `~`, as in {{ first ~ ' and ' ~ second }}",
    "append": "a template cannot change a value; set a new one to `list + [item]`",
    "update": "a template cannot change a value",
}
"""What to write for what is often tried."""

_PLAIN: tuple[type[nodes.Node], ...] = (
    nodes.Template,
    nodes.Scope,
    nodes.Output,
    nodes.TemplateData,
    nodes.Tuple,
    nodes.List,
    nodes.Dict,
    nodes.Pair,
    nodes.Keyword,
    nodes.Slice,
    nodes.Concat,
    nodes.Operand,
    nodes.BinExpr,
    nodes.UnaryExpr,
)
"""Nodes that only hold other nodes; BinExpr and UnaryExpr stand for all operators."""
_FRAGILE = (
    *(nodes.Getitem, nodes.Call, nodes.FilterBlock, nodes.AssignBlock),
    *(nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Pow),
    *(nodes.Neg, nodes.Pos),
)
"""Nodes that not every value suits."""
_STURDY_FILTERS = frozenset(
    {"default", "d", "e", "escape", "lower", "string", "tojson", "trim", "upper"}
)
_TAGS: Mapping[type[nodes.Node], str] = {
    nodes.Macro: "macro",
    nodes.CallBlock: "call",
    nodes.Extends: "extends",
    nodes.Block: "block",
    nodes.Import: "import",
    nodes.FromImport: "from",
    nodes.ScopedEvalContextModifier: "autoescape",
}

Names = set[str]


class Walk:
    """One walk over one tree; afterwards `offsets`, `includes` and `problems` are complete."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.offsets: dict[str, int] = {}
        self.includes: list[Include] = []
        self.problems: list[TemplateProblem] = []
        self.size = 0
        self.fragile = False
        self.iterated: Names = set()
        self.surely: Names = set()
        """Names that are read whichever way the conditions go; a loop counts as run."""
        self._depth = 0
        self._loops = 0

    def visit(self, node: nodes.Node, bound: Names) -> None:
        """Look at a node; `bound` holds the names with a value here, and takes what the node sets."""
        self.size += 1
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise RecursionError
        if isinstance(node, _FRAGILE):
            self.fragile = True
        visitor = _VISITORS.get(type(node))
        if visitor is not None:
            visitor(self, node, bound)
        elif isinstance(node, _PLAIN):
            for child in node.iter_child_nodes():
                self.visit(child, bound)
        else:
            self._forbid_tag(node, bound)
        self._depth -= 1

    def visit_all(self, children: Iterable[nodes.Node | None], bound: Names) -> None:
        """Look at nodes in order."""
        for child in children:
            if child is not None:
                self.visit(child, bound)

    def problem(
        self,
        node: nodes.Node,
        message: str,
        hint: str | None = None,
        rule: str = "template-forbidden",
    ) -> None:
        """Take note of a problem at a node."""
        if len(self.problems) < MAX_PROBLEMS:
            place = place_of(self.text, (node.lineno or 1) - 1)
            self.problems.append(TemplateProblem(rule, place, message, hint))

    def _forbid_tag(self, node: nodes.Node, bound: Names) -> None:
        if isinstance(node, nodes.Macro):
            bound.add(node.name)
        elif isinstance(node, nodes.Import):
            bound.add(node.target)
        elif isinstance(node, nodes.FromImport):
            bound |= {name if isinstance(name, str) else name[1] for name in node.names}
        tag = _TAGS.get(type(node))
        name = f"the tag `{tag}`" if tag else "this construct"
        self.problem(node, f"{name} is not available in prompts", "share text with `include`")

    def visit_const(self, node: nodes.Const, bound: Names) -> None:
        """A literal: every character must be one that UTF-8 can carry."""
        value = node.value
        if isinstance(value, str) and any("\ud800" <= c <= "\udfff" for c in value):
            self.problem(node, "a lone surrogate is not a character", rule="template-syntax")
        if isinstance(value, float) and value - value != 0:  # 1e400 reads as infinity
            self.problem(node, "a number out of range", rule="template-syntax")

    def visit_name(self, node: nodes.Name, bound: Names) -> None:
        """A name that is read, or set where it stands as a target."""
        if node.name in ("self", "super", "caller", "varargs", "kwargs"):
            self.problem(node, f"`{node.name}` is a word of Jinja's own", "choose another name")
        elif node.ctx != "load":
            bound.add(node.name)
        elif node.name == "loop" and self._loops and "loop" in bound:
            self.problem(node, "`loop` is no value; its facts are, as in `loop.index`")
        elif node.name not in bound:
            offset = node.lineno - 1
            self.surely.add(node.name)
            self.offsets[node.name] = min(offset, self.offsets.get(node.name, offset))

    def visit_getattr(self, node: nodes.Getattr, bound: Names) -> None:
        """`a.b`: data only, or a fact about the loop."""
        target = node.node
        if node.attr.startswith("__"):
            self.problem(node, f"`{node.attr}` is not data", "only members of values can be read")
        in_loop = isinstance(target, nodes.Name) and target.name == "loop" and "loop" in bound
        self.fragile |= not in_loop
        if not in_loop:
            self.visit(target, bound)
        elif node.attr not in LOOP_ATTRIBUTES:
            known = ", ".join(sorted(LOOP_ATTRIBUTES))
            self.problem(node, f"`loop` has no `{node.attr}`", f"it has {known}")

    def visit_getitem(self, node: nodes.Getitem, bound: Names) -> None:
        """`a[b]` and `a[b:c]`."""
        argument = node.arg
        if isinstance(argument, nodes.Const) and str(argument.value).startswith("__"):
            self.problem(node, f"`{argument.value}` is not data")
        self.visit_all((node.node, argument), bound)

    def visit_call(self, node: nodes.Call, bound: Names) -> None:
        """A method or a function of ours; of anything else the arguments are looked at all the same."""
        called = node.node
        if isinstance(called, nodes.Getattr):
            function, given = METHODS.get(called.attr), len(node.args)
            self.visit(called.node, bound)
        else:
            name = called.name if isinstance(called, nodes.Name) else ""
            function = FUNCTIONS.get(name) if name not in bound and node.args else None
            given = len(node.args) - 1
        at = self._name_of_call(node)
        if function is None:
            self._forbid_call(node, at)
        elif node.dyn_args is not None or node.dyn_kwargs is not None:
            self.problem(at, "arguments with `*` are not available in prompts")
        elif not _takes(function, given, tuple(key.key for key in node.kwargs)):
            message = f"`{_called(node)}` does not take these arguments"
            self.problem(at, message, rule="template-syntax")
        self.visit_all((*node.args, *node.kwargs), bound)

    def _name_of_call(self, node: nodes.Call) -> nodes.Node:
        """The name that is called, at its own place: a member's node stands at its dot."""
        if isinstance(node.node, nodes.Getattr):
            dot = re.compile(r"\.\s*").match(self.text, node.node.lineno - 1)
            return nodes.Name(node.node.attr, "load", lineno=1 + dot.end() if dot else node.lineno)
        return node.node if isinstance(node.node, nodes.Name) else node

    def _forbid_call(self, node: nodes.Call, at: nodes.Node) -> None:
        name = _called(node)
        hint = "use a filter, or give the value as a variable"
        if name in _FILTERS:
            hint = f"use the filter `{name}`"
        elif name in _INSTEAD:
            hint = _INSTEAD[name]
        elif isinstance(node.node, nodes.Getattr):
            hint = did_you_mean(name, METHODS) or hint
        message = f"a template cannot call `{name}`" if name else "a template cannot call anything"
        self.problem(at, message, hint)

    def visit_filter(self, node: nodes.Filter, bound: Names) -> None:
        """A filter of ours, with arguments written out."""
        self.fragile |= node.name not in _STURDY_FILTERS or bool(node.args or node.kwargs)
        self._check_function(node, "filter", _FILTERS)
        self.visit_all((node.node, *node.args, *node.kwargs), bound)

    def visit_test(self, node: nodes.Test, bound: Names) -> None:
        """A test of ours, with arguments written out."""
        self.fragile |= bool(node.args) or node.name in ("even", "odd")
        self._check_function(node, "test", _TESTS)
        self.visit_all((node.node, *node.args, *node.kwargs), bound)

    def _check_function(
        self, node: nodes.Filter | nodes.Test, what: str, known: Mapping[str, Callable[..., Any]]
    ) -> None:
        if node.dyn_args is not None or node.dyn_kwargs is not None:
            self.problem(node, "arguments with `*` are not available in prompts")
        elif node.name not in known:
            hint = _INSTEAD.get(node.name) or did_you_mean(node.name, known)
            hint = hint or f"{what}s are {', '.join(sorted(known))}"
            self.problem(node, f"there is no {what} `{node.name}`", hint)
        elif not _takes(known[node.name], len(node.args), tuple(key.key for key in node.kwargs)):
            message = f"the {what} `{node.name}` does not take these arguments"
            self.problem(node, message, rule="template-syntax")

    def visit_compare(self, node: nodes.Compare, bound: Names) -> None:
        """A comparison; only equality takes any two values."""
        self.fragile |= any(operand.op not in ("eq", "ne") for operand in node.ops)
        self.visit_all((node.expr, *node.ops), bound)

    def visit_condition(self, node: nodes.CondExpr, bound: Names) -> None:
        """`a if b else c`; without an `else` it is the empty text."""
        self.visit(node.test, bound)
        ways = [self._one_way([side] if side else [], bound) for side in (node.expr1, node.expr2)]
        self.surely |= set.intersection(*(reads for _, reads in ways))

    def visit_if(self, node: nodes.If, bound: Names) -> None:
        """A statement `if`: afterwards a name is bound only if every branch binds it."""
        ways = []
        for branch in (node, *node.elif_):
            self.visit(branch.test, bound)
            ways.append(self._one_way(branch.body, bound))
        ways.append(self._one_way(node.else_, bound))
        bound |= set.intersection(*(ends for ends, _ in ways))
        self.surely |= set.intersection(*(reads for _, reads in ways))

    def _one_way(self, body: Iterable[nodes.Node], bound: Names) -> tuple[Names, Names]:
        """Look at what only one of several ways runs: the names bound at its end, and surely read."""
        before, self.surely = self.surely, set()
        ends = self._body(body, bound)
        reads, self.surely = self.surely, before
        return ends, reads

    def _body(self, body: Iterable[nodes.Node], bound: Names) -> Names:
        inner = set(bound)
        self.visit_all(body, inner)
        return inner

    def visit_for(self, node: nodes.For, bound: Names) -> None:
        """A loop: its variables and `loop` are known in its body and its own condition only."""
        if node.recursive:
            self.problem(node, "a recursive loop is not available in prompts")
        self.visit(node.iter, bound)
        if isinstance(node.iter, nodes.Name) and isinstance(node.target, nodes.Name):
            self.iterated.add(node.iter.name)
            self.fragile |= node.iter.name in bound
        else:
            self.fragile = True
        inner = set(bound)
        self.visit(node.target, inner)
        if node.test is not None:
            self.visit(node.test, inner)
        self._loops += 1
        if self._loops > MAX_LOOPS:
            self.problem(
                node, f"more than {MAX_LOOPS} loops inside each other", rule="template-limit"
            )
        self.visit_all(node.body, inner | {"loop"})
        self._loops -= 1
        self._body(node.else_, bound)

    def visit_with(self, node: nodes.With, bound: Names) -> None:
        """`with`: the values are read outside, the names known inside."""
        self.visit_all(node.values, bound)
        inner = set(bound)
        self.visit_all((*node.targets, *node.body), inner)

    def visit_assign(self, node: nodes.Assign, bound: Names) -> None:
        """`set x = …`."""
        self.visit_all((node.node, node.target), bound)

    def visit_assign_block(self, node: nodes.AssignBlock, bound: Names) -> None:
        """`set x` … `endset`, perhaps through a filter."""
        self._body(node.body, bound)
        self.visit_all((node.filter, node.target), bound)

    def visit_filter_block(self, node: nodes.FilterBlock, bound: Names) -> None:
        """`filter f` … `endfilter`."""
        self.visit(node.filter, bound)
        self._body(node.body, bound)

    def visit_include(self, node: nodes.Include, bound: Names) -> None:
        """An include of one file, named as it is."""
        template = node.template
        if not (isinstance(template, nodes.Const) and isinstance(template.value, str)):
            self.problem(
                node,
                "an include names its file as a plain string",
                'as in {% include "_partials/tone.md" %}',
            )
            return
        if node.ignore_missing or not node.with_context:
            self.problem(
                node, "`ignore missing` and `without context` are not available in prompts"
            )
        if len(self.includes) == MAX_INCLUDES:
            self.problem(node, f"more than {MAX_INCLUDES} includes", rule="template-limit")
            return
        place = place_of(self.text, template.lineno - 1)
        # Jinja passes `loop` on only where the including text uses it itself.
        self.includes.append(Include(template.value, place, frozenset(bound - {"loop"})))

    def visit_namespace(self, node: nodes.NSRef, bound: Names) -> None:
        """`set ns.x`, which needs a namespace that nobody can make."""
        self.problem(node, "a template cannot change a value", "set a name of its own")


def _called(node: nodes.Call) -> str:
    called = node.node
    return called.attr if isinstance(called, nodes.Getattr) else getattr(called, "name", "")


@lru_cache(maxsize=1024)
def _takes(function: Callable[..., Any], count: int, names: tuple[str, ...]) -> bool:
    """Whether a filter or test can be called with a value, so many arguments and these names."""
    try:
        signature(function).bind(*range(count + 1), **dict.fromkeys(names))
    except TypeError:
        return False
    return True


_VISITORS = cast(
    Mapping[type[nodes.Node], Callable[[Walk, Any, Names], None]],
    {
        nodes.Const: Walk.visit_const,
        nodes.Name: Walk.visit_name,
        nodes.Getattr: Walk.visit_getattr,
        nodes.Getitem: Walk.visit_getitem,
        nodes.Call: Walk.visit_call,
        nodes.Filter: Walk.visit_filter,
        nodes.Test: Walk.visit_test,
        nodes.Compare: Walk.visit_compare,
        nodes.CondExpr: Walk.visit_condition,
        nodes.If: Walk.visit_if,
        nodes.For: Walk.visit_for,
        nodes.With: Walk.visit_with,
        nodes.Assign: Walk.visit_assign,
        nodes.AssignBlock: Walk.visit_assign_block,
        nodes.FilterBlock: Walk.visit_filter_block,
        nodes.Include: Walk.visit_include,
        nodes.NSRef: Walk.visit_namespace,
        nodes.TemplateData: lambda walk, node, bound: None,
    },
)
