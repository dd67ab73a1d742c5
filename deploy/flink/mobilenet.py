"""Writes mobilenet_v2.pt2 (torchvision's architecture, seeded random weights) and samples.npz (64 seeded images) to the folder given.

The flow of data is that of the real model, which is what the check wants; the weights need no download."""

import pathlib
import sys

import numpy
import torch
import torchvision


def main(folder, count=64):
    torch.manual_seed(6)
    model = torchvision.models.mobilenet_v2(weights=None).eval()
    shape = (1, 3, 224, 224)
    program = torch.export.export(model, (torch.zeros(shape),))
    torch.export.save(program, str(folder / "mobilenet_v2.pt2"))
    random = numpy.random.default_rng(6)
    images = {f"{i:05d}.0": random.standard_normal(shape).astype(numpy.float32) for i in range(count)}
    numpy.savez(folder / "samples.npz", **images)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
