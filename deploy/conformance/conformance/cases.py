"""The project's own cases: what to quantize, with which configuration, over which samples."""

import json
import pathlib
from dataclasses import dataclass

HERE = pathlib.Path(__file__).parents[1] / "cases"
DEMO = pathlib.Path(__file__).parents[2] / "demo"
DEFAULT = {"is_qat": False, "steps": [["set_global", {}]]}


@dataclass(frozen=True)
class Case:
    name: str
    model: pathlib.Path
    config: dict
    calibration: pathlib.Path
    evaluation: pathlib.Path
    top1: float | None = None  # least share of samples for which float and quantized agree on the largest output
    conditional: bool = False  # Arm's converter takes no control flow: only the pieces of such a program lower

    @property
    def fully_quantized(self):
        """Whether no step leaves something in floating point."""
        return all(step[-1] is not None for step in self.config["steps"])

    @property
    def dynamic(self):
        """Whether activations choose their qparams when run: Arm's backend lowers no such program."""
        return any(step[-1] and step[-1].get("is_dynamic") for step in self.config["steps"])


def own_cases():
    straight = {"segmenter": ["config"], "small_cnn": ["config", *_variants("small_cnn")]}
    for folder, configs in sorted(straight.items()):
        for config in configs:
            name = folder if config == "config" else f"{folder}_{config}"
            yield Case(
                name,
                HERE / folder / "model.pt2",
                _config(folder, config),
                HERE / folder / "calibration.npz",
                HERE / folder / "evaluation.npz",
            )
    yield Case(
        "nested_control_flow",
        HERE / "nested_control_flow" / "model.pt2",
        _config("nested_control_flow", "config"),
        HERE / "nested_control_flow" / "calibration.npz",
        HERE / "nested_control_flow" / "evaluation.npz",
        conditional=True,
    )
    for name, model in (("early_exit_digits", DEMO), ("early_exit_digits_norm", HERE / "early_exit_digits_norm")):
        yield Case(
            name,
            model / "model.pt2",
            DEFAULT,
            DEMO / "calibration.npz",
            DEMO / "heldout.npz",
            top1=0.98,
            conditional=True,
        )


def _variants(folder):
    return sorted(path.stem for path in (HERE / folder).glob("*.json") if path.stem != "config")


def _config(folder, name):
    return json.loads((HERE / folder / f"{name}.json").read_text())


def made_cases(names):
    """Operator families and large models: made from their definitions, kept in the cache."""
    from . import models, reference, zoo

    sources = b"".join(pathlib.Path(module.__file__).read_bytes() for module in (models, zoo))
    for name in names:
        folder = reference.cache_folder() / "cases" / f"{name}-{reference.fingerprint(sources)}"
        if not (folder / "evaluation.npz").exists():
            write(folder, models.LARGE[name]() if name in models.LARGE else zoo.build(name))
        yield Case(name, folder / "model.pt2", DEFAULT, folder / "calibration.npz", folder / "evaluation.npz")


def write(folder, made):
    """model.pt2, calibration.npz and evaluation.npz, in this order: who finds the last finds all."""
    import torch

    from . import archive

    model, calibration, evaluation = made
    folder.mkdir(parents=True, exist_ok=True)
    with torch.no_grad():
        archive.save(torch.export.export(model, calibration[0]), folder / "model.pt2")
    archive.write_samples(folder / "calibration.npz", calibration)
    archive.write_samples(folder / "evaluation.npz", evaluation)
