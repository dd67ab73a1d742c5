#!/usr/bin/env python3
"""Writes what the Python reference does to small modules before it annotates them.

    transform_goldens.py OUT.json.gz [NAME ...]

Made with torch 2.15.0, executorch 1.5.1 and torchao 0.18.0. For each module of `zoo` the file holds the graph as the
passes receive it (batch norm folded, `_arm_disallow_tfa` set by the trial annotation) and the graph they return:
every node with target, arguments, type, sizes and strides, every constant by its bytes.
"""
import base64, gzip, hashlib, json, logging, math, sys, warnings

warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)
import torch
from executorch.backends.arm.quantizer import VgfQuantizer, get_symmetric_quantization_config
from executorch.backends.arm.vgf import VgfCompileSpec
from torch import nn
from torch.nn import functional as F
from torchao.quantization.pt2e.utils import _fuse_conv_bn_, _fuse_linear_bn_

torch.set_grad_enabled(False)
KEY = "_arm_disallow_tfa"


class Fn(nn.Module):
    def __init__(self, f, *modules):
        super().__init__()
        self.f, self.m = f, nn.ModuleList(modules)

    def forward(self, *args):
        return self.f(*self.m, *args)


class Holder(nn.Module):
    """A module with one parameter or buffer."""

    def __init__(self, f, parameter=None, buffer=None):
        super().__init__()
        self.f = f
        if parameter is not None:
            self.value = nn.Parameter(parameter)
        else:
            self.register_buffer("value", buffer)

    def forward(self, *args):
        return self.f(self.value, *args)


def ints(*shape, high=4):
    return torch.randint(0, high, shape)


def zoo():
    """name -> (module, example inputs)"""
    conv, lin = nn.Conv2d, nn.Linear
    image, rows, seq = torch.randn(1, 4, 8, 8), torch.randn(3, 16), torch.randn(2, 5, 16)
    r = lambda *s: torch.randn(*s)
    f = lambda fn, *inputs: (Fn(fn), inputs)
    m = lambda fn, modules, *inputs: (Fn(fn, *modules), inputs)
    table = {
        "conv_relu": m(lambda c, x: F.relu(c(x)), [conv(4, 8, 3)], image),
        "conv_bn": m(lambda c, b, x: b(c(x)), [conv(4, 8, 3), nn.BatchNorm2d(8)], image),
        "conv_bn_no_bias": m(lambda c, b, x: b(c(x)), [conv(4, 8, 3, bias=False), nn.BatchNorm2d(8)], image),
        "bn_alone": m(lambda b, x: F.relu(b(x)), [nn.BatchNorm2d(4)], image),
        "bn_alone_no_affine": m(lambda b, x: b(x), [nn.BatchNorm2d(4, affine=False, eps=1e-3)], image),
        "bn1d_alone": m(lambda b, x: b(x), [nn.BatchNorm1d(16)], rows),
        "linear_3d_bn": m(lambda l, b, x: b(l(x)), [lin(16, 8), nn.BatchNorm1d(5)], seq),
        "linear_3d_no_bias": m(lambda l, x: l(x), [lin(16, 8, bias=False)], seq),
        "conv_mul_scalar": m(lambda c, x: c(x) * 2.0, [conv(4, 8, 3)], image),
        "conv_mul_scalar_no_bias": m(lambda c, x: c(x) * 2.0, [conv(4, 8, 3, bias=False)], image),
        "conv_mul_scalar_stride_no_bias": m(lambda c, x: 0.5 * c(x), [conv(4, 8, 3, stride=2, bias=False)], image),
        "matmul_2d": f(lambda x, y: x @ y, rows, r(16, 4)),
        "matmul_3d": f(lambda x, y: x @ y, r(2, 4, 8), r(2, 8, 4)),
        "matmul_3d_2d": f(lambda x, y: x @ y, r(2, 4, 8), r(8, 4)),
        "matmul_4d": f(lambda x, y: x @ y, r(2, 3, 4, 8), r(2, 3, 8, 4)),
        "matmul_4d_broadcast": f(lambda x, y: x @ y, r(2, 3, 4, 8), r(1, 1, 8, 4)),
        "matmul_4d_3d": f(lambda x, y: x @ y, r(2, 3, 4, 8), r(3, 8, 4)),
        "matmul_2d_3d": f(lambda x, y: x @ y, r(4, 8), r(3, 8, 4)),
        "matmul_1d_2d": f(lambda x, y: x @ y, r(8), r(8, 4)),
        "matmul_2d_1d": f(lambda x, y: x @ y, r(4, 8), r(8)),
        "matmul_1d_1d": f(lambda x, y: x @ y, r(8), r(8)),
        "matmul_1d_3d": f(lambda x, y: x @ y, r(8), r(3, 8, 4)),
        "matmul_transposed": f(lambda x, y: x @ y.transpose(-1, -2), r(2, 3, 4, 8), r(2, 3, 4, 8)),
        "matmul_permuted_4d": f(lambda x, y: x.permute(0, 2, 1, 3) @ y.permute(0, 2, 3, 1), r(2, 4, 3, 8), r(2, 4, 3, 8)),
        "matmul_5d": f(lambda x, y: x @ y, r(1, 2, 3, 4, 8), r(1, 2, 3, 8, 4)),
        "bmm_transpose": f(lambda x: torch.bmm(x, x.transpose(1, 2)), r(2, 4, 8)),
        "mm": f(torch.mm, rows, r(16, 4)),
        "addmm": f(torch.addmm, r(6), rows, r(16, 6)),
        "addmm_alpha_beta": f(lambda b, x, y: torch.addmm(b, x, y, beta=0.5, alpha=2), r(6), rows, r(16, 6)),
        "baddbmm": f(torch.baddbmm, r(2, 4, 4), r(2, 4, 8), r(2, 8, 4)),
        "add_alpha": f(lambda x, y: torch.add(x, y, alpha=2), rows, rows + 1),
        "sub_alpha": f(lambda x, y: torch.sub(x, y, alpha=0.25), rows, rows + 1),
        "add_alpha_int": f(lambda x, y: torch.add(x, y, alpha=3), ints(3, 4).int(), ints(3, 4).int()),
        "add_scalar_alpha": f(lambda x: torch.add(x, 2.0, alpha=2), rows),
        "sub_mul_scalar": f(lambda x: (x - 0.5) * 3.0, rows),
        "rsub": f(lambda x: 1 - x, rows),
        "rsub_alpha": f(lambda x: torch.rsub(x, 2.0, alpha=3), rows),
        "rsub_tensor": f(lambda x, y: torch.rsub(x, y), rows, rows + 1),
        "scalar_rank4": f(lambda x: 2 / (x + 1) - 3, image),
        "scalar_rank0": f(lambda x: x.sum() + 1.0, rows),
        "scalar_int_tensor": f(lambda x: x + 1, ints(3, 4).int()),
        "scalar_float_int_tensor": f(lambda x: x * 1.5, ints(3, 4).int()),
        "scalar_compare": f(lambda x: torch.where(x > 0.5, x, x * 2), rows),
        "scalar_compare_all": f(lambda x: ((x > 0.5) | (x < -1) | (x >= 1) | (x <= 0)).float() * (x == 0).float() * (x != 1).float(), rows),
        "scalar_bitwise": f(lambda x: ((x & 3) | 4) ^ 1, ints(3, 4, high=9).int()),
        "scalar_shift": f(lambda x: (x << 2) >> 1, ints(3, 4).int()),
        "inplace_add_mul": f(lambda x, y: (x * 1.0).add_(y).mul_(y).sub_(y).div_(y), rows, rows + 9),
        "inplace_scalar": f(lambda x: (x * 1.0).add_(1.0).mul_(2.0), rows),
        "div": f(lambda x, y: x / (y.abs() + 1.0), rows, rows),
        "div_scalar": f(lambda x: x / 3.0, rows),
        "div_scalar_int": f(lambda x: x / 4, ints(3, 4).int()),
        "div_floor": f(lambda x, y: torch.div(x, y, rounding_mode="floor"), rows, rows + 9),
        "div_trunc": f(lambda x, y: torch.div(x, y, rounding_mode="trunc"), rows, rows + 9),
        "div_mode_none": f(lambda x, y: torch.div(x, y, rounding_mode=None), rows, rows + 9),
        "div_floor_scalar": f(lambda x: torch.div(x, 2.0, rounding_mode="floor"), rows),
        "div_floor_int": f(lambda x, y: torch.div(x, y, rounding_mode="floor"), ints(3, 4).int(), 1 + ints(3, 4).int()),
        "div_floor_int_float": f(lambda x, y: torch.div(x, y, rounding_mode="floor"), ints(3, 4).int(), 1 + r(3, 4).abs()),
        "floor_divide": f(lambda x, y: torch.floor_divide(x, y), rows, rows + 9),
        "floor_divide_scalar": f(lambda x: x // 2, rows),
        "floor_divide_int": f(lambda x: x // 2, ints(3, 4, high=9).int()),
        "remainder": f(lambda x, y: torch.remainder(x, y), rows, rows + 9),
        "remainder_scalar": f(lambda x: x % 2.0, rows),
        "fmod": f(lambda x, y: torch.fmod(x, y), rows, rows + 9),
        "sign": f(torch.sign, rows),
        "logit": f(torch.logit, torch.rand(3, 16)),
        "logit_eps": f(lambda x: torch.logit(x, 1e-3), torch.rand(3, 16)),
        "selu": f(F.selu, rows),
        "celu": f(lambda x: F.celu(x, 2.0), rows),
        "elu": f(lambda x: F.elu(x, 0.5), rows),
        "prelu_one": m(lambda p, x: p(x), [nn.PReLU()], image),
        "prelu_channels": m(lambda p, x: p(x), [nn.PReLU(4)], image),
        "glu": f(F.glu, rows),
        "glu_dim1": f(lambda x: F.glu(x, 1), image),
        "gelu_silu_hard": f(lambda x: F.gelu(x) + F.silu(x) + F.hardswish(x) + F.hardsigmoid(x) + F.leaky_relu(x) + torch.tanh(x), rows),
        "mish_softplus": f(lambda x: F.mish(x) + F.softplus(x), rows),
        "softmax": f(lambda x: x.softmax(-1), rows),
        "softmax_dim1": f(lambda x: x.softmax(1), image),
        "softmax_dtype": f(lambda x: F.softmax(x, -1, dtype=torch.float32), rows),
        "log_softmax": f(lambda x: x.log_softmax(-1), rows),
        "mean_all": f(lambda x: x.mean(), rows),
        "mean_keepdim": f(lambda x: x.mean((2, 3), keepdim=True), image),
        "mean_dims": f(lambda x: x.mean((2, 3)), image),
        "mean_rank2": f(lambda x: x.mean(-1), rows),
        "mean_rank3": f(lambda x: x.mean((0, 2), keepdim=True), seq),
        "mean_rank5": f(lambda x: x.mean((1, 4)), r(2, 3, 4, 5, 6)),
        "mean_rank5_keepdim": f(lambda x: x.mean(0, keepdim=True), r(2, 3, 4, 5, 6)),
        "mean_size_one": f(lambda x: x.mean(0), image),
        "mean_size_one_keepdim": f(lambda x: x.mean(0, keepdim=True), image),
        "var": f(lambda x: x.var(-1), rows),
        "var_unbiased_false": f(lambda x: x.var(-1, unbiased=False), rows),
        "var_correction": f(lambda x: torch.var(x, (2, 3), correction=0, keepdim=True), image),
        "var_all": f(lambda x: torch.var(x, correction=2), rows),
        "std": f(lambda x: x.std(-1), rows),
        "layer_norm": m(lambda n, x: n(x), [nn.LayerNorm(16)], rows),
        "layer_norm_3d": m(lambda n, x: n(x), [nn.LayerNorm((5, 16), eps=1e-6)], seq),
        "layer_norm_no_affine": m(lambda n, x: n(x), [nn.LayerNorm(16, elementwise_affine=False)], seq),
        "layer_norm_no_bias": m(lambda n, x: n(x), [nn.LayerNorm(16, bias=False)], seq),
        "group_norm": m(lambda n, x: n(x), [nn.GroupNorm(2, 4)], image),
        "group_norm_no_affine": m(lambda n, x: n(x), [nn.GroupNorm(2, 4, affine=False)], image),
        "group_norm_rank3": m(lambda n, x: n(x), [nn.GroupNorm(2, 4, eps=1e-3)], r(2, 4, 6)),
        "instance_norm": m(lambda n, x: n(x), [nn.InstanceNorm2d(4)], image),
        "rms_norm": m(lambda n, x: n(x), [nn.RMSNorm(16)], rows),
        "avg_pool": f(lambda x: F.avg_pool2d(x, 2), image),
        "avg_pool_pad": f(lambda x: F.avg_pool2d(x, 3, 2, 1), image),
        "avg_pool_pad_exact": f(lambda x: F.avg_pool2d(x, 3, 1, 1), image),
        "avg_pool_exclude_pad": f(lambda x: F.avg_pool2d(x, 3, 2, 1, count_include_pad=False), image),
        "avg_pool_ceil": f(lambda x: F.avg_pool2d(x, 3, 2, 1, ceil_mode=True), image),
        "avg_pool_ceil_no_pad": f(lambda x: F.avg_pool2d(x, 3, 2, ceil_mode=True), image),
        "avg_pool_divisor": f(lambda x: F.avg_pool2d(x, 2, divisor_override=3), image),
        "avg_pool_divisor_pad": f(lambda x: F.avg_pool2d(x, 3, 2, 1, divisor_override=5), image),
        "avg_pool_divisor_same": f(lambda x: F.avg_pool2d(x, 2, divisor_override=4), image),
        "avg_pool_rectangle": f(lambda x: F.avg_pool2d(x, (2, 3), (1, 2), (1, 0)), image),
        "adaptive_avg_pool_global": f(lambda x: F.adaptive_avg_pool2d(x, 1).flatten(1), image),
        "adaptive_avg_pool_4": f(lambda x: F.adaptive_avg_pool2d(x, 4), image),
        "adaptive_avg_pool_3": f(lambda x: F.adaptive_avg_pool2d(x, 3), image),
        "adaptive_avg_pool_uneven": f(lambda x: F.adaptive_avg_pool2d(x, (2, 3)), r(1, 4, 7, 10)),
        "adaptive_avg_pool_remainder_one": f(lambda x: F.adaptive_avg_pool2d(x, (3, 3)), r(1, 4, 7, 10)),
        "adaptive_avg_pool_same": f(lambda x: F.adaptive_avg_pool2d(x, 8), image),
        "adaptive_avg_pool_none": f(lambda x: F.adaptive_avg_pool2d(x, (None, 4)), image),
        "cosine_similarity": f(lambda x, y: F.cosine_similarity(x, y), rows, rows + 1),
        "cosine_similarity_dim": f(lambda x, y: F.cosine_similarity(x, y, dim=2, eps=1e-6), seq, seq + 1),
        "vector_norm_2": f(lambda x: torch.linalg.vector_norm(x, 2, dim=-1), rows),
        "vector_norm_1": f(lambda x: torch.linalg.vector_norm(x, 1, dim=(0, 1), keepdim=True), rows),
        "vector_norm_all": f(lambda x: torch.linalg.vector_norm(x), rows),
        "normalize": f(lambda x: F.normalize(x), rows),
        "max_dim": f(lambda x: x.max(-1)[0], rows),
        "max_dim_keepdim": f(lambda x: x.max(1, keepdim=True).values, image),
        "min_dim": f(lambda x: torch.min(x, 1).values + 1.0, seq),
        "amax_amin": f(lambda x: x.amax(-1, keepdim=True) - x.amin(-1, keepdim=True), rows),
        "max_all": f(lambda x: x.max(), rows),
        "minimum_maximum": f(lambda x, y: torch.minimum(torch.maximum(x, y), x * 2.0), rows, rows + 1),
        "sqrt": f(lambda x: x.abs().sqrt(), rows),
        "sqrt_inplace": f(lambda x: x.abs().sqrt_(), rows),
        "rsqrt_pow": f(lambda x: torch.rsqrt(x.abs() + 0.1) + x.pow(2), rows),
        "masked_fill": f(lambda x: x.masked_fill(x > 0, -1.0), rows),
        "masked_fill_inf": f(lambda x: x.masked_fill(x > 0, float("-inf")).softmax(-1), rows),
        "masked_fill_tensor": f(lambda x, v: x.masked_fill(x > 0, v), rows, torch.tensor(2.0)),
        "masked_fill_inplace": f(lambda x: (x * 2).masked_fill_(x > 0, -1.0), rows),
        "where_scalar_other": f(lambda x: torch.where(x > 0, x, 0.0), rows),
        "where_scalars": f(lambda x: torch.where(x > 0, 1.0, 2.0) * x, rows),
        "ne_tensor": f(lambda x, y: torch.where(x != y, x, y), rows, rows + 1),
        "tril": f(torch.tril, r(4, 6)),
        "tril_diagonal": f(lambda x: torch.tril(x, 1), r(2, 4, 4)),
        "tril_bool": f(lambda x: torch.where(torch.tril(torch.ones(4, 4, dtype=torch.bool)), x, x * 2), r(4, 4)),
        "tril_bool_input": f(lambda x: torch.tril(x > 0), r(4, 4)),
        "select_scatter": f(lambda x, y: torch.select_scatter(x, y, 1, 2), r(3, 5, 4), r(3, 4)),
        "select_scatter_negative": f(lambda x, y: torch.select_scatter(x, y, -1, -1), r(3, 5, 4), r(3, 5)),
        "slice_scatter": f(lambda x, y: torch.slice_scatter(x, y, 1, 1, 3), r(3, 5), r(3, 2)),
        "slice_scatter_front": f(lambda x, y: torch.slice_scatter(x, y, 1, 0, 2), r(3, 5), r(3, 2)),
        "slice_scatter_step": f(lambda x, y: torch.slice_scatter(x, y, 1, 0, 5, 2), r(3, 5), r(3, 3)),
        "slice_scatter_step_dim0": f(lambda x, y: torch.slice_scatter(x, y, 0, 1, None, 2), r(5, 3), r(2, 3)),
        "index_copy": f(lambda x, i, y: torch.index_copy(x, 0, i, y), r(5, 3), torch.tensor([0, 2]), r(2, 3)),
        "index_copy_dim1": f(lambda x, i, y: torch.index_copy(x, 1, i, y), r(5, 3), torch.tensor([0, 2]), r(5, 2)),
        "index_put": f(lambda x, i, y: torch.index_put(x, (i,), y), r(5, 3), torch.tensor([0, 2]), r(2, 3)),
        "index_put_accumulate": f(lambda x, i, y: torch.index_put(x, (i,), y, accumulate=True), r(5, 3), torch.tensor([0, 2]), r(2, 3)),
        "index_select": f(lambda x, i: torch.index_select(x, 0, i), r(5, 3), torch.tensor([0, 2])),
        "index": f(lambda x, i: x[i], r(5, 3), torch.tensor([0, 2])),
        "gather": f(lambda x, i: torch.gather(x, 1, i), r(5, 3), torch.tensor([[0, 2], [1, 1], [0, 0], [2, 1], [0, 1]])),
        "embedding": m(lambda e, i: e(i), [nn.Embedding(10, 6)], ints(2, 5)),
        "embedding_sum": m(lambda e, p, i: e(i) + p(torch.arange(5)), [nn.Embedding(10, 6), nn.Embedding(5, 6)], ints(2, 5)),
        "embedding_linear": m(lambda e, l, i: l(e(i)), [nn.Embedding(10, 6), lin(6, 4)], ints(2, 5).int()),
        "int64_add": f(lambda x: x + 1, ints(3, 4)),
        "int64_to_float": f(lambda x, y: x.float() * y, ints(3, 16), rows),
        "to_int64": f(lambda x: (x * 2).to(torch.int64), rows),
        "to_int64_used": f(lambda x: (x * 2).to(torch.int64) + 1, rows),
        "int32_to_int64": f(lambda x: x.to(torch.int64) + x, ints(3, 4).int()),
        "argmax": f(lambda x: x.argmax(-1), rows),
        "argmax_used": f(lambda x: x.argmax(-1) + 1, rows),
        "argmax_index": f(lambda x, t: t[x.argmax(-1)], rows, r(16, 3)),
        "one_hot": f(lambda x: F.one_hot(x, 4).float(), ints(3)),
        "arange_add": f(lambda x: x + torch.arange(16), rows),
        "arange_float": f(lambda x: x + torch.arange(16.0), rows),
        "full_add": f(lambda x: x + torch.full((3, 16), 2.0), rows),
        "ones_zeros": f(lambda x: x * torch.ones(16) + torch.zeros(16), rows),
        "full_like": f(lambda x: x + torch.full_like(x, 2.0), rows),
        "linspace": f(lambda x: x + torch.linspace(0, 1, 16), rows),
        "eye": f(lambda x: x @ torch.eye(16), rows),
        "tensor_constant": f(lambda x: x + torch.tensor([1.0, 2.0, 3.0, 4.0] * 4), rows),
        "tensor_constant_scalar": f(lambda x: x * torch.tensor(2.0), rows),
        "tensor_constant_int": f(lambda x: x * torch.tensor([1, 2, 3, 4] * 4), rows),
        "buffer_inf": (Holder(lambda b, x: x + b, buffer=torch.tensor([0.0, float("-inf"), float("inf"), float("nan")] * 4)), (rows,)),
        "clamp_limits": f(lambda x: torch.clamp(x, float("-inf"), 1.0), rows),
        "clamp_float_min": f(lambda x: torch.clamp(x, torch.finfo(torch.float32).min, 1.0), rows),
        "clamp_kwargs": f(lambda x: x.clamp(max=1.0), rows),
        "parameter_transposed": (Holder(lambda w, x: x @ w.t(), parameter=r(4, 16)), (rows,)),
        "parameter_scaled": (Holder(lambda w, x: F.linear(x, w * 2.0), parameter=r(4, 16)), (rows,)),
        "parameter_reshaped_conv": (Holder(lambda w, x: F.conv2d(x, w.view(8, 4, 3, 3)), parameter=r(8, 36)), (image,)),
        "parameter_normalized": (Holder(lambda w, x: F.linear(x, w / w.norm(dim=1, keepdim=True)), parameter=r(4, 16)), (rows,)),
        "parameter_used_twice": (Holder(lambda w, x: F.linear(F.relu(F.linear(x, w)), w), parameter=r(16, 16)), (rows,)),
        "buffer_computed": (Holder(lambda b, x: x + (b + 1).unsqueeze(0).expand(3, -1), buffer=r(16)), (rows,)),
        "shared_linear": m(lambda l, x: l(F.relu(l(x) + 1.0)), [lin(16, 16)], rows),
        "tied": m(lambda e, i: F.linear(e(i), e.weight), [nn.Embedding(10, 6)], ints(2, 5)),
        "einsum_bilinear": f(lambda x, y: torch.einsum("bij,bjk->bik", x, y), r(2, 4, 8), r(2, 8, 4)),
        "einsum_transpose": f(lambda x: torch.einsum("ij->ji", x), rows),
        "einsum_outer": f(lambda x, y: torch.einsum("i,j->ij", x, y), r(4), r(5)),
        "einsum_sum": f(lambda x, y: torch.einsum("ij,kj->ik", x, y), rows, r(5, 16)),
        "einsum_attention": f(lambda x, y: torch.einsum("bhqd,bhkd->bhqk", x, y), r(1, 2, 5, 8), r(1, 2, 6, 8)),
        "einsum_channels": f(lambda x, y: torch.einsum("nchw,oc->nohw", x, y), image, r(6, 4)),
        "einsum_reduce": f(lambda x: torch.einsum("ijk->i", x), r(2, 3, 4)),
        "einsum_three": f(lambda x, y, z: torch.einsum("ij,jk,kl->il", x, y, z), r(2, 3), r(3, 4), r(4, 5)),
        "sdpa": f(F.scaled_dot_product_attention, *[r(1, 2, 5, 8)] * 3),
        "sdpa_causal": f(lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True), *[r(1, 2, 5, 8)] * 3),
        "sdpa_mask": f(lambda q, k, v, b: F.scaled_dot_product_attention(q, k, v, b), r(1, 2, 5, 8), r(1, 2, 6, 8), r(1, 2, 6, 8), r(5, 6)),
        "sdpa_bool_mask": f(lambda q, k, v, b: F.scaled_dot_product_attention(q, k, v, b > 0), r(1, 2, 5, 8), r(1, 2, 6, 8), r(1, 2, 6, 8), r(1, 1, 5, 6)),
        "sdpa_scale": f(lambda q, k, v: F.scaled_dot_product_attention(q, k, v, scale=0.3), *[r(2, 2, 5, 8)] * 3),
        "sdpa_rank3": f(F.scaled_dot_product_attention, *[r(2, 5, 8)] * 3),
        "sdpa_permuted": f(lambda q, k, v: F.scaled_dot_product_attention(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2)), *[r(1, 5, 2, 8)] * 3),
        "sdpa_gqa": f(lambda q, k, v: F.scaled_dot_product_attention(q, k, v, enable_gqa=True), r(1, 4, 5, 8), r(1, 2, 5, 8), r(1, 2, 5, 8)),
        "multi_head_attention": m(lambda a, x: a(x, x, x)[0], [nn.MultiheadAttention(16, 2, batch_first=True)], r(1, 5, 16)),
        "multi_head_attention_weights": m(lambda a, x: a(x, x, x), [nn.MultiheadAttention(16, 2, batch_first=True)], r(1, 5, 16)),
        "encoder_layer": m(lambda a, x: a(x), [nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)], r(1, 5, 16)),
        "lstm": m(lambda l, x: l(x)[0], [nn.LSTM(6, 4)], r(3, 2, 6)),
        "lstm_all": m(lambda l, x: l(x), [nn.LSTM(6, 4, 2, bidirectional=True, batch_first=True)], r(2, 3, 6)),
        "lstm_no_bias": m(lambda l, x: l(x)[1][1], [nn.LSTM(6, 4, bias=False)], r(3, 2, 6)),
        "lstm_cell": m(lambda l, x, h, c: l(x, (h, c)), [nn.LSTMCell(6, 4)], r(2, 6), r(2, 4), r(2, 4)),
        "gru": m(lambda l, x: l(x), [nn.GRU(6, 4, 2, batch_first=True)], r(2, 3, 6)),
        "gru_bidirectional": m(lambda l, x: l(x)[0], [nn.GRU(6, 4, bidirectional=True, bias=False)], r(3, 2, 6)),
        "rnn_tanh": m(lambda l, x: l(x), [nn.RNN(6, 4, 2)], r(3, 2, 6)),
        "rnn_relu_bidirectional": m(lambda l, x: l(x)[0], [nn.RNN(6, 4, nonlinearity="relu", bidirectional=True)], r(3, 2, 6)),
        "dropout": m(lambda d, x: F.relu(d(x)), [nn.Dropout(0.5)], rows),
        "flatten_permute_cat": f(lambda x, y: torch.cat([x.permute(0, 2, 3, 1).flatten(1), y * 4.0], 1), image, r(1, 16)),
        "permuted_arithmetic": f(lambda x: (x.permute(0, 2, 3, 1) + 1.0) * x.permute(0, 2, 3, 1).softmax(-1), image),
        "split_chunk": f(lambda x: torch.cat(x.chunk(2, 1)[::-1], 1) + torch.cat(x.split(8, 1), 1), rows),
        "pad_modes": f(lambda x: F.pad(x, (1, 1, 1, 1)) + F.pad(x, (1, 1, 1, 1), value=-1.0), image),
        "upsample": f(lambda x: F.interpolate(x, scale_factor=2.0) + F.interpolate(x, scale_factor=2.0, mode="bilinear"), image),
        "cumsum_unfold": f(lambda x: x.cumsum(-1), rows),
        "dead_code": f(lambda x: (x.softmax(-1), x + 1.0)[1], rows),
        "two_softmax": f(lambda x, y: (x.softmax(-1), y.log_softmax(0), x + y + 1.0), rows, rows + 1),
        "cond_scale": f(lambda x: torch.cond(x.sum() > 0, lambda x: torch.sin(x) + 1.0, lambda x: x.softmax(-1) * 2.0, [x]) / 2.0, rows),
        "nested_cond": f(lambda x: torch.cond(x.sum() > 0, lambda x: torch.cond(x[0, 0] > 0, lambda x: x + 1.0, lambda x: x.softmax(-1), [x]), lambda x: x * 2.0, [x]), rows),
        "cond_captured": m(
            lambda l, n, x: torch.cond(x.amax() > 0, lambda x: F.relu(l(x)), lambda x: n(x).sum(-1, keepdim=True) + x, [x]),
            [lin(16, 16), nn.LayerNorm(16)],
            rows,
        ),
        "while_loop": f(lambda x: torch.while_loop(lambda i, y: i.sum() < 3, lambda i, y: (i + 1.0, y * 0.5), (torch.zeros(1), x))[1], rows),
        "matmul_permuted_parameter": (Holder(lambda w, x: x.permute(0, 2, 1) @ w, parameter=r(4, 5)), (r(2, 4, 8),)),
        "matmul_retraced_permuted_parameter": (Holder(lambda w, x: (x + 1).permute(0, 2, 1) @ w, parameter=r(4, 5)), (r(2, 4, 8),)),
        "matmul_permuted_2d": f(lambda x, y: x.permute(0, 2, 1) @ y, r(2, 4, 8), r(4, 5)),
        "matmul_3d_parameter": (Holder(lambda w, x: x @ w, parameter=r(8, 3)), (r(2, 4, 8),)),
        "matmul_parameter_left": (Holder(lambda w, x: w @ x, parameter=r(3, 4)), (r(2, 4, 8),)),
        "sdpa_value_dim": f(F.scaled_dot_product_attention, r(1, 2, 5, 8), r(1, 2, 5, 8), r(1, 2, 5, 6)),
        "sdpa_value_dim_mask": f(lambda q, k, v, b: F.scaled_dot_product_attention(q, k, v, b), r(1, 2, 5, 8), r(1, 2, 5, 8), r(1, 2, 5, 6), r(5, 5)),
        "sdpa_value_dim_causal": f(lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True), r(1, 2, 5, 8), r(1, 2, 5, 8), r(1, 2, 5, 6)),
        "sdpa_rank3_mask": f(lambda q, k, v, b: F.scaled_dot_product_attention(q, k, v, b), r(2, 5, 8), r(2, 6, 8), r(2, 6, 8), r(5, 6)),
        "sdpa_rank3_causal": f(lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True), r(2, 5, 8), r(2, 5, 8), r(2, 5, 8)),
        "sdpa_bool_mask_broadcast": f(lambda q, k, v, b: F.scaled_dot_product_attention(q, k, v, b > 0), r(2, 2, 5, 8), r(2, 2, 6, 8), r(2, 2, 6, 8), r(2, 1, 1, 6)),
        "sdpa_causal_cross": f(lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True), r(1, 2, 5, 8), r(1, 2, 7, 8), r(1, 2, 7, 8)),
        "einsum_swapped": f(lambda x, y: torch.einsum("bij,bkj->bki", x, y), r(2, 3, 16), r(2, 5, 16)),
        "einsum_copied": f(lambda x, y: torch.einsum("ijk,jl->lik", x, y), r(3, 4, 5), r(4, 6)),
        "einsum_implicit": f(lambda x, y: torch.einsum("ij, jk", x, y), r(3, 4), r(4, 6)),
        "einsum_ellipsis": f(lambda x, y: torch.einsum("...ij,...jk->...ik", x, y), r(2, 3, 4, 5), r(3, 5, 6)),
        "einsum_ellipsis_summed": f(lambda x: torch.einsum("...i->i", x), r(2, 3, 4)),
        "einsum_ellipsis_implicit": f(lambda x, y: torch.einsum("i...,j...", x, y), r(2, 3), r(4, 3)),
        "conv_channel_mul": m(lambda c, h, x: h(c(x)), [conv(4, 8, 3), Holder(lambda b, y: y * b, buffer=r(1, 8, 1, 1))], image),
        "conv_mul_tensor_left": m(lambda c, h, x: h(c(x)), [conv(4, 8, 3), Holder(lambda b, y: b * y, buffer=r(1))], image),
        "conv_mul_spatial": m(lambda c, h, x: h(c(x)), [conv(4, 8, 3), Holder(lambda b, y: y * b, buffer=r(6, 6))], image),
        "conv_mul_two_users": m(lambda c, x: (lambda y: y * 2.0 + y)(c(x)), [conv(4, 8, 3)], image),
        "conv_mul_bn": m(lambda c, b, x: b(c(x) * 2.0), [conv(4, 8, 3), nn.BatchNorm2d(8)], image),
        "conv_mul_none_bias": m(lambda c, x: F.conv2d(x, c.weight, None, 2) * 3, [conv(4, 8, 3)], image),
        "var_keepdim": f(lambda x: x.var(1, keepdim=True), seq),
        "var_negative_dims": f(lambda x: torch.var(x, (-1, -2)), image),
        "mean_dtype": f(lambda x: x.mean(-1, dtype=torch.float32), rows),
        "mean_negative_dims": f(lambda x: x.mean((-1, -2)), image),
        "layer_norm_functional": f(lambda x: F.layer_norm(x, (16,)), rows),
        "softmax_rank1": f(lambda x: x.softmax(0), r(7)),
        "log_softmax_dim0": f(lambda x: x.log_softmax(0), seq),
        "clamp_hardtanh": f(lambda x: F.hardtanh(x, -2.0, 2.0) + F.relu6(x) + x.clamp(min=0.1), rows),
        "where_constant": f(lambda x: torch.where(x > 0, torch.tensor(1.0), x), rows),
        "unbind_stack": f(lambda x: torch.stack(x.unbind(1), 0) * 2.0, seq),
        "topk_reshape": f(lambda x: x.topk(3)[0].reshape(9).sin(), rows),
        "int_plus_float": f(lambda x, y: x + y, ints(3, 16).int(), rows),
        "int_greater_float": f(lambda x, y: torch.where(x > y, y, y * 2), ints(3, 16).int(), rows),
        "logical": f(lambda x, y: torch.where(torch.logical_and(x > 0, torch.logical_not(y > 0)), x, y), rows, rows + 0.1),
        "sum_of_int": f(lambda x: x.sum(-1) + 1, ints(3, 4).int()),
        "arange_index": f(lambda x: x[:, torch.arange(0, 16, 2)], rows),
        "expand_as": f(lambda x, y: x.expand_as(y) * y, r(16), rows),
        "repeat_tile": f(lambda x: x.repeat(2, 1) + x.tile((2, 1)), rows),
        "pixel_shuffle": f(lambda x: F.pixel_shuffle(x, 2) + 1, image),
        "roll_flip": f(lambda x: x.roll(1, 1) + x.flip(0), rows),
        "fill": f(lambda x: x + torch.zeros_like(x).fill_(2.0), rows),
        "new_full": f(lambda x: x + x.new_full((16,), 3.0) + x.new_zeros(16), rows),
        "full_int": f(lambda x: x[torch.full((2,), 1)], rows),
        "full_large": f(lambda x: x + torch.full((2,), 2**40)[0], rows),
        "conv1d_bn_relu": m(lambda c, b, x: F.relu(b(c(x))), [nn.Conv1d(4, 8, 3), nn.BatchNorm1d(8)], r(1, 4, 20)),
        "conv_transpose_bn": m(lambda c, b, x: b(c(x)), [nn.ConvTranspose2d(4, 8, 3), nn.BatchNorm2d(8)], image),
        "lstm_unbatched": m(lambda l, x: l(x)[0], [nn.LSTM(6, 4)], r(3, 6)),
        "lstm_initial": m(lambda l, x, h, c: l(x, (h, c))[0], [nn.LSTM(6, 4)], r(3, 2, 6), r(1, 2, 4), r(1, 2, 4)),
        "gru_initial_scaled": m(lambda l, x, h: l(x * 2.0, h)[0], [nn.GRU(6, 4)], r(3, 2, 6), r(1, 2, 4)),
        "rnn_no_bias_batch_first": m(lambda l, x: l(x)[1], [nn.RNN(6, 4, bias=False, batch_first=True)], r(2, 3, 6)),
        "lstm_cell_no_bias": m(lambda l, x, h, c: l(x, (h, c))[0], [nn.LSTMCell(6, 4, bias=False)], r(2, 6), r(2, 4), r(2, 4)),
        "decoder_layer": m(lambda a, x, y: a(x, y), [nn.TransformerDecoderLayer(16, 2, 32, batch_first=True, activation="gelu")], r(1, 5, 16), r(1, 7, 16)),
        "quarters_block": m(
            lambda c, d, b, l, x: l(F.avg_pool2d(F.relu6(b(d(F.hardtanh(c(x) * 0.5)))) + x, 2).mean((2, 3))).softmax(-1),
            [conv(4, 4, 3, padding=1), conv(4, 4, 1), nn.BatchNorm2d(4), lin(4, 3)],
            image,
        ),
    }
    return table


def configured():
    """name -> (entry of the zoo, configuration steps that leave parts in floating point)"""
    quantized = get_symmetric_quantization_config()
    none = [lambda q: q.set_global(None)]
    typed = [lambda q: q.set_global(quantized), lambda q: q.set_module_type(nn.LayerNorm, None)]
    table = {f"{name}@none": (name, none) for name in (
        "softmax", "scalar_rank4", "add_alpha", "floor_divide", "tril", "masked_fill", "remainder", "layer_norm", "embedding",
        "mean_dims", "avg_pool_pad", "sdpa", "matmul_3d", "div", "sqrt", "lstm", "addmm", "glu", "quarters_block", "logit", "sign",
        "group_norm", "bn_alone", "var", "prelu_one", "celu", "ne_tensor", "einsum_sum", "select_scatter", "slice_scatter_step",
        "buffer_inf", "inplace_add_mul", "div_trunc", "cosine_similarity", "vector_norm_2", "max_dim", "index_put_accumulate",
        "adaptive_avg_pool_3", "conv_mul_scalar", "index_copy", "two_softmax",
    )}
    table["encoder_layer@no_layer_norm"] = ("encoder_layer", typed)
    return table


class Dump:
    def __init__(self):
        self.tensors = {}

    def tensor(self, t):
        flat = t.detach().contiguous().reshape(-1)
        data = flat.view(torch.uint8).numpy().tobytes() if flat.numel() else b""
        key = hashlib.sha1(data + str((t.dtype, tuple(t.shape))).encode()).hexdigest()[:12]
        self.tensors[key] = {"dtype": str(t.dtype)[6:], "sizes": list(t.shape), "data": base64.b64encode(data).decode()}
        return key

    def value(self, v):
        if isinstance(v, torch.Tensor):
            return {"dtype": str(v.dtype)[6:], "sizes": [int(s) for s in v.shape], "strides": [int(s) for s in v.stride()], "offset": int(v.storage_offset())}
        if isinstance(v, (tuple, list)):
            return [self.value(x) for x in v]
        return None

    def argument(self, gm, a):
        if isinstance(a, torch.fx.Node):
            if a.op == "get_attr" and isinstance(self.attribute(gm, a.target), torch.fx.GraphModule):
                return {"graph": a.target, "nodes": self.graph(self.attribute(gm, a.target))}
            return {"ref": a.name}
        if isinstance(a, (list, tuple, torch.Size)):
            return [self.argument(gm, x) for x in a]
        if isinstance(a, float):
            return {"float": repr(a)}
        if isinstance(a, torch.dtype):
            return {"dtype": str(a)[6:]}
        if isinstance(a, torch.memory_format):
            return {"memory_format": str(a)[6:]}
        if isinstance(a, torch.layout):
            return {"layout": str(a)[6:]}
        if isinstance(a, torch.device):
            return {"device": str(a)}
        if a is None or isinstance(a, (bool, int, str)):
            return a
        raise TypeError(type(a))

    def attribute(self, gm, target):
        for part in target.split("."):
            gm = getattr(gm, part)
        return gm

    def graph(self, gm):
        nodes = []
        for n in gm.graph.nodes:
            if n.op == "get_attr":
                t = self.attribute(gm, n.target)
                if isinstance(t, torch.fx.GraphModule):
                    continue
                nodes.append({"name": n.name, "op": "get_attr", "target": n.target, "parameter": isinstance(t, nn.Parameter), "tensor": self.tensor(t)})
                continue
            node = {"name": n.name, "op": n.op}
            if n.op == "call_function":
                node["target"] = self.target(n.target)
                node["args"] = [self.argument(gm, a) for a in n.args]
                node["kwargs"] = {k: self.argument(gm, a) for k, a in n.kwargs.items()}
            if n.op == "output":
                node["args"] = self.argument(gm, n.args)
            else:
                node["value"] = self.value(n.meta.get("val"))
            if KEY in n.meta:
                node["disallow"] = bool(n.meta[KEY])
            stack = n.meta.get("nn_module_stack")
            if stack:
                node["module"] = list(stack.values())[-1][0]
            nodes.append(node)
        return nodes

    @staticmethod
    def target(t):
        if isinstance(t, torch._ops.OpOverload):
            return str(t)
        if isinstance(t, torch._ops.HigherOrderOperator):
            return "higher_order." + t.__name__
        if hasattr(t, "_op"):
            return str(t._op)
        return f"{t.__module__}.{t.__name__}"


def run(module, example, steps):
    dump = Dump()
    model = torch.export.export(module.eval(), example).module(check_guards=False)
    quantizer = VgfQuantizer(VgfCompileSpec())
    for step in steps:
        step(quantizer)
    _fuse_conv_bn_(model)
    _fuse_linear_bn_(model)
    inner = quantizer.quantizer
    seen = {}
    remove = inner._remove_annotations
    pipeline = __import__("executorch.backends.arm._passes.arm_pass_manager", fromlist=["x"]).ArmPassManager
    original = pipeline.transform_for_annotation_pipeline

    def spy(self, graph_module):
        seen["before"] = dump.graph(graph_module)
        return original(self, graph_module)

    pipeline.transform_for_annotation_pipeline = spy
    try:
        after = quantizer.transform_for_annotation(model)
    finally:
        pipeline.transform_for_annotation_pipeline = original
    return {"before": seen["before"], "after": dump.graph(after), "tensors": dump.tensors}


def write(path, cases):
    with gzip.GzipFile(path, "wb", mtime=0) as file:
        file.write(json.dumps(cases, separators=(",", ":")).encode())


def main():
    out, wanted = sys.argv[1], sys.argv[2:]
    quantized = get_symmetric_quantization_config()
    torch.manual_seed(1)
    modules = zoo()
    for module, _ in modules.values():
        for part in module.modules():
            if isinstance(part, (nn.BatchNorm1d, nn.BatchNorm2d)):
                part.running_mean.normal_()
                part.running_var.uniform_(0.5, 2.0)
    jobs = {name: (name, [lambda q: q.set_global(quantized)]) for name in modules} | configured()
    cases = {}
    for name, (key, steps) in jobs.items():
        if wanted and name not in wanted:
            continue
        try:
            cases[name] = run(*modules[key], steps)
        except Exception as e:
            cases[name] = {"error": f"{type(e).__name__}: {e}".splitlines()[0][:200]}
            print(name, cases[name]["error"], file=sys.stderr)
    write(out, cases)


if __name__ == "__main__":
    main()
