"""How good is an answer when people disagree?"""

from collections.abc import Sequence


def vqa_accuracy(answer: str, people: Sequence[str]) -> float:
    """Return how far an answer agrees with the answers of ten people, from 0 to 1.

    An answer that three of nine people gave is right. The mean is over the ten sets of nine, so
    that nobody is compared with everybody: what two of ten say gets 0.6, not 2/3. Source: Antol et
    al. 2015, "VQA: Visual Question Answering", arXiv:1505.00468, section 3; the averaging is in the
    evaluation program that its authors published. Raises ValueError for fewer than two people.
    """
    if len(people) < 2:
        raise ValueError(f"somebody must be left out, so two people or more, not {len(people)}")
    sets = [[*people[:i], *people[i + 1 :]] for i in range(len(people))]
    return sum(min(some.count(answer) / 3, 1.0) for some in sets) / len(sets)
