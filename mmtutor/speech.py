"""How text becomes sound, and sound text again (lesson 17).

Sound is cut into frames of 64 milliseconds, one every 16; a frame is 40 mel bands. A synthesiser
writes frames from letters, Griffin-Lim makes a wave of them, and a recogniser with CTC reads the
letters back. Where an aligner is right is known to the sample: eSpeak NG tells when words begin.
"""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn

from mmtutor.attention import masked_softmax
from mmtutor.datasets.espeak import VOICES
from mmtutor.datasets.phrases import Phrases, load_phrases
from mmtutor.datasets.shipped import shipped
from mmtutor.datasets.spectrograms import RATE
from mmtutor.datasets.spelling import (
    LETTERS,
    NOTHING,
    STOP,
    Texts,
    decode,
    encode,
    to_say,
    words_of,
)
from mmtutor.metrics.alignment import (
    boundary_errors,
    diagonal_mass,
    looked_at,
    monotony,
    off_diagonal,
    word_hits,
)
from mmtutor.metrics.transcripts import edits
from mmtutor.pipelines.griffin_lim import griffin_lim, spread_out
from mmtutor.pipelines.mel_frames import (
    BANDS,
    FIRST,
    HOP,
    MILLISECONDS,
    SILENCE,
    SOUND,
    WINDOW,
    Lengths,
    Mels,
    as_frames,
    frame_counts,
    mel_power,
    within,
)
from mmtutor.plots import Lines, Look, Said
from mmtutor.training import (
    Batches,
    History,
    Recipe,
    checkpoints,
    fit,
    predict,
    seed_everything,
)
from mmtutor.training.ctc import greedy

# ── From sound to frames and back ─────────────────────────────────────────────────────────────────


def frames_of(phrases: Phrases) -> Mels:
    """Return the frames of phrases; in tens, which takes a third of the time of all at once."""
    return torch.cat([SOUND.prepare(some) for some in phrases.samples.split(10)])


def to_wave(mels: Mels, rounds: int = 32) -> Float[Tensor, "phrase sample"]:
    """Return sound with about these frames: pitch within a band and phase are guessed."""
    return griffin_lim(spread_out(mel_power(mels)), rounds)


def again(mels: Mels, rounds: int = 32) -> Mels:
    """Return the frames of the sound that Griffin-Lim makes of frames."""
    return as_frames(to_wave(mels, rounds))


def at_speed(
    mels: Mels, frames: Lengths, speed: float
) -> tuple[Float[Tensor, "phrase later 40"], Lengths]:
    """Return frames for sound that is `speed` times as fast, and as high: frames are in between.

    Pitch stays, for it is in the frames and not in how many there are.
    """
    counts = (frames / speed).round().long().clamp(min=1)
    rows = [
        F.interpolate(row[None, :count].mT, size=size, mode="linear")[0].mT
        for row, count, size in zip(mels, frames.tolist(), counts.tolist(), strict=True)
    ]
    return nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=SILENCE), counts


def nearest_texts(known: Sequence[str], wanted: Sequence[str]) -> list[str]:
    """Return, for each wanted text, the known one that needs the fewest edits of words."""
    rows = [text.split() for text in known]
    return [" ".join(min(rows, key=partial(edits, text.split()))) for text in wanted]


# ── The recogniser ────────────────────────────────────────────────────────────────────────────────


class Recogniser(nn.Module):
    """Frames in, for every second of them the chances of each letter and of the blank out."""

    def __init__(self, width: int = 96) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Conv1d(inside, width, 5, stride=stride, padding=2)
            for inside, stride in ((BANDS, 1), (width, 2), (width, 1), (width, 1))
        )
        self.norms = nn.ModuleList(nn.BatchNorm1d(width) for _ in self.layers)
        self.out = nn.Linear(width, 1 + len(LETTERS))

    def forward(self, mels: Mels) -> Float[Tensor, "phrase half class"]:
        """Return the logarithms of the chances."""
        x = mels.transpose(1, 2)
        for layer, norm in zip(self.layers, self.norms, strict=True):
            x = norm(layer(x)).relu()
        return self.out(x.transpose(1, 2)).log_softmax(dim=2)


def halved(frames: Lengths) -> Lengths:
    """Return how many of every second frame there are."""
    return (frames + 1) // 2


# ── What is learnt from ───────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, eq=False)
class Prepared:
    """Phrases as models read them: letters with STOP, frames, who speaks, when words begin.

    `bounds` count frames, not samples: where each word begins and, in all places behind, where the
    last of them ends.
    """

    texts: Texts
    mels: Mels
    frames: Lengths
    voices: Int64[Tensor, " phrase"]
    bounds: Float[Tensor, "phrase bound"]

    def __len__(self) -> int:
        return len(self.texts)

    def only(self, places: Int64[Tensor, " chosen"]) -> "Prepared":
        """Return some of the phrases."""
        return Prepared(*(one[places] for one in self.tensors()))

    def tensors(self) -> tuple[Tensor, ...]:
        """Return all of it, one phrase a row."""
        return self.texts, self.mels, self.frames, self.voices, self.bounds


def prepare(phrases: Phrases) -> Prepared:
    """Return phrases as models read them."""
    return Prepared(
        to_say(phrases.texts),
        frames_of(phrases),
        frame_counts(phrases.lengths),
        phrases.voices,
        (phrases.bounds - WINDOW // 2) / HOP,  # a frame tells of its middle
    )


def trimmed(
    texts: Texts, mels: Mels, frames: Lengths, group: int = 1
) -> tuple[Int64[Tensor, "phrase _"], Float[Tensor, "phrase _ 40"]]:
    """Return letters and frames without padding in all rows; frames fill whole groups."""
    longest = int((texts != NOTHING).sum(dim=1).max())
    count = -(-int(frames.max()) // group) * group
    more = max(0, count - mels.shape[1])
    return texts[:, :longest], F.pad(mels[:, :count], (0, 0, 0, more), value=SILENCE)


def frame_loss(made: Mels, wanted: Mels, frames: Lengths) -> Float[Tensor, ""]:
    """Return the mean distance of the bands of all real frames."""
    real = within(frames, wanted.shape[1])
    return (made - wanted).abs()[real].mean()


# ── A synthesiser that must learn where to look ───────────────────────────────────────────────────


class LetterEncoder(nn.Module):
    """Letters in, a vector for each that knows four on each side out; padding is 0.

    While it learns, padding counts in the norms' means; afterwards it has no say.
    """

    def __init__(self, width: int, depth: int = 2) -> None:
        super().__init__()
        self.letter = nn.Embedding(STOP + 1, width, padding_idx=NOTHING)
        self.layers = nn.ModuleList(nn.Conv1d(width, width, 5, padding=2) for _ in range(depth))
        self.norms = nn.ModuleList(nn.BatchNorm1d(width) for _ in range(depth))

    def forward(self, texts: Texts) -> Float[Tensor, "phrase letter width"]:
        """Return the vectors."""
        x, real = self.letter(texts), (texts != NOTHING).unsqueeze(2)
        for layer, norm in zip(self.layers, self.norms, strict=True):
            x = x + norm(layer((x * real).transpose(1, 2))).relu().transpose(1, 2)
        return x * real


class LocationAttention(nn.Module):
    """Additive attention that also knows where it has looked before: just now, and altogether.

    Source: Chorowski et al. 2015, "Attention-Based Models for Speech Recognition",
    arXiv:1506.07503, section 2.2; both weights, as Shen et al. 2017 ("Tacotron 2") have it.
    """

    SIZE = 11
    """How many neighbouring letters of what was looked at decide: five on each side."""

    def __init__(self, query: int, width: int, hidden: int = 64, location: bool = True) -> None:
        """Without `location` it is lesson 01's additive attention: contents alone decide."""
        super().__init__()
        self.query = nn.Linear(query, hidden, bias=False)
        self.key = nn.Linear(width, hidden)
        self.score = nn.Linear(hidden, 1, bias=False)
        self.place = nn.Linear(2 * self.SIZE, hidden, bias=False) if location else None

    def forward(
        self,
        query: Float[Tensor, "phrase query"],
        keys: Float[Tensor, "phrase letter hidden"],
        looked: Float[Tensor, "phrase 2 letter"],
        real: Bool[Tensor, "phrase letter"],
    ) -> Float[Tensor, "phrase letter"]:
        """Return the weights of the letters; `looked` are the last ones and the sum of all."""
        hidden = self.query(query).unsqueeze(1) + keys
        if self.place is not None:
            near = F.pad(looked, (self.SIZE // 2, self.SIZE // 2)).unfold(2, self.SIZE, 1)
            hidden = hidden + self.place(near.transpose(1, 2).flatten(2))
        return masked_softmax(self.score(hidden.tanh()).squeeze(2), real)


class EvenAttention(LocationAttention):
    """The same, but all letters always have the same weight: a control."""

    def forward(self, query: Tensor, keys: Tensor, looked: Tensor, real: Tensor) -> Tensor:
        """Return even weights."""
        return real / real.sum(dim=1, keepdim=True)


class Memory(NamedTuple):
    """What goes on from step to step: the state, what was looked at, and with which weights."""

    state: Float[Tensor, "phrase hidden"]
    seen: Float[Tensor, "phrase width"]
    looked: Float[Tensor, "phrase 2 letter"]


class Written(NamedTuple):
    """What a synthesiser with attention writes: frames, whether each step is the last, weights."""

    mels: Mels
    last: Float[Tensor, "phrase step"]
    weights: Float[Tensor, "phrase step letter"]


class Letters(NamedTuple):
    """A text while it is said: its letters' vectors, their keys, and which of them are real."""

    vectors: Float[Tensor, "phrase letter width"]
    keys: Float[Tensor, "phrase letter hidden"]
    real: Bool[Tensor, "phrase letter"]


class AttentionSynthesiser(nn.Module):
    """Letters in, frames out, `group` of them a step; each step reads the frame before it.

    What it reads goes through a prenet that loses half of it, also when it speaks: or the last
    frame alone would say what comes next, and nobody would look at the letters. Source: Wang et al.
    2017, "Tacotron", arXiv:1703.10135; Shen et al. 2017, arXiv:1712.05884.
    """

    ATTENTIONS: ClassVar = {
        "location": LocationAttention,
        "content": partial(LocationAttention, location=False),
        "even": EvenAttention,
    }

    def __init__(
        self, width: int, hidden: int, group: int, dropout: float, attention: str, prenet: int = 64
    ) -> None:
        super().__init__()
        self.group, self.dropout = group, dropout
        self.encoder = LetterEncoder(width)
        self.prenet = nn.ModuleList([nn.Linear(BANDS, prenet), nn.Linear(prenet, prenet)])
        self.attention = self.ATTENTIONS[attention](hidden, width)
        self.cell = nn.GRUCell(prenet + width, hidden)
        known = hidden + width
        out = nn.Linear(known, group * BANDS + 1)
        self.out = nn.Sequential(nn.Linear(known, known), nn.ReLU(), out)

    def read(self, texts: Texts) -> Letters:
        """Return a text's letters, ready to be looked at."""
        vectors = self.encoder(texts)
        return Letters(vectors, self.attention.key(vectors), texts != NOTHING)

    def begin(self, letters: Letters) -> Memory:
        """Return the memory before the first step, as if it had just looked at the first letter."""
        phrases, count, width = letters.vectors.shape
        new = letters.vectors.new_zeros
        looked = new(phrases, 2, count)
        looked[:, :, 0] = 1.0
        return Memory(new(phrases, self.cell.hidden_size), new(phrases, width), looked)

    def half_forgotten(self, mels: Float[Tensor, "*any 40"]) -> Float[Tensor, "*any prenet"]:
        """Return what the prenet makes of frames: some of it is dropped, always."""
        for layer in self.prenet:
            mels = F.dropout(layer(mels).relu(), self.dropout, training=True)
        return mels

    def step(
        self, before: Float[Tensor, "phrase prenet"], letters: Letters, memory: Memory
    ) -> Memory:
        """Go on by one step: read what came before, look, and remember."""
        state = self.cell(torch.cat([before, memory.seen], dim=1), memory.state)
        weights = self.attention(state, letters.keys, memory.looked, letters.real)
        seen = torch.bmm(weights.unsqueeze(1), letters.vectors).squeeze(1)
        looked = torch.stack([weights, memory.looked[:, 1] + weights], dim=1)
        return Memory(state, seen, looked)

    def write(self, memories: Sequence[Memory]) -> tuple[Mels, Float[Tensor, "phrase step"]]:
        """Return the frames of some steps, and the score of each to be the last."""
        known = torch.stack([torch.cat([m.state, m.seen], dim=1) for m in memories], dim=1)
        out = self.out(known)
        return out[..., :-1].unflatten(2, (self.group, BANDS)).flatten(1, 2), out[..., -1]

    def forward(self, texts: Texts, mels: Mels) -> Written:
        """Return what it writes if each step reads the true frame before it ("teacher forcing").

        `mels` are whole groups of frames.
        """
        letters = self.read(texts)
        before = F.pad(mels, (0, 0, 1, 0))[:, : mels.shape[1] : self.group]
        memory, memories = self.begin(letters), []
        for frame in self.half_forgotten(before).unbind(dim=1):
            memory = self.step(frame, letters, memory)
            memories.append(memory)
        weights = torch.stack([memory.looked[:, 0] for memory in memories], dim=1)
        return Written(*self.write(memories), weights)


class Speech(NamedTuple):
    """What was said: frames, silent behind the end; how many there are; where it looked; if it
    ended by itself."""

    mels: Mels
    frames: Lengths
    weights: Float[Tensor, "phrase step letter"]
    stopped: Bool[Tensor, " phrase"]


@torch.no_grad()
def say(model: AttentionSynthesiser, texts: Texts, limit: int = 200, seed: int = 0) -> Speech:
    """Let a synthesiser say texts, each step after its own last frame, for `limit` frames at most.

    A phrase ends with the first step whose score to be the last is above 0. `seed` draws what the
    prenet drops.
    """
    model.eval()
    letters = model.read(texts)
    memory, frame = model.begin(letters), letters.vectors.new_zeros(len(texts), BANDS)
    made, scores, weights = [], [], []
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        while len(made) * model.group < limit and not ended(scores, len(texts)).all():
            memory = model.step(model.half_forgotten(frame), letters, memory)
            mels, last = model.write([memory])
            frame = mels[:, -1]
            made.append(mels)
            scores.append(last)
            weights.append(memory.looked[:, 0])
    stopped, last = ended(scores, len(texts)), torch.cat(scores, dim=1) > 0
    steps = torch.where(stopped, last.long().argmax(dim=1) + 1, last.shape[1])
    mels = torch.cat(made, dim=1)
    silent = ~within(steps * model.group, mels.shape[1]).unsqueeze(2)
    mels = mels.masked_fill(silent, SILENCE)
    return Speech(mels, steps * model.group, torch.stack(weights, dim=1), stopped)


def ended(scores: Sequence[Float[Tensor, "phrase 1"]], count: int) -> Bool[Tensor, " {count}"]:
    """Say which phrases have had a step that was the last."""
    return (torch.cat([torch.full((count, 1), -1.0), *scores], dim=1) > 0).any(dim=1)


def last_steps(frames: Lengths, steps: int, group: int) -> Float[Tensor, "phrase {steps}"]:
    """Return 1 for the step in which a phrase ends and for all behind it, else 0."""
    return (~within((frames - 1) // group, steps)).float()


def attention_loss(
    model: AttentionSynthesiser,
    texts: Texts,
    mels: Mels,
    frames: Lengths,
    guided: float = 0.0,
) -> Float[Tensor, ""]:
    """Return how far the frames are off, and how badly the end is told; `guided` adds its own."""
    texts, mels = trimmed(texts, mels, frames, model.group)
    made, last, weights = model(texts, mels)
    ends = last_steps(frames, last.shape[1], model.group)
    loss = frame_loss(made, mels, frames) + F.binary_cross_entropy_with_logits(last, ends)
    if guided:
        steps = -(-frames // model.group)
        loss = loss + guided * guided_loss(weights, steps, (texts != NOTHING).sum(dim=1))
    return loss


def guided_loss(
    weights: Float[Tensor, "phrase step letter"],
    steps: Lengths,
    letters: Lengths,
    narrow: float = 0.2,
) -> Float[Tensor, ""]:
    """Return how much attention lies off the diagonal, as a loss.

    Source: Tachibana, Uenoyama and Aihara 2017, "Efficiently Trainable Text-to-Speech System Based
    on Deep Convolutional Networks with Guided Attention", arXiv:1710.08969, section 4.1.
    """
    away = off_diagonal(steps, letters, tuple(weights.shape[1:]))
    penalty = 1 - (-(away**2) / (2 * narrow**2)).exp()
    return (weights * penalty).sum() / steps.sum()


# ── Durations ─────────────────────────────────────────────────────────────────────────────────────

Durations = Int64[Tensor, "phrase letter"]


def spread_evenly(
    bounds: Float[Tensor, "phrase bound"], texts: Texts, frames: Lengths
) -> Durations:
    """Return the frames of each letter where a word's frames are shared evenly by its letters.

    `bounds` are in frames; STOP gets those behind the end.
    """
    words = words_of(texts)
    own = words.unsqueeze(2) == words.unsqueeze(1)
    size, place = own.sum(dim=2), own.tril().sum(dim=2)  # letters of its word, up to itself
    last = frames.unsqueeze(1).to(bounds)
    edges = torch.cat([torch.zeros_like(last), bounds[:, 1:], last], dim=1)
    edges = edges.where(torch.arange(edges.shape[1]) <= words.amax(dim=1, keepdim=True), last)
    begin, end = (edges.gather(1, (words + more).clamp(min=0)) for more in (0, 1))
    ends = (begin + (end - begin) * place / size).round().long()
    ends = torch.where(words < 0, frames.unsqueeze(1), ends)
    return F.pad(ends, (1, 0)).diff(dim=1)


def strongest_letters(
    weights: Float[Tensor, "phrase step letter"], frames: Lengths, group: int
) -> Durations:
    """Return in how many frames each letter is the strongest: durations as FastSpeech has them."""
    strongest = F.one_hot(weights.argmax(dim=2), weights.shape[2]).repeat_interleave(group, dim=1)
    return (strongest * within(frames, strongest.shape[1]).unsqueeze(2)).sum(dim=1)


def regulate(
    vectors: Float[Tensor, "phrase letter width"], durations: Durations
) -> Float[Tensor, "phrase frame width"]:
    """Repeat each letter's vector for as many frames as it lasts; 0 behind the end.

    Source: Ren et al. 2019, "FastSpeech", arXiv:1905.09263, section 3.2 (the length regulator).
    """
    ends = durations.cumsum(dim=1)
    frame = torch.arange(int(ends[:, -1].max())).expand(len(ends), -1).contiguous()
    letter = torch.searchsorted(ends, frame, right=True).clamp(max=ends.shape[1] - 1)
    picked = vectors.gather(1, letter.unsqueeze(2).expand(-1, -1, vectors.shape[2]))
    return picked * within(ends[:, -1], frame.shape[1]).unsqueeze(2)


class DurationSynthesiser(nn.Module):
    """Letters and how long each lasts in, all frames at once out; durations are predicted, too.

    Source: Ren et al. 2019, arXiv:1905.09263 (there with transformers, here with convolutions).
    """

    def __init__(self, width: int, voices: int, depth: int = 3) -> None:
        super().__init__()
        self.encoder = LetterEncoder(width)
        self.voice = nn.Embedding(voices, width)
        self.duration = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 1))
        self.layers = nn.ModuleList(nn.Conv1d(width, width, 5, padding=2) for _ in range(depth))
        self.norms = nn.ModuleList(nn.BatchNorm1d(width) for _ in range(depth))
        self.out = nn.Linear(width, BANDS)

    def read(
        self, texts: Texts, voices: Int64[Tensor, " phrase"]
    ) -> Float[Tensor, "phrase letter width"]:
        """Return the letters' vectors, which know who speaks."""
        return self.encoder(texts) + self.voice(voices).unsqueeze(1)

    def how_long(self, vectors: Float[Tensor, "phrase letter width"]) -> Tensor:
        """Return the logarithm of one more than each letter's frames."""
        return self.duration(vectors).squeeze(2)

    def draw(
        self, vectors: Float[Tensor, "phrase letter width"], durations: Durations
    ) -> Float[Tensor, "phrase frame 40"]:
        """Return the frames."""
        x = regulate(vectors, durations).transpose(1, 2)
        for layer, norm in zip(self.layers, self.norms, strict=True):
            x = x + norm(layer(x)).relu()
        return self.out(x.transpose(1, 2))

    def forward(
        self, texts: Texts, durations: Durations, voices: Int64[Tensor, " phrase"]
    ) -> tuple[Float[Tensor, "phrase frame 40"], Float[Tensor, "phrase letter"]]:
        """Return the frames for true durations, and the durations that it would have taken."""
        vectors = self.read(texts, voices)
        return self.draw(vectors, durations), self.how_long(vectors)


def duration_loss(
    model: DurationSynthesiser,
    texts: Texts,
    mels: Mels,
    frames: Lengths,
    voices: Int64[Tensor, " phrase"],
    durations: Durations,
) -> Float[Tensor, ""]:
    """Return how far frames are off, and the squared error of the durations' logarithms."""
    texts, mels = trimmed(texts, mels, frames)
    durations = durations[:, : texts.shape[1]]
    made, guessed = model(texts, durations, voices)
    wrong = (guessed - (durations + 1).log()).square()
    return frame_loss(made, mels, frames) + wrong[texts != NOTHING].mean()


@torch.no_grad()
def say_with_durations(
    model: DurationSynthesiser,
    texts: Texts,
    voices: Int64[Tensor, " phrase"],
    speed: float = 1.0,
) -> tuple[Mels, Lengths]:
    """Let a synthesiser say texts, `speed` times as fast; return frames and how many there are."""
    model.eval()
    vectors = model.read(texts, voices)
    lasts = (model.how_long(vectors).exp() - 1).clamp(min=0) / speed
    ends = (lasts * (texts != NOTHING)).cumsum(dim=1).round().long()
    durations = F.pad(ends, (1, 0)).diff(dim=1)  # rounded after adding up: nothing is lost
    mels, frames = model.draw(vectors, durations), ends[:, -1]
    return mels.masked_fill(~within(frames, mels.shape[1]).unsqueeze(2), SILENCE), frames


# ── Recipes ───────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, kw_only=True)
class RecogniserRecipe(Recipe):
    """How the recogniser is built and trained."""

    width: int = 96


RECOGNISER_QUICK = RecogniserRecipe(
    steps=600,
    batch_size=32,
    learning_rate=3e-3,
    expect="Expect every phrase of a voice that it knows after half a minute on one CPU core.",
)
RECOGNISER_FULL = RecogniserRecipe(
    steps=6000,
    batch_size=64,
    learning_rate=2e-3,
    width=192,
    expect="Expect fewer errors in voices that it never heard.",
)


def recogniser_loss(
    model: Recogniser, mels: Mels, frames: Lengths, texts: Texts
) -> Float[Tensor, ""]:
    """Return the CTC loss, by PyTorch's own function: in a test it equals `ctc_loss`.

    A phrase with more letters than frames counts 0: its loss is infinite.
    """
    letters = (texts != NOTHING).sum(dim=1)
    scores = model(mels[:, : int(frames.max())]).transpose(0, 1)
    return F.ctc_loss(scores, texts, halved(frames), letters, zero_infinity=True)


def train_recogniser(phrases: Phrases, recipe: RecogniserRecipe) -> tuple[Recogniser, History]:
    """Return a recogniser that has learnt from phrases, and how that went."""
    seed_everything(recipe.seed)
    model = Recogniser(recipe.width)
    learn = frames_of(phrases), frame_counts(phrases.lengths), encode(phrases.texts)
    batches = Batches(*learn, batch_size=recipe.batch_size, seed=recipe.seed)
    return model, fit(model, batches, recogniser_loss, recipe)


def load_recogniser(source: str) -> Recogniser:
    """Return the recogniser that is shipped: RECOGNISER_QUICK, from seed 0, with 44 voices.

    It has learnt from eSpeak NG. Where `source` is "vowels" one is trained now, in half a minute.
    """
    if source == "vowels":
        return train_recogniser(load_phrases("several", source), RECOGNISER_QUICK)[0]
    model = Recogniser(RECOGNISER_QUICK.width)
    checkpoints.load(shipped("checkpoints/recogniser.safetensors"), model)
    return model.eval()


def recognise(model: Recogniser, mels: Mels, frames: Lengths) -> list[str]:
    """Return what a recogniser reads out of frames, greedily."""
    return [decode(found) for found in greedy(predict(model, mels), halved(frames))]


@dataclass(frozen=True, kw_only=True)
class SynthesiserRecipe(Recipe):
    """How a synthesiser with attention is built and trained.

    `guided` is the weight of the guided loss, `dropout` the share that the prenet drops.
    """

    width: int = 128
    hidden: int = 160
    group: int = 2
    dropout: float = 0.5
    attention: str = "location"
    guided: float = 0.0


SYNTHESISER_QUICK = SynthesiserRecipe(
    steps=500,
    batch_size=32,
    learning_rate=2e-3,
    expect="Expect nine phrases of ten to be understood after a minute on one CPU core.",
)
SYNTHESISER_FULL = SynthesiserRecipe(
    steps=6000,
    batch_size=64,
    learning_rate=1e-3,
    width=192,
    hidden=320,
    expect="Expect nearly all phrases of up to four digits.",
)


def new_synthesiser(recipe: SynthesiserRecipe) -> AttentionSynthesiser:
    """Return a synthesiser that has learnt nothing yet."""
    return AttentionSynthesiser(
        recipe.width, recipe.hidden, recipe.group, recipe.dropout, recipe.attention
    )


def train_synthesiser(
    learn: Prepared,
    recipe: SynthesiserRecipe,
    valid: Prepared | None = None,
    every: int = 50,
) -> tuple[AttentionSynthesiser, History]:
    """Return a synthesiser that has learnt from phrases, and how that went.

    Where there is `valid`, the shares of its alignment are scored every `every` steps.
    """
    seed_everything(recipe.seed)
    model = new_synthesiser(recipe)
    loss = partial(attention_loss, guided=recipe.guided)
    given = learn.texts, learn.mels, learn.frames
    batches = Batches(*given, batch_size=recipe.batch_size, seed=recipe.seed)
    look = partial(alignment_shares, prepared=valid) if valid else None
    return model, fit(model, batches, loss, recipe, evaluate=look, every=every)


@torch.no_grad()
def look_along(model: AttentionSynthesiser, prepared: Prepared, batch: int = 200) -> Written:
    """Return what a model writes, and where it looks, while it reads the true frames."""
    model.eval()
    texts, mels = trimmed(prepared.texts, prepared.mels, prepared.frames, model.group)
    parts = [model(*some) for some in zip(texts.split(batch), mels.split(batch), strict=True)]
    return Written(*(torch.cat(several) for several in zip(*parts, strict=True)))


def alignment(model: AttentionSynthesiser, prepared: Prepared) -> dict[str, float]:
    """Return how well a model looks along phrases that it is shown, beside how well it writes.

    `late` is how many milliseconds the middle boundary is late, `off` how far it is off.
    """
    seen, group = look_along(model, prepared), model.group
    texts, mels = trimmed(prepared.texts, prepared.mels, prepared.frames, group)
    steps, letters = -(-prepared.frames // group), (texts != NOTHING).sum(dim=1)
    errors = boundary_errors(seen.weights, texts, prepared.bounds, group)
    return {
        "frames off": frame_loss(seen.mels, mels, prepared.frames).item(),
        "hit": word_hits(seen.weights, texts, prepared.bounds, group),
        "off": errors.abs().median().item(),
        "mean off": errors.abs().mean().item(),
        "late": errors.median().item(),
        "diagonal": diagonal_mass(seen.weights, steps, letters),
        "monotony": monotony(seen.weights, steps),
    }


def straight(prepared: Prepared, group: int) -> dict[str, float]:
    """Return the hit and the boundary error of a look that moves evenly from first to last letter.

    It learns nothing; it only knows how long each phrase lasts.
    """
    texts = prepared.texts
    steps, letters = -(-prepared.frames // group), (texts != NOTHING).sum(dim=1)
    away = off_diagonal(steps, letters, (int(steps.max()), texts.shape[1]))
    outside = (texts == NOTHING).unsqueeze(1)
    weights = F.one_hot(away.masked_fill(outside, 2).argmin(dim=2), texts.shape[1]).float()
    errors = boundary_errors(weights, texts, prepared.bounds, group)
    hit = word_hits(weights, texts, prepared.bounds, group)
    return {"hit": hit, "off": errors.abs().median().item()}


def alignment_shares(model: AttentionSynthesiser, prepared: Prepared) -> dict[str, float]:
    """Return those scores of an alignment that are shares, from 0 to 1."""
    found = alignment(model, prepared)
    return {name: found[name] for name in ("hit", "diagonal", "monotony")}


@dataclass(frozen=True, kw_only=True)
class DurationRecipe(Recipe):
    """How a synthesiser with durations is built and trained."""

    width: int = 96
    depth: int = 3


DURATION_QUICK = DurationRecipe(
    steps=400,
    batch_size=32,
    learning_rate=3e-3,
    expect="Expect every phrase to be understood, also six digits, after half a minute.",
)
DURATION_FULL = DurationRecipe(
    steps=6000,
    batch_size=64,
    learning_rate=2e-3,
    width=256,
    depth=5,
    expect="Expect the same, and sharper frames.",
)


def train_durations(
    learn: Prepared, durations: Durations, recipe: DurationRecipe
) -> tuple[DurationSynthesiser, History]:
    """Return a synthesiser that has learnt from phrases and how long their letters last."""
    seed_everything(recipe.seed)
    model = DurationSynthesiser(recipe.width, len(VOICES), recipe.depth)
    given = learn.texts, learn.mels, learn.frames, learn.voices, durations
    batches = Batches(*given, batch_size=recipe.batch_size, seed=recipe.seed)
    return model, fit(model, batches, duration_loss, recipe)


def load_four(source: str) -> DurationSynthesiser:
    """Return the synthesiser of four voices that is shipped: DURATION_QUICK, from seed 0.

    It has learnt from eSpeak NG. Where `source` is "vowels" one is trained now, in half a minute.
    """
    if source == "vowels":
        learn = prepare(load_phrases("four", source))
        return train_durations(learn, true_durations(learn), DURATION_QUICK)[0]
    model = DurationSynthesiser(DURATION_QUICK.width, len(VOICES), DURATION_QUICK.depth)
    checkpoints.load(shipped("checkpoints/four.safetensors"), model)
    return model.eval()


@torch.no_grad()
def mixed(model: DurationSynthesiser, shares: Mapping[int, int | float]) -> DurationSynthesiser:
    """Return a copy in which every voice is the same one: so much of each of some voices."""
    other = deepcopy(model)
    one = torch.stack([share * model.voice.weight[voice] for voice, share in shares.items()])
    other.voice.weight.copy_(one.sum(dim=0).expand_as(model.voice.weight))
    return other


def true_durations(prepared: Prepared) -> Durations:
    """Return how many frames each letter lasts if words begin when they do."""
    return spread_evenly(prepared.bounds, prepared.texts, prepared.frames)


def attended_durations(
    model: AttentionSynthesiser, prepared: Prepared, letters: bool = False
) -> Durations:
    """Return how many frames each letter lasts by where a model looks.

    Words begin when it moves on to them, and letters share their word evenly; with `letters`, each
    letter lasts as long as it is the strongest.
    """
    weights = look_along(model, prepared).weights
    if letters:
        return strongest_letters(weights, prepared.frames, model.group)
    texts = prepared.texts[:, : weights.shape[2]]
    moved = looked_at(weights, texts, model.group).cummax(dim=1).values
    moved = torch.minimum(moved, prepared.frames.unsqueeze(1).to(moved))
    return spread_evenly(F.pad(moved, (1, 0)), texts, prepared.frames)


# ── To be played with ─────────────────────────────────────────────────────────────────────────────


def in_words(text: str, words: Sequence[str]) -> str:
    """Return a text of digits or words as words: "27 one" becomes "two seven one".

    Raises ValueError for a word that is none of the ten, and where there is nothing to say.
    """
    found = []
    for part in text.lower().split():
        found += [words[int(digit)] for digit in part] if is_number(part) else [part]
    if not found or set(found) - set(words):
        strange = next((f"not {word!r}" for word in found if word not in words), "at least one")
        raise ValueError(f"It can say {', '.join(words)}, or digits: {strange}.")
    return " ".join(found)


def is_number(text: str) -> bool:
    """Say whether a text is digits, from 0 to 9, and nothing else."""
    return text.isascii() and text.isdigit()


def talker(
    model: AttentionSynthesiser, judge: Recogniser, words: Sequence[str]
) -> Callable[[str, float], Said]:
    """Return a function that says a text at a speed, and has the recogniser listen.

    It speaks at its own speed; then its frames are stretched (`at_speed`).
    """

    def say_it(text: str, speed: float) -> Said:
        letters = in_words(text, words)
        made = say(model, to_say([letters]))
        mels, counts = at_speed(made.mels, made.frames, speed)
        last = int(made.frames) // model.group
        seconds = model.group * MILLISECONDS / 1000 / speed
        look = Look(made.weights[0, :last, : len(letters) + 1], letters, seconds, begin=FIRST)
        return Said(mels[0], look, to_wave(mels)[0], RATE, recognise(judge, mels, counts)[0])

    return say_it


def learning_lines(
    results: Mapping[str, Mapping[str, Sequence[float]]], names: Sequence[str]
) -> dict[str, Lines]:
    """Return shipped losses and hits by step as `plots.seed_curves` reads them."""
    steps = [int(metric.split()[-1]) for metric in results[names[0]] if metric.startswith("hit")]
    titles = {"loss": "mean of 25 training steps", "hit": "share of writing steps"}
    return {
        metric: Lines(
            x=steps,
            lines={
                name: list(
                    zip(*(results[name][f"{metric}, step {at}"] for at in steps), strict=True)
                )
                for name in names
            },
            xlabel="training steps",
            ylabel=titles[metric],
        )
        for metric in titles
    }
