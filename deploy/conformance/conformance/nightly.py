"""Nights of requantize: what lies at current loads in torch and runs there as in Calibeam, also after a night that was blocked."""

import json
import pathlib
import shutil
import tempfile

import numpy as np

from . import archive, calibeam, cases
from .examine import Findings

PUBLISHED, UNCHANGED, BLOCKED = 0, 3, 4
A_NIGHT = 40
LEAST_SQNR = 25  # dB: a value at the edge of a rounding step may fall on either side


def examine():
    findings = Findings("nightly", "histogram")
    case = next(c for c in cases.own_cases() if c.name == "early_exit_digits")
    with np.load(case.calibration) as arrays:
        images = [arrays[key] for key in sorted(arrays.files)]
    with tempfile.TemporaryDirectory(prefix="calibeam-") as name:
        folder = pathlib.Path(name)
        shutil.copy(case.model, folder / "model.pt2")
        job = {"model": "model.pt2", "samples": "samples/{date}/*.npz", "store": "store", "heldOut": {"share": 0.2, "samples": 10}, "gates": {"sqnrDropDb": 6, "top1Drop": 0.2, "flipRise": 0.3}}
        (folder / "job.json").write_text(json.dumps(job))
        nights = [(lambda x: x, (PUBLISHED,)), (lambda x: x, (PUBLISHED, UNCHANGED)), (lambda x: 1 - x, (BLOCKED,)), (lambda x: 100 * x, (BLOCKED,))]
        for night, (change, statuses) in enumerate(nights):
            part = images[night % 3 * A_NIGHT : (night % 3 + 1) * A_NIGHT]
            day = folder / "samples" / f"2026-11-{night + 1:02}"
            day.mkdir(parents=True)
            np.savez(day / "a.npz", **{f"{i:05}.0": change(image).astype(np.float32) for i, image in enumerate(part)})
            current = folder / "store" / "current" / "model.pt2"
            before = current.read_bytes() if current.exists() else None
            outcome = calibeam.call("requantize", "--job", folder / "job.json")
            if not findings.check(outcome.status in statuses, f"night {night + 1}: exit status {outcome.status}, {(outcome.stdout + outcome.stderr).strip().splitlines()[0][:200]}"):
                return findings
            if outcome.status != PUBLISHED:
                findings.check(current.read_bytes() == before, f"night {night + 1}: the published model stays, byte for byte")
            _loads(findings, night + 1, folder, current, case)
            if outcome.status == BLOCKED:
                shutil.rmtree(day)
    return findings


def _loads(findings, night, folder, current, case):
    expected = archive.run(archive.load(current), archive.read_samples(case.evaluation))
    outcome, ours = calibeam.run(current, case.evaluation, folder / f"outputs-{night}.npz")
    if not findings.check(outcome.status == 0, f"night {night}: current runs in Calibeam" if outcome.status == 0 else outcome.complaint()):
        return
    sqnr = archive.sqnr(expected, ours)
    findings.check(sqnr > LEAST_SQNR, f"night {night}: current loads in torch and gives there what it gives in Calibeam, to {sqnr:.0f} dB")
