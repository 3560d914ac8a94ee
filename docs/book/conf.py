"""How the course becomes a book: `make.py` beside this lays out the sources, Sphinx does the rest.

No page asks another machine for anything: formulas are MathML, made here; the theme brings its
fonts and scripts along; outputs are those that the notebooks hold.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

project = "mmtutor"
author = "The mmtutor authors"
copyright = "text and pictures CC BY 4.0, code MIT"
language = "en"

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "formulas", "pages"]
nb_execution_mode = "off"
nb_render_markdown_format = "myst"
nb_mime_priority_overrides = [
    ("html", "application/vnd.jupyter.widget-view+json", None),  # its still picture stands above it
    ("html", "application/vnd.mmtutor.verdict+json", None),
]
nb_ipywidgets_js = {}
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
myst_heading_slug_func = "pages.anchor"
suppress_warnings = ["mystnb.unknown_mime_type", "myst.header", "ref.python"]
default_role = "code"

html_theme = "sphinx_book_theme"
html_title = "mmtutor"
here = Path(__file__).parent
html_static_path = [str(here / "static"), str(here.parents[1] / "build/book/source/static")]
html_css_files = ["book.css"]
html_js_files = ["live.js"]
exclude_patterns = ["static"]
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "show_navbar_depth": 1,
    "show_toc_level": 2,
    "home_page_in_toc": True,
    "use_download_button": False,
    "use_fullscreen_button": False,
}

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True, "undoc-members": False}
