"""Writes src/test/resources/training: models, samples and what ExecuTorch's quantization-aware training makes of them.

Run with torch 2.15.0, executorch 1.5.1 and torchao 0.18.0:  python training_goldens.py ../resources/training
Each folder gets model.pt2, calibration.npz and qparams.json, a row [quantizer, scale, zero_point] for each per-tensor
quantize and dequantize, ordered.
"""
import json
import pathlib
import sys
import zipfile

import numpy
import torch
import torch.nn.functional as F
from executorch.backends.arm.quantizer import VgfQuantizer, get_symmetric_quantization_config
from executorch.backends.arm.vgf import VgfCompileSpec
from torch import nn

torch.set_grad_enabled(False)
torch.set_num_threads(1)


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(4, 6, 3, padding=1)
        self.b1 = nn.BatchNorm2d(6)
        self.c2 = nn.Conv2d(6, 6, 3, padding=1)
        self.b2 = nn.BatchNorm2d(6)
        self.fc = nn.Linear(6, 3)

    def forward(self, x):
        y = F.relu(self.b1(self.c1(x)))
        z = F.relu(self.b2(self.c2(y)) + y)
        return self.fc(F.max_pool2d(z, 8).flatten(1))


class Depthwise(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 3, padding=1, groups=4)
        self.norm = nn.BatchNorm2d(4)

    def forward(self, x):
        return F.relu(self.norm(self.conv(x)))


class Linear(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(16, 12)
        self.b = nn.Linear(12, 5)

    def forward(self, x):
        return self.b(torch.tanh(self.a(x)) + 0.5)


def save(program, path):
    """Less the stack traces, which name files of this machine."""
    torch.export.save(program, path)
    with zipfile.ZipFile(path) as archive:
        entries = [(i.filename, archive.read(i)) for i in archive.infolist()]

    def scrub(value):
        if isinstance(value, dict):
            return {k: scrub(v) for k, v in value.items() if k != "stack_trace"}
        return [scrub(v) for v in value] if isinstance(value, list) else value

    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, data in entries:
            if name.endswith("models/model.json"):
                data = json.dumps(scrub(json.loads(data)), separators=(",", ":")).encode()
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data)


def make(folder, model, shape, per_channel):
    torch.manual_seed(1)
    for _ in range(10):
        model.train()(torch.randn(*shape) * 1.5 + 0.2)
    samples = [(torch.randn(*shape) * (1 + 0.1 * i),) for i in range(10)]
    program = torch.export.export(model.eval(), samples[0])
    folder.mkdir(parents=True, exist_ok=True)
    save(program, folder / "model.pt2")
    numpy.savez_compressed(folder / "calibration.npz", **{f"{i:05d}.0": s[0].numpy() for i, s in enumerate(samples)})
    quantizer = VgfQuantizer(VgfCompileSpec())
    quantizer.set_global(get_symmetric_quantization_config(is_per_channel=per_channel, is_qat=True))
    quantized = quantizer._quantize_with_submodules(program.module(check_guards=False), samples, True)
    rows = sorted(
        [n.target._opname, n.args[1], n.args[2]]
        for n in quantized.graph.nodes
        if n.op == "call_function" and "quantize_per_tensor" in str(n.target)
    )
    (folder / "qparams.json").write_text("[\n" + ",\n".join(json.dumps(r) for r in rows) + "\n]\n")


if __name__ == "__main__":
    out = pathlib.Path(sys.argv[1])
    make(out / "residual", Residual(), (2, 4, 8, 8), True)
    make(out / "residual_per_tensor", Residual(), (2, 4, 8, 8), False)
    make(out / "depthwise", Depthwise(), (2, 4, 8, 8), True)
    make(out / "linear", Linear(), (3, 16), True)
