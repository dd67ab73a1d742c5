"""Writes what check calibrates with to the folder given: a large model and its samples, and the demo's digits in several numbers.

mobilenet_v2.pt2 is torchvision's architecture with seeded random weights: the flow of data is that of the real model, which is what the
check wants, and the weights need no download. samples.npz holds 64 seeded images for it. digits-1000.npz and digits-10000.npz repeat the
demo's images, poisoned.npz holds 32 of them with a NaN in number 7."""

import pathlib
import sys

import numpy
import torch
import torchvision


def mobilenet(folder, count=64):
    torch.manual_seed(6)
    model = torchvision.models.mobilenet_v2(weights=None).eval()
    shape = (1, 3, 224, 224)
    program = torch.export.export(model, (torch.zeros(shape),))
    torch.export.save(program, str(folder / "mobilenet_v2.pt2"))
    random = numpy.random.default_rng(6)
    images = {f"{i:05d}.0": random.standard_normal(shape).astype(numpy.float32) for i in range(count)}
    numpy.savez(folder / "samples.npz", **images)


def digits(folder):
    with numpy.load(pathlib.Path(__file__).parents[1] / "demo" / "calibration.npz") as arrays:
        images = [arrays[key] for key in sorted(arrays.files)]
    for count in (1000, 10000):
        numpy.savez(folder / f"digits-{count}.npz", **{f"{i:05d}.0": images[i % len(images)] for i in range(count)})
    images[7] = images[7] * numpy.float32("nan")
    numpy.savez(folder / "poisoned.npz", **{f"{i:05d}.0": image for i, image in enumerate(images[:32])})


if __name__ == "__main__":
    mobilenet(pathlib.Path(sys.argv[1]))
    digits(pathlib.Path(sys.argv[1]))
