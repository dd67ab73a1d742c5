"""Makes the archives of src/test/resources/archives: small programs in the awkward corners of the format.

    python make_archives.py OUTPUT_FOLDER

They were made with torch 2.15.0. Each program is named after what is special about it.
"""

import collections
import pathlib
import sys

import torch
from torch import nn
from torch.export import Dim, export, save

PROGRAMS = {}


def program(make):
    PROGRAMS[make.__name__] = make
    return make


@program
def channels_last_weight():
    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)

        def forward(self, x):
            return self.conv(x)

    model = M().to(memory_format=torch.channels_last)
    assert not model.conv.weight.is_contiguous()
    return export(model.eval(), (torch.randn(1, 3, 6, 6),))


@program
def views_of_one_buffer():
    class M(nn.Module):
        def __init__(self):
            super().__init__()
            whole = torch.arange(12.0).reshape(3, 4)
            self.register_buffer("whole", whole)
            self.register_buffer("row", whole[1])
            self.register_buffer("turned", whole.t())
            self.register_buffer("fresh", whole[1:, 2], persistent=False)
            self.register_buffer("repeated", torch.ones(1).expand(4))

        def forward(self, x):
            return (self.turned @ (x + self.whole)).sum() + self.row + self.fresh.sum() + self.repeated

    return export(M(), (torch.randn(3, 4),))


@program
def tied_parameters():
    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.embed = nn.Embedding(5, 3)
            self.out = nn.Linear(3, 5, bias=False)
            self.out.weight = self.embed.weight

        def forward(self, i):
            return self.out(self.embed(i))

    return export(M(), (torch.tensor([1, 4]),))


@program
def scalar_and_empty_buffers():
    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("scale", torch.tensor(2.5))
            self.register_buffer("count", torch.tensor(3))
            self.register_buffer("nothing", torch.zeros(0, 4))
            self.register_buffer("on", torch.tensor(True))

        def forward(self, x):
            return torch.cat([x * self.scale + self.count, self.nothing]).where(self.on, 0.0)

    return export(M(), (torch.randn(2, 4),))


@program
def dynamic_batch():
    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(8, 2)

        def forward(self, x):
            n = x.shape[0]
            return self.fc(x.reshape(n * 2, 8)).view(n, -1), n * 2

    return export(M(), (torch.randn(3, 16),), dynamic_shapes={"x": {0: Dim("n", min=2, max=64)}})


Pair = collections.namedtuple("Pair", ["low", "high"])
torch.utils._pytree._register_namedtuple(Pair, serialized_type_name="calibeam.Pair")


@program
def nested_results_and_keywords():
    class M(nn.Module):
        def forward(self, a, extras, *, gain, shift=None, flag=True):
            low, high = a.aminmax(dim=0)
            out = {"scaled": a * gain, "parts": [extras["b"] + 1, (low, None)], "pair": Pair(low, high), "flag": flag}
            if shift is not None:
                out["scaled"] = out["scaled"] + shift
            return out

    return export(M(), (torch.randn(2, 3), {"b": torch.randn(3)}), {"gain": torch.tensor(0.5), "flag": False})


@program
def while_loop():
    from torch._higher_order_ops.while_loop import while_loop as loop

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(3, 3)

        def forward(self, n, x):
            return loop(lambda i, v: i > 0, lambda i, v: (i - 1, torch.tanh(self.fc(v))), (n, x))

    return export(M(), (torch.tensor(3), torch.randn(2, 3)))


@program
def integer_inputs():
    class M(nn.Module):
        def forward(self, x, i, k: int, f: float, s: str, mask):
            return x[i] * k + f, x.masked_fill(mask, -1.0).to(torch.int16), x.view(1, 5)[:, i]

    return export(
        M(), (torch.randn(5), torch.tensor([0, 3]), 2, 0.25, "unused", torch.tensor([True, False, True, False, False]))
    )


@program
def cond_in_cond():
    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b, self.c = nn.Linear(3, 3), nn.Linear(3, 3), nn.Linear(3, 3)
            self.register_buffer("mean", torch.ones(3))

        def forward(self, x):
            def left(x):
                return torch.cond(
                    x.sum() > 2, lambda x: (self.a(x), x + 1), lambda x: (self.b(x), x - self.mean), (x,)
                )

            def right(x):
                return self.c(x), self.a(x)

            first, second = torch.cond(x.mean() > 0, left, right, (x,))
            return torch.cond(second.sum() > 0, lambda y: self.b(y), lambda y: y * 2, (first,))

    return export(M(), (torch.randn(2, 3),))


@program
def cond_with_dynamic_batch():
    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(4, 4)

        def forward(self, x):
            return torch.cond(x.sum() > 0, lambda x: self.fc(x), lambda x: x.view(x.shape[0], 2, 2).flatten(1) - 1, (x,))

    return export(M(), (torch.randn(3, 4),), dynamic_shapes={"x": {0: Dim("n", min=2, max=16)}})


@program
def branches_without_operands():
    class M(nn.Module):
        def forward(self, p, x):
            return x + torch.cond(p, lambda: torch.ones(2), lambda: torch.zeros(2), ())

    return export(M(), (torch.tensor(True), torch.randn(2)))


@program
def buffer_mutation():
    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("steps", torch.zeros(2))

        def forward(self, x):
            self.steps.add_(1)
            return x * self.steps

    return export(M(), (torch.randn(2),))


@program
def buffer_mutation_functional():
    return buffer_mutation().run_decompositions({})


@program
def input_mutation_functional():
    class M(nn.Module):
        def forward(self, x):
            x.mul_(2)
            return x + 1

    return export(M(), (torch.randn(2),)).run_decompositions({})


@program
def lifted_tensor_constants():
    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.plain = torch.tensor([3.0, 4.0])

        def forward(self, x):
            return x + torch.tensor([1.0, 2.0]) * self.plain - torch.tensor(5)

    return export(M(), (torch.randn(2),))


@program
def other_float_types():
    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.sixteen = nn.Parameter(torch.randn(3).half())
            self.brain = nn.Parameter(torch.randn(3).bfloat16())
            self.wide = nn.Parameter(torch.randn(3).double())
            self.register_buffer("turn", torch.tensor([1 + 2j, 0, -1j]))
            self.register_buffer("eight", torch.randn(3).to(torch.float8_e4m3fn))

        def forward(self, x):
            y = (x.half() * self.sixteen).float() + (x.bfloat16() + self.brain).float() + self.eight.float()
            return y.double() * self.wide, (x * self.turn * (1 + 2j)).abs()

    return export(M(), (torch.randn(3),))


@program
def several_results():
    class M(nn.Module):
        def forward(self, x):
            values, _ = x.topk(2)
            _, where = x.max(dim=0)
            a, b, _ = x.split([1, 2, 2], dim=1)
            lstm = torch.unbind(x)
            return values, where, a, b, lstm[1], torch.native_layer_norm(x, [5], None, None, 1e-5)[0]

    return export(M(), (torch.randn(3, 5),))


@program
def lists_inside_results():
    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.gru = nn.GRU(3, 2)

        def forward(self, x):
            return self.gru(x)[0], torch.meshgrid(x[0, 0], x[1, 0], indexing="ij")

    return export(M().eval(), (torch.randn(4, 1, 3),))


@program
def special_numbers():
    class M(nn.Module):
        def forward(self, x):
            y = torch.full_like(x, float("-inf")).masked_fill(x > 0, float("nan"))
            return torch.nan_to_num(y, nan=1e-45, posinf=float("inf"), neginf=-3.4028234663852886e38) + 1e300 * 0.1

    return export(M(), (torch.randn(3),))


@program
def sizes_from_data():
    class M(nn.Module):
        def forward(self, x, n):
            k = n.item()
            torch._check(k >= 1)
            torch._check(k < x.shape[0])
            return x[:k] * 2, x.sum() * (k * 0.5), k + 1

    return export(M(), (torch.randn(6), torch.tensor(2)))


@program
def unused_parameters():
    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.never = nn.Linear(2, 2)
            self.frozen = nn.Parameter(torch.ones(2), requires_grad=False)

        def forward(self, x):
            return x * self.frozen

    return export(M(), (torch.randn(2),))


@program
def ordered_side_effects():
    class M(nn.Module):
        def forward(self, x):
            torch.ops.aten._print("running")
            return x + 1

    return export(M(), (torch.randn(2),)).run_decompositions({})


@program
def with_extra_files():
    class M(nn.Module):
        def forward(self, x):
            return x + 1

    return export(M(), (torch.randn(2),)), {"labels.txt": "cat\ndog\n", "sub/notes.json": "{}"}


def without_provenance(exported):
    """Drops what differs from run to run and machine to machine."""
    for module in exported.graph_module.modules():
        if isinstance(module, torch.fx.GraphModule):
            for node in module.graph.nodes:
                node.meta.pop("stack_trace", None)
                node.meta.pop("from_node", None)
    return exported


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in PROGRAMS.items():
        torch.manual_seed(0)
        made = make()
        exported, extras = made if isinstance(made, tuple) else (made, {})
        save(without_provenance(exported), folder / f"{name}.pt2", extra_files=extras)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
