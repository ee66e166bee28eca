"""What unlabelled rows teach, as far as they give it away themselves: inferred, never taken for said."""

from builders.inferring.labels import Inference, infer

__all__ = ["Inference", "infer"]
