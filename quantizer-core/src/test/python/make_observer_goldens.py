"""Makes reference-observers.json, what torchao's observers say about data that Java can make too.

Run it in an environment with torch 2.15 and torchao 0.18:

    python quantizer-core/src/test/python/make_observer_goldens.py \
        quantizer-core/src/test/resources/org/calibeam/core/observe/reference-observers.json

Every number is made by exactly rounded double operations only, so ReferenceData.java makes the
same bits.
"""

import json
import sys
import warnings
import zlib

import numpy as np
import torch
import torchao
from torchao.quantization.pt2e import (
    FakeQuantize,
    FusedMovingAvgObsFakeQuantize,
    HistogramObserver,
    MinMaxObserver,
    MovingAverageMinMaxObserver,
    MovingAveragePerChannelMinMaxObserver,
    PerChannelMinMaxObserver,
)

warnings.filterwarnings("ignore")
torch.set_num_threads(1)

KINDS = ["uniform", "gauss", "relu", "heavy", "outliers", "constant", "positive", "cubed"]


def uniforms(seed, n):
    """A linear congruential generator's upper 24 bits, as doubles in [0, 1)."""
    out = np.empty(n, dtype=np.float64)
    state = seed & 0xFFFFFFFF
    for i in range(n):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        out[i] = (state >> 8) / 16777216.0
    return out


def batch(kind, seed, n, scale):
    """n float32 values of one kind."""
    if kind == "constant":
        return np.full(n, np.float32(scale))
    u = uniforms(seed, 5 * n).reshape(n, 5)
    if kind == "uniform":
        x = u[:, 0] * 2 - 1
    elif kind == "positive":
        x = u[:, 0] + 0.5
    elif kind == "cubed":
        x = u[:, 0] * 2 - 1
        x = x * x * x
    else:
        x = u[:, 0] + u[:, 1] + u[:, 2] + u[:, 3] - 2
        if kind == "relu":
            x = np.maximum(x, 0.0)
        elif kind == "heavy":
            x = x / (u[:, 4] + 0.01)
        elif kind == "outliers":
            x = np.where(u[:, 4] < 0.001, x * 40, x)
    return (x * scale).astype(np.float32)


def crc(array):
    return zlib.crc32(np.ascontiguousarray(array).tobytes())


ACTIVATIONS = {
    "int8": dict(dtype=torch.int8, quant_min=-128, quant_max=127, qscheme=torch.per_tensor_affine, eps=2**-16),
    "snorm": dict(dtype=torch.int8, quant_min=-127, quant_max=127, qscheme=torch.per_tensor_affine, eps=2**-16),
    "uint8": dict(dtype=torch.uint8, quant_min=0, quant_max=255, qscheme=torch.per_tensor_affine, eps=2**-16),
    "int16": dict(dtype=torch.int16, quant_min=-32767, quant_max=32767, qscheme=torch.per_tensor_symmetric, eps=2**-12),
    "symmetric8": dict(dtype=torch.int8, quant_min=-127, quant_max=127, qscheme=torch.per_tensor_symmetric, eps=2**-16),
    "weight4": dict(dtype=torch.int8, quant_min=-7, quant_max=7, qscheme=torch.per_tensor_symmetric, eps=2**-16),
}


def histogram_case(rng):
    spec = rng.choice(["int8", "int8", "int8", "snorm", "uint8", "int16", "symmetric8"])
    observer = HistogramObserver(**ACTIVATIONS[spec])
    candidates = []
    inner = observer._compute_quantization_error

    def recording(start, end):
        error = inner(start, end)
        candidates.append([start, end, error])
        return error

    observer._compute_quantization_error = recording
    batches = []
    kinds = [k for k in KINDS if k != "constant"] if rng.random() < 0.8 else KINDS
    kind = str(rng.choice(kinds))
    for _ in range(int(rng.integers(1, 7))):
        if rng.random() < 0.3:
            kind = str(rng.choice(kinds))
        seed = int(rng.integers(1, 2**31))
        n = int(rng.choice([1, 7, 300, 1000, 5000]))
        scale = float(np.float32(2.0 ** rng.integers(-4, 5) * rng.uniform(0.5, 1.5)))
        batches.append([kind, seed, n, scale])
        observer(torch.from_numpy(batch(kind, seed, n, scale)))
    scale, zero_point = observer.calculate_qparams()
    del observer._compute_quantization_error
    return {
        "spec": str(spec),
        "batches": batches,
        "min": observer.min_val.item(),
        "max": observer.max_val.item(),
        "histogram": crc(observer.histogram.numpy()),
        "candidates": len(candidates),
        "first": candidates[0],
        "last": candidates[-1],
        "scale": scale.item(),
        "zero_point": zero_point.item(),
    }


def covering_case(rng):
    spec = str(rng.choice(list(ACTIVATIONS)))
    observer = MinMaxObserver(**ACTIVATIONS[spec])
    low, high = sorted(
        float(np.float32(v * 2.0 ** rng.integers(-20, 20))) for v in rng.normal(size=2)
    )
    observer(torch.tensor([low, high], dtype=torch.float32))
    scale, zero_point = observer.calculate_qparams()
    return {"spec": spec, "min": low, "max": high, "scale": scale.item(), "zero_point": zero_point.item()}


def tensor_batches(rng, channels):
    shape = [channels, 3, 5] if channels else [60]
    out = []
    for _ in range(int(rng.integers(1, 6))):
        kind = str(rng.choice(["uniform", "gauss", "relu", "heavy", "positive", "cubed"]))
        seed = int(rng.integers(1, 2**31))
        scale = float(np.float32(2.0 ** rng.integers(-12, 6) * rng.uniform(-1.5, 1.5)))
        out.append([kind, seed, int(np.prod(shape)), scale])
    return shape, out


def training_case(rng):
    """Moving averages and fake quantization, one record of state after every batch."""
    name = str(
        rng.choice(["moving", "moving_channels", "fused", "fused_channels", "fake", "fake_channels", "fake_minmax_channels"])
    )
    per_channel = "channels" in name
    averaging = float(rng.choice([0.01, 0.1, 1.0]))
    spec = "weight8" if per_channel else str(rng.choice(["int8", "uint8", "int16", "symmetric8", "weight4"]))
    kwargs = (
        dict(dtype=torch.int8, quant_min=-127, quant_max=127, qscheme=torch.per_channel_symmetric, eps=2**-16)
        if per_channel
        else dict(ACTIVATIONS[spec])
    )
    axis = 0 if "fused" in name else int(rng.integers(0, 3)) if per_channel else 0
    if per_channel:
        kwargs["ch_axis"] = axis
    inner = MovingAveragePerChannelMinMaxObserver if per_channel else MovingAverageMinMaxObserver
    if name == "fake_minmax_channels":
        module = FakeQuantize(observer=PerChannelMinMaxObserver, **kwargs)
    elif name.startswith("fused"):
        module = FusedMovingAvgObsFakeQuantize(observer=inner, averaging_constant=averaging, **kwargs)
    elif name.startswith("fake"):
        module = FakeQuantize(observer=inner, averaging_constant=averaging, **kwargs)
    else:
        module = inner(averaging_constant=averaging, **kwargs)
    shape, batches = tensor_batches(rng, 4 if per_channel else 0)
    steps = []
    for kind, seed, n, scale in batches:
        x = torch.from_numpy(batch(kind, seed, n, scale)).reshape(shape)
        y = module(x)
        observer = module if name.startswith("moving") else module.activation_post_process
        converted, zero_point = module.calculate_qparams()
        step = {
            "min": observer.min_val.reshape(-1).tolist(),
            "max": observer.max_val.reshape(-1).tolist(),
            "scale": converted.reshape(-1).tolist(),
            "zero_point": zero_point.reshape(-1).tolist(),
        }
        if not name.startswith("moving"):
            step["training_scale"] = module.scale.reshape(-1).tolist()
            step["training_zero_point"] = module.zero_point.reshape(-1).tolist()
            step["output"] = crc(y.detach().numpy())
        steps.append(step)
    return {
        "observer": name,
        "spec": spec,
        "averaging": averaging,
        "axis": axis,
        "shape": shape,
        "batches": batches,
        "steps": steps,
    }


def main(path):
    rng = np.random.default_rng(20260101)
    golden = {
        "torch": torch.__version__,
        "torchao": torchao.__version__,
        "capability": torch.backends.cpu.get_cpu_capability(),
        "data": [[k, crc(batch(k, 12345, 1000, 1.25))] for k in KINDS],
        "histogram": [histogram_case(rng) for _ in range(120)],
        "covering": [covering_case(rng) for _ in range(400)],
        "training": [training_case(rng) for _ in range(250)],
    }
    with open(path, "w") as out:
        # One case a line.
        out.write("{\n")
        for i, (key, value) in enumerate(golden.items()):
            out.write(",\n" if i else "")
            if isinstance(value, list):
                lines = ",\n".join("  " + json.dumps(v) for v in value)
                out.write(f'{json.dumps(key)}: [\n{lines}\n]')
            else:
                out.write(f"{json.dumps(key)}: {json.dumps(value)}")
        out.write("\n}\n")


if __name__ == "__main__":
    main(sys.argv[1])
