"""Train a checkpoint that the course ships: `python data/checkpoints/make.py pixels`.

Or `manual`, `answers`, `names`, `emoji`, `sight`, `talk`, `seeing`, `recogniser`, `four`. Most are
the full recipe of their lesson (`manual` has `gpt.SHIPPED`, `sight` and `talk` are what lesson 15
starts from, `seeing` is what it makes of them, `recogniser` and `four` are quick recipes of lesson
17): ten minutes to half an hour on two CPU cores, `sight`, `recogniser` and `four` half a minute.
The tokenizers of `names` and `emoji` are kept beside them, in folders.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F

from mmtutor import contrastive, crossmodal, gpt, speech, vit, vqa
from mmtutor.datasets import emoji as emoji_set
from mmtutor.datasets.asking import TYPES, make_asked
from mmtutor.datasets.glyphs import load_glyphs, split_by_character
from mmtutor.datasets.manual import characters, load_manual
from mmtutor.datasets.manual import encode as as_numbers
from mmtutor.datasets.names import encode, word_tokenizer
from mmtutor.datasets.phrases import load_phrases
from mmtutor.datasets.scenes import SIDE, as_input, make_scenes
from mmtutor.datasets.spelling import to_say
from mmtutor.datasets.telling import make_told
from mmtutor.metrics import accuracy, mean_iou
from mmtutor.metrics.transcripts import heard
from mmtutor.pipelines import Pipeline, described
from mmtutor.training import Batches, Recipe, checkpoints, fit, predict, seed_everything
from mmtutor.transformer import Windows, bits_per_character, language_loss, log_probabilities

HERE = Path(__file__).parent


def manual() -> None:
    """Lesson 03: a GPT writes Python's manual, character by character; it can be stopped."""
    recipe, texts = gpt.SHIPPED, load_manual()
    seed_everything(recipe.seed)
    alphabet = characters(texts.train)
    train, valid, test = (as_numbers(t, alphabet) for t in (texts.train, texts.valid, texts.test))
    model = gpt.new_gpt(recipe, len(alphabet))

    def bits(text: torch.Tensor) -> float:
        return bits_per_character(log_probabilities(model, text, recipe.window))

    history = fit(
        model,
        Windows(train, recipe.window, recipe.batch_size),
        language_loss,
        recipe,
        evaluate=lambda m: {"bits": bits(valid)},
        every=500,
        checkpoint=HERE / "manual.run",
    )
    print(history.metrics)
    (HERE / "manual.run").unlink()
    keep("manual", model, history.seconds, f"{bits(test):.3f} bits per character on other topics")


def pixels() -> None:
    """Lesson 04: a Vision Transformer says what every pixel of a scene shows."""
    recipe = vit.PIXELS_FULL
    seed_everything(recipe.seed)
    train = make_scenes(recipe.scenes, questions=("colour",), seed=1)
    test = make_scenes(1000, questions=("colour",), seed=1001)
    model = vit.pixel_classifier(recipe)
    labels = train.labels().to(torch.uint8)
    batches = Batches(train.pictures, labels, batch_size=recipe.batch_size)
    history = fit(model, batches, vit.pixel_loss, recipe, every=recipe.steps)
    checkpoints.save(HERE / "pixels.safetensors", model)
    score = mean_iou(vit.predict_pixels(model, test.pictures), test.labels(), 1 + recipe.kinds)
    keep("pixels", model, history.seconds, f"mean IoU {score:.3f}")


def answers() -> None:
    """Lesson 07: words find their objects in a scene."""
    recipe = crossmodal.FULL
    seed_everything(recipe.seed)
    train = crossmodal.recipe_scenes(recipe, recipe.scenes, seed=1)
    test = crossmodal.recipe_scenes(recipe, 2000, seed=1001)
    model = crossmodal.question_answerer(recipe)
    batches = Batches(train.pictures, *train.every_question(), batch_size=recipe.batch_size)
    history = fit(model, batches, crossmodal.answer_loss, recipe, every=recipe.steps)
    right = accuracy(predict(model, test.pictures, test.questions).argmax(1), test.answers)
    pointed = crossmodal.pointing(model, test)
    result = f"answers {right:.4f}, pointing {pointed:.4f}"
    keep("answers", model, history.seconds, result, questions=crossmodal.SceneQuestions())


def names() -> None:
    """Lesson 12: glyphs and their names in one space."""
    recipe, glyphs = contrastive.FULL, load_glyphs()
    seed_everything(recipe.seed)
    train, test = (glyphs.select(part) for part in split_by_character(glyphs))
    tokenizer = word_tokenizer(train.captions)
    tokenizer.save_pretrained(HERE / "names")
    model = contrastive.dual_encoder(recipe, tokenizer)
    pairs = Batches(*contrastive.glyph_pairs(train, tokenizer), batch_size=recipe.batch_size)
    history = fit(model, pairs, contrastive.recipe_loss(recipe), recipe, every=recipe.steps)
    held_out = contrastive.one_each(test, 500)
    pictures, texts, _ = contrastive.glyph_pairs(held_out, tokenizer)
    result = found(model, pictures, texts)
    keep("names", model, history.seconds, result, names=contrastive.Names.of(tokenizer))


def emoji() -> None:
    """Lesson 12: emoji and their names in two languages."""
    recipe, everything = contrastive.EMOJI, emoji_set.load_emoji().without_tones()
    seed_everything(recipe.seed)
    train, test = (everything.select(part) for part in emoji_set.split_by_emoji(everything))
    tokenizer = word_tokenizer([*train.english, *train.chinese])
    tokenizer.save_pretrained(HERE / "emoji")
    model = contrastive.dual_encoder(recipe, tokenizer, channels=3)
    pairs = Batches(*contrastive.emoji_pairs(train, tokenizer), batch_size=recipe.batch_size)
    history = fit(model, pairs, contrastive.recipe_loss(recipe), recipe, every=recipe.steps)
    english, chinese = (encode(tokenizer, list(side)) for side in (test.english, test.chinese))
    scores = [found(model, test.pictures, side) for side in (english, chinese)]
    result = f"English: {scores[0]}; Chinese: {scores[1]}"
    keep("emoji", model, history.seconds, result, names=contrastive.Names.of(tokenizer))


def sight() -> None:
    """Lesson 15: a tower that says of every patch what it shows and where it is."""
    told, test = (make_told(count, kinds=6, seed=s) for count, s in ((8000, 1), (500, 1001)))
    seed_everything(0)
    model = vqa.PatchNamer(vqa.new_tower(), kinds=6)
    batches = Batches(told.scenes.pictures, vqa.patch_names(told.scenes, 6), batch_size=64)
    recipe = Recipe(steps=1000, batch_size=64, learning_rate=3e-3)
    history = fit(model, batches, vqa.naming_loss, recipe, every=recipe.steps)
    with torch.no_grad():
        names = model(as_input(test.scenes.pictures))[0].argmax(2)
    right = (names == vqa.patch_names(test.scenes, 6)).float().mean().item()
    keep("sight", model.tower, history.seconds, f"{right:.1%} of the patches of new scenes")


def talk() -> None:
    """Lesson 15: a language model learns to answer about scenes that it is told in words.

    First two easy types alone (it has to find what is said of a thing), then all, then all with
    captions and with more and more of what it still gets wrong.
    """
    seed_everything(0)
    model, seconds = vqa.new_language_model(), 0.0
    hard, slow = TYPES[4:], ["two-step"] * 10
    parts = [
        (told_rows(("colour", "row"), 0, seed=2), 1000, 3e-3),
        (told_rows(TYPES, 0, seed=1), 2500, 3e-3),
        (told_rows((*TYPES, *hard, "relation"), 30_000, seed=3), 3500, 2e-3),
        (told_rows((*TYPES, *hard, "relation", "exists"), 30_000, seed=5), 2000, 1.5e-3),
        (told_rows((*TYPES, "relation", "exists", *slow), 12_000, seed=6), 800, 1.5e-3),
    ]
    for texts, steps, rate in parts:
        recipe = Recipe(steps=steps, batch_size=64, learning_rate=rate)
        seconds += fit(model, Rows(texts, 64), vqa.told_loss, recipe, every=steps).seconds
    shares = vqa.told_accuracy(model, make_asked(4000, scenes=2000, seed=1001))
    keep("talk", model, seconds, ", ".join(f"{kind} {share:.1%}" for kind, share in shares.items()))


def told_rows(types: Sequence[str], captions: int, *, seed: int) -> torch.Tensor:
    """Return conversations about 30,000 scenes in words, and then some that wish for a caption."""
    asked = make_asked(120_000, scenes=30_000, types=types, seed=seed)
    rows = (vqa.told_talk(asked), vqa.told_captions(asked.told)[:captions])
    width = max(some.shape[1] for some in rows)
    return torch.cat([F.pad(some, (0, width - some.shape[1])) for some in rows])


def seeing() -> None:
    """Lesson 15: tower, projector and language model together, after both stages."""
    recipe, test = vqa.SHIPPED, make_asked(1600, scenes=400, seed=1001)
    seed_everything(recipe.seed)
    model = vqa.new_model()
    learn = vqa.lessons_of(model, make_asked(recipe.questions, scenes=recipe.scenes, seed=1))
    vqa.stage_one(model, learn, vqa.QUICK_ONE)
    history = vqa.stage_two(model, learn, recipe)
    patches = model.watch(test.told.scenes.pictures)
    shares = vqa.accuracy_by_type(model, patches, test)
    result = ", ".join(f"{kind} {share:.1%}" for kind, share in shares.items())
    keep("seeing", model, history.seconds, result)


def recogniser() -> None:
    """Lesson 17: frames to letters, learnt from 44 of eSpeak NG's voices."""
    model, history = speech.train_recogniser(
        load_phrases("several", "espeak"), speech.RECOGNISER_QUICK
    )
    shares = []
    for split in ("new", "pairs", "six", "voices"):
        phrases = load_phrases(split, "espeak")
        data = speech.prepare(phrases)
        found = heard(speech.recognise(model, data.mels, data.frames), phrases.texts)
        shares.append(f"{split} {found['right']:.1%}, word error {found['word error']:.1%}")
    keep("recogniser", model, history.seconds, "; ".join(shares))


def four() -> None:
    """Lesson 17: one synthesiser with durations of four of eSpeak NG's voices."""
    learn, test = load_phrases("four", "espeak"), load_phrases("four new", "espeak")
    data = speech.prepare(learn)
    durations = speech.true_durations(data)
    model, history = speech.train_durations(data, durations, speech.DURATION_QUICK)
    made = speech.say_with_durations(model, to_say(test.texts), test.voices)
    found = heard(speech.recognise(speech.load_recogniser("espeak"), *made), test.texts)
    keep("four", model, history.seconds, f"right {found['right']:.1%} of {len(test)}")


class Rows:
    """Batches of rows of one tensor, drawn anew each time."""

    def __init__(self, rows: torch.Tensor, batch_size: int) -> None:
        self.rows, self.batch_size = rows, batch_size

    def __getitem__(self, step: int) -> tuple[torch.Tensor]:
        generator = torch.Generator().manual_seed(step)
        return (self.rows[torch.randint(len(self.rows), (self.batch_size,), generator=generator)],)


def found(model: torch.nn.Module, pictures: torch.Tensor, texts: torch.Tensor) -> str:
    """Say how well pictures and texts find each other."""
    vectors = (contrastive.embed(model, side) for side in (pictures, texts))
    scores = contrastive.retrieval(*vectors)
    shares = ", ".join(f"{name} {100 * score:.1f} %" for name, score in scores.items())
    return f"of {len(texts)}: {shares}"


def keep(
    name: str, model: torch.nn.Module, seconds: float, result: str, **prepared: Pipeline
) -> None:
    """Write the weights and how their data are prepared, and say what to put into the card."""
    path = HERE / f"{name}.safetensors"
    checkpoints.save(path, model, result=result, **described(**prepared))
    size = path.stat().st_size / 1e6
    count = vit.parameters(model)
    print(f"{name}: {result}; {count:,} parameters, {size:.2f} MB, {seconds:.0f} s, side {SIDE}")


if __name__ == "__main__":
    makers = (manual, pixels, answers, names, emoji, sight, talk, seeing, recogniser, four)
    {maker.__name__: maker for maker in makers}[sys.argv[1]]()
