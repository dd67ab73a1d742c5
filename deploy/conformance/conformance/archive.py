"""Archives and samples as files: reading them with torch, running them, measuring how far two results lie apart."""

import io
import json
import math
import zipfile

import executorch.exir.passes.dim_order_ops_registry  # noqa: F401  registers dim_order_ops, into which integer inputs are cast
import numpy as np
import torch
import torch.ao.quantization.fx._decomposed  # noqa: F401  registers quantized_decomposed, which quantized archives call


FLOAT_STEP = 1 / 255  # of the output's range: what one step is for an output that is not quantized itself


def load(path):
    return torch.export.load(path)


def save(program, path):
    """As torch.export.save, less the stack traces: they name files of the machine that exported."""

    def without_traces(value):
        if isinstance(value, dict):
            return {k: without_traces(v) for k, v in value.items() if k != "stack_trace"}
        return [without_traces(v) for v in value] if isinstance(value, list) else value

    buffer = io.BytesIO()
    torch.export.save(program, buffer)
    with zipfile.ZipFile(buffer) as source, zipfile.ZipFile(path, "w") as target:
        for entry in source.infolist():
            data = source.read(entry)
            if entry.filename.endswith("models/model.json"):
                data = json.dumps(without_traces(json.loads(data)), separators=(",", ":")).encode()
            target.writestr(zipfile.ZipInfo(entry.filename), data)


def read_samples(path):
    """One tuple of tensors per sample, from arrays named SSSSS.A: sample, argument."""
    samples = {}
    with np.load(path) as arrays:
        for key in arrays.files:
            sample, argument = map(int, key.split("."))
            samples.setdefault(sample, {})[argument] = torch.from_numpy(arrays[key])
    return [tuple(args[a] for a in sorted(args)) for _, args in sorted(samples.items())]


def write_samples(path, samples):
    np.savez_compressed(path, **{f"{s:05d}.{a}": t.numpy() for s, sample in enumerate(samples) for a, t in enumerate(sample)})


def tensors(value):
    return [leaf for leaf in torch.utils._pytree.tree_leaves(value) if isinstance(leaf, torch.Tensor)]


def run(program, samples):
    """The output tensors of each sample."""
    module = program.module(check_guards=False)
    with torch.no_grad():
        return [tensors(module(*sample)) for sample in samples]


def noise(expected, actual):
    """The squared error of each sample, over all its outputs."""
    return [
        sum(((e.double() - a.double()) ** 2).sum().item() for e, a in zip(es, outs, strict=True))
        for es, outs in zip(expected, actual, strict=True)
    ]


def sqnr(expected, actual):
    """Signal to quantization noise over all outputs of all samples, in dB."""
    total = sum(noise(expected, actual))
    signal = sum((e.double() ** 2).sum().item() for es in expected for e in es)
    return math.inf if total == 0 else 10 * math.log10(signal / total) if signal else -math.inf


def sqnr_lead(expected, ours, theirs):
    """(by how many dB ours is better, its standard error): the error by leaving out each sample in turn."""
    pairs = list(zip(noise(expected, ours), noise(expected, theirs), strict=True))
    total = [sum(p[k] for p in pairs) for k in (0, 1)]
    if not all(total):
        return (0.0 if total[0] == total[1] else math.inf if total[0] == 0 else -math.inf), 0.0

    def lead(own, other):
        return 10 * math.log10(other / own) if own > 0 and other > 0 else 0.0

    n, whole = len(pairs), lead(*total)
    without = [lead(total[0] - own, total[1] - other) for own, other in pairs]
    mean = sum(without) / n
    return whole, math.sqrt((n - 1) / n * sum((w - mean) ** 2 for w in without))


def graphs(program):
    """(code path, graph module) of the program and of everything its control flow calls."""

    def visit(path, module):
        yield path, module
        for node in module.graph.nodes:
            child = getattr(module, str(node.target), None) if node.op == "get_attr" else None
            if isinstance(child, torch.fx.GraphModule):
                yield from visit(f"{path}/{node.target}", child)

    return visit("main", program.graph_module)


def constants(program):
    """Parameters, buffers and constants of the main graph by the name of their placeholder."""
    signature, held = program.graph_signature, {**program.state_dict, **program.constants}
    names = {**signature.inputs_to_parameters, **signature.inputs_to_buffers, **signature.inputs_to_lifted_tensor_constants}
    return {placeholder: held[name] for placeholder, name in names.items() if name in held}


def is_quantize(node):
    return isinstance(node, torch.fx.Node) and str(node.target).startswith("quantized_decomposed.quantize_")


def is_dequantize(node):
    return isinstance(node, torch.fx.Node) and str(node.target).startswith("quantized_decomposed.dequantize_")


def is_marked(node):
    """Whether the node carries the marker without which Arm's backend computes it in floating point."""
    return bool(node.meta.get("custom", {}).get("_arm_annotation_info", {}).get("quantized"))


def output_steps(program):
    """Per output the scale it was quantized with, None for one that was not."""
    output = next(n for n in reversed(program.graph.nodes) if n.op == "output")
    returned = [n for n in torch.utils._pytree.tree_leaves(output.args) if isinstance(n, torch.fx.Node)]
    return [n.args[1] if is_dequantize(n) and isinstance(n.args[1], float) else None for n in returned]


def steps_apart(program, expected, actual):
    """The largest distance between two runs of a quantized program, in quantization steps of the output."""
    steps, worst = output_steps(program), 0.0
    for expected_outputs, actual_outputs in zip(expected, actual, strict=True):
        for step, one, other in zip(steps, expected_outputs, actual_outputs, strict=True):
            if one.shape != other.shape or one.dtype != other.dtype:
                raise ValueError(f"one output is {one.dtype}{list(one.shape)}, the other {other.dtype}{list(other.shape)}")
            if one.numel():
                unit = step or float(one.double().max() - one.double().min()) * FLOAT_STEP or FLOAT_STEP
                worst = max(worst, (one.double() - other.double()).abs().max().item() / unit)
    return worst
