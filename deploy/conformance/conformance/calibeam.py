"""Calibeam's command line, as anyone would call it."""

import os
import pathlib
import subprocess
import time
from dataclasses import dataclass

import numpy as np
import torch

LAUNCHER = pathlib.Path(os.environ.get("CALIBEAM", pathlib.Path(__file__).parents[2] / "calibeam"))


@dataclass(frozen=True)
class Outcome:
    status: int
    stdout: str
    stderr: str
    seconds: float

    def complaint(self):
        """The first line on stderr, for a person to read."""
        lines = self.stderr.strip().splitlines() or ["(no message)"]
        return f"exit status {self.status}: {lines[0][:300]}"


def call(*arguments):
    start = time.perf_counter()
    done = subprocess.run([LAUNCHER, *map(str, arguments)], capture_output=True, text=True, check=False)
    return Outcome(done.returncode, done.stdout, done.stderr, time.perf_counter() - start)


def quantize(case, config, output, *more, samples=None):
    return call("quantize", "--model", case.model, "--samples", samples or case.calibration, "--config", config, "--output", output, *more)


def run(model, samples, output):
    """Calibeam's own outputs of the archive: (outcome, outputs per sample)."""
    outcome = call("run", model, "--samples", samples, "--output", output)
    if outcome.status != 0:
        return outcome, []
    with np.load(output) as arrays:
        outputs = {}
        for key in arrays.files:
            sample, index = map(int, key.split("."))
            outputs.setdefault(sample, {})[index] = torch.from_numpy(arrays[key])
    return outcome, [[outs[i] for i in sorted(outs)] for _, outs in sorted(outputs.items())]
