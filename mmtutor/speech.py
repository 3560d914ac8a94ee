"""How text becomes sound, and sound text again (lesson 17).

Sound is cut into frames of 64 milliseconds, one every 16; a frame is 40 mel bands. A synthesiser
writes frames from letters, Griffin-Lim makes a wave of them, and a recogniser with CTC reads the
letters back. Where an aligner is right is known to the sample: eSpeak NG tells when words begin.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import ClassVar, NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn

from mmtutor.attention import masked_softmax
from mmtutor.datasets.espeak import VOICES
from mmtutor.datasets.phrases import WORDS, Phrases
from mmtutor.datasets.spectrograms import FLOOR, RATE, mel_filters, short_time_fourier
from mmtutor.pipelines import SoundPipeline, overlap_add
from mmtutor.training import Batches, History, Recipe, fit, predict, seed_everything

WINDOW, HOP, BANDS = 512, 128, 40
"""Samples under a window, samples from one to the next, mel bands of a frame."""
MILLISECONDS = 1000 * HOP / RATE
"""From one frame to the next."""
SOUND = SoundPipeline(RATE, WINDOW, HOP, BANDS, mean=-1.5, deviation=4.0)
"""The pipeline of lesson 05; mean and deviation are those of the phrases to learn from."""

Waves = Float[Tensor, "*batch sample"]
Loud = Float[Tensor, "*batch frame frequency"]
Mels = Float[Tensor, "phrase frame 40"]
Lengths = Int64[Tensor, " phrase"]

# ── From mel bands to a wave ──────────────────────────────────────────────────────────────────────


def spread_out(
    power: Float[Tensor, "*batch frame band"], window: int = WINDOW, rate: int = RATE
) -> Loud:
    """Return how loud each frequency may have been: the bands' power times the pseudo-inverse.

    Of all spectra with these bands that is the smallest; what comes out below 0 is set to 0.
    """
    filters = mel_filters(power.shape[-1], window, rate).to(power)
    return (power @ torch.linalg.pinv(filters)).clamp(min=0).sqrt()


def least_squares(
    power: Float[Tensor, "*batch frame band"],
    rounds: int = 100,
    window: int = WINDOW,
    rate: int = RATE,
) -> Loud:
    """Return the same by non-negative least squares: no frequency's power is ever below 0.

    Each round multiplies every power by how much too small its bands are. Source: Lee and Seung
    2001, "Algorithms for Non-negative Matrix Factorization" (one of the two factors is known here).
    """
    filters = mel_filters(power.shape[-1], window, rate).to(power)
    guess, wanted = power @ filters.T, power @ filters.T
    for _ in range(rounds):
        guess = guess * wanted / (guess @ (filters @ filters.T) + 1e-12)
    return guess.sqrt()


def griffin_lim(
    loud: Loud,
    rounds: int = 32,
    momentum: float = 0.99,
    window: int = WINDOW,
    hop: int = HOP,
    seed: int | None = 0,
) -> Waves:
    """Return a wave about as loud, in each frame and frequency, as asked: phases are guessed.

    Starts from random phases (from zero phases, where `seed` is None); makes a wave of them and
    takes the phases of that wave, again and again. Source: Griffin & Lim 1984; with momentum,
    Perraudin, Balazs and Søndergaard 2013, "A fast Griffin-Lim algorithm".
    """
    phase, before = first_phases(loud, seed), 0.0
    for _ in range(rounds):
        rebuilt = short_time_fourier(overlap_add(loud * phase, window, hop), window, hop)
        ahead = rebuilt - momentum / (1 + momentum) * before
        phase, before = ahead / (ahead.abs() + 1e-16), rebuilt
    return overlap_add(loud * phase, window, hop)


def first_phases(loud: Loud, seed: int | None) -> Tensor:
    """Return numbers of size 1, one for each of `loud`: random phases, or none without a seed."""
    if seed is None:
        return torch.ones_like(loud) + 0j
    generator = torch.Generator().manual_seed(seed)
    turns = torch.rand(loud.shape, generator=generator, dtype=loud.dtype)
    return torch.polar(torch.ones_like(loud), 2 * torch.pi * turns)


def spectral_convergence(
    wave: Waves, loud: Loud, window: int = WINDOW, hop: int = HOP
) -> Float[Tensor, "*batch"]:
    """Return, in decibels, how far a wave is from being as loud as asked: lower is nearer.

    20 log10 of the norm of the difference over the norm of `loud`. Source: Sturmel and Daudet 2011,
    "Signal reconstruction from STFT magnitude: a state of the art".
    """
    away = short_time_fourier(wave, window, hop).abs() - loud
    norms = [part.flatten(-2).norm(dim=-1) for part in (away, loud)]
    return 20 * (norms[0] / norms[1]).log10()


def mel_power(mels: Mels) -> Mels:
    """Return the power of every band of prepared frames."""
    return (mels * SOUND.deviation + SOUND.mean).exp()


def to_wave(mels: Mels, rounds: int = 32) -> Float[Tensor, "phrase sample"]:
    """Return sound with about these frames: pitch within a band and phase are guessed."""
    return griffin_lim(spread_out(mel_power(mels)), rounds)


# ── Letters, frames ───────────────────────────────────────────────────────────────────────────────

LETTERS = " " + "".join(sorted({letter for words in WORDS.values() for letter in "".join(words)}))
"""All letters of both sources, and the space between two words."""
NOTHING = 0
"""CTC's blank; where letters are read, padding."""
STOP = len(LETTERS) + 1
"""Stands after the last letter of a text that is to be said."""

Texts = Int64[Tensor, "phrase letter"]


def encode(texts: Sequence[str]) -> Texts:
    """Return the numbers of letters, from 1, with padding behind the shorter texts.

    Raises ValueError for a letter that no word has.
    """
    if strange := {letter for text in texts for letter in text} - set(LETTERS):
        raise ValueError(f"no word has the letter {min(strange)!r}: they have {LETTERS!r}")
    rows = [torch.tensor([LETTERS.index(c) + 1 for c in text], dtype=torch.long) for text in texts]
    return nn.utils.rnn.pad_sequence(rows, batch_first=True)


def decode(numbers: Sequence[int]) -> str:
    """Return the letters of numbers; what is none is left out."""
    return "".join(LETTERS[n - 1] for n in numbers if 0 < n <= len(LETTERS))


def frame_counts(samples: Lengths) -> Lengths:
    """Return how many frames so many samples have."""
    return (samples - WINDOW) // HOP + 1


def frames_of(phrases: Phrases) -> Mels:
    """Return the frames of phrases; in tens, which takes a third of the time of all at once."""
    return torch.cat([SOUND.prepare(some) for some in phrases.samples.split(10)])


def within(counts: Lengths, size: int) -> Bool[Tensor, "phrase {size}"]:
    """Say which places are real where each row has so many of them."""
    return torch.arange(size, device=counts.device) < counts.unsqueeze(1)


# ── CTC ───────────────────────────────────────────────────────────────────────────────────────────

NEVER = -1e30
"""The logarithm of no chance at all. Minus infinity would make gradients NaN."""


def with_blanks(texts: Texts) -> Int64[Tensor, "phrase state"]:
    """Put a blank before, between and behind letters: "two" becomes _t_w_o_."""
    rows = texts.new_full((len(texts), 2 * texts.shape[1] + 1), NOTHING)
    rows[:, 1::2] = texts
    return rows


def may_skip(states: Int64[Tensor, "phrase state"]) -> Bool[Tensor, "phrase state"]:
    """Say which states may follow the last but one: letters that differ from the letter before.

    Between two equal letters a blank must stand, or they would be one.
    """
    skips = torch.zeros_like(states, dtype=torch.bool)
    skips[:, 2:] = (states[:, 2:] != NOTHING) & (states[:, 2:] != states[:, :-2])
    return skips


def ctc_losses(
    scores: Float[Tensor, "phrase frame class"],
    texts: Texts,
    frames: Lengths,
    letters: Lengths,
) -> Float[Tensor, " phrase"]:
    """Return minus the logarithm of the chance of each text, all ways of saying it added up.

    `scores` are logarithms of chances (class 0: blank); `frames` and `letters` say how many are
    real. Infinite where a text has no way: more letters than frames. Source: Graves et al. 2006,
    "Connectionist Temporal Classification", section 4.1.
    """
    states = with_blanks(texts)
    said = scores.gather(2, states.unsqueeze(1).expand(-1, scores.shape[1], -1))
    alpha = torch.full_like(said[:, 0], NEVER)
    alpha = torch.cat([said[:, 0, :2], alpha[:, 2:]], dim=1)
    ends = [last_states(alpha, letters)]
    skips = may_skip(states)
    for frame in range(1, scores.shape[1]):
        alpha = ahead(alpha, skips) + said[:, frame]
        ends.append(last_states(alpha, letters))
    found = torch.stack(ends, dim=1).gather(1, frames.unsqueeze(1) - 1).squeeze(1)
    return torch.where(found < NEVER / 2, torch.inf, -found)


def ahead(
    alpha: Float[Tensor, "phrase state"], skips: Bool[Tensor, "phrase state"]
) -> Float[Tensor, "phrase state"]:
    """Return the chances after one more step: to stay, to come from one state before, or two."""
    one = F.pad(alpha[:, :-1], (1, 0), value=NEVER)
    two = F.pad(alpha[:, :-2], (2, 0), value=NEVER).masked_fill(~skips, NEVER)
    return torch.stack([alpha, one, two]).logsumexp(dim=0)


def last_states(alpha: Float[Tensor, "phrase state"], letters: Lengths) -> Float[Tensor, " phrase"]:
    """Return the chance to have ended: in the last letter or in the blank behind it."""
    last = alpha.gather(1, (2 * letters).unsqueeze(1))
    letter = alpha.gather(1, (2 * letters - 1).clamp(min=0).unsqueeze(1))
    letter = letter.masked_fill((letters == 0).unsqueeze(1), NEVER)
    return torch.cat([last, letter], dim=1).logsumexp(dim=1)


def ctc_loss(
    scores: Float[Tensor, "phrase frame class"],
    texts: Texts,
    frames: Lengths,
    letters: Lengths,
    zero_infinity: bool = False,
) -> Float[Tensor, ""]:
    """Return the mean over phrases of the loss by letter, as PyTorch has it.

    With `zero_infinity`, a text that has no way counts 0 and has no gradient.
    """
    losses = ctc_losses(scores, texts, frames, letters)
    if zero_infinity:
        losses = losses.masked_fill(losses == torch.inf, 0.0)
    return (losses / letters.clamp(min=1)).mean()


def collapsed(path: Sequence[int]) -> list[int]:
    """Return the letters of a path: repeats become one, then blanks are left out."""
    return [letter for letter, _ in groupby(path) if letter != NOTHING]


def greedy(scores: Float[Tensor, "phrase frame class"], frames: Lengths) -> list[str]:
    """Return the text of the likeliest class of every frame."""
    paths = scores.argmax(dim=2).tolist()
    return [decode(collapsed(p[:count])) for p, count in zip(paths, frames.tolist(), strict=True)]


def prefix_beam(scores: Float[Tensor, "frame class"], width: int = 8) -> list[tuple[str, float]]:
    """Return the likeliest texts of one phrase with the logarithms of their chances, best first.

    A text's chance adds up all its ways that the beam still holds, those that end in a blank and
    those that do not apart: after a blank the same letter is a new one. Source: Graves and Jaitly
    2014, "Towards End-to-End Speech Recognition", algorithm 1.
    """
    beam = {(): (0.0, NEVER)}  # text: chance to end in a blank, in its last letter
    for row in scores.tolist():
        found = defaultdict(lambda: (NEVER, NEVER))
        for text, (blank, letter) in beam.items():
            for next_text, more in steps(text, blank, letter, row):
                found[next_text] = tuple(map(added_logs, found[next_text], more))
        best = sorted(found, key=lambda text: -added_logs(*found[text]))[:width]
        beam = {text: found[text] for text in best}
    return [(decode(text), added_logs(*chances)) for text, chances in beam.items()]


Step = tuple[tuple[int, ...], tuple[float, float]]


def steps(text: tuple[int, ...], blank: float, letter: float, row: list[float]) -> list[Step]:
    """Return all texts that a text can be after one more frame, with the chances of each."""
    either, last = added_logs(blank, letter), text[-1] if text else NOTHING
    again = letter + row[last] if text else NEVER
    ways = [(text, (either + row[NOTHING], again))]
    for number in range(1, len(row)):
        before = blank if number == last else either
        if before > NEVER / 2:  # else a blank would have to stand between
            ways.append(((*text, number), (NEVER, before + row[number])))
    return ways


def added_logs(one: float, other: float) -> float:
    """Return the logarithm of the sum of two chances that are given as logarithms."""
    larger, smaller = max(one, other), min(one, other)
    return larger + math.log1p(math.exp(smaller - larger))


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

SILENCE = (math.log(FLOOR) - SOUND.mean) / SOUND.deviation
"""What a frame holds, band by band, where there is no sound."""


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


def to_say(texts: Sequence[str]) -> Texts:
    """Return the numbers of letters, each text with STOP behind it."""
    numbers = F.pad(encode(texts), (0, 1))
    counts = (numbers != NOTHING).sum(dim=1, keepdim=True)
    return numbers.scatter(1, counts, STOP)


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


def off_diagonal(
    steps: Lengths, letters: Lengths, shape: tuple[int, int]
) -> Float[Tensor, "phrase step letter"]:
    """Return how far each step and letter is from the diagonal, from 0 to 1; outside, 0 too."""
    down = (torch.arange(shape[0]) + 0.5) / steps.unsqueeze(1)
    along = (torch.arange(shape[1]) + 0.5) / letters.unsqueeze(1)
    away = (down.unsqueeze(2) - along.unsqueeze(1)).abs()
    return away * ((down < 1).unsqueeze(2) & (along < 1).unsqueeze(1))


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


# ── Where it looked, against the truth ────────────────────────────────────────────────────────────


def words_of(texts: Texts) -> Int64[Tensor, "phrase letter"]:
    """Return which word each letter belongs to, a space to the word behind it.

    STOP is a word of its own, the last; padding is -1.
    """
    begins = (texts == encode([" "]).item()) | (texts == STOP)
    return begins.long().cumsum(dim=1).masked_fill(texts == NOTHING, -1)


def by_word(
    weights: Float[Tensor, "phrase step letter"], texts: Texts
) -> Float[Tensor, "phrase step word"]:
    """Return how much of its attention each step gives to each word, STOP behind the last."""
    words = words_of(texts)
    own = F.one_hot(words + 1, int(words.max()) + 2)[..., 1:]
    return weights @ own.to(weights)


def step_middles(steps: int, group: int) -> Float[Tensor, " {steps}"]:
    """Return the frame in the middle of each step."""
    return torch.arange(steps) * group + (group - 1) / 2


def true_words(
    bounds: Float[Tensor, "phrase bound"], steps: int, group: int
) -> Int64[Tensor, "phrase {steps}"]:
    """Return the word that is heard in the middle of each step; behind the end, STOP's number."""
    middles = step_middles(steps, group).expand(len(bounds), -1).contiguous()
    word = torch.searchsorted(bounds, middles, right=True) - 1
    ends = (bounds < bounds[:, -1:]).sum(dim=1, keepdim=True)  # how many words there are
    return torch.minimum(word, ends).clamp(min=0)


def word_hits(
    weights: Float[Tensor, "phrase step letter"],
    texts: Texts,
    bounds: Float[Tensor, "phrase bound"],
    group: int,
) -> float:
    """Return in which share of the steps, up to the end, the strongest word is the one heard."""
    strongest = by_word(weights, texts).argmax(dim=2)
    real = step_middles(weights.shape[1], group) < bounds[:, -1:]
    right = strongest == true_words(bounds, weights.shape[1], group)
    return right[real].float().mean().item()


def looked_at(
    weights: Float[Tensor, "phrase step letter"], texts: Texts, group: int
) -> Float[Tensor, "phrase word"]:
    """Return in which frame attention moves on from each word to the next, for all words.

    There the words behind get half of it for the first time, between the middles of two steps. The
    number of steps where it never does.
    """
    mass = by_word(weights, texts)
    behind = (mass.flip(2).cumsum(dim=2).flip(2))[..., 1:]  # (phrase, step, word)
    over = (behind >= 0.5).long()
    first = over.argmax(dim=1)
    now = behind.gather(1, first.unsqueeze(1)).squeeze(1)
    before = behind.gather(1, (first - 1).clamp(min=0).unsqueeze(1)).squeeze(1)
    back = torch.where(first > 0, (now - 0.5) / (now - before).clamp(min=1e-9), 0.0)
    moved = (first - back) * group + (group - 1) / 2
    return moved.masked_fill(over.sum(dim=1) == 0, weights.shape[1] * group)


def boundary_errors(
    weights: Float[Tensor, "phrase step letter"],
    texts: Texts,
    bounds: Float[Tensor, "phrase bound"],
    group: int,
) -> Float[Tensor, " boundary"]:
    """Return how many milliseconds attention moves on too late, for each pair of neighbours.

    Negative where it moves on too early.
    """
    moved = looked_at(weights, texts, group)
    inner = within((bounds < bounds[:, -1:]).sum(dim=1) - 1, moved.shape[1])
    return (moved - bounds[:, 1 : moved.shape[1] + 1])[inner] * MILLISECONDS


def diagonal_mass(
    weights: Float[Tensor, "phrase step letter"],
    steps: Lengths,
    letters: Lengths,
    near: float = 0.15,
) -> float:
    """Return the share of attention that lies near the diagonal: at most `near` of the text off."""
    away = off_diagonal(steps, letters, tuple(weights.shape[1:]))
    real = within(steps, weights.shape[1])
    return (weights * (away <= near)).sum(dim=2)[real].mean().item()


def monotony(weights: Float[Tensor, "phrase step letter"], steps: Lengths) -> float:
    """Return in which share of the steps the strongest letter is the one before or a later one."""
    forward = weights.argmax(dim=2).diff(dim=1) >= 0
    return forward[within(steps - 1, forward.shape[1])].float().mean().item()


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


# ── How much was said right ───────────────────────────────────────────────────────────────────────


def edits(said: Sequence, wanted: Sequence) -> int:
    """Return how many must be put in, left out or exchanged to make one of the other.

    Source: Levenshtein 1966, "Binary codes capable of correcting deletions, insertions and
    reversals".
    """
    row = list(range(len(wanted) + 1))
    for place, one in enumerate(said, 1):
        above, row = row, [place]
        for at, other in enumerate(wanted):
            row.append(min(row[at] + 1, above[at + 1] + 1, above[at] + (one != other)))
    return row[-1]


def error_rate(said: Sequence[Sequence], wanted: Sequence[Sequence]) -> float:
    """Return how many edits all of `said` need, by the number of what was wanted.

    Lists of words give the word error rate, texts the character error rate. May be above 1.
    """
    needed = sum(edits(one, other) for one, other in zip(said, wanted, strict=True))
    return needed / max(1, sum(map(len, wanted)))


def word_errors(said: Sequence[str], wanted: Sequence[str]) -> float:
    """Return the word error rate of texts."""
    return error_rate([text.split() for text in said], [text.split() for text in wanted])


def cepstra(mels: Float[Tensor, "frame 40"], count: int = 12) -> Float[Tensor, "frame {count}"]:
    """Return the mel cepstrum of each frame, without its loudness: a cosine transform of ln power.

    ln power = c_0 + 2 sum_d c_d cos(pi d (band + 1/2) / bands): c_1 tells low from high bands.
    """
    bands = mels.shape[1]
    turns = torch.outer(torch.arange(bands) + 0.5, torch.arange(1, count + 1)) / bands
    return (mels * SOUND.deviation + SOUND.mean) @ (torch.pi * turns).cos().to(mels) / bands


def cepstral_distances(
    one: Float[Tensor, "frame 40"], other: Float[Tensor, "later 40"]
) -> Float[Tensor, "frame later"]:
    """Return how different each frame of one sound is from each of the other, in decibels.

    10 / ln 10 · sqrt(2 sum_d (c_d - c'_d)²): between spectra smoothed to 12 coefficients. Source:
    Kubichek 1993, "Mel-cepstral distance measure for objective speech quality assessment".
    """
    scale = 10 / torch.log(torch.tensor(10.0)) * 2**0.5
    return scale * torch.cdist(cepstra(one), cepstra(other), compute_mode=EXACT)


EXACT = "donot_use_mm_for_euclid_dist"
"""How PyTorch takes distances one by one: by products, equal frames would differ a little."""


def mel_cepstral_distance(
    one: Float[Tensor, "frame 40"], other: Float[Tensor, "later 40"]
) -> float:
    """Return the mean distance along the cheapest way through both sounds, in decibels.

    Dynamic time warping: at each step one of them goes on, or both. A lower number is nearer.
    """
    cost = cepstral_distances(one, other).tolist()
    best: dict[tuple[int, int], tuple[float, int]] = {(-1, -1): (0.0, 0)}
    for i, row in enumerate(cost):
        for j, here in enumerate(row):
            before = ((i - 1, j - 1), (i - 1, j), (i, j - 1))
            total, length = min(best[place] for place in before if place in best)
            best[i, j] = (total + here, length + 1)
    total, length = best[len(cost) - 1, len(cost[0]) - 1]
    return total / length


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


def recognise(model: Recogniser, mels: Mels, frames: Lengths) -> list[str]:
    """Return what a recogniser reads out of frames, greedily."""
    return greedy(predict(model, mels), halved(frames))


def heard(said: Sequence[str], wanted: Sequence[str]) -> dict[str, float]:
    """Return the share of phrases that are right, and the errors by word and by letter."""
    right = [one == other for one, other in zip(said, wanted, strict=True)]
    return {
        "right": sum(right) / len(right),
        "word error": word_errors(said, wanted),
        "letter error": error_rate(said, wanted),
    }


def again(mels: Mels, rounds: int = 32) -> Mels:
    """Return the frames of the sound that Griffin-Lim makes of frames."""
    made = short_time_fourier(to_wave(mels, rounds), WINDOW, HOP).abs() ** 2
    power = made @ mel_filters(BANDS, WINDOW, RATE).to(made) + FLOOR
    return (power.log() - SOUND.mean) / SOUND.deviation


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

    Where there is `valid`, its alignment is scored every `every` steps.
    """
    seed_everything(recipe.seed)
    model = new_synthesiser(recipe)
    loss = partial(attention_loss, guided=recipe.guided)
    given = learn.texts, learn.mels, learn.frames
    batches = Batches(*given, batch_size=recipe.batch_size, seed=recipe.seed)
    look = partial(alignment, prepared=valid) if valid else None
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
