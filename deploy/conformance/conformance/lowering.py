"""What Arm's VGF backend makes of a program: how many delegates, what it leaves outside, what is computed inside."""

import glob
import os
import pathlib
import tempfile
from dataclasses import dataclass, field

import torch


@dataclass(frozen=True)
class Lowered:
    delegates: int
    outside: dict[str, int]  # operators that stay on the CPU
    tosa: dict[str, int]  # OPERATOR:OUTPUT_TYPE inside the delegates, constants aside
    binaries: tuple[bytes, ...] = field(default=(), repr=False, compare=False)  # the delegates as TOSA
    inputs: tuple[int, ...] = field(default=(), repr=False, compare=False)  # of the program, as a sole delegate takes them
    outputs: tuple[int, ...] = field(default=(), repr=False, compare=False)  # of the delegate, as the program gives them

    @property
    def is_whole(self):
        """Whether one delegate is all there is to run."""
        return len(self.binaries) == 1 and not self.outside

    def facts(self):
        """What can be kept as JSON."""
        return {"delegates": self.delegates, "outside": self.outside, "tosa": self.tosa}

    def float_work(self):
        """Operators that do a layer's work in floating point: what a quantized layer must not become."""
        heavy = ("CONV", "DEPTHWISE_CONV", "TRANSPOSE_CONV", "MATMUL", "AVG_POOL", "MAX_POOL", "TABLE")
        return {k: n for k, n in self.tosa.items() if k.startswith(heavy) and ":FP" in k}


def lower(program):
    """With VgfPartitioner, Arm's model converter included."""
    from executorch.backends.arm.vgf import VgfCompileSpec, VgfPartitioner

    return _lower(program, VgfCompileSpec(), VgfPartitioner, lambda edge: edge.to_executorch())


def lower_with_control_flow(program):
    """With a TosaPartitioner and TOSA's control-flow extension; Arm's model converter takes no control flow."""
    from executorch.backends.arm.tosa.compile_spec import TosaCompileSpec
    from executorch.backends.arm.tosa.partitioner import TOSAPartitioner

    return _lower(program, TosaCompileSpec("TOSA-1.0+INT+FP+cf"), TOSAPartitioner, lambda edge: None)


def _lower(program, spec, partitioner, finish):
    from executorch.exir import memory, to_edge_transform_and_lower

    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        spec.dump_intermediate_artifacts_to(folder)
        edge = to_edge_transform_and_lower(program, partitioner=[partitioner(spec)])
        finish(edge)
        paths = sorted(glob.glob(os.path.join(folder, "*.tosa")))
        binaries = tuple(pathlib.Path(path).read_bytes() for path in paths)
    tosa = {}
    for binary in binaries:
        for operator, count in tosa_operators(binary).items():
            tosa[operator] = tosa.get(operator, 0) + count
    delegates, outside = 0, {}
    for module in _executed_outside(edge.exported_program().graph_module):
        for node in module.graph.nodes:
            if node.op != "call_function":
                continue
            if node.target is memory.alloc:  # a place, not work
                continue
            name = node.target.name() if callable(getattr(node.target, "name", None)) else str(node.target)
            if "call_delegate" in name:
                delegates += 1
            elif "getitem" not in name:
                outside[name] = outside.get(name, 0) + 1
    return Lowered(delegates, dict(sorted(outside.items())), dict(sorted(tosa.items())), binaries, *_order(edge.exported_program()))


def _order(program):
    """Which inputs of the program a sole delegate takes, and which of its outputs the program gives."""
    nodes = list(program.graph_module.graph.nodes)
    calls = [n for n in nodes if n.op == "call_function" and "call_delegate" in str(n.target)]
    if len(calls) != 1:
        return (), ()
    given = list(program.graph_signature.user_inputs)
    taken = tuple(given.index(n.name) for n in calls[0].args[1:] if n.name in given)
    returned = torch.utils._pytree.tree_leaves(nodes[-1].args)
    return taken, tuple(n.args[1] for n in returned if isinstance(n, torch.fx.Node) and n.args and n.args[0] is calls[0])


def _executed_outside(module):
    yield module
    for name, child in module.named_modules():
        if name and "lowered" not in name and isinstance(child, torch.fx.GraphModule):
            yield child


def run_on_device_model(binary, samples):
    """The outputs of one delegate per sample, as TOSA's reference model computes them: integers as on the device."""
    import tosa_reference_model as model

    results = []
    for sample in samples:
        outputs, status = model.run(
            binary, [t.numpy() for t in sample], verbosity="NONE", initialize_variable_tensor_from_numpy=True
        )
        if status != model.GraphStatus.TOSA_VALID:
            raise RuntimeError(f"the TOSA reference model says {status}")
        results.append([torch.from_numpy(output) for output in outputs])
    return results


def tosa_operators(binary):
    from tosa import DType, Op, TosaGraph

    operators = {number: name for name, number in vars(Op.Op).items() if isinstance(number, int)}
    types = {number: name for name, number in vars(DType.DType).items() if isinstance(number, int)}
    region = TosaGraph.TosaGraph.GetRootAs(binary, 0).Regions(0)
    counts = {}
    for block in map(region.Blocks, range(region.BlocksLength())):
        kinds = {tensor.Name(): types[tensor.Type()] for tensor in map(block.Tensors, range(block.TensorsLength()))}
        for operator in map(block.Operators, range(block.OperatorsLength())):
            name = operators[operator.Op()]
            if not name.startswith("CONST"):
                outputs = (kinds.get(operator.Outputs(i), "?") for i in range(operator.OutputsLength()))
                key = f"{name}:{','.join(outputs)}"
                counts[key] = counts.get(key, 0) + 1
    return counts
