"""The mood lab: type a sentence, choose a face and a tone, and see what a model makes of them.

It knows no model: `judge` gives a verdict. Its script and its style lie beside this file and travel
with the notebook's own connection: nothing is fetched from anywhere. Its static twin is
`mmtutor.plots.mood_lab`.
"""

import anywidget
import traitlets

from mmtutor.datasets.moods import EYES, MODALITIES, SENSES, SIDE
from mmtutor.datasets.spectrograms import RATE
from mmtutor.plots.mood_lab import SHOWN, Judge, Scene, Verdict, model_says, rule_says, verdicts
from mmtutor.widgets.style import script_of, style_of

LAST = {"eyes": len(EYES) - 1, "mouth": 1, "tone": 1, "covered": len(MODALITIES)}
"""The largest number that each choice can have."""


class MoodLab(anywidget.AnyWidget):
    """A sentence, a face and a tone of voice; the verdict, the attention, and one thing covered.

    `text`, `eyes`, `mouth`, `tone`, `person` and `covered` (0 nothing, 1 words, 2 face, 3 voice)
    follow what the reader does; Python can read and set them.

    Args:
        judge: what the model says to a text, a face, a wave and which of the three it may see;
            where it raises ValueError, the page shows the sentence and keeps the scene before.
        text: the sentence to begin with.
        eyes: 0 open, 1 shut, 2 a wink.
        mouth: 0 negative, 1 positive.
        tone: the same, of the voice.
        person: whose face and voice; any number from 0.

    Raises:
        ValueError: the judge cannot read the first text, or gives no verdict.
    """

    _esm = script_of(__file__)
    _css = style_of(__file__)

    text = traitlets.Unicode().tag(sync=True)
    eyes = traitlets.Int(0).tag(sync=True)
    mouth = traitlets.Int(0).tag(sync=True)
    tone = traitlets.Int(0).tag(sync=True)
    person = traitlets.Int(0).tag(sync=True)
    covered = traitlets.Int(0).tag(sync=True)

    _shown = traitlets.Dict().tag(sync=True)
    _face = traitlets.Bytes().tag(sync=True)
    _wave = traitlets.Bytes().tag(sync=True)
    _error = traitlets.Unicode("").tag(sync=True)
    _fixed = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        judge: Judge,
        text: str = "the film was lovely",
        eyes: int = 0,
        mouth: int = 0,
        tone: int = 1,
        person: int = 0,
    ) -> None:
        self._judge = judge
        self._scene = scene = Scene(text, eyes, mouth, tone, person)
        fixed = {"eyes": EYES, "senses": SENSES, "modalities": MODALITIES, "shown": SHOWN}
        numbers = {"side": SIDE, "rate": RATE}
        super().__init__(**scene._asdict(), **self._taken(scene), _fixed={**fixed, **numbers})

    def _taken(self, scene: Scene) -> dict[str, object]:
        """Ask the judge about a scene; return what the page shows of it."""
        return {
            "_shown": as_shown(verdicts(self._judge, scene), scene),
            "_face": scene.face.numpy().tobytes(),
            "_wave": scene.wave.numpy().astype("<i2").tobytes(),
        }

    @traitlets.observe("text", "eyes", "mouth", "tone", "person")
    def _changed(self, _change: traitlets.Bunch) -> None:
        """Ask the judge again, or say why it cannot answer."""
        scene = Scene(self.text, self.eyes, self.mouth, self.tone, self.person)
        if scene == self._scene:
            return
        self._scene = scene
        try:
            taken = self._taken(scene)
        except ValueError as error:
            self._error = str(error)
            return
        with self.hold_sync():  # the page sees the new scene as a whole
            self._error = ""
            for name, value in taken.items():
                setattr(self, name, value)

    @traitlets.validate("eyes", "mouth", "tone", "covered", "person")
    def _stay_inside(self, proposal: traitlets.Bunch) -> int:
        """Refuse a choice that there is not."""
        name, value = proposal["trait"].name, proposal["value"]
        last = LAST.get(name, value)
        if not 0 <= value <= last:
            raise traitlets.TraitError(f"{name} must lie from 0 to {max(last, 0)}, not {value}.")
        return value

    @property
    def sentences(self) -> tuple[str, str]:
        """What is said on the page: by the rule, and by the model."""
        return self._shown["rule"], self._shown["model"][self.covered]

    def __repr__(self) -> str:
        """One sentence: what a stored notebook says where the widget cannot be drawn."""
        return f"Mood lab with “{self.text}”, live in a running notebook"


def as_shown(found: list[Verdict], scene: Scene) -> dict[str, object]:
    """Return what the page shows of four verdicts: all seen, and one of three covered."""
    return {
        "decider": scene.eyes,
        "rule": rule_says(scene),
        "model": [model_says(found, covered) for covered in range(len(found))],
        "positive": [float(verdict.positive) for verdict in found],
        "shares": [[float(share) for share in verdict.shares] for verdict in found],
        "unknown": list(found[0].unknown),
    }
