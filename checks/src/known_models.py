"""Which models transformers can load with its own code, by their names on the hub.

The table maps a pattern of hub ids to the `model_type` of their configuration, for families of which every
published member is native. A test holds the types against the installed transformers. A name that is not here
is unknown, not foreign.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_FAMILIES: Final[tuple[tuple[str, str], ...]] = (
    (
        r"Qwen/Qwen(1\.5|2|2\.5)-(?!VL|Audio|Omni|Math-RM|Math-PRM)(?!.*(VL|Omni|Audio|MoE|A2\.7B|A14B|RM-|PRM)).+",
        "qwen2",
    ),
    (r"Qwen/QwQ-32B.*", "qwen2"),
    (r"Qwen/Qwen2-VL-.+", "qwen2_vl"),
    (r"Qwen/Qwen2\.5-VL-.+", "qwen2_5_vl"),
    (r"Qwen/Qwen3-(0\.6|1\.7|4|8|14|32)B(-Base|-(Instruct|Thinking)-2507)?", "qwen3"),
    (r"Qwen/Qwen3-VL-\d+B-A\d+B.*", "qwen3_vl_moe"),
    (r"Qwen/Qwen3-VL-\d+B(-(Instruct|Thinking))?", "qwen3_vl"),
    (r"Qwen/Qwen3-Omni-.+-A\d+B.*", "qwen3_omni_moe"),
    (r"Qwen/Qwen3-(Coder-)?Next-.+-A\d+B.*", "qwen3_next"),
    (r"Qwen/Qwen3-(Coder-)?\d+B-A\d+B.*", "qwen3_moe"),
    (r"unsloth/(Qwen2\.5|Qwen2)-(?!.*(VL|Omni|Audio|MoE))[\w.-]+", "qwen2"),
    (r"unsloth/(Meta-)?Llama-3(?!.*Vision)[\w.-]*", "llama"),
    (r"meta-llama/(Meta-)?(Llama-[23]|CodeLlama)(?!.*(Vision|Guard-4))[\w.-]*", "llama"),
    (r"codellama/.+", "llama"),
    (r"huggyllama/.+", "llama"),
    (r"lmsys/vicuna-.+", "llama"),
    (r"NousResearch/(Meta-)?Llama-[23](?!.*Vision).+", "llama"),
    (r"TinyLlama/.+", "llama"),
    (r"HuggingFaceTB/SmolLM2?-.+", "llama"),
    (r"HuggingFaceTB/SmolLM3-.+", "smollm3"),
    (r"deepseek-ai/DeepSeek-R1-Distill-Llama-.+", "llama"),
    (r"deepseek-ai/DeepSeek-R1-Distill-Qwen-.+", "qwen2"),
    (r"mistralai/Mistral-7B-.+", "mistral"),
    (r"mistralai/Mixtral-.+", "mixtral"),
    (r"HuggingFaceH4/zephyr-7b-.+", "mistral"),
    (r"google/gemma-(2b|7b)(-it)?", "gemma"),
    (r"google/gemma-1\.1-.+", "gemma"),
    (r"google/gemma-2-.+", "gemma2"),
    (r"google/(flan-t5|t5|byt5)-.+", "t5"),
    (r"google/mt5-.+", "mt5"),
    (r"google-t5/.+", "t5"),
    (r"microsoft/phi-(1|1_5|2)", "phi"),
    (r"microsoft/[Pp]hi-(3|3\.5|4)-mini-(4k-|128k-)?instruct", "phi3"),
    (r"microsoft/phi-4", "phi3"),
    (r"allenai/OLMo-(1B|7B)-.*hf", "olmo"),
    (r"allenai/OLMo-2-.+", "olmo2"),
    (r"allenai/(Llama-3\.1-Tulu|tulu-2)-.+", "llama"),
    (r"EleutherAI/pythia-.+", "gpt_neox"),
    (r"EleutherAI/gpt-neox-20b", "gpt_neox"),
    (r"EleutherAI/gpt-neo-.+", "gpt_neo"),
    (r"EleutherAI/gpt-j-6[bB]", "gptj"),
    (r"(openai-community/)?gpt2(-medium|-large|-xl)?", "gpt2"),
    (r"distil(bert/distil)?gpt2", "gpt2"),
    (r"facebook/opt-.+", "opt"),
    (r"bigscience/bloomz?(-.+)?", "bloom"),
    (r"tiiuae/falcon-(7b|40b)(-instruct)?", "falcon"),
    (r"01-ai/Yi-(1\.5-)?(6|9|34)B.*", "llama"),
    (r"stabilityai/stablelm-2-.+", "stablelm"),
    (r"(google-bert/)?bert-(base|large)-.+", "bert"),
    (r"(FacebookAI/)?roberta-(base|large)", "roberta"),
    (r"(distilbert/)?distilbert-.+", "distilbert"),
    (r"ibm-granite/granite-3\.[0-9]-(2|8)b-.+", "granite"),
    (r"CohereForAI/(c4ai-command-r|aya-23)-.+", "cohere"),  # `c4ai-command-r7b` is another
)


@lru_cache(maxsize=512)
def native_type(name: str) -> str | None:
    """Return the `model_type` that transformers has for a hub id, or None where the id is not known."""
    return next((kind for pattern, kind in _FAMILIES if re.fullmatch(pattern, name)), None)


def known_types() -> frozenset[str]:
    """Return every `model_type` of the table."""
    return frozenset(kind for _, kind in _FAMILIES)
