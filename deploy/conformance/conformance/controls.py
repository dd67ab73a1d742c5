"""Whether the check can fail: an archive damaged on purpose must be told from the sound one."""

from . import archive, cases, lockstep, lowering, reference
from .examine import Findings


def examine():
    findings = Findings("controls", "histogram")
    case = next(c for c in cases.own_cases() if c.name == "small_cnn")
    sound = reference.of(case).program
    compared = lockstep.compare(sound, reference.of(case).program)
    findings.check(compared.same_structure and not compared.different_weights and compared.scale_ratio == 1, "an archive equals itself")
    for what, damage, shows in DAMAGES:
        damaged = reference.of(case).program
        damage(damaged)
        findings.check(shows(lockstep.compare(damaged, sound)), f"{what} is noticed")
    plain = lowering.lower(archive.load(case.model))
    findings.check(plain.float_work(), f"a float model's {plain.delegates} delegate(s) are seen to compute in floating point")
    return findings


def _first(program, matches):
    return next(node for node in program.graph.nodes if matches(node))


def _another_scale(program):
    node = _first(program, archive.is_quantize)
    node.args = (node.args[0], node.args[1] * 1.1, *node.args[2:])


def _another_zero_point(program):
    node = _first(program, archive.is_quantize)
    node.args = (*node.args[:2], node.args[2] + 5, *node.args[3:])


def _another_range(program):
    node = _first(program, archive.is_quantize)
    node.args = (*node.args[:3], node.args[3] + 1, *node.args[4:])


def _no_marker(program):
    _first(program, archive.is_marked).meta.pop("custom")


def _another_weight(program):
    weight = next(w for w in archive.constants(program).values() if w.dim() > 1 and not w.is_floating_point())
    weight.view(-1)[0] += 1


def _another_operator(program):
    import torch

    _first(program, lambda n: "max_pool2d" in str(n.target)).target = torch.ops.aten.avg_pool2d.default


DAMAGES = (
    ("a scale 10 % off", _another_scale, lambda c: c.scale_ratio > 1.09 and c.within(1.03, 2) == c.points - 1),
    ("a zero point off by 5", _another_zero_point, lambda c: c.zero_point_difference == 5),
    ("another integer range", _another_range, lambda c: not c.same_structure),
    ("a missing marker", _no_marker, lambda c: not c.same_structure),
    ("a weight off by one", _another_weight, lambda c: len(c.different_weights) == 1),
    ("another operator", _another_operator, lambda c: not c.same_structure),
)
