"""Evaluation: who sits the examination, what becomes of answers, the card, twins."""

import json
import math
from functools import partial

import pytest
import torch

from mmtutor import evaluation as ev
from mmtutor import vqa
from mmtutor.datasets.asking import CAPTION_WISH, make_asked
from mmtutor.datasets.asking.by_hand import draw_things, things_of
from mmtutor.datasets.corrupting import noise
from mmtutor.datasets.exam import (
    DIMENSIONS,
    PERCEPTION_1,
    Item,
    Spec,
    as_json,
    chance,
    make_exam,
    naive_words,
)
from mmtutor.datasets.exam.showing import word
from mmtutor.datasets.shipped import shipped
from mmtutor.metrics.parsing import FAULTY

COUNTS = {"colour": 20, "place": 12, "counting": 12, "relation": 16, "changed": 20}
COUNTS |= {"new layouts": 18, "reading": 8, "time": 60, "sound": 20}


def exam():
    """A small examination; made once."""
    return make_exam(Spec("small", 11, 200, COUNTS))


def practice():
    return make_exam(Spec("small practice", 12, 200, COUNTS))


def shares(sitter, **options):
    return {
        name: row.right.mean for name, row in ev.rows_of(ev.sit(sitter, exam(), **options)).items()
    }


# ---------------------------------------------------------------------------- sitting


class Says(ev.Sitter):
    """Says what it was made with, one after another."""

    def __init__(self, *texts):
        self.texts = list(texts)

    def answers(self, shown, asks):
        return [ev.Reply(self.texts.pop(0), 0.5) for _ in asks]


def item(number, answer="red", options=("red", "blue"), pair=""):
    shows = {"things": [["star", "red", 3, 3, 3]]}
    return Item(f"i{number}", "colour", "colour", "which ?", answer, options, "scene", shows, pair)


def test_every_answer_has_one_outcome_and_is_counted_once():
    items = [item(i) for i in range(5)]
    marks = ev.sit(Says("red", "It is blue.", "", "red or blue", "I cannot tell"), items)
    assert [mark.outcome for mark in marks] == ["right", "wrong", "refused", "unclear", "refused"]
    row = ev.row_of(marks)
    assert (row.items, row.right.mean, row.refused, row.unclear) == (5, 0.2, 2, 1)
    assert row.right_of_answered == 1 / 2


def test_who_answers_nothing_has_no_share_of_answers():
    row = ev.row_of(ev.sit(ev.Always("i do not know"), [item(0), item(1)]))
    assert row.right.mean == 0 and row.refused == 2 and math.isnan(row.right_of_answered)


def test_a_faulty_parser_makes_another_score():
    marks = [ev.sit(Says("not red, blue"), [item(0)], parser=p) for p in (FAULTY["inside a word"],)]
    assert marks[0][0].outcome == "right"
    assert ev.sit(Says("not red, blue"), [item(0)])[0].outcome == "wrong"


def test_nobody_sits_what_they_cannot_be_shown():
    assert {mark.item.medium for mark in ev.sit(ev.Always(), exam())} == set(ev.EVERYTHING)
    assert {mark.item.medium for mark in ev.sit(ev.Nearest(practice()), exam())} == {
        "scene",
        "word",
    }


def test_what_is_shown_and_asked_can_be_spoilt_with_another_seed_each():
    seeds, texts = [], []

    class Looks(ev.Sitter):
        def answers(self, shown, asks):
            texts.extend(ask.text for ask in asks)
            return [ev.REFUSAL] * len(shown)

    def change(picture, seed):
        seeds.append(seed)
        return noise(picture, 0.1, seed)

    ev.sit(Looks(), exam()[:5], change, str.upper, batch=2)
    assert seeds == [0, 1, 2, 3, 4]
    assert texts == [one.question.upper() for one in exam()[:5]]


def test_one_question_is_a_batch_of_one():
    reply = ev.Always("no", 0.7).answer(torch.zeros(3, 64, 64).byte(), ev.Ask("?", ("no", "yes")))
    assert reply == ("no", 0.7)


# ---------------------------------------------------------------------------- models that speak


@pytest.fixture(scope="module")
def seeing():
    return ev.Seeing()


def test_the_scores_say_what_lesson_15_says(seeing):
    asked = make_asked(40, scenes=20, seed=1001)
    pictures = asked.told.scenes.pictures[asked.scene]
    wishes = [question.text for question in asked.questions]
    asks = [ev.Ask(text, ("no", "yes")) for text in wishes]
    replies = seeing.answers(list(pictures), asks)
    theirs = vqa.answer(seeing.model, seeing.model.watch(pictures), wishes, limit=4)
    assert [reply.text for reply in replies] == theirs
    assert all(0 < reply.confidence <= 1 for reply in replies)


def test_the_shipped_model_sees_and_the_blind_one_does_not(seeing):
    sees, blind = shares(seeing), shares(ev.Talking(choose=True))
    assert sees["colour"] > 0.9 and sees["place"] > 0.9 and sees["counting"] > 0.8
    even = chance(exam())
    assert blind["place"] == pytest.approx(even["place"]) and blind["colour"] <= 1 / 5
    assert blind["counting"] == pytest.approx(even["counting"])


def test_noise_costs_right_answers_and_white_pictures_all(seeing):
    clean, spoilt = (shares(seeing, change=c) for c in (ev.unchanged, partial(noise, spread=0.4)))
    assert spoilt["colour"] < clean["colour"]
    white = shares(ev.Seeing(choose=True), change=lambda p, seed: torch.full_like(p, 250))
    assert white["place"] == pytest.approx(1 / 3) and white["changed"] <= 1 / 2


def test_words_that_are_not_known_are_not_read(seeing):
    assert ev.known_words("What COLOUR is the sparkling stars ?") == "what colour is the stars ?"
    one = exam()[0]
    asks = [ev.Ask(text, one.options) for text in (one.question, f"please {one.question.upper()}")]
    replies = seeing.answers([one.shown()] * 2, asks)
    assert replies[0] == replies[1]


def test_an_option_is_chosen_only_where_the_vocabulary_has_it():
    scores = torch.zeros(2, len(ev.WORDS))
    scores[:, ev.NUMBERS["blue"]] = 3.0
    scores[:, ev.NUMBERS["star"]] = 9.0
    asks = [ev.Ask("?", ("red", "blue")), ev.Ask("?", ("cat", "dog"))]
    chosen = ev.chosen(scores, asks)
    assert chosen[0].text == "blue" and chosen[0].confidence == pytest.approx(0.9526, abs=1e-4)
    assert chosen[1] == ev.REFUSAL
    assert [reply.text for reply in ev.said(scores)] == ["star", "star"]


def test_the_language_model_reads_what_a_program_says():
    some = [one for one in exam() if one.dimension in ("colour", "new layouts")]
    rows = ev.rows_of(ev.sit(ev.ProgramAndTalk(), some[::3]))
    assert rows["colour"].right.mean == 1
    assert rows["new layouts"].refused == rows["new layouts"].items


def test_words_look_at_colours_and_rows_and_refuse_the_rest():
    rows = ev.rows_of(ev.sit(ev.WordsLook(), exam()))
    assert rows["colour"].right.mean > 0.9 and rows["counting"].refused == 12
    assert rows["place"].refused == 6  # columns


@pytest.mark.parametrize(
    ("question", "plain"),
    [
        ("what colour are the stars ?", "what colour is the star"),
        ("which row is the heart in ?", "which row is the heart in"),
        ("what colour is the thing above the star ?", ""),
        ("which column is the star in ?", ""),
        ("how many stars are there ?", ""),
    ],
)
def test_questions_in_lesson_07s_words(question, plain):
    assert ev.in_singular(question) == plain


# ---------------------------------------------------------------------------- letters, captions


def test_letters_are_cut_out_at_every_height_that_is_possible():
    lines = ev.cut_letters(word("pig", "red", 1, 20))
    assert lines.shape[1:] == (3, 32, 32) and 1 < len(lines) < 12
    assert lines.dtype == torch.uint8 and (lines.amax(dim=(2, 3)) > 150).all()


@pytest.mark.parametrize("text", ["", "a", "ab"])
def test_without_three_letters_nothing_is_cut(text):
    picture = word(text or "i", "red", 0, 0)
    if not text:
        picture = torch.full_like(picture, 250)
    assert len(ev.cut_letters(picture)) == 0


def test_runs_of_numbers():
    assert ev.consecutive([]) == []
    assert ev.consecutive([2, 3, 4, 8, 10, 11]) == [[2, 3, 4], [8], [10, 11]]


def test_names_read_letters():
    rows = ev.rows_of(ev.sit(ev.LetterNames(), exam()))
    assert rows["reading"].right.mean > 0.4 and set(rows) == {"reading", "all"}


CAPTION = "two red stars at the top left of a blue sun"


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("what colour are the stars ?", "red"),
        ("what colour is the heart ?", ""),
        ("how many stars are there ?", "two"),
        ("how many hearts are there ?", "none"),
        ("are there red stars ?", "yes"),
        ("are there red suns ?", "no"),
        ("are there more stars than suns ?", "yes"),
        ("are there more suns than stars ?", "no"),
        ("which row are the stars in ?", "top"),
        ("which row is the sun in ?", ""),
        ("which column is the sun in ?", ""),
        ("are the stars left of the sun ?", "yes"),
        ("is the sun right of the stars ?", "yes"),
        ("is the sun left of the stars ?", "no"),
        ("is the sun above the stars ?", ""),
        ("what colour is the thing left of the sun ?", ""),
    ],
)
def test_what_a_caption_says(question, answer):
    assert ev.from_caption(CAPTION, question) == answer


def test_a_captioner_sits_through_its_captions(seeing):
    model = seeing.model

    def caption(pictures):
        return vqa.answer(model, model.watch(pictures), [CAPTION_WISH] * len(pictures))

    rows = ev.rows_of(ev.sit(ev.Telling(caption), exam()))
    assert rows["colour"].right.mean > 0.7 and rows["place"].refused > 0


# ---------------------------------------------------------------------------- films and sounds


def test_following_lamps_answers_films_and_the_program_does_all():
    assert shares(ev.Watching(ev.by_tracking))["time"] > 0.95
    some = [one for one in exam() if one.dimension in ("time", "reading", "colour")][::4]
    rows = ev.rows_of(ev.sit(ev.Program(), some))
    assert rows["colour"].right.mean == rows["reading"].right.mean == 1
    assert ev.Program().answer(some[-1].shown(), ev.Ask("why ?", ("no", "yes"))) == ev.REFUSAL


def test_a_reader_of_sounds_hears_sung_words():
    assert shares(ev.Listening.trained())["sound"] > 0.9


# ---------------------------------------------------------------------------- from outside


def test_a_pipeline_of_transformers_is_shown_a_picture_and_told_the_options():
    asked = []

    def pipe(text, max_new_tokens, return_full_text):
        asked.append(text)
        return [{"input_text": text, "generated_text": "It is Red."}]

    mark, *_ = ev.sit(ev.Online(pipe), [item(0)])
    ((turn,),) = asked
    picture, wish = turn["content"]
    assert picture["image"].size == (256, 256) and picture["type"] == "image"
    assert wish["text"] == "which ? Answer with one of these words: red, blue."
    assert mark.right and math.isnan(mark.reply.confidence)


# ---------------------------------------------------------------------------- rivals


def test_habit_knows_the_practice_and_says_only_options():
    marks = ev.sit(ev.Habit(practice()), exam())
    assert not [mark for mark in marks if mark.outcome in ("refused", "unclear")]
    assert ev.rows_of(marks)["place"].right.mean <= 1 / 2


def test_the_nearest_picture_knows_what_it_has_seen():
    known = [one for one in exam() if one.medium == "scene"]
    marks = ev.sit(ev.Nearest(known), known)
    assert all(mark.right for mark in marks)
    assert ev.Nearest(known).answer(known[0].shown(), ev.Ask("why ?", ("no",))) == ev.REFUSAL


def test_always_yes_has_half_of_what_is_balanced():
    assert shares(ev.Always())["relation"] == 0.5


# ---------------------------------------------------------------------------- the card


def test_the_two_of_a_pair_are_drawn_together():
    marks = [ev.Mark(item(i, pair=str(i // 2)), ev.Reply("red", 1.0), "right") for i in range(40)]
    marks = [mark._replace(outcome="wrong") if i // 2 % 2 else mark for i, mark in enumerate(marks)]
    paired = ev.row_of(marks).right
    alone = ev.row_of([mark._replace(item=item(i)) for i, mark in enumerate(marks)]).right
    assert paired.mean == alone.mean == 0.5
    assert paired.high - paired.low > 1.2 * (alone.high - alone.low)


def test_where_all_is_right_there_is_still_doubt():
    marks = [ev.Mark(item(i), ev.Reply("red", 1.0), "right") for i in range(30)]
    assert ev.row_of(marks).right.low < 0.9 and ev.row_of(marks).right.high == 1


def test_sitters_are_compared_on_the_items_that_both_sat():
    ones = [ev.Mark(item(i), ev.Reply("", 1.0), "right" if i < 9 else "wrong") for i in range(12)]
    others = [
        ev.Mark(item(i), ev.Reply("", 1.0), "right" if i < 3 else "refused") for i in range(10)
    ]
    found = ev.compare(ones, others[::-1])
    assert found.alone == (6, 0) and found.gap.mean == pytest.approx(0.6)
    assert found.p == pytest.approx(2 / 2**6)
    with pytest.raises(ValueError, match="no item"):
        ev.compare(ones, [])


def test_a_report_is_json_and_its_model_card_a_table():
    rows = ev.rows_of(ev.sit(ev.Always(), exam()))
    report = json.loads(json.dumps(ev.as_report("always yes", "small", rows)))
    assert report["dimensions"]["relation"]["right"] == 0.5
    card = ev.model_card(report, {"Not for": "anything."}, {"chance": chance(exam())})
    lines = card.splitlines()
    assert lines[0] == "# always yes" and "**Not for** anything." in lines
    assert "Examination: small." in lines
    table = [line for line in lines if line.startswith("|")]
    assert len(table) == 2 + len(COUNTS) + 1 and len({line.count("|") for line in table}) == 1
    assert [line for line in table if line.startswith("| relation | 16 | 50.0 |")]


def test_intervals_are_read_without_what_was_refused_altogether():
    rows = {"colour": (0.5, 0.4, 0.6, 0.0), "time": (0.0, 0.0, 0.1, 1.0), "all": (0.2, 0.1, 0.3, 0)}
    names = ("", " | low", " | high", " | refused")
    found = {
        f"{d}{n}": [9.0, x] for d, row in rows.items() for n, x in zip(names, row, strict=True)
    }
    assert ev.read_intervals(found, seed=1) == {"colour": (0.5, 0.4, 0.6)}


def test_the_shipped_results_are_of_this_examination():
    found = json.loads(shipped("results/evaluation.json").read_text(encoding="utf-8"))
    marks = json.loads(shipped("results/evaluation_marks.json").read_text(encoding="utf-8"))
    sees = ev.read_intervals(found["card"]["15 vision–language model"])
    assert set(found["held against"]["chance"]) == set(DIMENSIONS) > set(sees)
    assert marks["examination"] == PERCEPTION_1.version
    assert {len(row) for row in marks["outcomes"].values()} == {sum(PERCEPTION_1.counts.values())}
    program = found["card"]["a program that measures"]
    assert program["all"] == [1.0]
    for name, share in found["held against"]["best blind"].items():
        blind = found["card"]["15 language model, blind"]
        assert name not in blind or blind[name][0] <= share[0] + 1e-4


def test_what_is_said_where_something_else_is_right():
    marks = ev.sit(Says("red", "red", "blue", "red"), [item(n, a) for n, a in enumerate("bbrr")])
    assert ev.share_said(marks, "red", where="b") == 1.0
    assert ev.share_said(marks, "red", where="r") == 0.5


def test_outcomes_are_read_letter_by_letter():
    assert ev.read_rights("rw-?.r").tolist() == [True, False, False, False, False, True]


# ---------------------------------------------------------------------------- controls


def test_an_exchanged_item_keeps_its_question_and_shows_what_another_shows():
    scenes = [one for one in exam() if one.medium == "scene"]
    mixed = ev.exchanged(scenes)
    assert [(i.id, i.question, i.answer) for i in mixed] == [
        (i.id, i.question, i.answer) for i in scenes
    ]
    shown = [[str(i.shows) for i in some] for some in (mixed, scenes)]
    assert sorted(shown[0]) == sorted(shown[1]) and shown[0] != shown[1]
    assert mixed == ev.exchanged(scenes) != ev.exchanged(scenes, seed=1)
    with pytest.raises(ValueError, match="several media"):
        ev.exchanged(exam())


def test_the_program_is_right_only_where_the_picture_is_its_own():
    scenes = [one for one in exam() if one.dimension == "counting"]
    marks = ev.sit(ev.Program(), ev.exchanged(scenes))
    assert ev.rows_of(marks)["all"].right.mean < 0.8


def test_likeness_does_not_hang_on_the_order_of_the_others():
    assert ev.likeness(("bat", "bag", "rat", "big")).tolist() == [
        [2, 2, 1],
        [2, 2, 1],
        [2, 1, 0],
        [2, 1, 0],
    ]
    turned = ev.likeness(("big", "rat", "bag", "bat"))
    assert torch.equal(turned.flip(0), ev.likeness(("bat", "bag", "rat", "big")))


def test_a_guesser_cracks_naive_options_and_not_those_of_the_examination():
    guesser, history = ev.train_guesser(naive_words(400, seed=1))
    assert history.losses[-1] < history.losses[0]
    marks = ev.sit(guesser, naive_words(200, seed=2))
    assert ev.rows_of(marks)["all"].right.mean > 0.7
    reading = [one for one in exam() if one.medium == "word"]
    alike = torch.stack([ev.likeness(one.options) for one in reading])
    assert (alike == alike[:, :1]).all()  # to a guesser all four are the same


# ---------------------------------------------------------------------------- twins


def test_a_hash_finds_copies_and_ink_finds_what_noise_hides():
    told = make_asked(4, scenes=6, seed=3).told.scenes
    pictures = told.pictures
    again = torch.stack([draw_things(things_of(told, i)) for i in range(3)])  # other paper
    assert ev.copies(pictures, pictures[:2]).tolist() == [True, True, *[False] * 4]
    assert not ev.copies(again, pictures).any()
    assert ev.look_alikes(again, pictures).all()
    assert not ev.look_alikes(again, pictures[3:]).any()
    assert len(set(ev.fingerprints(pictures))) == 6


def test_the_examination_can_be_written_down():
    assert as_json("small", exam()).count('"id"') == len(exam())
