"""The network: a BERT encoder, its mean over the tokens, and one head each for intents and danger signals."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from tools.encoder.packed import Packed, Shape

SCALE = 16.0
"""What the unit vector is multiplied with before the heads: unit vectors alone give too flat chances."""


class Layer(nn.Module):
    """Attention and a two-layer network, each added and normalised."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.q, self.k, self.v, self.ao = (nn.Linear(shape.width, shape.width) for _ in range(4))
        self.fi, self.fo = nn.Linear(shape.width, shape.inner), nn.Linear(shape.inner, shape.width)
        self.aln = nn.LayerNorm(shape.width, shape.epsilon)
        self.oln = nn.LayerNorm(shape.width, shape.epsilon)
        self.drop = nn.Dropout(0.1)

    def forward(self, x: Tensor, blocked: Tensor) -> Tensor:
        """x: (batch, tokens, width); blocked: 0 where a token counts, a large negative number elsewhere."""
        batch, tokens, width = x.shape

        def split(y: Tensor) -> Tensor:
            return y.view(batch, tokens, self.heads, width // self.heads).transpose(1, 2)

        near = split(self.q(x)) @ split(self.k(x)).transpose(-1, -2) / (width // self.heads) ** 0.5
        mixed = (near + blocked).softmax(-1) @ split(self.v(x))
        x = self.aln(x + self.drop(self.ao(mixed.transpose(1, 2).reshape(batch, tokens, width))))
        return self.oln(x + self.drop(self.fo(functional.gelu(self.fi(x)))))


class Encoder(nn.Module):
    """Token numbers to one unit vector a message."""

    def __init__(self, shape: Shape, pieces: int) -> None:
        super().__init__()
        self.word = nn.Embedding(pieces, shape.width)
        self.place = nn.Embedding(shape.positions, shape.width)
        self.eln = nn.LayerNorm(shape.width, shape.epsilon)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """tokens, mask: (batch, tokens) of numbers and of ones where a token counts."""
        x = self.eln(self.word(tokens) + self.place.weight[: tokens.shape[1]])
        blocked = (1.0 - mask[:, None, None, :]) * -1e4
        for layer in self.layers:
            x = layer(x, blocked)
        mean = (x * mask[:, :, None]).sum(1) / mask.sum(1, keepdim=True)
        return functional.normalize(mean, dim=1)


class Reader(nn.Module):
    """The encoder and its two heads."""

    def __init__(self, encoder: Encoder, width: int, intents: int, signals: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.intents = nn.Linear(width, intents)
        self.signals = nn.Linear(width, signals)
        self.drop = nn.Dropout(0.1)

    def forward(self, tokens: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """The logits of intents and of signals."""
        vector = self.drop(self.encoder(tokens, mask) * SCALE)
        return self.intents(vector), self.signals(vector)


def from_packed(packed: Packed, kept: list[int]) -> Encoder:
    """The encoder with the packed weights, its vocabulary cut to the pieces kept."""
    shape, tensors = packed.shape, {name: torch.tensor(t) for name, t in packed.tensors.items()}
    encoder = Encoder(shape, len(kept))
    with torch.no_grad():
        encoder.word.weight.copy_(tensors["emb.word"].view(-1, shape.width)[kept])
        kind = tensors["emb.type"].view(-1, shape.width)[0]
        encoder.place.weight.copy_(tensors["emb.pos"].view(-1, shape.width) + kind)
        encoder.eln.weight.copy_(tensors["emb.ln.w"])
        encoder.eln.bias.copy_(tensors["emb.ln.b"])
        for number, layer in enumerate(encoder.layers):
            for name in ("q", "k", "v", "ao", "fi", "fo", "aln", "oln"):
                module = getattr(layer, name)
                module.weight.copy_(tensors[f"l{number}.{name}.w"].view_as(module.weight))
                module.bias.copy_(tensors[f"l{number}.{name}.b"])
    return encoder
