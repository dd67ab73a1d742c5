"""What the Python quantizer that Calibeam follows makes of the same model, configuration and samples."""

import dataclasses
import hashlib
import importlib.metadata
import json
import os
import pathlib
import shutil
import tempfile

import torch

from . import archive, lowering

MADE_BY = ("torch", "executorch", "torchao")


def cache_folder():
    return pathlib.Path(os.environ.get("CALIBEAM_CONFORMANCE_CACHE", pathlib.Path.home() / ".cache" / "calibeam"))


def versions():
    return {package: importlib.metadata.version(package) for package in MADE_BY}


def fingerprint(*contents):
    digest = hashlib.sha256(json.dumps(versions()).encode())
    for content in contents:
        digest.update(hashlib.sha256(content).digest())
    return digest.hexdigest()[:16]


@dataclasses.dataclass(frozen=True)
class Reference:
    program: torch.export.ExportedProgram | None
    quantize_error: str | None
    lowered: lowering.Lowered | None
    lower_error: str | None
    device_steps: float | None  # how far its own archive is from what the device computes


def of(case):
    """The reference's archive of the case: made now, or kept from an earlier run of the same versions on the same input."""
    files = (case.model, case.calibration, case.evaluation)
    key = fingerprint(json.dumps(case.config, sort_keys=True).encode(), *(file.read_bytes() for file in files))
    folder = cache_folder() / "reference" / f"{case.name}-{key}"
    if not (folder / "facts.json").exists():
        with tempfile.TemporaryDirectory() as made:
            _make(case, pathlib.Path(made))
            folder.parent.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(made, folder)
    facts = json.loads((folder / "facts.json").read_text())
    return Reference(
        archive.load(folder / "reference.pt2") if facts["quantize_error"] is None else None,
        facts["quantize_error"],
        lowering.Lowered(**facts["lowered"]) if facts["lowered"] else None,
        facts["lower_error"],
        facts["device_steps"],
    )


def _make(case, folder):
    facts = {"quantize_error": None, "lowered": None, "lower_error": None, "device_steps": None}
    try:
        program = _quantize(case)
        torch.export.save(program, folder / "reference.pt2")
        try:
            lowered = lowering.lower(program)
            facts["lowered"] = lowered.facts()
            if lowered.is_whole:
                evaluation = archive.read_samples(case.evaluation)
                expected = lowering.run_on_device_model(lowered.binaries[0], evaluation)
                facts["device_steps"] = archive.steps_apart(program, archive.run(program, evaluation), expected)
        except Exception as error:  # a fact about the reference: its own archive may not lower
            facts["lower_error"] = line(error)
    except Exception as error:  # a fact about the reference: it may not be able to quantize the model
        facts["quantize_error"] = line(error)
    (folder / "facts.json").write_text(json.dumps(facts, indent=1))


def line(error):
    """An exception in one line."""
    return f"{type(error).__name__}: {error}".splitlines()[0][:300]


def _quantize(case):
    samples = archive.read_samples(case.calibration)
    with torch.no_grad():
        module = archive.load(case.model).module(check_guards=False)
        quantized = quantizer(case.config["steps"])._quantize_with_submodules(module, samples, case.config.get("is_qat", False))
        return torch.export.export(quantized, samples[0])


def quantizer(steps):
    from executorch.backends.arm import quantizer as arm
    from executorch.backends.arm.vgf import VgfCompileSpec

    def configuration(arguments):
        if arguments is None:
            return None
        arguments = dict(arguments)
        return getattr(arm, arguments.pop("factory", "get_symmetric_quantization_config"))(**arguments)

    def named(path):
        found = torch
        for part in path.split(".")[1:]:
            found = getattr(found, part)
        return found

    quantizer = arm.VgfQuantizer(VgfCompileSpec())
    for method, *arguments in steps:
        what, setting = (arguments[:-1], configuration(arguments[-1]))
        if method in ("set_module_type", "set_node_target"):
            what = [named(what[0])]
        getattr(quantizer, method)(*what, setting)
    return quantizer
