"""What is published of an executed notebook."""

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from mmtutor.tools.tidy import WIDGET, text_of, tidy


def untidy() -> NotebookNode:
    """A notebook as Jupyter leaves it."""
    view = {WIDGET: {"model_id": "0" * 32}, "text/plain": "A slider, live in a notebook"}
    pictured = new_output("display_data", {"image/png": "AAAA", "text/plain": "<Figure>"})
    pictured.metadata["needs_background"] = "light"
    outputs = [new_output("display_data", view), pictured]
    cell = new_code_cell("x", id="x", execution_count=7, outputs=outputs)
    cell.metadata.update(execution={"iopub.execute_input": "now"}, tags=["keep"])
    book = new_notebook(cells=[new_markdown_cell("# A", id="a"), cell])
    book.metadata.update(widgets={"state": {}}, language_info={"name": "python", "version": "3.11"})
    return book


def test_tidy_keeps_what_the_author_wrote_and_what_a_page_can_show() -> None:
    book = untidy()
    before = text_of(book)
    clean = tidy(book)
    slider, picture = clean.cells[1].outputs
    assert clean.cells[1].metadata == {"tags": ["keep"]}
    assert slider.data == {"text/plain": "A slider, live in a notebook"}
    assert picture.data == {"image/png": "AAAA", "text/plain": "<Figure>"}
    assert picture.metadata == {} and clean.cells[1].execution_count == 1
    assert "widgets" not in clean.metadata and "version" not in clean.metadata.language_info
    assert text_of(tidy(clean)) == text_of(clean)
    assert text_of(book) == before


def test_the_version_of_torch_is_left_out_and_the_rest_of_the_line_stays() -> None:
    said = new_output("stream", text="mmtutor 0.1.0, torch 2.14.1, no GPU\nloss 2.14 → 0.1\n")
    clean = tidy(new_notebook(cells=[new_code_cell("x", id="x", outputs=[said])]))
    assert clean.cells[0].outputs[0].text == "mmtutor 0.1.0, torch …, no GPU\nloss 2.14 → 0.1\n"
