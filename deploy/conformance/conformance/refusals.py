"""What cannot work is refused: a line that says why, an exit status other than 0, nothing half-written."""

import json
import pathlib
import tempfile
import zipfile

import numpy as np

from . import calibeam, cases
from .examine import Findings


def examine():
    findings = Findings("refusals", "histogram")
    digits = next(c for c in cases.own_cases() if c.name == "early_exit_digits")
    with tempfile.TemporaryDirectory(prefix="calibeam-") as name:
        folder = pathlib.Path(name)
        for what, arguments, mentions in _refused(folder, digits):
            _refuses(findings, folder, what, arguments, mentions)
        _keeps_finished_run(findings, folder, digits)
    return findings


def _refuses(findings, folder, what, arguments, mentions):
    output = folder / "refused"
    outcome = calibeam.call("quantize", *arguments, "--output", output)
    lines = outcome.stderr.strip().splitlines()
    first = lines[0] if lines else ""
    findings.check(outcome.status != 0, f"{what}: exit status {outcome.status}")
    findings.check(all(m in first for m in mentions), f"{what}: {first[:200]!r} names {', '.join(mentions)}")
    findings.check(not any(line.startswith("\tat ") for line in lines), f"{what}: no stack trace")
    left = sorted(p.name for p in output.rglob("*")) if output.exists() else []
    findings.check(not left, f"{what}: nothing half-written" + (f", but {', '.join(left)}" if left else ""))


def _refused(folder, digits):
    """(what, arguments of quantize, what the message must name)"""

    def samples(name, *arrays):
        path = folder / f"{name}.npz"
        np.savez(path, **{key: array for key, array in arrays})
        return path

    def config(name, steps):
        path = folder / f"{name}.json"
        path.write_text(json.dumps({"is_qat": False, "steps": steps}))
        return path

    good, model = digits.calibration, digits.model
    digit = np.zeros((1, 1, 8, 8), np.float32)
    text = folder / "text.pt2"
    text.write_text("no archive")
    older = folder / "older.pt2"
    with zipfile.ZipFile(older, "w") as archive:
        archive.writestr("version", "3\n")
        archive.writestr("serialized_exported_program.json", "{}")
    yield "not an archive", ["--model", text, "--samples", good], ["text.pt2"]
    yield "an older layout", ["--model", older, "--samples", good], ["older.pt2"]
    yield "no such model", ["--model", folder / "none.pt2", "--samples", good], ["none.pt2"]
    yield "no samples", ["--model", model, "--samples", folder / "none-*.npz"], ["none-*.npz"]
    yield "too many inputs", ["--model", model, "--samples", samples("two", ("00000.0", digit), ("00000.1", digit))], ["two.npz#0"]
    yield "a wrong shape", ["--model", model, "--samples", samples("shape", ("00000.0", digit[:, :, :4]))], ["shape.npz#0"]
    yield "a wrong type", ["--model", model, "--samples", samples("type", ("00000.0", digit.astype(np.int64)))], ["type.npz#0"]
    yield "NaN", ["--model", model, "--samples", samples("nan", ("00000.0", digit + np.float32("nan")))], ["nan.npz#0"]
    one_way = samples("one_way", *[(f"{i:05d}.0", np.zeros_like(digit)) for i in range(3)])
    yield "a code path that no sample reached", ["--model", model, "--samples", one_way], ["main/"]
    unknown = config("module", [["set_global", {}], ["set_module_name", "stemm", None]])
    yield "an unknown module", ["--model", model, "--samples", good, "--config", unknown], ["stemm"]
    yield "an unknown type", ["--model", model, "--samples", good, "--config", config("t", [["set_module_type", "torch.nn.Lineal", {}]])], ["Lineal"]


def _keeps_finished_run(findings, folder, digits):
    output = folder / "finished"
    arguments = ["--model", digits.model, "--samples", digits.calibration, "--output", output]
    first = calibeam.call("quantize", *arguments)
    if not findings.check(first.status == 0, "a first run" if first.status == 0 else f"a first run: {first.complaint()}"):
        return
    manifest = (output / "manifest.json").read_bytes()
    second = calibeam.call("quantize", *arguments)
    findings.check(second.status != 0, f"a finished run is not overwritten: {second.complaint()}")
    findings.check((output / "manifest.json").read_bytes() == manifest, "a finished run stays as it was")
    third = calibeam.call("quantize", *arguments, "--overwrite")
    findings.check(third.status == 0, "unless --overwrite says so" if third.status == 0 else f"--overwrite: {third.complaint()}")
