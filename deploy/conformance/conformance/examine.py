"""One case from float model to device: everything that is checked about an artifact of Calibeam's."""

import json
import logging
import os
import pathlib
import tempfile
import warnings
from dataclasses import dataclass, field

import torch

from . import archive, calibeam, lockstep, lowering, reference
from .cases import Case

ARTIFACT = ("manifest.json", "model.pt2", "report.html", "report.json", "statistics.avro")
SQNR_SLACK = 0.3  # dB that may be lost against the reference: evaluation sets are small
ONE_STEP = 1.001  # and what float32 adds to a multiple of a scale


@dataclass(frozen=True)
class Closeness:
    """How near to the reference's qparams ours must lie."""

    scale_ratio: float
    zero_point: int
    share: float  # of a case's points, and of those of all cases


# The reference's histograms depend on the order of the samples, its range search stops at the first local optimum.
CLOSENESS = {"histogram": Closeness(1.03, 2, 0.98), "reference": Closeness(1.001, 1, 1.0)}


@dataclass
class Findings:
    case: str
    calibrator: str
    checks: list[tuple[bool, str]] = field(default_factory=list)
    sqnr: float | None = None
    reference_sqnr: float | None = None
    lead: float | None = None  # of ours over the reference's SQNR, in dB
    device_steps: float | None = None  # between the TOSA reference model and Calibeam's own run
    comparison: lockstep.Comparison | None = None
    lowered: lowering.Lowered | None = None
    reference_lowered: lowering.Lowered | None = None
    reference_error: str | None = None
    differs: str | None = None  # why the structure is not to be the reference's

    def check(self, holds, text):
        self.checks.append((bool(holds), text))
        return holds

    @property
    def passed(self):
        return all(holds for holds, _ in self.checks)


def prepare():
    """In each worker: one thread, and silence from the libraries, native ones too, so that what is printed are findings."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)


def examine(case: Case, calibrator="histogram", whole=True):
    """Everything about one case; not whole: what a calibrator changes, where another's artifact of the same graph is examined whole."""
    findings = Findings(case.name, calibrator)
    with tempfile.TemporaryDirectory(prefix="calibeam-") as folder:
        try:
            _examine(case, findings, pathlib.Path(folder), whole)
        except Exception as error:  # one broken artifact must not keep the others from being looked at
            findings.check(False, f"stopped by {reference.line(error)}")
    return findings


def examine_each(case, calibrators):
    """The findings of each calibrator, one after the other: they share what the reference made of the case. The first is examined whole."""
    calibeam.keep_process()
    return [examine(case, calibrator, whole=calibrator == calibrators[0]) for calibrator in calibrators]


def _examine(case, findings, folder, whole):
    config, out = folder / "config.json", folder / "out"
    config.write_text(json.dumps(case.config))
    outcome = calibeam.quantize(case, config, out, "--calibrator", findings.calibrator)
    if not findings.check(outcome.status == 0, f"quantizes ({outcome.seconds:.1f} s)" if outcome.status == 0 else f"quantizes: {outcome.complaint()}"):
        return
    missing = [name for name in ARTIFACT if not (out / name).is_file()]
    findings.check(not missing, f"writes {', '.join(ARTIFACT)}" + (f"; missing: {', '.join(missing)}" if missing else ""))
    program = archive.load(out / "model.pt2")
    evaluation = archive.read_samples(case.evaluation)
    expected, actual = archive.run(archive.load(case.model), evaluation), archive.run(program, evaluation)
    findings.sqnr = archive.sqnr(expected, actual)
    ours = _own_run(case, findings, out / "model.pt2", folder / "ours.npz", program, actual) if whole else None
    _scales(findings, program)
    if case.top1 is not None:
        agreement = sum(int(e[0].argmax() == a[0].argmax()) for e, a in zip(expected, actual)) / len(expected)
        findings.check(agreement >= case.top1, f"top-1 agreement with float {agreement:.1%} on {len(expected)} samples, at least {case.top1:.0%} wanted")
    theirs = reference.of(case)
    if case.conditional:
        _branches(findings, program)
    elif whole:
        _lower(case, findings, program, theirs)
    if findings.lowered:
        _on_device(findings, program, evaluation, ours, theirs)
    _against_reference(case, theirs, findings, program, evaluation, expected, actual)


def _lower(case, findings, program, theirs):
    try:
        findings.lowered = lowering.lower(program)
    except Exception as error:
        if case.dynamic:  # Arm's backend takes no quantize whose scale is a tensor
            findings.check(True, f"ExecuTorch does not lower dynamic quantization ({reference.line(error)[:80]}…)")
        else:
            findings.check(theirs.program and not theirs.lowered, f"lowers: {reference.line(error)}")
        return
    findings.check(not case.dynamic, "lowers" if not case.dynamic else "ExecuTorch lowers dynamic quantization now: check its operators as for static cases")
    if case.fully_quantized:
        floats = findings.lowered.float_work()
        findings.check(not floats, f"computes in integers inside {findings.lowered.delegates} delegate(s)" + (f", but {floats}" if floats else ""))


def _own_run(case, findings, model, output, program, actual):
    """Calibeam's own outputs of the quantized program, None if it could not run it."""
    outcome, ours = calibeam.run(model, case.evaluation, output)
    if not findings.check(outcome.status == 0, "runs in Calibeam" if outcome.status == 0 else f"runs in Calibeam: {outcome.complaint()}"):
        return None
    worst = archive.steps_apart(program, actual, ours)
    findings.check(worst <= ONE_STEP, f"torch and Calibeam compute the same from it: {worst:.3g} output steps apart over {len(actual)} samples")
    return ours


def _on_device(findings, program, evaluation, ours, theirs):
    """What the device computes, for a program that became one delegate with nothing around it."""
    if not findings.lowered.is_whole or ours is None:
        return
    worst = archive.steps_apart(program, ours, lowering.run_on_device_model(findings.lowered.binaries[0], evaluation))
    findings.device_steps = worst
    allowed = max(ONE_STEP, theirs.device_steps or 0)
    findings.check(
        worst <= allowed,
        f"the TOSA reference model and Calibeam compute the same: {worst:.3g} output steps apart"
        + (f", the reference's archive {theirs.device_steps:.3g}" if allowed > ONE_STEP else ""),
    )


def _scales(findings, program):
    made_up = [
        f"{path}: {node.name}"
        for path, module in archive.graphs(program)
        for node in module.graph.nodes
        if archive.is_quantize(node) and node.args[1] == 1.0
    ]
    findings.check(not made_up, "no scale is made up" + (f", but 1.0 at {', '.join(made_up[:3])}" if made_up else ""))


def _branches(findings, program):
    """Weights of the layers in branches are int8 with a scale per channel, their biases int32."""
    layers, wrong = 0, []
    for path, module in archive.graphs(program):
        for node in module.graph.nodes:
            if node.op == "call_function" and str(node.target).startswith(("aten.conv", "aten.linear.")):
                layers += 1
                weight, bias = node.args[1], node.args[2] if len(node.args) > 2 else None
                if "dequantize_per_channel" not in str(getattr(weight, "target", "")) or torch.int8 not in weight.args:
                    wrong.append(f"{path}: weight of {node.name}")
                if bias is not None and (not archive.is_dequantize(bias) or torch.int32 not in bias.args):
                    wrong.append(f"{path}: bias of {node.name}")
    findings.check(not wrong, f"{layers} layers in all code paths have int8 weights per channel and int32 biases" + (f", but not {', '.join(wrong)}" if wrong else ""))


def _against_reference(case, theirs, findings, program, evaluation, expected, actual):
    if theirs.program is None:
        findings.reference_error = theirs.quantize_error
        findings.check(True, f"the reference cannot quantize it ({theirs.quantize_error})")
        return
    findings.reference_lowered, findings.reference_error = theirs.lowered, theirs.lower_error
    reference_outputs = archive.run(theirs.program, evaluation)
    findings.reference_sqnr = archive.sqnr(expected, reference_outputs)
    findings.lead, error = archive.sqnr_lead(expected, actual, reference_outputs)
    findings.check(
        findings.lead >= -SQNR_SLACK,
        f"SQNR {findings.sqnr:.2f} dB, the reference's {findings.reference_sqnr:.2f} dB,"
        f" a lead of {findings.lead:+.2f} with a standard error of {error:.2f} over {len(expected)} samples",
    )
    if case.conditional:
        findings.differs = "differs on purpose: there the weights and biases of branches are int8 activations per tensor, and the predicate is quantized"
        return
    compared = findings.comparison = lockstep.compare(program, theirs.program)
    findings.check(
        compared.same_structure,
        f"same structure as the reference's, {compared.nodes} nodes" + (f", but {compared.differences[0]}" if compared.differences else ""),
    )
    findings.check(
        not compared.different_weights,
        f"{compared.equal_weights} constants equal" + (f", but not {', '.join(compared.different_weights[:3])}" if compared.different_weights else ""),
    )
    wanted = CLOSENESS[findings.calibrator]
    within = compared.within(wanted.scale_ratio, wanted.zero_point)
    findings.check(
        within >= wanted.share * compared.points,
        f"{within} of {compared.points} points within {wanted.scale_ratio:g} in scale and {wanted.zero_point} in zero point"
        f" (largest {compared.scale_ratio:.4g} and {compared.zero_point_difference})",
    )
    if theirs.lowered is None or findings.lowered is None:
        return
    extra = {k: n for k, n in findings.lowered.outside.items() if n > theirs.lowered.outside.get(k, 0)}
    findings.check(not extra, "leaves nothing outside the delegate that the reference's does not" + (f", but {extra}" if extra else ""))
    differing = sorted(dict(findings.lowered.tosa.items() ^ theirs.lowered.tosa.items()))
    findings.check(
        not differing,
        f"the same {sum(findings.lowered.tosa.values())} TOSA operators of the same types" + (f", but {', '.join(differing)} differ" if differing else ""),
    )
