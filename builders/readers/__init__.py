"""Ways in: any file that a trainer reads becomes the canonical frame."""

from builders.readers.connection import open_connection
from builders.readers.read import OnError, read_frame
from builders.readers.shapes import SHAPES, Shape
from builders.readers.target import Pool

__all__ = ["SHAPES", "OnError", "Pool", "Shape", "open_connection", "read_frame"]
