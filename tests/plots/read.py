"""What a figure shows, read from the figure."""

from matplotlib.figure import Figure

WORDS = ["the", "red", "star"]


def shown(figure: Figure) -> list[str]:
    """All text that is drawn inside a figure's panels."""
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def scales(figure: Figure) -> list[tuple[float, float]]:
    """The two ends of the colour scale of every map in a figure."""
    images = [image for axes in figure.axes for image in axes.images]
    return [tuple(round(float(end), 3) for end in image.get_clim()) for image in images]
