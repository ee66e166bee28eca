"""The forward pass of a Qwen2 or Llama decoder over a layout, with an adapter for each arm.

Written out as functions of tensors, so that one compiled function serves every layer. The arithmetic is that of
transformers' own modules (a test holds both to each other).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from experiments.fast.dropout import dropped
from experiments.fast.layout import Layout
from experiments.training.models import need

MODULES: Final = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
"""The linear modules of a layer."""
FAMILIES: Final = ("qwen2", "llama")
"""Architectures that this pass is."""

Pair = tuple[Any, Any] | None
"""A module's adapter: A, arms x rank x inputs, and B, arms x outputs x rank; None where it has none."""


class LayerWeights(NamedTuple):
    """A layer's frozen weights."""

    first_norm: Any
    """Of the norm before attention."""
    second_norm: Any
    """Of the norm before the MLP."""
    linear: tuple[tuple[Any, Any], ...]
    """Weight and bias (or None) of `MODULES`."""


class Shape(NamedTuple):
    """Numbers that the pass needs."""

    heads: int
    """Attention heads."""
    kv_heads: int
    """Heads of keys and values."""
    head: int
    """Features of a head."""
    eps: float
    """The norms' epsilon."""
    scale: float
    """What an adapter's output is multiplied by."""
    dropout: float
    """Share of an adapter's inputs that are dropped."""


class Rows(NamedTuple):
    """What attention needs of a layout: see `Layout`."""

    to_rows: Any
    """Cell -> token, rows x width."""
    to_tokens: Any
    """Token -> cell."""
    is_row: Any
    """Whether a cell is a token."""
    is_token: Any
    """Whether a token is no filler."""
    prefix: int
    """Tokens at the front that every row sees."""
    mask: Any
    """Which of prefix and row a cell of a row sees, width x (prefix + width); None without a prefix."""


@dataclass(frozen=True)
class Frozen:
    """A frozen base model, taken apart."""

    layers: list[LayerWeights]
    """Its layers."""
    embedding: Any
    """Token embeddings."""
    norm: Any
    """The last norm's weight."""
    head: Any
    """The output head's weight."""
    rotary: Any
    """Module that gives cosines and sines of positions."""
    heads: int
    """Attention heads."""
    kv_heads: int
    """Heads of keys and values."""
    head_size: int
    """Features of a head."""
    eps: float
    """The norms' epsilon."""

    @property
    def device(self) -> str:
        """The kind of device that it is on."""
        return self.embedding.device.type

    @property
    def dtype(self) -> Any:  # noqa: ANN401
        """The dtype of its weights."""
        return self.embedding.dtype

    def shape(self, scale: float = 0.0, dropout: float = 0.0) -> Shape:
        """Return the numbers of a pass."""
        return Shape(self.heads, self.kv_heads, self.head_size, self.eps, scale, dropout)


def why_not(config: Any) -> str | None:  # noqa: ANN401
    """Return why a model of this configuration cannot be taken apart, or None where it can."""
    kind = getattr(config, "model_type", None)
    if kind not in FAMILIES:
        return f"{kind} is none of {', '.join(FAMILIES)}"
    if getattr(config, "use_sliding_window", False):
        return "it attends through a sliding window"
    if getattr(config, "hidden_act", "silu") != "silu":
        return f"its activation is {config.hidden_act}"
    if getattr(config, "attention_dropout", 0.0):
        return "it drops attention"
    if getattr(config, "quantization_config", None) is not None:
        return "its weights are quantized"
    return None


def take_apart(model: Any) -> Frozen:  # noqa: ANN401
    """Return a model's weights; they are the model's own, not copies. Adapters of peft are left out."""
    plain = model.get_base_model() if hasattr(model, "get_base_model") else model
    config, body = plain.config, plain.model

    def linear(module: Any) -> tuple[Any, Any]:  # noqa: ANN401
        base = getattr(module, "base_layer", module)
        return base.weight.detach(), None if base.bias is None else base.bias.detach()

    layers = [
        LayerWeights(
            layer.input_layernorm.weight.detach(),
            layer.post_attention_layernorm.weight.detach(),
            tuple(
                linear(getattr(layer.self_attn if name in MODULES[:4] else layer.mlp, name))
                for name in MODULES
            ),
        )
        for layer in body.layers
    ]
    return Frozen(
        layers=layers,
        embedding=body.embed_tokens.weight.detach(),
        norm=body.norm.weight.detach(),
        head=plain.lm_head.weight.detach(),
        rotary=body.rotary_emb,
        heads=config.num_attention_heads,
        kv_heads=config.num_key_value_heads,
        head_size=getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads,
        eps=config.rms_norm_eps,
    )


def norm(x: Any, weight: Any, eps: float) -> Any:  # noqa: ANN401
    """Return x with its features' root mean square at one, times a weight; in float32 inside."""
    wide = x.float()
    wide = wide * (wide.square().mean(-1, keepdim=True) + eps).rsqrt()
    return weight * wide.to(x.dtype)


def permute_class() -> Any:  # noqa: ANN401
    """Return the function that moves rows of a matrix; its backward moves them back instead of adding up."""
    torch = need("torch")

    class Permute(torch.autograd.Function):
        """Take rows by index. Each row that matters is taken once, so the backward is taking, too."""

        @staticmethod
        def forward(ctx: Any, x: Any, index: Any, back: Any, keep: Any) -> Any:  # noqa: ANN401
            ctx.save_for_backward(back, keep)
            return x.index_select(0, index)

        @staticmethod
        def backward(ctx: Any, *grads: Any) -> Any:  # noqa: ANN401
            back, keep = ctx.saved_tensors
            return grads[0].index_select(0, back) * keep, None, None, None

    return Permute


def _rotated(x: Any, cos: Any, sin: Any) -> Any:  # noqa: ANN401
    import torch

    half = x.shape[-1] // 2
    return x * cos + torch.cat((-x[..., half:], x[..., :half]), dim=-1) * sin


def _linear(  # noqa: PLR0917
    h: Any,  # noqa: ANN401
    weights: tuple[Any, Any],
    pair: Pair,
    shape: Shape,
    counter: Any,  # noqa: ANN401
    key: Any,  # noqa: ANN401
) -> Any:  # noqa: ANN401
    """Return a frozen linear module's output plus each arm's own adapter's; arms x tokens x outputs."""
    import torch

    out = torch.nn.functional.linear(h, *weights)
    if pair is None:
        return out
    down, up = pair
    entering = dropped(h, counter, key, shape.dropout) if shape.dropout else h
    narrow = torch.bmm(entering, down.transpose(1, 2))
    return torch.baddbmm(out, narrow, up.transpose(1, 2), alpha=shape.scale)


def _attended(q: Any, k: Any, v: Any, rows: Rows, shape: Shape, permute: Any) -> Any:  # noqa: ANN401, PLR0917
    """Return attention's output for each token; tokens x features."""
    import torch

    attend = torch.nn.functional.scaled_dot_product_attention

    number, width = rows.to_rows.shape
    cells = rows.to_rows.view(-1)

    def apart(each: Any) -> Any:  # noqa: ANN401
        flat = permute.apply(each.reshape(each.shape[0], -1), cells, rows.to_tokens, rows.is_token)
        return flat.view(number, width, -1, shape.head).transpose(1, 2)

    shared = shape.heads != shape.kv_heads
    if not rows.prefix:
        out = attend(apart(q), apart(k), apart(v), is_causal=True, enable_gqa=shared)
    else:
        times = shape.heads // shape.kv_heads

        def whole(each: Any) -> Any:  # noqa: ANN401
            front = each[: rows.prefix].transpose(0, 1).expand(number, -1, -1, -1)
            return torch.cat((front, apart(each)), dim=2).repeat_interleave(times, dim=1)

        out = attend(apart(q), whole(k), whole(v), attn_mask=rows.mask)
    flat = out.transpose(1, 2).reshape(number * width, shape.heads * shape.head)
    together = permute.apply(flat, rows.to_tokens, cells, rows.is_row)
    if rows.prefix:
        front = (each[: rows.prefix].transpose(0, 1).unsqueeze(0) for each in (q, k, v))
        first = attend(*front, is_causal=True, enable_gqa=shared)
        together[: rows.prefix] = first[0].transpose(0, 1).reshape(rows.prefix, -1)
    return together


def layer_pass(  # noqa: PLR0917
    x: Any,  # noqa: ANN401
    cos: Any,  # noqa: ANN401
    sin: Any,  # noqa: ANN401
    rows: Rows,
    weights: LayerWeights,
    pairs: tuple[Pair, ...],
    shape: Shape,
    counter: Any,  # noqa: ANN401
    keys: Any,  # noqa: ANN401
    wanted: Any = None,  # noqa: ANN401
    permute: Any = None,  # noqa: ANN401
) -> Any:  # noqa: ANN401
    """Return a layer's output, arms x tokens x features.

    Args:
        x: Its input.
        cos: Cosines, tokens of all arms x 1 x features of a head.
        sin: Sines.
        rows: Where attention finds the rows.
        weights: The layer's weights.
        pairs: The adapter of each of `MODULES`.
        shape: Numbers.
        counter: The tokens' numbers, for dropout.
        keys: Dropout's numbers, arms x `MODULES`; None without dropout.
        wanted: Flat places that are asked for, arms x most: after attention nothing else is computed, and the output is
            arms x most x features. None: all.
        permute: `permute_class()`.
    """
    import torch

    arms, length, size = x.shape
    w = weights.linear

    def through(module: int, h: Any, at: Any) -> Any:  # noqa: ANN401
        key = keys[:, module] if keys is not None else None
        return _linear(h, w[module], pairs[module], shape, at, key)

    h = norm(x, weights.first_norm, shape.eps)
    q, k, v = (through(module, h, counter).view(arms * length, -1, shape.head) for module in range(3))
    q, k = _rotated(q, cos, sin), _rotated(k, cos, sin)

    together = _attended(q, k, v, rows, shape, permute)
    at = counter
    if wanted is None:
        together = together.view(arms, length, -1)
    else:
        chosen = wanted.flatten()
        together = together.index_select(0, chosen).view(arms, wanted.shape[1], -1)
        x = x.reshape(arms * length, size).index_select(0, chosen).view(arms, wanted.shape[1], size)
        at = counter.flatten().index_select(0, chosen).view(arms, wanted.shape[1])
    x = x + through(3, together, at)
    h = norm(x, weights.second_norm, shape.eps)
    inner = torch.nn.functional.silu(through(4, h, at)) * through(5, h, at)
    return x + through(6, inner, at)


def _seen(layout: Layout) -> Any:  # noqa: ANN401
    torch = need("torch")
    seen = torch.ones(layout.width, layout.prefix + layout.width, dtype=torch.bool, device=layout.ids.device)
    return seen.tril(layout.prefix)


class Decoder:
    """A frozen base with what is kept from pass to pass."""

    def __init__(self, frozen: Frozen, *, compiled: bool = False) -> None:
        """Take a base.

        Args:
            frozen: The base.
            compiled: Whether layers run through `torch.compile`.
        """
        self.frozen = frozen
        self._permute = permute_class()
        self._made: Any = need("torch").compile(layer_pass) if compiled else None
        self._layer = self._compiled if compiled else layer_pass

    def __call__(
        self,
        layout: Layout,
        pairs: Sequence[tuple[Pair, ...]],
        shape: Shape,
        keys: Any = None,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        """Return what the output head reads at the wanted places, arms x most x features.

        Args:
            layout: The tokens.
            pairs: For each layer, the adapter of each of `MODULES`.
            shape: `frozen.shape(...)`.
            keys: Dropout's numbers, layers x arms x `MODULES`, int32; None without dropout.
        """
        torch = need("torch")
        frozen = self.frozen
        x = torch.nn.functional.embedding(layout.ids, frozen.embedding)
        cos, sin = frozen.rotary(x, layout.places)
        cos, sin = (each.reshape(layout.arms * layout.length, 1, -1) for each in (cos, sin))
        rows = Rows(
            layout.to_rows,
            layout.to_tokens,
            layout.is_row,
            layout.is_token,
            layout.prefix,
            _seen(layout) if layout.prefix else None,
        )
        last = len(frozen.layers) - 1
        for number, weights in enumerate(frozen.layers):
            run = self._layer if number < last else layer_pass
            x = run(
                x,
                cos,
                sin,
                rows,
                weights,
                pairs[number],
                shape,
                layout.counter,
                None if keys is None else keys[number],
                layout.wanted if number == last else None,
                self._permute,
            )
        return norm(x, frozen.norm, frozen.eps)

    def _compiled(self, x: Any, cos: Any, sin: Any, rows: Rows, *more: Any) -> Any:  # noqa: ANN401
        """Run a layer's compiled form; arms, tokens, rows and their width may change from pass to pass."""
        torch = need("torch")
        mark = torch._dynamo.maybe_mark_dynamic
        _, pairs, _, counter, keys, *_ = more
        mark(x, [0, 1])
        mark(counter, [0, 1])
        mark(rows.to_rows, [0, 1])
        for each in (
            cos,
            sin,
            rows.to_tokens,
            rows.is_row,
            rows.is_token,
            *(() if keys is None else (keys,)),
        ):
            mark(each, 0)
        for pair in pairs:
            for each in pair or ():
                mark(each, 0)
        # One form for each of: dropout or none, one arm or several, a rank.
        with torch._dynamo.config.patch(recompile_limit=32):
            return self._made(x, cos, sin, rows, *more)
