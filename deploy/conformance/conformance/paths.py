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
    calibeam.keep_process()
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
    straight = _against_straight(case, findings, folder, original, samples, taken, same, expected, actual)
    _pieces(findings, folder / "out/paths", whole, samples, actual, [straight.get(way) for way in taken])
    _tosa(case, findings, folder, samples, actual)


def _quantize(model, samples, output, *more):
    return calibeam.call("quantize", "--model", model, "--samples", samples, "--output", output, *more)


def _against_straight(case, findings, folder, original, samples, taken, same, expected, actual):
    """Each way as a model without control flow, calibrated by the samples that go it; these models by way."""
    calibration = archive.read_samples(case.calibration)
    calibration_ways = [ways.way(original, sample) for sample in calibration]
    outputs, missing, models = [None] * len(samples), [], {}
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
            return models
        where, models[way] = [i for i, w in enumerate(taken) if w == way], archive.load(straight / "out/model.pt2")
        for i, result in zip(where, archive.run(models[way], [samples[i] for i in where]), strict=True):
            outputs[i] = result
    findings.check(not missing, "calibration goes every way that evaluation goes" + (f", but not {missing}" if missing else ""))
    judged = [i for i, result in enumerate(outputs) if result is not None]
    stayed = [i for i in judged if same[i]]

    def decibels(results, chosen):
        return archive.sqnr([expected[i] for i in chosen], [results[i] for i in chosen])

    ours, straight = decibels(actual, stayed), decibels(outputs, stayed)
    findings.check(
        ours >= straight - SQNR_SLACK,
        f"SQNR {ours:.2f} dB over the {len(stayed)} samples that keep their way, straight models {straight:.2f} dB;"
        f" over all {len(judged)} {decibels(actual, judged):.2f} and {decibels(outputs, judged):.2f} dB",
    )
    return models


def _pieces(findings, folder, whole, samples, actual, straight):
    host = _examples().Pieces(str(folder))
    different = 0
    for sample, outputs in zip(samples, actual, strict=True):
        different += any(not torch.equal(a, b) for a, b in zip(outputs, archive.tensors(host(*sample)), strict=True))
    findings.check(not different, f"pieces give the outputs of model.pt2 bit for bit over {len(samples)} samples" + (f", but not {different}" if different else ""))
    programs, pieces, wrong = host.programs(), {}, []
    for name, program in programs.items():
        try:
            lowered = lowering.lower(program)
        except Exception as error:
            wrong.append(f"{name}: {reference.line(error)}")
            continue
        if lowered.is_whole:
            pieces[name] = _Piece(program, host.modules[name], lowered)
        if not lowered.is_whole or lowered.float_work():
            wrong.append(f"{name}: {lowered.delegates} delegates, outside {lowered.outside}, float {lowered.float_work()}")
    if not findings.check(not wrong, f"each of {len(programs)} pieces lowers into one delegate, nothing outside" + (f", but {'; '.join(wrong)}" if wrong else "")):
        return
    samples, actual = samples[:DEVICE_SAMPLES], actual[:DEVICE_SAMPLES]
    host.modules = {name: piece.beside_torch for name, piece in pieces.items()}
    for sample in samples:
        host(*sample)
    alone = max((piece.worst for piece in pieces.values()), default=0.0)
    findings.check(alone <= ONE_STEP, f"each piece on the TOSA reference model is within one step of torch: {alone:.3g} over {len(samples)} samples")
    host.modules = {name: piece.on_device for name, piece in pieces.items()}
    apart = [archive.steps_apart(whole, [outputs], [archive.tensors(host(*sample))]) for sample, outputs in zip(samples, actual, strict=True)]
    beyond = [i for i, steps in enumerate(apart) if steps > ONE_STEP]
    without = max((_straight_on_device(straight[i], samples[i]) for i in beyond), default=0.0)
    findings.check(
        max(apart) <= max(ONE_STEP, without),
        f"one after the other they are within one output step: {max(apart):.3g}" + (f", the same ways as straight models {without:.3g}" if beyond else ""),
    )


def _straight_on_device(program, sample):
    """How many output steps a straight model is off on the device: what later layers make of one step in an earlier one."""
    lowered = lowering.lower(program)
    piece = _Piece(program, program.module(check_guards=False), lowered)
    piece.beside_torch(*sample)
    return piece.worst if lowered.is_whole else 0.0


class _Piece:
    """A program that became one delegate."""

    def __init__(self, program, module, lowered):
        self.program, self.module, self.lowered, self.worst = program, module, lowered, 0.0

    def on_device(self, *inputs):
        outputs = lowering.run_on_device_model(self.lowered.binaries[0], [[inputs[i] for i in self.lowered.inputs]])[0]
        return [outputs[i] for i in self.lowered.outputs]

    def beside_torch(self, *inputs):
        """What torch computes; how far the device is from it is kept."""
        outputs = archive.tensors(self.module(*inputs))
        self.worst = max(self.worst, archive.steps_apart(self.program, [outputs], [self.on_device(*inputs)]))
        return outputs


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
