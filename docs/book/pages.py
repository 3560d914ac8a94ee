"""What the pages of the book need beside their text: anchors, the core marked, plain docstrings."""

import re

from docutils import nodes
from sphinx.application import Sphinx


def mark_further(app: Sphinx, tree: nodes.document, page: str) -> None:
    """Say to the style sheet which sections are the core path and which go further."""
    if not page.startswith("notebooks/"):
        return
    for section in tree.findall(nodes.section):
        if isinstance(section.parent.parent, nodes.document):
            title = section.next_node(nodes.title).astext()
            section["classes"].append("further" if title == "Further" else "core")


def anchor(title: str) -> str:
    """Return a heading's address as Jupyter makes it, since the lessons' links use these."""
    return title.replace(" ", "-")


KEPT = re.compile(r"(`[^`]*`|(?<![\w*])\*\w[^*]*\w\*(?![\w*]))")
"""Code and emphasis: stars there are meant."""


def plain_stars(_app: Sphinx, _what: str, _name: str, _obj: object, _options: object, lines: list):
    """Keep other stars in docstrings, in shapes and products, from opening an emphasis."""
    for place, line in enumerate(lines):
        parts = KEPT.split(line)
        parts[::2] = [part.replace("*", r"\*") for part in parts[::2]]
        lines[place] = "".join(parts)


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect the three to what Sphinx does."""
    app.connect("doctree-resolved", mark_further)
    app.connect("autodoc-process-docstring", plain_stars)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
