"""Nights of requantize: what lies at current loads in torch and runs there as in Calibeam, whatever became of the night."""

import json
import pathlib
import shutil
import tempfile

import numpy as np

from . import archive, calibeam, cases
from .examine import Findings

PUBLISHED, UNCHANGED, BLOCKED = 0, 3, 4
GOOD = (PUBLISHED, UNCHANGED)
A_NIGHT = 40
LEAST_SQNR = 25  # dB: a value at the edge of a rounding step may fall on either side
GATES = {"sqnrDropDb": 6, "top1Drop": 0.2, "flipRise": 0.3}


class Nights:
    def __init__(self, folder, case, findings):
        self.folder = folder
        self.case = case
        self.findings = findings
        self.night = 0
        self.excluded = []
        self.current = folder / "store" / "current" / "model.pt2"
        shutil.copy(case.model, folder / "model.pt2")
        with np.load(case.calibration) as arrays:
            self.images = [arrays[key] for key in sorted(arrays.files)]
        self.job()

    def job(self, **fields):
        job = {"model": "model.pt2", "samples": "samples/{date}/*.npz", "store": "store", "window": {"last": 14, "exclude": self.excluded}, "heldOut": {"share": 0.2, "samples": 10}, "gates": GATES}
        (self.folder / "job.json").write_text(json.dumps(job | fields))

    def data(self, change=lambda x: x):
        """Samples of another day; returns the day."""
        start = self.night * A_NIGHT % (len(self.images) - A_NIGHT)
        day = f"2026-11-{self.night + 1:02}"
        folder = self.folder / "samples" / day
        folder.mkdir(parents=True)
        np.savez(folder / "a.npz", **{f"{i:05}.0": change(image).astype(np.float32) for i, image in enumerate(self.images[start : start + A_NIGHT])})
        return day

    def run(self, what, statuses, *more):
        """Runs the job, which must end with one of these; what is published then is tried in torch."""
        self.night += 1
        what = f"night {self.night}, {what}"
        before = self.current.read_bytes() if self.current.exists() else None
        outcome = calibeam.call("requantize", "--job", self.folder / "job.json", *more)
        first = (outcome.stdout + outcome.stderr).strip().splitlines()[0][:200]
        self.findings.check(outcome.status in statuses, f"{what}: exit status {outcome.status}, {first}")
        if outcome.status != PUBLISHED:
            self.findings.check(self.current.exists() and self.current.read_bytes() == before, f"{what}: the published model stays, byte for byte")
        if self.current.exists():
            self._loads(what)

    def _loads(self, what):
        expected = archive.run(archive.load(self.current), archive.read_samples(self.case.evaluation))
        outcome, ours = calibeam.run(self.current, self.case.evaluation, self.folder / f"outputs-{self.night}.npz")
        if self.findings.check(outcome.status == 0, f"{what}: current runs in Calibeam" if outcome.status == 0 else f"{what}: {outcome.complaint()}"):
            sqnr = archive.sqnr(expected, ours)
            self.findings.check(sqnr > LEAST_SQNR, f"{what}: current loads in torch and gives there what it gives in Calibeam, to {sqnr:.0f} dB")


def examine():
    findings = Findings("nightly", "histogram")
    case = next(c for c in cases.own_cases() if c.name == "early_exit_digits")
    with tempfile.TemporaryDirectory(prefix="calibeam-") as name:
        nights = Nights(pathlib.Path(name), case, findings)
        nights.data()
        nights.run("the first", (PUBLISHED,))
        nights.data()
        nights.run("more data", GOOD)
        nights.run("no data", (UNCHANGED,))
        inverted = nights.data(lambda x: 1 - x)
        nights.run("inverted images", (BLOCKED,))
        nights.data()
        nights.run("good data after them", (BLOCKED,))
        nights.excluded.append(inverted)
        nights.job()
        nights.run("they are excluded", GOOD)
        scaled = nights.data(lambda x: 100 * x)
        nights.run("images scaled by 100", (BLOCKED,))
        shutil.rmtree(nights.folder / "samples" / scaled)
        nights.job(calibrator="minmax")
        nights.run("another calibrator", (PUBLISHED,))
        nights.run("a rollback", (PUBLISHED,), "--rollback", "previous")
        nights.job(config={"steps": [["set_global", {"is_per_channel": False}]]})
        nights.run("another configuration", (PUBLISHED,))
        program = archive.load(case.model)
        for value in program.state_dict.values():
            if value.is_floating_point():
                value.data.mul_(1.01)
        archive.save(program, nights.folder / "model.pt2")
        nights.run("another model", (PUBLISHED,))
        nights.data()
        nights.run("more data for it", GOOD)
    return findings
