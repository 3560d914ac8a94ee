"""What each lesson trains: its model, its own data, its loss and its full recipe, made small."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.gpu.check import Setup, Skipped
from mmtutor import attention, contrastive, crossmodal, fusion, start_here, vit
from mmtutor import autoencoders as ae
from mmtutor.datasets import digits, emoji, glyphs, letters, names, paired, readers, scenes, words
from mmtutor.metrics import accuracy, judging
from mmtutor.training import Batches, Look, Loss, Recipe, predict, seed_everything


class Training(NamedTuple):
    """What `fit` gets. `evaluate` looks at the model while it lies on the GPU."""

    model: nn.Module
    batches: Batches
    loss: Loss
    recipe: Recipe
    evaluate: Look | None = None


Make = Callable[[Setup], Training]
"""Builds a lesson's training, as small as the setup says."""

# ── Lessons 00 and 01 ─────────────────────────────────────────────────────────────────────────────


def word_finder(setup: Setup) -> Training:
    """Lesson 00: a word finds its object."""
    recipe = setup.brief(start_here.FULL)
    seed_everything(recipe.seed)
    data = start_here.make_pictures(4 * recipe.batch_size)

    def looks(model: nn.Module) -> dict[str, float]:
        looked = start_here.look(model, data.pictures[:64], data.words[:64]).argmax(dim=1)
        return {"pointing": accuracy(looked, data.places[:64])}

    batches = Batches(data.pictures, data.words, data.answers, batch_size=recipe.batch_size)
    return Training(start_here.WordFinder(), batches, start_here.colour_loss, recipe, looks)


def reverser(setup: Setup) -> Training:
    """Lesson 01: attention writes words backwards."""
    recipe = setup.brief(attention.FULL)
    seed_everything(recipe.seed)
    data = words.random_words(4 * recipe.batch_size, longest=recipe.longest)
    sizes = (len(words.ALPHABET), recipe.longest, recipe.width, recipe.heads)

    def looks(model: nn.Module) -> dict[str, float]:
        with attention.record_attention(model) as maps:
            predict(model, data[:64])
        return {"maps": len(maps)}

    batches = Batches(data, batch_size=recipe.batch_size)
    model = attention.AttentionReverser(*sizes)
    return Training(model, batches, attention.reversing_loss, recipe, looks)


# ── Lesson 04 ─────────────────────────────────────────────────────────────────────────────────────


def class_loss(model: nn.Module, pictures: Tensor, labels: Tensor) -> Tensor:
    """Return the cross-entropy of a picture's class."""
    return F.cross_entropy(model(pictures), labels)


def classified(model: nn.Module, pictures: Tensor, labels: Tensor, recipe: Recipe) -> Training:
    """Return the training of a model that names what a picture shows."""

    def looks(model: nn.Module) -> dict[str, float]:
        return {"accuracy": accuracy(predict(model, pictures[:64]).argmax(dim=1), labels[:64])}

    batches = Batches(pictures, labels, batch_size=recipe.batch_size)
    return Training(model, batches, class_loss, recipe, looks)


def digit_reader(setup: Setup) -> Training:
    """Lesson 04: a Vision Transformer reads digits."""
    recipe, data = setup.brief(vit.DIGITS), digits.load_digits()
    seed_everything(recipe.seed)
    body = vit.VisionTransformer(8, recipe.patch, 1, recipe.width, recipe.depth, recipe.heads)
    model = vit.PictureClassifier(body, 10)
    return classified(model, data.images.unsqueeze(1), data.labels, recipe)


@cache
def scripted_glyphs() -> tuple[Tensor, Tensor, int]:
    """Return pictures of glyphs, the script of each, and how many scripts there are."""
    data = glyphs.load_glyphs()
    script = data.label("script")
    return data.images.unsqueeze(1) / 255, script.values, len(script.names)


def script_reader(setup: Setup, recipe: vit.VisionRecipe = vit.SCRIPTS_FULL) -> Training:
    """Lesson 04: a Vision Transformer names the script of a glyph."""
    recipe = setup.brief(recipe)
    pictures, labels, count = scripted_glyphs()
    seed_everything(recipe.seed)
    body = vit.VisionTransformer(32, recipe.patch, 1, recipe.width, recipe.depth, recipe.heads)
    return classified(vit.PictureClassifier(body, count), pictures, labels, recipe)


def convolutional_rival(setup: Setup) -> Training:
    """Lesson 04: convolutions name the script, with as many parameters."""
    pictures, labels, count = scripted_glyphs()
    seed_everything(0)
    model = vit.ConvolutionalNetwork(1, (56, 112, 224, 448), count)
    return classified(model, pictures, labels, setup.brief(vit.SCRIPTS_FULL))


def painter(setup: Setup) -> Training:
    """Lesson 04: a Vision Transformer says what every pixel shows."""
    recipe = setup.brief(vit.PIXELS_FULL)
    seed_everything(recipe.seed)
    data = scenes.make_scenes(4 * recipe.batch_size, questions=("colour",), seed=1)

    def looks(model: nn.Module) -> dict[str, float]:
        return {"paper": (vit.predict_pixels(model, data.pictures[:8]) == 0).float().mean().item()}

    labels = data.labels().to(torch.uint8)
    batches = Batches(data.pictures, labels, batch_size=recipe.batch_size)
    return Training(vit.pixel_classifier(recipe), batches, vit.pixel_loss, recipe, looks)


# ── Lesson 06 ─────────────────────────────────────────────────────────────────────────────────────


@cache
def heard_digits(count: int) -> paired.Pairs:
    """Return pictures of digits with spoken ones."""
    return paired.make_pairs(paired.Setting(rule=paired.RULES["redundant"]), count)


def fused(setup: Setup, variant: fusion.Variant, loss: Loss = fusion.fusion_loss) -> Training:
    """Lesson 06: two modalities meet in one of the ways."""
    recipe = setup.brief(fusion.FULL)
    seed_everything(recipe.seed)
    pairs = heard_digits(4 * recipe.batch_size)
    model = fusion.build(variant, 10, recipe.size)

    def looks(model: nn.Module) -> dict[str, float]:
        if isinstance(model, fusion.WithTasks):  # whose gradients lesson 06 watches
            return fusion.gradient_norms(model, pairs)
        return {"right": fusion.right(model, pairs)}

    data = (pairs.pictures, pairs.sounds, pairs.labels)
    return Training(model, Batches(*data, batch_size=recipe.batch_size), loss, recipe, looks)


# ── Lesson 07 ─────────────────────────────────────────────────────────────────────────────────────


def question_answerer(setup: Setup) -> Training:
    """Lesson 07: words find their objects in a scene."""
    recipe = setup.brief(crossmodal.FULL)
    seed_everything(recipe.seed)
    data = crossmodal.recipe_scenes(recipe, 4 * recipe.batch_size, seed=1)
    some = crossmodal.recipe_scenes(recipe, 32, seed=2)
    batches = Batches(data.pictures, *data.every_question(), batch_size=recipe.batch_size)

    def looks(model: nn.Module) -> dict[str, float]:
        return {"pointing": crossmodal.pointing(model, some)}

    model = crossmodal.question_answerer(recipe)
    return Training(model, batches, crossmodal.answer_loss, recipe, looks)


def colouriser(setup: Setup) -> Training:
    """Lesson 07: a caption colours a silhouette."""
    recipe = setup.brief(crossmodal.COLOURS_FULL)
    seed_everything(recipe.seed)
    data = crossmodal.recipe_scenes(recipe, 4 * recipe.batch_size, seed=1)
    some = crossmodal.recipe_scenes(recipe, 32, seed=2)
    tower = crossmodal.PictureTokens(scenes.SIDE, 8, 1, recipe.width)
    model = crossmodal.Colouriser(tower, recipe.width, recipe.heads)

    def looks(model: nn.Module) -> dict[str, float]:
        colours = crossmodal.colour_accuracy(model, some, some.captions())
        return {"colours": colours, "reads its noun": crossmodal.naming(model, some)}

    batches = Batches(data.pictures, data.captions(), batch_size=recipe.batch_size)
    return Training(model, batches, crossmodal.colour_loss, recipe, looks)


# ── Lessons 10 and 11 ─────────────────────────────────────────────────────────────────────────────


def drawn_again(
    setup: Setup, model: Callable[..., nn.Module], loss: Loss, recipe: Recipe
) -> Training:
    """Lesson 10: one code for a letter and its caption."""
    recipe, data = setup.brief(recipe), letters.load_letters()
    seed_everything(recipe.seed)
    pairs = Batches(data.pixels, data.words, batch_size=recipe.batch_size)
    sizes = (data.pixels.shape[1], data.words.shape[1])
    return Training(model(sizes), pairs, partial(loss, recipe=recipe), recipe)


def judge(setup: Setup, recipe: judging.JudgeRecipe, alphabet: str, side: int) -> Training:
    """Lessons 10 and 11: the judge of what was drawn."""
    recipe, data = setup.brief(recipe), letters.load_letters(alphabet, side)
    seed_everything(recipe.seed)
    model = judging.Judge(side, len(alphabet))

    def looks(model: nn.Module) -> dict[str, float]:
        return judging.recognised(model, data.pixels, data)

    batches = Batches(data.pixels, data.letters, data.faces, batch_size=recipe.batch_size)
    return Training(model, batches, partial(judging.judge_loss, recipe=recipe), recipe, looks)


# ── Lesson 12 ─────────────────────────────────────────────────────────────────────────────────────


def glyph_names(setup: Setup, recipe: contrastive.ContrastiveRecipe = contrastive.FULL) -> Training:
    """Lesson 12: glyphs and their names in one space."""
    recipe, data = setup.brief(recipe), glyphs.load_glyphs()
    seed_everything(recipe.seed)
    tokenizer = names.word_tokenizer(data.captions)
    pictures, texts, numbers = contrastive.glyph_pairs(data, tokenizer)
    model = contrastive.dual_encoder(recipe, tokenizer)
    batches = Batches(pictures, texts, numbers, batch_size=recipe.batch_size)
    looks = partial(recall, pictures=pictures[:64], texts=texts[:64])
    return Training(model, batches, contrastive.recipe_loss(recipe), recipe, looks)


def emoji_names(setup: Setup) -> Training:
    """Lesson 12: emoji and their names in two languages."""
    if not emoji.installed():
        raise Skipped(emoji.MISSING)
    recipe, data = setup.brief(contrastive.EMOJI), emoji.load_emoji().without_tones()
    seed_everything(recipe.seed)
    tokenizer = names.word_tokenizer([*data.english, *data.chinese])
    pictures, texts, numbers = contrastive.emoji_pairs(data, tokenizer)
    model = contrastive.dual_encoder(recipe, tokenizer, channels=3)
    batches = Batches(pictures, texts, numbers, batch_size=recipe.batch_size)
    looks = partial(recall, pictures=pictures[:64], texts=texts[:64])
    return Training(model, batches, contrastive.recipe_loss(recipe), recipe, looks)


def recall(model: nn.Module, pictures: Tensor, texts: Tensor) -> dict[str, float]:
    """Return how well pictures and texts find each other."""
    sides = (contrastive.embed(model, side) for side in (pictures, texts))
    return contrastive.retrieval(*sides)


def recommender(setup: Setup) -> Training:
    """Lesson 12: readers and what they might like."""
    recipe = setup.brief(replace(contrastive.QUICK, batch_size=512, learning_rate=3e-3))
    things = contrastive.one_each(glyphs.load_glyphs(), 1000).captions
    crowd = readers.make_readers(things, 4 * recipe.batch_size)
    seed_everything(0)
    features = torch.randn(len(things), 192)
    batches = Batches(crowd.likes, batch_size=recipe.batch_size)
    model = contrastive.Recommender(features.shape[1])
    return Training(model, batches, contrastive.liking_loss(features), recipe)


# ── All of them ───────────────────────────────────────────────────────────────────────────────────

DENOISING = replace(ae.FULL, noise=0.3)
MAKERS: dict[str, Make] = {
    "00 word finder": word_finder,
    "01 reverser": reverser,
    "04 digits": digit_reader,
    "04 scripts": script_reader,
    "04 scripts, convolutions": convolutional_rival,
    "04 pixels": painter,
    **{
        f"06 {name}": partial(fused, variant=variant)
        for name, variant in (fusion.ALONE | fusion.VARIANTS).items()
    },
    "06 modality dropout": partial(
        fused, variant=fusion.LateFeatures, loss=fusion.dropout_loss(0.5)
    ),
    "06 a task for each": partial(
        fused, variant=fusion.WithTasks, loss=fusion.weighted_loss(0.5, 0.5)
    ),
    "07 questions": question_answerer,
    "07 colouriser": colouriser,
    "10 autoencoder": partial(
        drawn_again, model=ae.JointAutoencoder, loss=ae.joint_loss, recipe=ae.FULL
    ),
    "10 denoising": partial(
        drawn_again, model=ae.JointAutoencoder, loss=ae.joint_loss, recipe=DENOISING
    ),
    "10 variational": partial(drawn_again, model=ae.JointVAE, loss=ae.vae_loss, recipe=ae.VAE),
    "10 judge": partial(
        judge, recipe=judging.JudgeRecipe(), alphabet=letters.BOTH_CASES, side=letters.SIDE
    ),
    "11 sharp judge": partial(judge, recipe=judging.SHARP, alphabet=letters.SMALL, side=16),
    "12 names": glyph_names,
    "12 emoji": emoji_names,
    "12 recommender": recommender,
}
"""Every training with `fit`, by lesson."""
