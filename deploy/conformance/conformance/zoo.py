"""One small model per operator family: where annotation, rewriting or lowering could differ from the reference."""

import dataclasses

import torch
from torch import nn
from torch.nn import functional as F

CALIBRATION, EVALUATION = 16, 32
IMAGE, ROWS = (1, 4, 8, 8), (3, 16)


@dataclasses.dataclass(frozen=True)
class Family:
    compute: callable  # of the modules, then of the inputs
    modules: callable = list  # makes the modules; called with a seeded generator
    inputs: tuple = (ROWS,)


class Model(nn.Module):
    def __init__(self, family):
        super().__init__()
        self.compute, self.parts = family.compute, nn.ModuleList(family.modules())

    def forward(self, *inputs):
        return self.compute(*self.parts, *inputs)


def conv(*args, **more):
    return lambda: [nn.Conv2d(*args, **more)]


def elementwise(compute, *inputs):
    return Family(compute, inputs=inputs or (ROWS,))


def image(compute, modules=list):
    return Family(compute, modules, (IMAGE,))


LAYERS = {
    "addmm": Family(lambda c, a, b: torch.addmm(c, a, b), inputs=((6,), (3, 16), (16, 6))),
    "bmm_transpose": Family(lambda a: torch.bmm(a, a.transpose(1, 2)), inputs=((2, 4, 8),)),
    "bn_alone": image(lambda norm, a: F.relu(norm(a)), lambda: [nn.BatchNorm2d(4)]),
    "conv1d": Family(lambda layer, a: layer(a), lambda: [nn.Conv1d(4, 8, 3)], ((1, 4, 20),)),
    "conv_bn": image(lambda layer, norm, a: norm(layer(a)), lambda: [nn.Conv2d(4, 8, 3), nn.BatchNorm2d(8)]),
    "conv_hardtanh": image(lambda layer, a: F.hardtanh(layer(a), -0.5, 0.5), conv(4, 8, 3)),
    "conv_relu": image(lambda layer, a: F.relu(layer(a)), conv(4, 8, 3)),
    "conv_relu6": image(lambda layer, a: F.relu6(layer(a)), conv(4, 8, 3)),
    "conv_shared_input": image(lambda one, two, a: one(a) + two(a), lambda: [nn.Conv2d(4, 8, 3), nn.Conv2d(4, 8, 3)]),
    "conv_transpose": image(lambda layer, a: layer(a), lambda: [nn.ConvTranspose2d(4, 8, 3, stride=2)]),
    "depthwise": image(lambda layer, a: layer(a), conv(4, 4, 3, groups=4, padding=1)),
    "inplace_relu_residual": image(lambda layer, a: F.relu_(layer(a) + a), conv(4, 4, 3, padding=1)),
    "linear_3d_no_bias": Family(lambda layer, a: layer(a), lambda: [nn.Linear(16, 8, bias=False)], ((2, 5, 16),)),
    "linear_relu": Family(lambda layer, a: F.relu(layer(a)), lambda: [nn.Linear(16, 8)]),
    "matmul": Family(lambda a, b: a @ b, inputs=((2, 4, 8), (2, 8, 4))),
    "two_outputs": Family(lambda layer, a: (layer(a), F.relu(a)), lambda: [nn.Linear(16, 4)]),
}

ARITHMETIC = {
    "add_broadcast": elementwise(lambda a, b: a + b, IMAGE, (1, 4, 1, 1)),
    "add_self": elementwise(lambda a: a + a),
    "div": elementwise(lambda a, b: a / (b.abs() + 1.0), ROWS, ROWS),
    "minimum_maximum": elementwise(lambda a, b: torch.minimum(torch.maximum(a, b), a * 2.0), ROWS, ROWS),
    "sub_mul_scalar": elementwise(lambda a: (a - 0.5) * 3.0),
    "where": elementwise(lambda a, b: torch.where(a > 0, a, b), ROWS, ROWS),
}

UNARY = {
    "abs_neg": elementwise(lambda a: -a.abs()),
    "ceil_floor": elementwise(lambda a: a.ceil() + a.floor()),
    "clamp": elementwise(lambda a: a.clamp(-0.5, 0.7)),
    "elu": elementwise(F.elu),
    "exp_log": elementwise(lambda a: (a.exp() + 1.0).log()),
    "gelu": elementwise(lambda a: F.gelu(a)),
    "hardswish": elementwise(lambda a: F.hardswish(a)),
    "leaky_relu": elementwise(lambda a: F.leaky_relu(a, 0.1)),
    "pow": elementwise(lambda a: a.pow(2)),
    "relu_sigmoid_tanh": elementwise(lambda a: F.relu(a).sigmoid().tanh()),
    "rsqrt": elementwise(lambda a: (a.abs() + 0.1).rsqrt()),
    "silu": elementwise(lambda a: F.silu(a)),
}

REDUCTIONS = {
    "amax": elementwise(lambda a: a.amax(-1, keepdim=True)),
    "group_norm": image(lambda norm, a: norm(a), lambda: [nn.GroupNorm(2, 4)]),
    "layer_norm": Family(lambda norm, a: norm(a), lambda: [nn.LayerNorm(16)]),
    "log_softmax": elementwise(lambda a: a.log_softmax(-1)),
    "mean_keepdim": image(lambda a: a.mean((2, 3), keepdim=True)),
    "softmax": elementwise(lambda a: a.softmax(-1)),
    "sum": elementwise(lambda a: a.sum(1)),
    "var": elementwise(lambda a: a.var(-1)),
}

POOLING = {
    "adaptive_avg_pool": image(lambda a: F.adaptive_avg_pool2d(a, 1).flatten(1)),
    "avg_pool": image(lambda a: F.avg_pool2d(a, 2)),
    "max_pool": image(lambda a: F.max_pool2d(F.relu(a), 2)),
    "upsample_bilinear": image(lambda a: F.interpolate(a, scale_factor=2.0, mode="bilinear", align_corners=False)),
    "upsample_nearest": image(lambda a: F.interpolate(a, scale_factor=2.0)),
}

MOVES = {
    "cat": elementwise(lambda a, b: torch.cat([a, b * 4.0], 1), ROWS, ROWS),
    "chunk_cat": elementwise(lambda a: torch.cat(a.chunk(2, 1)[::-1], 1)),
    "pad": image(lambda a: F.pad(a, (1, 1, 1, 1))),
    "permute_reshape": image(lambda a: a.permute(0, 2, 3, 1).reshape(1, -1)),
    "slice_select": image(lambda a: a[:, 1:3, ::2] + a[:, :1, ::2]),
    "split": elementwise(lambda a: torch.add(*a.split(8, 1))),
    "squeeze_unsqueeze": elementwise(lambda a: a.unsqueeze(1).squeeze(1) + 1.0),
    "stack": elementwise(lambda a, b: torch.stack([a, b], 1), ROWS, ROWS),
}

ATTENTION = {
    "attention": elementwise(F.scaled_dot_product_attention, *[(1, 2, 5, 8)] * 3),
    "multi_head_attention": Family(
        lambda layer, a: layer(a, a, a)[0], lambda: [nn.MultiheadAttention(16, 2, batch_first=True)], ((1, 5, 16),)
    ),
}

FAMILIES = LAYERS | ARITHMETIC | UNARY | REDUCTIONS | POOLING | MOVES | ATTENTION


def build(name):
    """(model, calibration samples, evaluation samples), the same every time."""
    torch.manual_seed(sum(name.encode()))
    family = FAMILIES[name]
    model = Model(family).eval()
    for part in model.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.running_mean.normal_()
            part.running_var.uniform_(0.5, 2.0)
    samples = [tuple(torch.randn(shape) for shape in family.inputs) for _ in range(CALIBRATION + EVALUATION)]
    return model, samples[:CALIBRATION], samples[CALIBRATION:]
