"""Makes the archives of this folder and what torch computes with them.

Run with torch 2.15.0: python make.py. Each case becomes a folder with model.pt2, evaluation.npz
(samples, SSSSS.A) and outputs.npz (SSSSS.float.O).
"""

import json
import os
import warnings
import zipfile

warnings.filterwarnings("ignore")
import numpy as np
import torch
import torch.ao.quantization.fx._decomposed  # registers quantized_decomposed
from torch import nn
from torch.export import Dim, export

HERE = os.path.dirname(os.path.abspath(__file__))
qd = torch.ops.quantized_decomposed


class QuantizedDecomposed(nn.Module):
    """Every operator of the namespace that quantized programs use, results as integers too."""

    def __init__(self):
        super().__init__()
        self.register_buffer("scales", torch.tensor([0.1, 0.007, 1.5]))
        self.register_buffer("zero_points", torch.tensor([0, -3, 100]))
        self.register_buffer("zero_points32", torch.tensor([0, 0, 7], dtype=torch.int32))

    def forward(self, x):
        out = []
        for scale, zero, low, high, dtype in (
            (0.031642202, -11, -128, 127, torch.int8),
            (0.013, 128, 0, 255, torch.uint8),
            (0.00024414062, 0, -32767, 32767, torch.int16),
            (1e-9, 0, -2147483647, 2147483647, torch.int32),
        ):
            q = qd.quantize_per_tensor.default(x, scale, zero, low, high, dtype)
            out += [q, qd.dequantize_per_tensor.default(q, scale, zero, low, high, dtype)]
        for axis, zeros in ((0, self.zero_points), (1, self.zero_points32), (-1, self.zero_points)):
            y = x.reshape(3, 3, 3)
            axis = axis % 3
            q = qd.quantize_per_channel.default(y, self.scales, zeros, axis, -128, 127, torch.int8)
            out += [q, qd.dequantize_per_channel.default(q, self.scales, zeros, axis, -128, 127, torch.int8)]
        out.append(qd.dequantize_per_channel.default(q, self.scales, None, 1, -128, 127, torch.int8))
        for low, high, dtype in ((-128, 127, torch.int8), (0, 255, torch.uint8)):
            scale, zero = qd.choose_qparams.tensor(x, low, high, 1.52587890625e-05, dtype)
            q = qd.quantize_per_tensor.tensor(x, scale, zero, low, high, dtype)
            out += [scale, zero, q, qd.dequantize_per_tensor.tensor(q, scale, zero, low, high, dtype)]
            scale, zero = qd.choose_qparams_symmetric.tensor(x, low, high, 1.1920928955078125e-07, dtype)
            out += [scale, zero, qd.quantize_per_tensor.tensor(x, scale, zero, low, high, dtype)]
        half = qd.quantize_per_tensor.default(x.half(), 0.05, 3, -128, 127, torch.int8)
        out += [half, qd.dequantize_per_tensor.default(half, 0.05, 3, -128, 127, torch.int8, out_dtype=torch.float64)]
        return tuple(out)


class Loop(nn.Module):
    """A loop with a weight from outside, a count, and a branch in its body."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 4)

    def forward(self, n, x):
        def until(i, x):
            return i < n

        def body(i, x):
            y = torch.cond(x.sum() > 0, lambda x: self.linear(x) - 0.1, lambda x: x.sin() + 0.2, (x,))
            return i + 1, y

        i, y = torch._higher_order_ops.while_loop(until, body, (torch.zeros((), dtype=torch.int64), x))
        return i, y, x


class Branches(nn.Module):
    """Branches with weights, with results that are operands, constants, or given twice."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 2, 3, padding=1)
        self.register_buffer("shift", torch.randn(2, 5, 5))

    def forward(self, flag, x):
        def yes(x, y):
            inner = torch.cond(y.amax() > 1.0, lambda y: (self.conv(y), y + 1), lambda y: (y * 2, y.relu()), (y,))
            return inner[0] + x, inner[1], x.clone()

        def no(x, y):
            return x * y, self.shift + y, y.abs()

        a, b, c = torch.cond(flag, yes, no, (x, x * 2))
        return a, b, c, x


class DynamicShapes(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(10, 8)
        self.linear = nn.Linear(8, 6)

    def forward(self, ids, mask):
        b, n = ids.shape
        x = self.linear(self.embedding(ids)).view(b, n, 2, 3).transpose(1, 2)
        positions = torch.arange(n).unsqueeze(0).expand(b, n)
        scores = torch.matmul(x, x.transpose(-1, -2)) / (n + 1)
        scores = scores.masked_fill(mask.view(b, 1, 1, n) == 0, -1e9).softmax(-1)
        y = torch.matmul(scores, x).transpose(1, 2).reshape(b * n, 6)
        half = y[: b * n // 2 + 1]
        return y, half.sum(0), positions * 2, torch.zeros(b, 2 * n) + n


class Mutation(nn.Module):
    """Buffers that change in place: each sample has to start from the exported values."""

    def __init__(self):
        super().__init__()
        self.register_buffer("count", torch.zeros(1))
        self.register_buffer("table", torch.arange(12.0).reshape(3, 4))
        self.bn = nn.BatchNorm2d(2)

    def forward(self, x):
        self.count.add_(1)
        self.table[1].mul_(2).add_(x.sum())
        y = self.bn(x)
        x.add_(1)
        return y, self.count + 0, self.table.sum(1), self.bn.running_mean * 1, x * 1


class NoGrad(nn.Module):
    def forward(self, x):
        with torch.no_grad():
            y = x.sin()
        return torch.relu(y + x)


class Lists(nn.Module):
    """Lists of tensors, of numbers, with gaps; several results; numbers where tensors go."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(4, 3, batch_first=True, bidirectional=True)
        self.gru = nn.GRU(4, 3)

    def forward(self, x, i):
        a, b, c = x.split([1, 2, 1], dim=1)
        values, indices = x.topk(2, dim=-1)
        parts = torch.cat([x, x, a], dim=1)
        stacked = torch.stack([b[:, 0], b[:, 1], b[:, 1]])
        gaps = x[:, i, :2]
        x2 = x.clone()
        x2[:, i] = 5.0
        lstm, (h, _) = self.lstm(x)
        gru, _ = self.gru(x)
        up = nn.functional.interpolate(x.unsqueeze(0), scale_factor=2.0, mode="bilinear")
        return (
            c, values, indices, parts, stacked, gaps, x2, lstm, h, gru, up,
            torch.einsum("abc,abd->acd", x, x), x + 2, 3 - x, x * 1.5, x // 0.3, x.std(dim=[1, 2]),
            torch.where(x > 0, x, 0.0), x.roll([1, 2], [0, 1]), x.to(torch.float64).cumsum(1),
            nn.functional.pad(x, [1, 2], value=-1.0), torch.full_like(x, 3), x.sort(dim=1)[0],
            torch.broadcast_tensors(x[:, :1], x)[0], *torch.unbind(x, 0), x.argmax(-1), x > 0.5,
            nn.functional.scaled_dot_product_attention(x, x, x, is_causal=True), x.flatten(1).norm(dim=1),
            nn.functional.dropout(x, 0.5, training=False).bfloat16().float(),
        )


def numbers(seed, *shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)) * 1.7


def cases():
    torch.manual_seed(0)
    awkward = torch.tensor([0.0, -0.0, 0.05, 0.15, 0.25, -0.05, 1e-30, 3e4, -3e4] * 3)
    yield "quantized_decomposed", QuantizedDecomposed(), [(numbers(1, 27),), (awkward,), (torch.zeros(27),), (numbers(2, 27).abs(),)], None
    yield "loop", Loop(), [(torch.tensor(n), numbers(n, 2, 4) + 0.3) for n in (3, 0, 1, 6)], None
    yield "branches", Branches(), [(torch.tensor(s % 2 == 0), numbers(s, 1, 2, 5, 5) * (0.1 if s == 2 else 1)) for s in range(4)], None
    b, n = Dim("b", min=1, max=16), Dim("n", min=2, max=64)
    shapes = ({0: b, 1: n}, {0: b, 1: n})
    sample = lambda b, n: (torch.randint(0, 10, (b, n), generator=torch.Generator().manual_seed(n)), torch.tensor([[1] * (n - 1) + [0]] * b))
    yield "dynamic_shapes", DynamicShapes(), [sample(3, 5), sample(1, 2), sample(4, 17), sample(3, 5)], shapes
    yield "mutation", Mutation().train(), [(numbers(s, 2, 2, 3, 3),) for s in range(3)], None
    yield "no_grad", NoGrad(), [(numbers(s, 4),) for s in range(2)], None
    yield "lists", Lists(), [(numbers(s, 3, 4, 4), torch.tensor([1, s, 3])) for s in range(3)], None


def save(program, path):
    """torch.export.save, less the stack traces: they name files of the machine that exported."""
    torch.export.save(program, path)
    with zipfile.ZipFile(path) as archive:
        entries = [(i.filename, archive.read(i)) for i in archive.infolist()]

    def scrub(value):
        if isinstance(value, dict):
            return {k: scrub(v) for k, v in value.items() if k not in ("stack_trace", "from_node")}
        return [scrub(v) for v in value] if isinstance(value, list) else value

    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            if name.endswith("models/model.json"):
                data = json.dumps(scrub(json.loads(data)), separators=(",", ":")).encode()
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data)


def write(folder, program, samples):
    os.makedirs(folder, exist_ok=True)
    save(program, f"{folder}/model.pt2")
    arrays = {f"{s:05d}.{a}": t.numpy() for s, sample in enumerate(samples) for a, t in enumerate(sample)}
    np.savez_compressed(f"{folder}/evaluation.npz", **arrays)
    arrays = {}
    for s, sample in enumerate(samples):
        # Loaded anew for each sample: it may change its buffers.
        module = torch.export.load(f"{folder}/model.pt2").module()
        with torch.no_grad():
            out = torch.utils._pytree.tree_leaves(module(*(t.clone() for t in sample)))
        arrays.update({f"{s:05d}.float.{o}": t.numpy() for o, t in enumerate(out)})
    np.savez_compressed(f"{folder}/outputs.npz", **arrays)


def main():
    for name, model, samples, shapes in cases():
        if name != "mutation":
            model.eval()
        program = export(model, tuple(t.clone() for t in samples[0]), dynamic_shapes=shapes)
        write(f"{HERE}/{name}", program, samples)
        if name == "mutation":
            write(f"{HERE}/{name}_functional", program.run_decompositions({}), samples)
        print(name)


if __name__ == "__main__":
    main()
