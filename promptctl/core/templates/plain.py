"""`template_format: none`: the text as it is."""

from __future__ import annotations

from promptctl.core.templates import Template
from promptctl.core.templates.substitution import Substitution


def parse(text: str) -> Template:
    """A template that renders to its own text."""
    return Substitution(text, (text,))
