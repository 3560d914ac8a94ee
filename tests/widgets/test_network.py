"""What a widget brings to the page asks nobody for anything, and reads no text as HTML."""

import re

import pytest

from mmtutor import widgets

NAMESPACE = "http://www.w3.org/2000/svg"
"""The name of SVG. It looks like an address, and nobody fetches it."""
WIDGETS = [getattr(widgets, name) for name in widgets.__all__]
ON_A_PAGE = [widget for widget in WIDGETS if hasattr(widget, "_esm")]


def addresses(text: str) -> list[str]:
    """Return all addresses in a script or a style."""
    return re.findall(r"(?:https?:)?//[\w.-]+\.\w+[^\s\"']*", text.replace(NAMESPACE, ""))


def test_all_widgets_are_looked_at() -> None:
    assert len(ON_A_PAGE) >= 17 and addresses("import x from 'https://a.org/b.js'")


@pytest.mark.parametrize("widget", ON_A_PAGE, ids=lambda widget: widget.__name__)
def test_the_page_side_asks_the_network_for_nothing(widget: type) -> None:
    script, style = str(widget._esm), str(widget._css)
    assert not addresses(script) and not addresses(style)
    assert "import " not in re.sub(r"//.*", "", script + style)


@pytest.mark.parametrize("widget", ON_A_PAGE, ids=lambda widget: widget.__name__)
def test_no_text_is_read_as_html(widget: type) -> None:
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML", str(widget._esm))
