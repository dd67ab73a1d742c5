"""Whether two quantized programs are the same program, and how far their qparams lie apart.

Both are walked together from their outputs backwards; names do not matter, structure does. Where the walk meets a
difference it notes it and does not go further there.
"""

from dataclasses import dataclass, field

import torch

from . import archive

SAME_CONSTANT = 1e-6  # relative: what is left after a number went through float32


@dataclass
class Comparison:
    differences: list[str] = field(default_factory=list)
    nodes: int = 0
    equal_weights: int = 0
    different_weights: list[str] = field(default_factory=list)
    scales: list[tuple[str, float, float]] = field(default_factory=list)  # (where, ours, theirs)
    zero_points: list[tuple[str, int, int]] = field(default_factory=list)

    @property
    def same_structure(self):
        return not self.differences

    @property
    def ratios(self):
        return [max(a, b) / min(a, b) if min(a, b) > 0 else float("inf") for _, a, b in self.scales]

    @property
    def scale_ratio(self):
        return max(self.ratios, default=1.0)

    @property
    def zero_point_difference(self):
        return max((abs(a - b) for _, a, b in self.zero_points), default=0)

    def within(self, ratio, zero_point):
        """The number of points whose scale and zero point are that close."""
        return sum(r <= ratio and abs(a - b) <= zero_point for r, (_, a, b) in zip(self.ratios, self.zero_points, strict=True))

    @property
    def points(self):
        return len(self.scales)


def compare(ours, theirs):
    comparison = Comparison()
    _Walk(comparison, "main", ours.graph_module, theirs.graph_module, archive.constants(ours), archive.constants(theirs)).graphs()
    return comparison


class _Walk:
    """Over one pair of graphs."""

    def __init__(self, comparison, where, ours, theirs, our_constants=(), their_constants=()):
        self.comparison, self.where = comparison, where
        self.ours, self.theirs = ours, theirs
        self.our_constants, self.their_constants = dict(our_constants), dict(their_constants)
        self.partner = {}

    def differ(self, message):
        self.comparison.differences.append(f"{self.where}: {message}")

    def graphs(self):
        ends = [next(n for n in reversed(g.graph.nodes) if n.op == "output") for g in (self.ours, self.theirs)]
        waiting = [(ends[0].args, ends[1].args)]
        while waiting:
            ours, theirs = waiting.pop()
            if isinstance(ours, torch.fx.Node) and isinstance(theirs, torch.fx.Node):
                waiting.extend(self.nodes(ours, theirs))
            elif isinstance(ours, (list, tuple)) and isinstance(theirs, (list, tuple)):
                if len(ours) == len(theirs):
                    waiting.extend(zip(ours, theirs))
                else:
                    self.differ(f"a list of {len(ours)} against one of {len(theirs)}")
            else:
                self.literals(ours, theirs)

    def literals(self, ours, theirs):
        if isinstance(ours, float) and isinstance(theirs, float):
            same = abs(ours - theirs) <= SAME_CONSTANT * max(1.0, abs(ours)) or ours == theirs
        elif ours is None or theirs is None or isinstance(ours, torch.device):
            same = True  # an argument left at its default may be written or not
        else:
            same = type(ours) is type(theirs) and ours == theirs
        if not same:
            self.differ(f"argument {ours!r} against {theirs!r}")

    def nodes(self, ours, theirs):
        """Compares two nodes; returns the pairs of their arguments still to be compared."""
        if ours in self.partner:
            if self.partner[ours] is not theirs and ours.op == "call_function":
                self.differ(f"{ours.name} stands for {self.partner[ours].name} and for {theirs.name}")
            return []
        self.partner[ours] = theirs
        self.comparison.nodes += 1
        held, other = self.our_constants.get(ours.name), self.their_constants.get(theirs.name)
        if held is not None and other is not None:
            self.weights(ours, held, other)
            return []
        if ours.op != theirs.op or (ours.op == "call_function" and str(ours.target) != str(theirs.target)):
            self.differ(f"{ours.name} ({ours.target}) against {theirs.name} ({theirs.target})")
            return []
        if ours.op == "get_attr":
            pair = getattr(self.ours, ours.target), getattr(self.theirs, theirs.target)
            if isinstance(pair[0], torch.fx.GraphModule):
                _Walk(self.comparison, f"{self.where}/{ours.target}", *pair).graphs()
            return []
        if ours.op != "call_function":
            return []
        if archive.is_marked(ours) != archive.is_marked(theirs):
            self.differ(f"{ours.name} is {'' if archive.is_marked(ours) else 'not '}marked as quantized, {theirs.name} the other way")
        if (archive.is_quantize(ours) or archive.is_dequantize(ours)) and isinstance(ours.args[1], float):
            self.qparams(ours, theirs)
            return [(ours.args[0], theirs.args[0])]
        return [(ours.args, theirs.args)]

    def qparams(self, ours, theirs):
        if not archive.is_quantize(ours.args[0]):  # a dequantize repeats what its quantize says
            where = f"{self.where}: {ours.name}"
            self.comparison.scales.append((where, ours.args[1], theirs.args[1]))
            self.comparison.zero_points.append((where, ours.args[2], theirs.args[2]))
        elif ours.args[1:3] != ours.args[0].args[1:3]:
            self.differ(f"{ours.name} {ours.args[1:3]} does not undo {ours.args[0].name} {ours.args[0].args[1:3]}")
        if ours.args[3:] != theirs.args[3:]:
            self.differ(f"{ours.name} {ours.args[3:]} against {theirs.name} {theirs.args[3:]}")

    def weights(self, node, ours, theirs):
        """Integer biases and their scales follow the scale of the activation: they are held against each other by shape only."""
        if ours.dtype != theirs.dtype or ours.shape != theirs.shape:
            self.differ(f"{node.name} is {ours.dtype}{list(ours.shape)} against {theirs.dtype}{list(theirs.shape)}")
        elif torch.equal(ours, theirs):
            self.comparison.equal_weights += 1
        elif not self.follows_activation(node):
            self.comparison.different_weights.append(f"{self.where}: {node.name}")

    @staticmethod
    def follows_activation(node):
        return any(archive.is_dequantize(user) and any(a is torch.int32 for a in user.args) for user in node.users)
