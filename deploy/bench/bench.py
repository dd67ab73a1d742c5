"""Calibeam and the Python quantizer, timed in turn: whole processes, and milliseconds a sample in a warm one."""

import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

from conformance import archive, calibeam, cases, reference

HERE = pathlib.Path(__file__).parent
DEMO = HERE.parent / "demo"

# Samples of whole commands, whose start counts.
SAMPLES = {"mobilenet_v2": 64, "minilm": 64, "early_exit_digits": 512}

# Samples of a warm process: enough that starting a pipeline, half a second, does not count, few enough that a round takes minutes.
LARGE = {"mobilenet_v2": 192, "minilm": 96, "early_exit_digits": 10_000}

# As many of them are enough for the Python quantizer, which takes longer.
PYTHON_SAMPLES = {"mobilenet_v2": 16, "minilm": 16, "early_exit_digits": 256}

# What each ratio is held against, where there is a target.
TARGETS = {
    ("mobilenet_v2", "calibrate"): ("at least", 4.5),
    ("minilm", "calibrate"): ("at least", 9),
    ("early_exit_digits", "calibrate"): ("at least", 100),
    ("mobilenet_v2", "observing"): ("at most", 1.45),
    ("mobilenet_v2", "bare"): ("at most", 1.0),
    ("minilm", "bare"): ("at most", 1.1),
    ("mobilenet_v2", "scaling"): ("at least", 1.85),
    ("early_exit_digits", "quantize"): ("at most", 4),
    ("mobilenet_v2", "quantize"): ("at most", 8),
}


def case_of(name):
    if name == "early_exit_digits":
        return cases.Case(name, DEMO / "model.pt2", cases.DEFAULT, DEMO / "calibration.npz", DEMO / "heldout.npz")
    return next(iter(cases.made_cases([name])))


def measured(command):
    """(standard output, seconds) of a process."""
    start = time.perf_counter()
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    out, err = process.communicate()
    seconds = time.perf_counter() - start
    if process.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} ended with {process.returncode}:\n{err[-2000:]}")
    return out, seconds


def peak_mib(command):
    """Peak resident memory of a process and its children."""
    pid = os.posix_spawn("/usr/bin/env", ["env", *map(str, command)], os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)])
    _, status, usage = os.wait4(pid, 0)
    if status != 0:
        sys.exit(f"{command} ended with {status}")
    return usage.ru_maxrss // 1024


def throughput(case, config, samples, workers):
    """Rows of Calibeam's milliseconds a sample, one for each number of workers."""
    java = pathlib.Path(os.environ["JAVA_HOME"]) / "bin" / "java" if os.environ.get("JAVA_HOME") else "java"
    opens = [f"--add-opens=java.base/{p}=ALL-UNNAMED" for p in ("java.lang", "java.nio", "java.util")]
    command = [java, *opens, "-cp", os.environ["CALIBEAM_BENCH_CLASSPATH"], "org.calibeam.pipeline.observe.Throughput"]
    out, _ = measured([*command, case.model, config, samples, 1, *workers])
    return [json.loads(line) for line in out.splitlines()]


def python(case, samples, threads, count):
    """The Python quantizer's milliseconds a sample, in a process of its own."""
    out, _ = measured([sys.executable, "-W", "ignore", __file__, "--python", case.model, samples, threads, count])
    return json.loads(out.splitlines()[-1])


def time_python(model, samples, threads, count):
    """Runs in the process that python() starts."""
    import torch
    from torchao.quantization.pt2e.quantize_pt2e import prepare_pt2e

    torch.set_num_threads(int(threads))
    inputs = archive.read_samples(samples)[: int(count)]

    def per_sample(function):
        for sample in inputs[:3]:
            function(*sample)
        start = time.perf_counter()
        for sample in inputs:
            function(*sample)
        return (time.perf_counter() - start) / len(inputs) * 1e3

    with torch.no_grad():
        module = archive.load(model).module(check_guards=False)
        bare = per_sample(module)
        if any("cond" in node.name for node in module.graph.nodes):
            # Branches are prepared and calibrated with the whole: only the difference of two runs is a sample's time.
            few, many = len(inputs) // 16, len(inputs)
            seconds = []
            for n in (1, few, many):  # the first warms up
                module = archive.load(model).module(check_guards=False)
                start = time.perf_counter()
                reference.quantizer(cases.DEFAULT["steps"])._quantize_with_submodules(module, inputs[:n], False)
                seconds.append(time.perf_counter() - start)
            calibrating = (seconds[2] - seconds[1]) / (many - few) * 1e3
        else:
            calibrating = per_sample(prepare_pt2e(module, reference.quantizer(cases.DEFAULT["steps"])))
    print(json.dumps({"bare": bare, "calibrate": calibrating}))


def repeated(case, count, folder):
    """The case's calibration samples as one file of `count`, again from the first when there are fewer."""
    samples = archive.read_samples(case.calibration)
    path = folder / f"{case.name}-{count}.npz"
    archive.write_samples(path, [samples[i % len(samples)] for i in range(count)])
    return path


def figures(name, rounds, cores, folder):
    """Lists of what each round measured, by the name of the figure."""
    case = case_of(name)
    samples = repeated(case, SAMPLES[name], folder)
    large = repeated(case, LARGE[name], folder)
    config = folder / f"{name}.json"
    config.write_text(json.dumps(case.config))
    output = folder / name
    quantize = [calibeam.LAUNCHER, "quantize", "--overwrite", "--model", case.model, "--samples", samples, "--config", config, "--output", output]
    convert = [calibeam.LAUNCHER, "convert", "--overwrite", "--model", case.model, "--config", config, "--statistics", output / "statistics.avro", "--calibrator", "minmax", "--output", folder / f"{name}-minmax"]
    found = {}

    def add(figure, value):
        found.setdefault(figure, []).append(value)

    for number in range(rounds):
        print(f"{name}: round {number + 1} of {rounds}", file=sys.stderr, flush=True)
        ours = {row["workers"]: row for row in throughput(case, config, large, sorted({1, cores}))}
        one = python(case, samples, 1, PYTHON_SAMPLES[name])
        all_cores = python(case, samples, cores, PYTHON_SAMPLES[name])
        add("Calibeam: forward, one worker, ms", ours[1]["bare"])
        add("Calibeam: forward and observers, one worker, ms", ours[1]["observing"])
        for workers, row in ours.items():
            add(f"Calibeam: whole calibration, {workers} worker{'s'[: workers - 1]}, ms", row["pipeline"])
        add("torch: forward, one thread, ms", one["bare"])
        add("Python quantizer: calibration, one thread, ms", one["calibrate"])
        add(f"Python quantizer: calibration, {cores} threads, ms", all_cores["calibrate"])
        add("calibrate", min(one["calibrate"], all_cores["calibrate"]) / ours[cores]["pipeline"])
        add("observing", ours[1]["observing"] / ours[1]["bare"])
        add("bare", ours[1]["bare"] / one["bare"])
        add("scaling", ours[1]["observing"] / ours[cores]["observing"])
        add("quantize", measured(quantize)[1])
        add("convert", measured(convert)[1])
    found["peak"] = [peak_mib(quantize)]
    return found


TITLES = {
    "calibrate": "Python quantizer's calibration to Calibeam's, all cores",
    "observing": "Calibeam's forward with observers to its bare forward, one worker",
    "bare": "Calibeam's bare forward to torch's, one thread",
    "scaling": "Calibeam's one worker to all cores, forward with observers",
    "quantize": "`quantize`, from command to exit, s",
    "convert": "`convert` with another calibrator, from command to exit, s",
    "peak": "peak memory of `quantize`, MiB",
}


def table(name, found):
    lines = [f"## {name}, {LARGE[name]} samples a pass, {SAMPLES[name]} in whole commands", "", "| figure | median | least | most | target |", "| --- | ---: | ---: | ---: | --- |"]
    for figure, values in found.items():
        target = TARGETS.get((name, figure))
        if target:
            word, bound = target
            middle = statistics.median(values)
            met = middle >= bound if word == "at least" else middle <= bound
            target = f"{word} {bound}: {'met' if met else 'MISSED'}"
        row = [TITLES.get(figure, figure), *(f"{float(f'{f(values):.3g}'):g}" for f in (statistics.median, min, max)), target or ""]
        lines.append("| " + " | ".join(row) + " |")
    return [*lines, ""]


def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.processor())
    versions = ", ".join(f"{package} {version}" for package, version in reference.versions().items())
    return f"{os.cpu_count()} cores of {model}, {platform.system()}; {versions}, Python {platform.python_version()}"


def main():
    if sys.argv[1:2] == ["--python"]:
        return time_python(*sys.argv[2:])
    parser = argparse.ArgumentParser(prog="deploy/bench/run", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--output", help="Markdown file to write the tables to")
    parser.add_argument("case", nargs="*", help=f"of {', '.join(SAMPLES)}; all when not given")
    arguments = parser.parse_args()
    cores = os.cpu_count()
    lines = [
        "# Benchmarks",
        "",
        f"Made by `deploy/bench/run --rounds {arguments.rounds}` on {machine()}.",
        "Both programs take turns in every round, so ratios hold even where the machine's speed changes. Milliseconds are per sample.",
        "Both keep freed memory as `deploy/calibeam` makes glibc do, which the Python quantizer by itself does not.",
        "",
    ]
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.case or SAMPLES:
            lines += table(name, figures(name, arguments.rounds, cores, pathlib.Path(folder)))
    text = "\n".join(lines)
    print(text)
    if arguments.output:
        pathlib.Path(arguments.output).write_text(text)


if __name__ == "__main__":
    main()
