"""The same input gives the same bytes, however it is spread over workers and in whatever order the samples come."""

import json
import pathlib
import random
import tempfile

import numpy as np

from . import calibeam, cases
from .examine import Findings

WORKERS = (1, 2, 8)


def examine():
    findings = Findings("determinism", "histogram")
    case = next(c for c in cases.own_cases() if c.name == "early_exit_digits")
    with tempfile.TemporaryDirectory(prefix="calibeam-") as name:
        folder = pathlib.Path(name)
        config = folder / "config.json"
        config.write_text(json.dumps(case.config))
        shuffled = folder / "shuffled.npz"
        _shuffle(case.calibration, shuffled)
        first = None
        for workers in WORKERS:
            outcome = calibeam.quantize(case, config, folder / f"{workers}", "--", f"--targetParallelism={workers}")
            if not findings.check(outcome.status == 0, f"{workers} worker(s) in {outcome.seconds:.1f} s" if outcome.status == 0 else outcome.complaint()):
                return findings
            made = _bytes(folder / f"{workers}")
            first = first or made
            _same(findings, f"{workers} worker(s)", first, made)
        outcome = calibeam.quantize(case, config, folder / "shuffled", samples=shuffled)
        if findings.check(outcome.status == 0, "shuffled samples" if outcome.status == 0 else outcome.complaint()):
            _same(findings, "shuffled samples", first, _bytes(folder / "shuffled"))
    return findings


def _bytes(folder):
    return {name: (folder / name).read_bytes() for name in ("model.pt2", "statistics.avro")}


def _same(findings, what, first, other):
    for name in first:
        findings.check(first[name] == other[name], f"{what}: {name} has the same bytes")


def _shuffle(source, target):
    """The same samples under other numbers, in another order in the file."""
    with np.load(source) as arrays:
        content = [arrays[key] for key in arrays.files]
    random.Random(7).shuffle(content)
    np.savez_compressed(target, **{f"{i:05d}.0": array for i, array in enumerate(content)})
