"""Trains the demo's model and writes what the demo quantizes: model.pt2, calibration.npz, heldout.npz.

The model reads handwritten digits and may leave early: a cheap head answers when it is sure enough, and only the digits
it hesitates over go through the deeper layers. torch.cond decides, so the exported program has two code paths.

The images are the 1797 of the test half of "Optical Recognition of Handwritten Digits" (E. Alpaydin and C. Kaynak, 1998,
UCI Machine Learning Repository, https://doi.org/10.24432/C50P49, CC BY 4.0): 8x8 pixels, 17 shades, 43 writers. scikit-learn
brings them along. The first 1400 train the model, 512 of those calibrate it; the other 397 it never sees before `evaluate`.

Run it with the packages of ../conformance/requirements.txt: `python train.py [--norm] [FOLDER]`. The same versions give
the same files on the same machine; elsewhere the weights may differ in their last bits.
"""

import argparse
import io
import json
import pathlib
import zipfile

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

TRAINING, CALIBRATION = 1400, 512
EPOCHS, BATCH, LEARNING_RATE = 12, 64, 3e-3
SURE = 0.6  # the cheap head's answer stands if its softmax is above this


class EarlyExitDigits(nn.Module):
    """[1, 1, 8, 8] in 0..1 to [1, 10] logits."""

    def __init__(self, norm: bool = False):
        """norm: whether a batch norm stands inside the branch of the deeper layers."""
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU())
        self.cheap = nn.Linear(16 * 2 * 2, 10)
        self.deep = nn.Sequential(
            nn.Conv2d(16, 32, 3, padding=1),
            nn.BatchNorm2d(32) if norm else nn.Identity(),
            nn.ReLU(),
            nn.Conv2d(32, 32, 3, padding=1, groups=4),
            nn.ReLU6(),
            nn.AdaptiveAvgPool2d(2),
        )
        self.head = nn.Linear(32 * 2 * 2, 10)

    def hurried(self, features):
        return self.cheap(F.avg_pool2d(features, 4).flatten(1))

    def considered(self, features, hurried):
        return self.head(self.deep(features).flatten(1)) + hurried * 0.5

    def forward(self, image):
        features = self.stem(image)
        hurried = self.hurried(features)
        sure = hurried.softmax(-1).amax(-1) > SURE  # shape [1]: a predicate of rank 0 does not lower
        return torch.cond(sure, lambda f, h: h * 1.0, self.considered, (features, hurried))


def digits():
    data = load_digits()
    return torch.tensor(data.images, dtype=torch.float32).unsqueeze(1) / 16, torch.tensor(data.target)


def train(norm, images, labels):
    """Both heads learn from every digit: which of them answers is decided only when the model is used."""
    torch.manual_seed(0)
    model = EarlyExitDigits(norm)
    optimizer = torch.optim.Adam(model.parameters(), LEARNING_RATE)
    for _ in range(EPOCHS):
        for batch in torch.randperm(TRAINING).split(BATCH):
            features = model.stem(images[batch])
            hurried = model.hurried(features)
            considered = model.considered(features, hurried)
            loss = F.cross_entropy(hurried, labels[batch]) + F.cross_entropy(considered, labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return model.eval()


def save_program(program, path):
    """As torch.export.save, less the stack traces: they name files of the machine that exported."""

    def without_traces(value):
        if isinstance(value, dict):
            return {k: without_traces(v) for k, v in value.items() if k != "stack_trace"}
        return [without_traces(v) for v in value] if isinstance(value, list) else value

    buffer = io.BytesIO()
    torch.export.save(program, buffer)
    with zipfile.ZipFile(buffer) as source, zipfile.ZipFile(path, "w") as target:
        for entry in source.infolist():
            data = source.read(entry)
            if entry.filename.endswith("models/model.json"):
                data = json.dumps(without_traces(json.loads(data)), separators=(",", ":")).encode()
            target.writestr(zipfile.ZipInfo(entry.filename), data)


def save_samples(images, path):
    np.savez_compressed(path, **{f"{i:05d}.0": image[None].numpy() for i, image in enumerate(images)})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=pathlib.Path, default=pathlib.Path(__file__).parent)
    parser.add_argument("--norm", action="store_true", help="with a batch norm inside the branch")
    arguments = parser.parse_args()
    images, labels = digits()
    model = train(arguments.norm, images, labels)
    arguments.folder.mkdir(parents=True, exist_ok=True)
    with torch.no_grad():
        right = sum(int(model(images[i : i + 1]).argmax() == labels[i]) for i in range(TRAINING, len(images)))
        save_program(torch.export.export(model, (images[:1],)), arguments.folder / "model.pt2")
    save_samples(images[:CALIBRATION], arguments.folder / "calibration.npz")
    save_samples(images[TRAINING:], arguments.folder / "heldout.npz")
    print(f"{arguments.folder}: {right} of {len(images) - TRAINING} held-out digits read correctly")


if __name__ == "__main__":
    main()
