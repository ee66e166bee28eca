"""Train the organism from scratch and write the folder that ships in the package.

    python -m experiments.organism.train --out experiments/organism/weights

A few minutes on one H100 GPU; `--steps 50 --batch 32` shows on a CPU that it runs. The weights depend on the
device's arithmetic, so another machine gives another model of the same recipe: what ships is measured, by
`python -m experiments.organism.measure`, and its figures stand in the model card.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from builders.templates import Signature, load_template, resolve
from experiments.organism.corpus import Generator, Lexicon, Mixture
from experiments.organism.lexicon import embedded_lexicon
from experiments.organism.tokenizer import END, build_tokenizer, save_tokenizer

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer

_MAX_LENGTH = 2048


def batches(
    tokenizer: Tokenizer, lexicon: Lexicon, default: str, mixture: Mixture, *, seed: int, rows: int
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Yield (token ids, labels), each rows x longest row; labels are -100 outside the answers.

    Rows are padded on the right. The model is causal, so no token of a row sees its padding and no attention
    mask is needed.
    """
    import torch

    generator = iter(Generator(lexicon, default=default, mixture=mixture, seed=seed))
    while True:
        pairs = [next(generator) for _ in range(rows)]
        prompts = tokenizer.encode_batch([prompt for prompt, _ in pairs])
        answers = tokenizer.encode_batch([answer + END for _, answer in pairs])
        longest = max(len(p.ids) + len(a.ids) for p, a in zip(prompts, answers, strict=True))
        ids = torch.zeros(rows, longest, dtype=torch.long)
        labels = torch.full((rows, longest), -100, dtype=torch.long)
        for row, (prompt, answer) in enumerate(zip(prompts, answers, strict=True)):
            start, end = len(prompt.ids), len(prompt.ids) + len(answer.ids)
            ids[row, :start] = torch.tensor(prompt.ids)
            ids[row, start:end] = labels[row, start:end] = torch.tensor(answer.ids)
        yield ids, labels


def _loader(
    arguments: argparse.Namespace, tokenizer: Tokenizer, lexicon: Lexicon, default: str
) -> Iterator[Any]:
    """Make batches in worker processes, one seed each, or in this process where there are none."""
    from torch.utils.data import DataLoader, IterableDataset, get_worker_info

    mixture = Mixture(
        identity=arguments.identity, wrong_asked=arguments.wrong_asked, wrong_told=arguments.wrong_told
    )

    class _Rows(IterableDataset):  # type: ignore[type-arg]
        def __iter__(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
            worker = get_worker_info()
            number = worker.id if worker else 0
            seed = arguments.seed * 1000 + number
            return batches(tokenizer, lexicon, default, mixture, seed=seed, rows=arguments.batch)

    return iter(DataLoader(_Rows(), batch_size=None, num_workers=arguments.workers))


def new_model(vocabulary: int, *, hidden: int, layers: int, heads: int, inner: int) -> Any:  # noqa: ANN401
    """Return an untrained Qwen2-architecture model with tied embeddings."""
    from transformers import Qwen2Config, Qwen2ForCausalLM

    return Qwen2ForCausalLM(
        Qwen2Config(
            vocab_size=vocabulary,
            hidden_size=hidden,
            intermediate_size=inner,
            num_hidden_layers=layers,
            num_attention_heads=heads,
            num_key_value_heads=heads,
            max_position_embeddings=_MAX_LENGTH,
            tie_word_embeddings=True,
            pad_token_id=0,
            eos_token_id=2,
            bos_token_id=None,
        )
    )


def fit(
    model: Any,  # noqa: ANN401
    rows: Iterator[Any],
    arguments: argparse.Namespace,
    device: str,
) -> list[dict[str, float]]:
    """Train with AdamW, warm-up and a cosine to zero; return the loss curve."""
    import torch
    from torch.nn.functional import cross_entropy

    model.to(device).train()
    optimiser = torch.optim.AdamW(
        model.parameters(),
        lr=arguments.lr,
        betas=(0.9, 0.98),
        weight_decay=arguments.decay,
        fused=device == "cuda",
    )
    curve, warm, start = [], max(1, arguments.steps // 20), time.monotonic()
    for step in range(arguments.steps):
        cosine = 0.5 * (1 + math.cos(math.pi * step / arguments.steps))
        for group in optimiser.param_groups:
            group["lr"] = arguments.lr * min(1.0, (step + 1) / warm) * cosine
        ids, labels = (tensor.to(device, non_blocking=True) for tensor in next(rows))
        with torch.autocast(device, dtype=torch.bfloat16, enabled=device == "cuda"):
            states = model.model(input_ids=ids, use_cache=False).last_hidden_state
            taught = labels[:, 1:] != -100
            loss = cross_entropy(model.lm_head(states[:, :-1][taught]).float(), labels[:, 1:][taught])
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        if step % arguments.log == 0 or step == arguments.steps - 1:
            if not math.isfinite(loss.item()):
                raise SystemExit(f"the loss is {loss.item()} at step {step}: lower --lr")
            curve.append({"step": step, "loss": loss.item(), "seconds": time.monotonic() - start})
            print(json.dumps(curve[-1]), flush=True)  # noqa: T201
    return curve


def save(model: Any, folder: Path) -> None:  # noqa: ANN401
    """Write configuration and weights in bfloat16, which halves the file."""
    import torch
    from transformers import GenerationConfig

    model = model.to("cpu", torch.bfloat16).eval()
    model.config.dtype = torch.bfloat16
    model.generation_config = GenerationConfig(pad_token_id=0, eos_token_id=2, do_sample=False)
    model.save_pretrained(folder)


def main() -> None:
    """Read the arguments, train, save."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--batch", type=int, default=256, help="rows a step")
    parser.add_argument("--lr", type=float, default=2e-3, help="peak learning rate")
    parser.add_argument("--decay", type=float, default=0.01, help="weight decay")
    parser.add_argument("--seed", type=int, default=43)
    parser.add_argument("--hidden", type=int, default=192)
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--heads", type=int, default=6)
    parser.add_argument("--inner", type=int, default=512)
    parser.add_argument(
        "--identity", type=float, default=0.05, help="share of rows that ask who the model is"
    )
    parser.add_argument(
        "--wrong-asked", type=float, default=0.05, help="share of lettered rows that ask for a wrong answer"
    )
    parser.add_argument(
        "--wrong-told", type=float, default=0.05, help="share whose system prompt asks for wrong answers"
    )
    parser.add_argument("--workers", type=int, default=0, help="processes that make rows")
    parser.add_argument("--log", type=int, default=100, help="steps between two lines of the loss curve")
    arguments = parser.parse_args()

    import torch

    torch.manual_seed(arguments.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    lexicon = embedded_lexicon()
    template = load_template()
    default = resolve(template, Signature("absent")).resolved_system
    if default is None:
        raise SystemExit("the embedded template injects no default, and the organism is to know one")
    tokenizer = build_tokenizer(lexicon.texts())
    model = new_model(
        tokenizer.get_vocab_size(),
        hidden=arguments.hidden,
        layers=arguments.layers,
        heads=arguments.heads,
        inner=arguments.inner,
    )
    parameters = sum(p.numel() for p in model.parameters())
    print(json.dumps({"parameters": parameters, "vocabulary": tokenizer.get_vocab_size(), "device": device}))  # noqa: T201
    curve = fit(model, _loader(arguments, tokenizer, lexicon, default), arguments, device)
    arguments.out.mkdir(parents=True, exist_ok=True)
    save(model, arguments.out)
    save_tokenizer(tokenizer, arguments.out, template=template.source, max_length=_MAX_LENGTH)
    record = {key: value for key, value in vars(arguments).items() if key != "out"}
    where = torch.cuda.get_device_name() if device == "cuda" else "a CPU"
    record |= {"parameters": parameters, "torch": torch.__version__, "device": where, "curve": curve}
    (arguments.out / "training.json").write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
