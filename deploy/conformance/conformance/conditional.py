"""The project's own conditional models: small ones, each with control flow of another form, kept under cases/paths.

The predicates split the samples well, and no sample lies so close to a threshold that rounding its features would decide.
"""

import torch
from torch import nn
from torch._higher_order_ops.while_loop import while_loop

CALIBRATION, EVALUATION = 96, 96


def settle(model, inputs):
    """Runs the layers of a new model in training mode, so that its batch norms have statistics to fold."""
    for layers in model.children():
        if any(isinstance(m, nn.BatchNorm2d) for m in layers.modules()):
            for _ in range(10):
                layers.train()(inputs(layers))
    return model.eval()


class ChainedConv1d(nn.Module):
    """Two conditionals in a row over sequences; the second decides by what the first has made."""

    def __init__(self):
        super().__init__()
        self.short, self.long, self.mix = nn.Conv1d(4, 8, 3, padding=1), nn.Conv1d(4, 8, 7, padding=3), nn.Conv1d(8, 8, 1)
        self.loud, self.quiet, self.out = nn.Conv1d(8, 8, 3, padding=1), nn.Conv1d(8, 8, 5, padding=2), nn.Linear(8 * 16, 6)

    def forward(self, signal):
        level = signal.flatten().mean(0, keepdim=True)
        seen = torch.cond(level > 0.1, lambda s: torch.relu(self.short(s)), lambda s: torch.sigmoid(self.long(s)), (signal,))
        mixed = self.mix(seen)
        peak = mixed.flatten().amax(0, keepdim=True)
        shaped = torch.cond(peak > 0.9, lambda m: torch.relu(self.loud(m)), lambda m: torch.tanh(self.quiet(m)), (mixed,))
        return self.out(shaped.flatten(1))

    def sample(self, i):
        return (torch.randn(1, 4, 16) * (0.5 + 0.5 * (i % 3)) + (0.4 if i % 2 else -0.2),)


class DeepConv2d(nn.Module):
    """Three levels of conditionals over images; convolutions with batch norm within the branches."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.one, self.two, self.three, self.four = (nn.Sequential(nn.Conv2d(8, 8, 3, padding=1), nn.BatchNorm2d(8)) for _ in range(4))
        self.head = nn.Linear(8, 5)

    def forward(self, image):
        features = torch.relu(self.stem(image))
        mean = image.flatten().mean(0, keepdim=True)
        top = image.flatten().amax(0, keepdim=True)

        def deepest(f, m, t):
            return torch.cond(t > 4.0, lambda f: torch.relu(self.one(f)), lambda f: torch.relu(self.two(f)) * 0.5, (f,))

        def deeper(f, m, t):
            return torch.cond(m > 0.5, deepest, lambda f, m, t: self.three(f) + f, (f, m, t))

        way = torch.cond(mean > 0, deeper, lambda f, m, t: nn.functional.hardswish(self.four(f)), (features, mean, top))
        return self.head(way.mean((2, 3)))

    def sample(self, i):
        return (torch.randn(1, 3, 8, 8) + (-0.4, 0.25, 0.8, 1.1)[i % 4],)


class SeveralOutputs(nn.Module):
    """A conditional with three results, of which one is read by a layer, one returned and one both; a tuple is returned."""

    def __init__(self):
        super().__init__()
        self.first, self.second, self.third, self.fourth = (nn.Linear(12, 12) for _ in range(4))
        self.last = nn.Linear(12, 4)

    def forward(self, rows):
        def wide(r):
            a = torch.relu(self.first(r))
            return a, self.second(a), r * 2.0

        def narrow(r):
            a = torch.tanh(self.third(r))
            return a + r, self.fourth(r), r * 0.5

        spread = rows.flatten().amax(0, keepdim=True) - rows.flatten().amin(0, keepdim=True)
        a, b, c = torch.cond(spread > 5.0, wide, narrow, (rows,))
        return self.last(a + c), b, c

    def sample(self, i):
        return (torch.randn(3, 12) * (1.5 if i % 2 else 0.8),)


class DictOutputs(nn.Module):
    """Two inputs, a dict with a tuple in it as result, a buffer and weights of a convolution captured by a branch."""

    def __init__(self):
        super().__init__()
        self.near, self.far = nn.Conv2d(2, 6, 3, padding=1), nn.Conv2d(2, 6, 3, padding=2, dilation=2, bias=False)
        self.register_buffer("offset", torch.linspace(-1, 1, 6).reshape(1, 6, 1, 1))
        self.score = nn.Linear(6, 3)

    def forward(self, image, hint):
        def near(i):
            return torch.relu(self.near(i))

        def far(i):
            return self.far(i) + self.offset

        seen = torch.cond(hint.sum(1, keepdim=True).flatten() > 0, near, far, (image,))
        return {"map": seen, "scores": (self.score(seen.mean((2, 3))), torch.sigmoid(seen))}

    def sample(self, i):
        return torch.randn(1, 2, 10, 10), torch.randn(1, 3)


class WithoutOperands(nn.Module):
    """Branches that take no operand: they compute from captured weights and buffers alone."""

    def __init__(self):
        super().__init__()
        self.embed, self.left, self.right = nn.Linear(10, 8), nn.Linear(8, 8), nn.Linear(8, 8)
        self.register_buffer("low", torch.randn(1, 8))
        self.register_buffer("high", torch.randn(1, 8) * 3)
        self.out = nn.Linear(8, 4)

    def forward(self, rows):
        level = rows.flatten().mean(0, keepdim=True)
        shift = torch.cond(level > 0, lambda: torch.relu(self.left(self.high)), lambda: torch.tanh(self.right(self.low)), ())
        return self.out(torch.relu(self.embed(rows)) * shift)

    def sample(self, i):
        return (torch.randn(2, 10) + (0.2 if i % 3 else -0.3),)


class Loop(nn.Module):
    """A while loop that refines rows by a layer, for as many rounds as the sample is loud."""

    def __init__(self):
        super().__init__()
        self.embed, self.step, self.out = nn.Linear(12, 12), nn.Linear(12, 12), nn.Linear(12, 5)

    def forward(self, rows):
        rounds = rows.abs().flatten().amax(0, keepdim=True) - 0.7

        def more(left, r):
            return (left > 0).squeeze()

        def refine(left, r):
            return left - 1.0, torch.tanh(self.step(r)) + r * 0.5

        _, refined = while_loop(more, refine, (rounds, self.embed(rows)))
        return self.out(refined)

    def sample(self, i):
        return (torch.randn(2, 12) * (0.2 + 0.4 * (i % 4)),)


class LoopInBranch(nn.Module):
    """A loop within a branch, a conditional within the loop's body, and a counter that decides about both."""

    def __init__(self):
        super().__init__()
        self.turn, self.twist, self.once, self.out = (nn.Linear(8, 8) for _ in range(4))

    def forward(self, rows):
        level = rows.flatten().mean(0, keepdim=True)

        def repeat(r, l):
            def more(left, x):
                return (left > 0.5).squeeze()

            def body(left, x):
                turned = torch.cond(left > 1.5, lambda v: torch.tanh(self.turn(v)), lambda v: torch.sigmoid(self.twist(v)) - 0.5, (x,))
                return left - 1.0, turned

            _, done = while_loop(more, body, (l * 2.0 + 1.0, r))
            return done

        return self.out(torch.cond(level > 0, repeat, lambda r, l: torch.tanh(self.once(r)), (rows, level)))

    def sample(self, i):
        return (torch.randn(2, 8) * (0.6 + 0.2 * (i % 3)) + (-0.4, 0.5, 0.9)[i % 3],)


MODELS = {
    "chained_conv1d": ChainedConv1d,
    "deep_conv2d": DeepConv2d,
    "several_outputs": SeveralOutputs,
    "dict_outputs": DictOutputs,
    "without_operands": WithoutOperands,
    "loop": Loop,
    "loop_in_branch": LoopInBranch,
}


def build(name):
    """The model with its samples, the same each time."""
    torch.manual_seed(7)
    model = MODELS[name]()
    features = lambda layers: torch.relu(torch.randn(16, 8, 8, 8))  # noqa: E731
    settle(model, features)
    samples = [model.sample(i) for i in range(CALIBRATION + EVALUATION)]
    return model, samples[:CALIBRATION], samples[CALIBRATION:]
