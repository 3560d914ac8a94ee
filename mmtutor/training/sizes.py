"""What fits into a model: one sentence with both sizes where an input has another size."""


def require_size(
    sentence: str, wanted: int | tuple[int, ...], given: int | tuple[int, ...]
) -> None:
    """Raise ValueError unless both sizes are equal; `sentence` has a blank, {}, for each.

    With "this model reads pictures of {} pixels, not {}" and the sides of two pictures it says:
    this model reads pictures of 64 × 64 pixels, not 96 × 96.
    """
    if wanted != given:
        raise ValueError(sentence.format(in_words(wanted), in_words(given)))


def require_pictures(shape: tuple[int, ...], channels: int, side: int) -> None:
    """Raise ValueError unless `shape` is that of pictures (batch, `channels`, `side`, `side`)."""
    sentence = "this model reads pictures of {} numbers (channels × high × wide), not {}"
    require_size(sentence, (channels, side, side), shape[1:])


def require_channels(shape: tuple[int, ...], channels: int) -> None:
    """Raise ValueError unless `shape` is that of pictures (batch, `channels`, any, any)."""
    sentence = "this model reads pictures whose number of channels is {}, not {}"
    require_size(sentence, channels, shape[1])


def in_words(size: int | tuple[int, ...]) -> str:
    """Write a size as people do: 64 × 64."""
    return " × ".join(map(str, size)) if isinstance(size, tuple) else str(size)
