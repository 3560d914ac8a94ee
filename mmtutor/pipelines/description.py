"""A pipeline says what it does; the description travels with a checkpoint and is compared there."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import ClassVar

from mmtutor.training.checkpoints import CheckpointError

Plain = str | int | float
"""What JSON can say without a list."""


class Pipeline:
    """One way to prepare one modality: its `steps`, which are fixed, and its fields."""

    steps: ClassVar[str]
    """What every pipeline of this kind does, in words. Who changes the code changes them, too."""

    @property
    def description(self) -> dict[str, Plain]:
        """All that this pipeline does, as plain JSON: its kind, its steps and its fields.

        The fields of a pipeline within get its name before theirs.
        """
        plain: dict[str, Plain] = {"kind": type(self).__name__, "steps": self.steps}
        for name in (field.name for field in fields(self)):
            value = getattr(self, name)
            if isinstance(value, Pipeline):
                plain |= {f"{name} {within}": part for within, part in value.description.items()}
            else:
                plain[name] = value if isinstance(value, Plain) else row_of(value)
        return plain


def row_of(values: Sequence[object]) -> str:
    """Write a tuple as one text: its members with blanks between them, a pair of bytes in hex."""
    pairs = ("+".join(part.hex() for part in v) if isinstance(v, tuple) else str(v) for v in values)
    return " ".join(pairs)


PREPARED = "prepared "
"""With what the names of descriptions begin among a checkpoint's texts."""


def described(**pipelines: Pipeline) -> dict[str, str]:
    """Return the descriptions as texts that `checkpoints.save(path, model, **about)` takes."""
    return {PREPARED + name: json.dumps(p.description) for name, p in pipelines.items()}


def require_prepared(about: Mapping[str, str], **pipelines: Pipeline) -> None:
    """Raise CheckpointError, in a sentence, unless all is prepared here as it was for the model.

    `about` is what `checkpoints.load` returned. The sentence names the modality, the field that
    differs, and both values. Neither side may have a modality that the other lacks.
    """
    there = {k.removeprefix(PREPARED): v for k, v in about.items() if k.startswith(PREPARED)}
    for name, pipeline in pipelines.items():
        if name not in there:
            raise CheckpointError(f"the checkpoint does not say how its {name} was prepared")
        require_equal(name, json.loads(there[name]), pipeline.description)
    if missing := sorted(there.keys() - pipelines.keys()):
        raise CheckpointError(f"the checkpoint reads {missing[0]}, too: say how it is prepared")


def require_equal(name: str, there: Mapping[str, Plain], here: Mapping[str, Plain]) -> None:
    """Raise CheckpointError for the first field in which two descriptions differ."""
    for field in {**here, **there}:
        if there.get(field) != here.get(field):
            old, new = first_difference(there.get(field), here.get(field))
            raise CheckpointError(
                f"this model learnt from {name} prepared with {field} {old}, here it is {new}: "
                f"prepare {name} as the model knows it, or train again"
            )


def first_difference(there: object, here: object) -> tuple[str, str]:
    """Return both values for a sentence; of two long rows, only the members that differ first."""
    rows = [str(value).split(" ") for value in (there, here)]
    longest = max(map(len, rows))
    if longest <= 3:
        return str(there), str(here)
    rows = [[f'"{part}"' for part in row] + ["nothing"] * (longest - len(row)) for row in rows]
    place = next(i for i in range(longest) if rows[0][i] != rows[1][i])
    return f"{rows[0][place]} at place {place}", rows[1][place]
