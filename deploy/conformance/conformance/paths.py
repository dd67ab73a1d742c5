"""Conditional models: as a whole in torch, in straight pieces on Arm's toolchain, and whole as TOSA with control flow."""

import functools
import importlib.util
import pathlib
import tempfile

import torch

from . import archive, calibeam, conditional, lowering, reference, ways
from .cases import DEFAULT, HERE, Case, own_cases
from .examine import ONE_STEP, Findings

SAME_WAY = 0.99  # least share of samples that take the float model's way
SQNR_SLACK = 1.0  # dB that may be lost against the ways quantized as straight models
DEVICE_SAMPLES = 16  # run on the TOSA reference model, which takes its time


def all_cases():
    """Each has calibration samples for every way."""
    yield from (case for case in own_cases() if case.conditional)
    for name in conditional.MODELS:
        folder = HERE / "paths" / name
        yield Case(name, folder / "model.pt2", DEFAULT, folder / "calibration.npz", folder / "evaluation.npz", conditional=True)


def examine(case):
    findings = Findings(f"paths {case.name}", "histogram")
    with tempfile.TemporaryDirectory(prefix="calibeam-") as folder:
        try:
            _examine(case, findings, pathlib.Path(folder))
        except Exception as error:  # one broken artifact must not keep the others from being looked at
            findings.check(False, f"stopped by {reference.line(error)}")
    return findings


def _examine(case, findings, folder):
    outcome = _quantize(case.model, case.calibration, folder / "out", "--split-paths")
    if not findings.check(outcome.status == 0, "quantizes" if outcome.status == 0 else f"quantizes: {outcome.complaint()}"):
        return
    original, whole = archive.load(case.model), archive.load(folder / "out/model.pt2")
    samples = archive.read_samples(case.evaluation)
    expected, actual = archive.run(original, samples), archive.run(whole, samples)
    taken = [ways.way(original, sample) for sample in samples]
    same = [a == b for a, b in zip(taken, (ways.way(whole, sample) for sample in samples), strict=True)]
    findings.check(
        sum(same) >= SAME_WAY * len(samples),
        f"{sum(same)} of {len(samples)} samples go the way of the float model, at least {SAME_WAY:.0%} wanted",
    )
    _against_straight(case, findings, folder, original, samples, taken, same, expected, actual)
    _pieces(findings, folder / "out/paths", whole, samples, actual)
    _tosa(case, findings, folder, samples, actual)


def _quantize(model, samples, output, *more):
    return calibeam.call("quantize", "--model", model, "--samples", samples, "--output", output, *more)


def _against_straight(case, findings, folder, original, samples, taken, same, expected, actual):
    """Each way as a model without control flow, calibrated by the samples that go it."""
    calibration = archive.read_samples(case.calibration)
    calibration_ways = [ways.way(original, sample) for sample in calibration]
    outputs, missing = [None] * len(samples), []
    for number, way in enumerate(sorted(set(taken))):
        chosen = [s for s, w in zip(calibration, calibration_ways) if w == way]
        if not chosen:
            missing.append(way)
            continue
        straight = folder / f"straight{number}"
        straight.mkdir()
        archive.save(ways.straight(original, way, chosen[0]), straight / "model.pt2")
        archive.write_samples(straight / "calibration.npz", chosen)
        outcome = _quantize(straight / "model.pt2", straight / "calibration.npz", straight / "out")
        if not findings.check(outcome.status == 0, f"quantizes the way {way} as a straight model" + ("" if outcome.status == 0 else f": {outcome.complaint()}")):
            return
        where = [i for i, w in enumerate(taken) if w == way]
        for i, result in zip(where, archive.run(archive.load(straight / "out/model.pt2"), [samples[i] for i in where]), strict=True):
            outputs[i] = result
    findings.check(not missing, "calibration goes every way that evaluation goes" + (f", but not {missing}" if missing else ""))
    judged = [i for i, result in enumerate(outputs) if result is not None]
    pick = lambda results: [results[i] for i in judged]  # noqa: E731
    ours, straight = archive.sqnr(pick(expected), pick(actual)), archive.sqnr(pick(expected), pick(outputs))
    stayed = [i for i in judged if same[i]]
    kept = archive.sqnr([expected[i] for i in stayed], [actual[i] for i in stayed])
    findings.check(
        ours >= straight - SQNR_SLACK,
        f"SQNR {ours:.2f} dB, {kept:.2f} over samples that keep their way, straight models {straight:.2f} dB over {len(judged)} samples",
    )


def _pieces(findings, folder, whole, samples, actual):
    host = _examples().Pieces(str(folder))
    different = 0
    for sample, outputs in zip(samples, actual, strict=True):
        different += any(not torch.equal(a, b) for a, b in zip(outputs, archive.tensors(host(*sample)), strict=True))
    findings.check(not different, f"pieces give the outputs of model.pt2 bit for bit over {len(samples)} samples" + (f", but not {different}" if different else ""))
    programs, wrong = host.programs(), []
    for name, program in programs.items():
        lowered = lowering.lower(program)
        if lowered.is_whole:
            host.modules[name] = functools.partial(_on_device, lowered)
        if not lowered.is_whole or lowered.float_work():
            wrong.append(f"{name}: {lowered.delegates} delegates, outside {lowered.outside}, float {lowered.float_work()}")
    if not findings.check(not wrong, f"each of {len(programs)} pieces lowers into one delegate, nothing outside" + (f", but {'; '.join(wrong)}" if wrong else "")):
        return
    on_device = [archive.tensors(host(*sample)) for sample in samples[:DEVICE_SAMPLES]]
    worst = archive.steps_apart(whole, actual[:DEVICE_SAMPLES], on_device)
    findings.check(worst <= ONE_STEP, f"pieces on the TOSA reference model are within one output step: {worst:.3g} over {len(on_device)} samples")


def _on_device(lowered, *inputs):
    outputs = lowering.run_on_device_model(lowered.binaries[0], [[inputs[i] for i in lowered.inputs]])[0]
    return [outputs[i] for i in lowered.outputs]


def _tosa(case, findings, folder, samples, actual):
    outcome = calibeam.call(
        "convert", "--model", case.model, "--statistics", folder / "out/statistics.avro", "--output", folder / "tosa", "--control-flow", "tosa"
    )
    if not findings.check(outcome.status == 0, "converts for TOSA's control flow" if outcome.status == 0 else f"converts for TOSA: {outcome.complaint()}"):
        return
    program = archive.load(folder / "tosa/model.pt2")
    loss = archive.sqnr(actual, archive.run(program, samples))
    try:
        lowered, problem = lowering.lower_with_control_flow(program), None
    except Exception as error:
        lowered, problem = None, reference.line(error)
    holds = lowered is not None and lowered.is_whole
    facts = problem or f"{lowered.delegates} delegates, outside {lowered.outside}"
    findings.check(holds, f"--control-flow tosa lowers into one delegate, {loss:.1f} dB from model.pt2" + ("" if holds else f", but {facts[:200]}"))


@functools.cache
def _examples():
    path = pathlib.Path(__file__).parents[2] / "examples" / "pieces.py"
    spec = importlib.util.spec_from_file_location("pieces", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
