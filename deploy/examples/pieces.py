"""Runs the pieces that `calibeam quantize --split-paths` writes as one model, and puts them into one .pte.

    python pieces.py run   OUT/paths samples.npz outputs.npz
    python pieces.py lower OUT/paths model.pte

`paths.json` says which piece feeds which. Control flow between the pieces runs here, on the host; each piece
is a straight program that lowers to one VGF delegate. In the .pte every piece is a method of its own, named
after the piece with underscores, so a C++ or Python runtime can do what `call` does below.
"""
import json
import os
import sys

import numpy as np
import torch
import torchao.quantization.pt2e  # noqa: F401  registers the quantized_decomposed operators


class Pieces:
    def __init__(self, folder):
        self.folder = folder
        with open(os.path.join(folder, "paths.json")) as f:
            self.plan = json.load(f)
        if self.plan["format"] != 1:
            raise SystemExit(f"{folder}/paths.json has format {self.plan['format']}, this script reads format 1")
        constants = os.path.join(folder, "constants.npz")
        arrays = np.load(constants) if os.path.exists(constants) else {}
        self.constants = {name: torch.from_numpy(arrays[name]) for name in arrays}
        self.modules = {name: program.module(check_guards=False) for name, program in self.programs().items()}

    def programs(self):
        names = sorted(f for f in os.listdir(self.folder) if f.endswith(".pt2"))
        return {f[: -len(".pt2")]: torch.export.load(os.path.join(self.folder, f)) for f in names}

    def __call__(self, *inputs):
        return self.call(self.plan, inputs)

    def call(self, scope, inputs):
        values = dict(zip(scope["inputs"], inputs, strict=True))
        read = lambda names: [values[n] for n in names]
        for step in scope["steps"]:
            if "round" in step:
                for r in step["round"]:
                    values[r["output"]] = round_to_integers(values[r["input"]], r)
                continue
            if "load" in step:
                results = [self.constants[name] for name in step["load"]]
            elif "run" in step:
                results = self.modules[step["run"]](*read(step["inputs"]))
            elif "if" in step:
                side = step["true"] if bool(values[step["if"]]) else step["false"]
                results = self.call(side, read(step["inputs"]))
            else:
                results, rest = read(step["carried"]), read(step["inputs"])
                while bool(self.call(step["while"], [*results, *rest])[0]):
                    results = self.call(step["do"], [*results, *rest])
            values.update(zip(step["outputs"], results, strict=True))
        return tuple(read(scope["outputs"]))


def round_to_integers(x, r):
    q = torch.clamp(torch.round(x * (1.0 / r["scale"])) + r["zero_point"], r["quant_min"], r["quant_max"])
    return (q - r["zero_point"]) * r["scale"]


def samples(path):
    data, grouped = np.load(path), {}
    for key in data.files:
        sample, argument = key.split(".")
        grouped.setdefault(sample, {})[int(argument)] = torch.from_numpy(data[key])
    return {s: [args[a] for a in sorted(args)] for s, args in sorted(grouped.items())}


def lower(folder, pte):
    from executorch.backends.arm.vgf import VgfCompileSpec, VgfPartitioner
    from executorch.exir import to_edge_transform_and_lower

    programs = {name.replace(".", "_"): program for name, program in Pieces(folder).programs().items()}
    edge = to_edge_transform_and_lower(
        programs, partitioner={name: [VgfPartitioner(VgfCompileSpec())] for name in programs}
    )
    with open(pte, "wb") as f:
        f.write(edge.to_executorch().buffer)
    print(f"{pte}: {', '.join(sorted(programs))}")


def main():
    torch.set_grad_enabled(False)
    if len(sys.argv) == 5 and sys.argv[1] == "run":
        model = Pieces(sys.argv[2])
        outputs = {f"{s}.{i}": t.numpy() for s, args in samples(sys.argv[3]).items() for i, t in enumerate(model(*args))}
        np.savez_compressed(sys.argv[4], **outputs)
    elif len(sys.argv) == 4 and sys.argv[1] == "lower":
        lower(sys.argv[2], sys.argv[3])
    else:
        raise SystemExit(__doc__)


if __name__ == "__main__":
    main()
