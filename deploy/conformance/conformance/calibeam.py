"""Calibeam's command line, as anyone would call it."""

import json
import os
import pathlib
import subprocess
import tempfile
import time
from dataclasses import dataclass

import numpy as np
import torch

LAUNCHER = pathlib.Path(os.environ.get("CALIBEAM", pathlib.Path(__file__).parents[2] / "calibeam"))


@dataclass(frozen=True)
class Outcome:
    status: int
    stdout: str
    stderr: str
    seconds: float

    def complaint(self):
        """The first line on stderr, for a person to read."""
        lines = self.stderr.strip().splitlines() or ["(no message)"]
        return f"exit status {self.status}: {lines[0][:300]}"


class Process:
    """A JVM that runs command after command: hundreds of them would spend most of their time starting."""

    def __init__(self):
        home = LAUNCHER.parents[1]
        call("--version")  # built, if it was not
        jar = next((home / "pipeline" / "target").glob("calibeam-pipeline-*.jar"))
        opens = [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in ("java.lang", "java.nio", "java.util", "sun.nio.ch")]
        options = ["-Dorg.bytedeco.javacpp.maxPhysicalBytes=0", "-XX:+UseSerialGC", "-Xmx2g"]
        path = f"{jar}:{(home / 'pipeline' / 'target' / 'classpath').read_text().strip()}"
        command = [pathlib.Path(os.environ["JAVA_HOME"]) / "bin" / "java" if os.environ.get("JAVA_HOME") else "java"]
        command += [*opens, *options, "-cp", path, pathlib.Path(__file__).parents[1] / "Commands.java"]
        self.folder = tempfile.TemporaryDirectory(prefix="calibeam-")
        self.errors = pathlib.Path(self.folder.name) / "errors"
        with self.errors.open("wb") as errors:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True)

    def call(self, arguments):
        try:
            print(json.dumps(arguments), file=self.process.stdin, flush=True)
            answer = self.process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            return self.process.wait(), "", f"the process that runs commands ended with {self.process.wait()}: {self.errors.read_text()[-300:]}"
        answer = json.loads(answer)
        return answer["status"], answer["stdout"], answer["stderr"]


process = None  # of this worker, where commands are not to start one each


def keep_process():
    """Runs the commands that follow in one JVM."""
    global process
    process = process or Process()


def call(*arguments):
    start = time.perf_counter()
    if process:
        return Outcome(*process.call([*map(str, arguments)]), time.perf_counter() - start)
    done = subprocess.run([LAUNCHER, *map(str, arguments)], capture_output=True, text=True, check=False)
    return Outcome(done.returncode, done.stdout, done.stderr, time.perf_counter() - start)


def quantize(case, config, output, *more, samples=None):
    return call("quantize", "--model", case.model, "--samples", samples or case.calibration, "--config", config, "--output", output, *more)


def run(model, samples, output):
    """Calibeam's own outputs of the archive: (outcome, outputs per sample)."""
    outcome = call("run", model, "--samples", samples, "--output", output)
    if outcome.status != 0:
        return outcome, []
    with np.load(output) as arrays:
        outputs = {}
        for key in arrays.files:
            sample, index = map(int, key.split("."))
            outputs.setdefault(sample, {})[index] = torch.from_numpy(arrays[key])
    return outcome, [[outs[i] for i in sorted(outs)] for _, outs in sorted(outputs.items())]
