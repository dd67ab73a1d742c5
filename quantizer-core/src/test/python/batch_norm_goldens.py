#!/usr/bin/env python3
"""Writes weights and biases that torchao folds a batch norm into.

    batch_norm_goldens.py OUT.json.gz

Made with torch 2.15.0 and torchao 0.18.0.
"""
import sys

import torch
from torch import nn
from torchao.quantization.pt2e.utils import _fuse_conv_bn_, _fuse_linear_bn_

from transform_goldens import Dump, Fn, write


def cases():
    table = {}
    for rank, conv, transposed, norm in (
        (1, nn.Conv1d, nn.ConvTranspose1d, nn.BatchNorm1d),
        (2, nn.Conv2d, nn.ConvTranspose2d, nn.BatchNorm2d),
        (3, nn.Conv3d, nn.ConvTranspose3d, nn.BatchNorm3d),
    ):
        x = torch.randn(2, 4, *[5] * rank)
        for bias in (True, False):
            table[f"conv{rank}d bias={bias}"] = (conv(4, 6, 3, bias=bias), norm(6), x)
            table[f"conv_transpose{rank}d bias={bias}"] = (transposed(4, 6, 3, bias=bias), norm(6), x)
        table[f"conv{rank}d padding"] = (conv(4, 6, 3, padding="same"), norm(6), x)
        table[f"conv{rank}d groups"] = (conv(4, 8, 3, groups=2), norm(8, eps=1e-3), x)
    table["conv2d no affine"] = (nn.Conv2d(4, 6, 3), nn.BatchNorm2d(6, affine=False), torch.randn(2, 4, 5, 5))
    table["conv2d tiny variance"] = (nn.Conv2d(4, 6, 3), nn.BatchNorm2d(6), torch.randn(2, 4, 5, 5))
    table["linear"] = (nn.Linear(4, 6), nn.BatchNorm1d(6), torch.randn(2, 4))
    table["linear no bias"] = (nn.Linear(4, 6, bias=False), nn.BatchNorm1d(6), torch.randn(2, 4))
    return table


def main():
    torch.manual_seed(2)
    goldens = {}
    for name, (layer, norm, x) in cases().items():
        with torch.no_grad():
            norm.running_mean.normal_()
            norm.running_var.uniform_(1e-9, 1e-7) if "tiny" in name else norm.running_var.uniform_(0.1, 3.0)
            if norm.affine:
                norm.weight.normal_()
                norm.bias.normal_()
            module = Fn(lambda l, n, y: torch.relu(n(l(y))), layer, norm).eval()
            model = torch.export.export(module, (x,)).module(check_guards=False)
            dump = Dump()
            before = dump.graph(model)
            _fuse_conv_bn_(model)
            _fuse_linear_bn_(model)
            goldens[name] = {"before": before, "after": dump.graph(model), "tensors": dump.tensors}
    write(sys.argv[1], goldens)


if __name__ == "__main__":
    main()
