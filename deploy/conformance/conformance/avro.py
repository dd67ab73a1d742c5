"""README's example of writing samples as Avro, run as it stands: Calibeam reads what fastavro wrote and finds in it what the npz files hold."""

import json
import os
import pathlib
import re
import tempfile

import numpy as np

from . import calibeam, cases
from .examine import Findings

HOME = pathlib.Path(__file__).parents[3]


def examine():
    findings = Findings("avro", "histogram")
    case = next(c for c in cases.own_cases() if c.name == "early_exit_digits")
    with np.load(case.calibration) as arrays:
        samples = [[arrays[key]] for key in sorted(arrays.files)]
    with tempfile.TemporaryDirectory(prefix="calibeam-") as name:
        folder = pathlib.Path(name)
        written = _write(folder, samples)
        config = folder / "config.json"
        config.write_text(json.dumps(case.config))
        made = {}
        for what, source in {"npz": case.calibration, "avro": written}.items():
            outcome = calibeam.quantize(case, config, folder / what, samples=source)
            if not findings.check(outcome.status == 0, f"{len(samples)} samples from {what}" if outcome.status == 0 else outcome.complaint()):
                return findings
            made[what] = {file: (folder / what / file).read_bytes() for file in ("model.pt2", "statistics.avro")}
        for file, content in made["npz"].items():
            findings.check(content == made["avro"][file], f"samples that fastavro wrote as README shows: {file} has the same bytes")
        imported = calibeam.call("import", "--samples", written, "--samples-per-file", 100, "--output", folder / "imported")
        found = len(list((folder / "imported").glob("*.avro")))
        findings.check(imported.status == 0 and found == -(-len(samples) // 100), f"import cuts them into {found} files")
    return findings


def _write(folder, samples):
    """Runs the block that mentions fastavro, which writes to the working folder and looks for the schema below it."""
    code = next(block for block in re.findall(r"```python\n(.*?)```", (HOME / "README.md").read_text(), re.S) if "fastavro" in block)
    (folder / "schemas").symlink_to(HOME / "schemas")
    before = os.getcwd()
    os.chdir(folder)
    try:
        exec(code, {"samples": samples})
    finally:
        os.chdir(before)
    return folder / "samples.avro"
