"""Where a character is among the glyphs."""

from mmtutor.datasets.glyphs import Glyphs, face_number


def position(glyphs: Glyphs, character: str, face: str = "DejaVuSans") -> int:
    """Return the place of the picture that shows this character in this face."""
    found = (glyphs.codepoints == ord(character)) & (glyphs.faces == face_number(face))
    return int(found.nonzero().item())
