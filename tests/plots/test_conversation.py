"""Every token of a conversation is drawn, and under it what is to be said there."""

import pytest

from mmtutor import plots


def drawn(figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].texts]


def test_under_a_token_stands_the_next_one_if_it_is_learnt():
    figure = plots.conversation_tokens(
        ["<image>", "which", "<model>", "red", "<end>"], [False, False, False, True, True]
    )
    assert drawn(figure)[:-2] == [
        "▦",
        "–",
        "which",
        "–",
        "<model>",
        "red",
        "red",
        "<end>",
        "<end>",
        "–",
    ]
    assert (
        figure.description == "5 tokens, 1 of them the picture's; the loss looks at 2: red <end>."
    )


def test_long_conversations_go_on_in_another_line():
    figure = plots.conversation_tokens(["word"] * 40, [False] * 40)
    assert drawn(figure).count("reads") == 3
    assert figure.description.endswith("the loss looks at 0: none.")


def test_marks_are_counted():
    with pytest.raises(ValueError, match="2 tokens, but 1 marks"):
        plots.conversation_tokens(["a", "b"], [True])
