"""Which way samples go through a program with control flow, and one such way as a program without it."""

import torch


class Way(torch.fx.Interpreter):
    """Runs a graph with its control flow as Python would: decides by the predicates, or as `given`, and remembers how."""

    def __init__(self, module, given=None, taken=None):
        super().__init__(module)
        self.given, self.taken = given, [] if taken is None else taken

    def call_function(self, target, args, kwargs):
        name = str(target)
        if name == "cond":
            predicate, when_true, when_false, *operands = args
            return self._run(when_true if self._decide(predicate) else when_false, *(operands[0] if operands else ()))
        if name == "while_loop":
            condition, body, carried, *more = args
            rest, carried = more[0] if more else (), tuple(carried)
            while self._decide(None if self.given is not None else self._run(condition, *carried, *rest)):
                carried = tuple(self._run(body, *carried, *rest))
            return carried
        return super().call_function(target, args, kwargs)

    def _run(self, module, *args):
        return Way(module, self.given, self.taken).run(*args)

    def _decide(self, predicate):
        if self.given is None:
            predicate = predicate[0] if isinstance(predicate, (tuple, list)) else predicate
            self.taken.append(bool(predicate))
        else:
            self.taken.append(self.given[len(self.taken)])
        return self.taken[-1]


class _Straight(torch.nn.Module):
    def __init__(self, module, way):
        super().__init__()
        self.module, self.way = module, way

    def forward(self, *args):
        return Way(self.module, self.way).run(*args)


def way(program, sample):
    """The decisions that a sample meets, in order; one for each condition of each round of a loop."""
    run = Way(program.module(check_guards=False))
    with torch.no_grad():
        run.run(*sample)
    return tuple(run.taken)


def straight(program, taken, sample):
    """The program that goes the way `taken` whatever its predicates say."""
    with torch.no_grad():
        exported = torch.export.export(_Straight(program.module(check_guards=False), taken), sample)
    exported.graph.eliminate_dead_code()
    return exported
