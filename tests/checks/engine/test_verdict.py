"""What a reader sees of a judgement."""

from mmtutor.checks.engine.judge import judge
from mmtutor.checks.engine.verdict import MIME, markup
from tests.checks.play import TWICE


def test_a_verdict_shows_itself_in_three_ways() -> None:
    bundle = judge(TWICE, lambda x: x * 3)._repr_mimebundle_()
    assert bundle["text/plain"].startswith("✗ Twice: not yet\n  That is three times.")
    assert "That is three times." in bundle["text/html"]
    assert bundle[MIME]["status"] == "mistake"


def test_remarks_stand_under_a_right_answer_in_all_three() -> None:
    bundle = judge(TWICE, lambda x: (x * 2).numpy())._repr_mimebundle_()
    said = "It returns an ndarray; the lesson goes on with a torch tensor."
    assert bundle["text/plain"].startswith(f"✓ Twice: passed\n  By the way: {said}")
    assert said in bundle["text/html"]
    assert bundle[MIME]["remarks"] == (said,)


def test_learners_text_is_escaped() -> None:
    def answer(x):
        raise ValueError("<script>alert(1)</script>")

    def prints(x):
        print("<script>alert(1)</script>")
        return x * 2

    assert "<script>" not in judge(TWICE, answer).to_html()
    assert "<script>" not in judge(TWICE, prints).to_html()


def test_stars_around_words_are_emphasis_and_others_are_products() -> None:
    assert markup("what *its own* row says") == "what <em>its own</em> row says"
    assert markup("3 * 4 * 5, a*b*c and `*x*`") == "3 * 4 * 5, a*b*c and <code>*x*</code>"
    assert markup("*word's* <b>") == "<em>word&#x27;s</em> &lt;b&gt;"
