"""The four steps, and the remarks that decide nothing."""

from dataclasses import replace

import einops
import torch

from mmtutor.checks.engine.exercise import Case, Mistake, Property
from mmtutor.checks.engine.judge import judge
from tests.checks.play import TWICE


def test_an_unlisted_mistake_gets_the_first_difference() -> None:
    verdict = judge(TWICE, lambda x: x * 2 + 0.5)
    assert verdict.status == "difference"
    assert "x = [1.0, -2.0]): at index [0] yours is 2.5, expected 2" in verdict.sentences[0]
    assert "2 of 2 numbers depart" in verdict.sentences[0]


def test_of_a_row_of_whole_numbers_with_a_wrong_length_both_are_shown() -> None:
    case = Case(x=torch.tensor([1, 2, 3, 4, 5]))
    asked = replace(TWICE, cases=lambda: [case], reference=lambda x, wrong: 2 * x[1:3])
    verdict = judge(asked, lambda x: 3 * x[1:4])
    assert verdict.status == "guard"
    assert "x = [1, 2, 3, 4, 5]; yours is [6, 9, 12], [4, 6] is right." in verdict.sentences[0]


def prints(x):
    print()
    print("here", x)
    print("there")
    return x * 2


def test_a_right_answer_that_prints_passes_and_its_first_line_is_shown(capsys) -> None:
    verdict = judge(TWICE, prints)
    assert verdict.passed and verdict.sentences == ()
    assert "“here tensor([ 1., -2.])”" in verdict.remarks[0]
    assert "there" not in verdict.remarks[0]
    assert capsys.readouterr().out == ""


def test_a_long_line_is_cut() -> None:
    def chatters(x):
        print("x" * 100_000)
        return x * 2

    assert len(judge(TWICE, chatters).remarks[0]) < 200


def test_a_wrong_answer_that_prints_is_judged_by_what_it_returns() -> None:
    def wrong(x):
        print("here", x)
        return x * 3

    verdict = judge(TWICE, wrong)
    assert verdict.mistakes == ("thrice",) and verdict.remarks == ()


RIGHT = {
    "an ndarray": lambda x: (x * 2).numpy(),
    "a list": lambda x: (x * 2).tolist(),
    "a list of whole numbers": lambda x: (x * 2).int().tolist(),
    "a list of tensors": lambda x: list(x * 2),
    "reversed array": lambda x: (x.flip(0) * 2).numpy()[::-1],
}


def test_right_numbers_that_are_no_tensor_pass_with_a_remark() -> None:
    for kind, answer in RIGHT.items():
        verdict = judge(TWICE, answer)
        assert verdict.passed, kind
        assert "the lesson goes on with a torch tensor" in verdict.remarks[0]
    assert "returns an ndarray;" in judge(TWICE, RIGHT["an ndarray"]).remarks[0]


def test_wrong_numbers_that_are_no_tensor_are_judged_like_any_others() -> None:
    assert judge(TWICE, lambda x: (x * 3).numpy()).mistakes == ("thrice",)
    assert judge(TWICE, lambda x: (x * 3).tolist()).mistakes == ("thrice",)
    assert judge(TWICE, lambda x: (x * 5).numpy()).status == "difference"


def test_a_known_mistake_is_named_beside_a_breakdown_on_some_input() -> None:
    three = [*TWICE.cases(), Case(x=torch.ones(2, 2, 2))]
    more = replace(TWICE, cases=lambda: three)

    def thrice_for_tables(x):
        return 3 * x if x.ndim < 3 else x[:, :, 5]

    verdict = judge(more, thrice_for_tables)
    assert verdict.mistakes == ("thrice",) and "IndexError" in verdict.sentences[1]


def test_a_known_mistake_of_shape_is_named_beside_a_breakdown() -> None:
    shapes = [(2,), (3, 2), (2, 2, 2)]
    summed = replace(
        TWICE,
        reference=lambda x, wrong=frozenset(): 2 * x.sum() if wrong else 2 * x,
        cases=lambda: [Case(x=torch.ones(*shape)) for shape in shapes],
        mistakes=(Mistake("sum", "You sum."),),
    )

    def sums_tables(x):
        return 2 * x.sum() if x.ndim < 3 else x[:, :, 5]

    verdict = judge(summed, sums_tables)
    assert verdict.mistakes == ("sum",) and "IndexError" in verdict.sentences[1]


def test_of_a_long_message_of_einops_the_last_line_is_shown() -> None:
    rows = replace(TWICE, cases=lambda: [Case(x=torch.ones(2, 3))])
    said = judge(rows, lambda x: einops.rearrange(x, "(a b) c -> a b c", b=5)).sentences[0]
    assert "can't divide axis of length 2 in chunks of 5" in said


def test_what_stops_is_asked_for() -> None:
    rows = replace(TWICE, cases=lambda: [Case(x=torch.ones(2, 3))])
    said = judge(rows, lambda x: torch.cat([x, x], dim=-1) + x).sentences[0]
    assert "Along which axis does `cat` join" in said
    said = judge(rows, lambda x: torch.cat([x, x + torch.ones(2)], dim=-1)).sentences[0]
    assert "`cat` join" not in said and "too many" in said
    said = judge(rows, lambda x: (x > 0 and x < 1) * x).sentences[0]
    assert "`torch.where` take many" in said


def test_a_lost_axis_is_asked_for_where_sizes_do_not_fit() -> None:
    rows = replace(TWICE, cases=lambda: [Case(x=torch.ones(2, 3))])
    sentence = judge(rows, lambda x: x / x.sum(-1)).sentences[0]
    assert "Is the axis still there after `.sum(-1)`?" in sentence
    other = judge(rows, lambda x: x.sum(-1) + torch.eye(5)).sentences[0]
    assert "size of tensor a" in other and "Is the axis" not in other


def test_infinity_is_named_with_its_input_and_a_relation_where_there_is_none() -> None:
    table = [Case(x=torch.tensor([1.0, 2.0, 3.5, 7.0])), Case(x=torch.tensor([2.0, 5.0, 9.0, 0.3]))]
    more = replace(TWICE, cases=lambda: [*table, Case(x=torch.tensor([500.0, 1.0]))])

    def by_exponentials(x):
        return 3.5 * x.exp().log()

    said = judge(more, by_exponentials).sentences
    assert "1.75 times what it should be" in said[0] and "It returns ∞" in said[1]
    assert "x = [500.0, 1.0]" in said[1]


def test_arguments_in_another_order_are_named() -> None:
    two = replace(
        TWICE,
        reference=lambda x, y, wrong=frozenset(): x / y,
        cases=lambda: [Case(x=torch.tensor([1.0, 4.0]), y=torch.tensor([2.0, 3.0]))],
        mistakes=(),
    )
    assert judge(two, lambda x, y: x / y).passed and judge(two, lambda y, x: y / x).passed
    assert "yours names them (y, x)" in judge(two, lambda y, x: x / y).sentences[0]


def test_one_change_that_mends_is_not_two_mistakes() -> None:
    def reference(x, wrong=frozenset()):
        return 2 * x - 3 if "minus" not in wrong else 2 * x + 3

    line = replace(TWICE, reference=reference, mistakes=(Mistake("minus", "The sign of 3."),))
    line = replace(line, cases=lambda: [Case(x=torch.arange(8) / 3)])

    def turned(x):
        return x * -2 - 3

    verdict = judge(line, turned)
    assert verdict.mistakes == () and "look at the `-2`" in verdict.sentences[-1]


def test_a_mistake_is_not_made_where_what_it_would_spoil_is_right() -> None:
    def reference(x, wrong=frozenset()):
        return 3 * x if "thrice" in wrong else 2 * x, x.sin()

    cases = [Case(x=torch.arange(8) / n) for n in (3, 7)]
    both = replace(TWICE, reference=reference, cases=lambda: cases)
    verdict = judge(both, lambda x: (2 * x, x.cos().flip(0)))
    assert verdict.mistakes == () and "the first is wrong" not in repr(verdict)


def test_what_does_not_listen_is_not_two_mistakes() -> None:
    def reference(x, y, wrong=frozenset()):
        return x - 1 if "alone" in wrong else x - y

    rule = Property("Something is off.", lambda case, output: bool(output[0] == 3))
    cases = [Case(x=torch.arange(8) / n, y=torch.tensor(n / 2)) for n in (3, 7)]
    listed = (Mistake("alone", "You always take 1."),)
    minus = replace(TWICE, reference=reference, cases=lambda: cases, mistakes=listed)
    verdict = judge(replace(minus, properties=(rule,)), lambda x, y: 3 * x - 3)
    assert verdict.mistakes == () and verdict.sentences[1] == rule.sentence
    assert "does not change with `y`" in verdict.sentences[0]


def test_a_broken_property_shows_a_short_input_where_most_are_right() -> None:
    rule = Property("It is twice.", lambda case, output: torch.equal(output, 2 * case["x"]))
    cases = [Case(x=torch.arange(n) / 3) for n in (2, 3, 4, 5)]
    twice = replace(TWICE, cases=lambda: cases, properties=(rule,), mistakes=())
    verdict = judge(twice, lambda x: x * 2 if len(x) != 4 else x.sin())
    assert "The first on which it is not so: x = [0.0, 0.333" in " ".join(verdict.sentences)
    verdict = judge(twice, lambda x: x * 2 if len(x) == 4 else x.sin())
    assert "not so" not in " ".join(verdict.sentences)


def test_right_whole_numbers_of_any_type_are_right() -> None:
    whole = replace(TWICE, reference=lambda x, wrong=frozenset(): 2 * x.long(), mistakes=())
    assert judge(whole, lambda x: 2 * x.int()).passed
    assert judge(whole, lambda x: (2 * x).numpy().astype("int16")).passed
    assert not judge(whole, lambda x: 2.0 * x).passed


def test_a_tuple_of_numbers_is_as_good_as_a_list() -> None:
    one = replace(TWICE, cases=lambda: TWICE.cases()[:1])
    assert judge(one, lambda x: tuple((2 * x).tolist())).passed
    assert "returns a tuple" in judge(TWICE, lambda x: (2 * x, x)).sentences[0]


FORBIDS = replace(TWICE, forbids=("add", "softmax"))


def test_what_the_card_forbids_is_named() -> None:
    for answer in (lambda x: torch.add(x, x), lambda x: x.add(x), lambda x: x + x):
        verdict = judge(FORBIDS, answer)
        assert verdict.status == "guard" and "PyTorch's own `add`" in verdict.sentences[0]
    assert judge(FORBIDS, lambda x: 2 * x).passed
    assert judge(TWICE, lambda x: x + x).passed


def test_a_gradient_that_is_not_finite_is_named_with_its_input() -> None:
    def double_by_the_root(x):
        return 2 * x.square().sqrt() * x.sign()  # at 0 the root has no finite slope

    zero = replace(TWICE, gradient=True, cases=lambda: [Case(x=torch.tensor([1.0, 0.0]))])
    sentence = judge(zero, double_by_the_root).sentences[0]
    assert "gradient is not finite" in sentence and "x = [1.0, 0.0]" in sentence


def test_right_in_float64_is_right() -> None:
    verdict = judge(TWICE, lambda x: x.double() * 2)
    assert verdict.passed and verdict.remarks == ()
    assert verdict.tried == "2 inputs, the first with x 2."
    assert torch.get_default_dtype() == torch.float32


def test_a_change_in_another_line_than_the_one_that_stops_is_not_proposed() -> None:
    def stops_below(x):
        wide = x.unsqueeze(1)  # without this `1` in front all would fit …
        return 2 * wide.view(len(x) + 1)  # … but here it stops

    def stops_there(x):
        return (x + x).view(len(x) + 1)

    def beside(x, wrong=()):
        return 2 * x

    asked = replace(TWICE, reference=beside, mistakes=())
    for answer, proposed in ((stops_below, False), (stops_there, True)):
        sentences = " ".join(judge(asked, answer).sentences)
        assert ("would make it right" in sentences) == proposed, sentences
