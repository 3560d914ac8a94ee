"""Formulas as MathML, made while the book is built: no script, no font, nothing to fetch."""

import re

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx


def mathml(formula: str, display: str) -> str:
    """Return a LaTeX formula as MathML; `display` is "inline" or "block"."""
    # latex2mathml does not know the sizes of these two.
    formula = re.sub(r"\\[bB]ig+[lr]?\\([lr])Vert", r"\\\1Vert", formula)
    # A bar that stretches with what stands around it stands lower than its partner.
    return convert(formula, display=display).replace(
        "<mo>&#x02016;", '<mo stretchy="false">&#x02016;'
    )


def inline(self: nodes.NodeVisitor, node: nodes.math) -> None:
    self.body.append(mathml(node.astext(), "inline"))
    raise nodes.SkipNode


def block(self: nodes.NodeVisitor, node: nodes.math_block) -> None:
    self.body.append(f'<div class="formula" tabindex="0">{mathml(node.astext(), "block")}</div>')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Give Sphinx's pages these formulas in place of MathJax's."""
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    app.config.html_math_renderer = "mathml"
    return {"parallel_read_safe": True, "parallel_write_safe": True}
