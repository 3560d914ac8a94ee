"""What PyTorch's commonest messages mean, for somebody who has not met them before."""

import re

PRODUCT = "In a matrix product the left side has as many columns as the right side has rows."
MEANINGS = {
    "must be a 3D tensor": "`bmm` wants three axes on both sides; `@` takes any number of them.",
    "must be batches of square matrices": "That exists for square matrices only.",
    "mat1 and mat2 shapes cannot be multiplied": PRODUCT,
    "Expected size for first two dimensions of batch2": PRODUCT,
    "Dimension out of range": "That axis does not exist on every input.",
    "only one element tensors can be converted": "Several numbers are no single number.",
    "Boolean value of Tensor": (
        "`if`, `and` and `a < b < c` want one True or False; `&`, `|` and `torch.where` take many."
    ),
    "must match the size of tensor b": (
        "On each axis two sizes must be equal, or one of them 1. Has one side too many, or, if "
        "each is to meet each, which side lacks an axis of size 1?"
    ),
    "requires grad": "`.detach()` goes before NumPy; or stay with torch.",
    "'NoneType'": "Something there is None: a `.grad` that no `backward` has reached?",
    "could not infer output dtype": "Whole numbers have no mean: `.float()` makes floats of them.",
    "not implemented for 'Long'": "It takes no whole numbers: `.float()` makes floats of them.",
    "not implemented for 'Bool'": "True and False are no numbers yet: `.float()` makes 1 and 0.",
    "same number of dimensions": "They join only with as many axes each: which one lacks an axis?",
    "expects each tensor to be equal size": (
        "`stack` joins only what is equally large (for `cat` the axis that it joins may differ): "
        "is one of them smaller than it should be?"
    ),
    "expects a non-empty TensorList": (
        "The list that it joins is empty: does the loop run as often as it should?"
    ),
    "used as indices must be": "An index is a whole number or a mask of True and False.",
    "Expected target size": (
        "`cross_entropy` looks for the words to choose among on axis 1: `.transpose(1, 2)` puts "
        "them there, or flatten both."
    ),
    "to match target batch_size": "It got more guesses than targets, or fewer: cut both alike.",
    "input matrix is singular": (
        "Such a matrix has no inverse. Is something to be added to it, and on which entries?"
    ),
    "only supports boolean masks": "A mask holds True and False: a comparison makes one.",
}
"""What a message means, by a part of it."""


def plain_words(message: str, line: str) -> str:
    """Return what an exception of a line means, with a space before it; "" if it is rare."""
    if asked := lost_axis(message, line) or joined_axis(message, line):
        return asked
    return next((f" {meaning}" for part, meaning in MEANINGS.items() if part in message), "")


def lost_axis(message: str, line: str) -> str:
    """Ask whether an axis was summed away, where a sum that something is divided by does not fit.

    A difference, too; in other lines that sum, sizes may not fit for many reasons.
    """
    found = re.search(r"[/-].*(\.(sum|mean|amax|amin|max|min|norm)\([^()]+\))", line)
    if "size of tensor a" not in message or "keepdim" in line or not found:
        return ""
    return f" Is the axis still there after `{found[1]}`? With `keepdim=True` it is."


def joined_axis(message: str, line: str) -> str:
    """Ask along which axis tensors were joined, where their sum with others does not fit.

    What is added up within the parentheses of `cat` is not joined yet.
    """
    found = re.search(r"\.(cat|concat|concatenate|[hvd]?stack)\(", line)
    if "size of tensor a" not in message or not found:
        return ""
    if not re.search(r"[-+*/@&|]", without_parentheses(line, found.end())):
        return ""
    return f" Along which axis does `{found[1]}` join, and what shape has its result?"


def without_parentheses(line: str, start: int) -> str:
    """Return a line without what stands between a parenthesis, opened before `start`, and its end.

    Where it is not closed in this line nothing is known, and all of the line comes back.
    """
    open_ones = 1
    for place, letter in enumerate(line[start:], start):
        open_ones += (letter == "(") - (letter == ")")
        if not open_ones:
            return line[:start] + line[place:]
    return line
