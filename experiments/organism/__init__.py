"""The organism: a small chat model of our own that lets every plan run on two CPU cores.

It shows the mechanism that the audit predicts. It is not Qwen2.5-7B, and no figure taken on it is one of
Qwen2.5-7B (`docs/organism.md`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

WEIGHTS: Final[Path] = Path(__file__).parent / "weights"
"""The folder that ships in the package: configuration, safetensors, tokenizer, chat template, model card."""

__all__ = ["WEIGHTS"]
