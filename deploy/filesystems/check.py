"""Runs Calibeam with model, samples, state, output and store in S3 and in HDFS, and compares with the same on a local disk."""

import json
import logging
import os
import pathlib
import shutil
import subprocess
import sys

import boto3
from moto.server import ThreadedMotoServer

HERE = pathlib.Path(__file__).resolve().parent
HOME = HERE.parent.parent
OUT = HERE / "out"
DEMO = HOME / "deploy" / "demo"
SAME = ("model.pt2", "statistics.avro")
passed = failed = 0


def check(what, holds, seen=""):
    global passed, failed
    passed, failed = passed + bool(holds), failed + (not holds)
    print(f"passed  {what}" if holds else f"FAILED  {what}: {seen}", flush=True)


def calibeam(*arguments, beam=()):
    done = subprocess.run(
        [HOME / "deploy" / "calibeam", *map(str, arguments), *(["--", *beam] if beam else [])],
        capture_output=True, text=True, timeout=300)  # a run that never ends must not hold up CI
    done.errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    return done


def succeeds(what, *arguments, beam=()):
    done = calibeam(*arguments, beam=beam)
    check(what, done.returncode == 0, done.stderr[-1000:])
    return done


def refused(what, wanted, *arguments, beam=()):
    done = calibeam(*arguments, "--output", OUT / "refused", beam=beam)
    one = len(done.errors) == 1 and wanted in done.errors[0] and "This is a bug" not in done.stderr
    check(what, done.returncode == 1 and one and not (OUT / "refused").exists(), done.stderr[-1000:])


class S3:
    name = "s3"

    def __enter__(self):
        os.environ.update(AWS_ACCESS_KEY_ID="nobody", AWS_SECRET_ACCESS_KEY="nothing", AWS_EC2_METADATA_DISABLED="true")
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self.server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self.server.start()
        host, port = self.server.get_host_and_port()
        self.client = boto3.client("s3", endpoint_url=f"http://{host}:{port}", region_name="us-east-1")
        self.client.create_bucket(Bucket="calibeam")
        self.root = "s3://calibeam"
        self.beam = ["--awsRegion=us-east-1", f"--endpoint=http://{host}:{port}"]
        self.unreachable = (self.root, ["--awsRegion=us-east-1", "--endpoint=http://127.0.0.1:9"])
        self.elsewhere = "s3://no-such-bucket"
        return self

    def put(self, file, path):
        self.client.upload_file(str(file), "calibeam", path)

    def get(self, path):
        return self.client.get_object(Bucket="calibeam", Key=path)["Body"].read()

    def __exit__(self, *_):
        self.server.stop()


class Hdfs:
    name = "hdfs"

    def __enter__(self):
        jars = OUT / "hdfs.classpath"
        subprocess.run(
            [HOME / "mvnw", "-q", "-B", "-f", HERE / "hdfs" / "pom.xml",
             "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:build-classpath", f"-Dmdep.outputFile={jars}"],
            check=True)
        java = os.path.join(os.environ["JAVA_HOME"], "bin", "java") if os.environ.get("JAVA_HOME") else "java"
        self.log = open(OUT / "hdfs.log", "w")
        self.server = subprocess.Popen(
            [java, "-Xmx512m", "-cp", jars.read_text().strip(), HERE / "hdfs" / "Server.java", OUT / "hdfs"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True, cwd=OUT)
        for line in self.server.stdout:
            if line.startswith("hdfs://"):
                self.root = line.strip().rstrip("/") + "/calibeam"
                break
        else:
            raise SystemExit(f"The HDFS server did not start, see {self.log.name}")
        self.beam = [self.configuration(self.root)]
        self.unreachable = ("hdfs://127.0.0.1:9/calibeam", [self.configuration("hdfs://127.0.0.1:9")])
        self.elsewhere = self.root + "/no-such-folder"
        return self

    @staticmethod
    def configuration(root):
        return "--hdfsConfiguration=" + json.dumps([{"fs.defaultFS": "/".join(root.split("/")[:3])}])

    def ask(self, *words):
        print(*words, file=self.server.stdin, flush=True)
        assert self.server.stdout.readline() == "done\n", f"see {self.log.name}"

    def put(self, file, path):
        self.ask("put", file, f"/calibeam/{path}")

    def get(self, path):
        self.ask("get", f"/calibeam/{path}", OUT / "got")
        return (OUT / "got").read_bytes()

    def __exit__(self, *_):
        self.server.stdin.close()
        self.server.wait()
        self.log.close()


def job(name, model, samples, store):
    file = OUT / f"{name}.json"
    gates = {"minSamplesPerPath": 1, "drift": {"most": 1, "action": "off"}}
    file.write_text(json.dumps({"model": str(model), "samples": f"{samples}/{{date}}/*.avro", "window": {"last": 2}, "store": str(store),
                                "heldOut": {"share": 0.2, "samples": 20}, "gates": gates}))
    return file


def current(read):
    return read(json.loads(read("current.json"))["model"])


def local():
    succeeds("local: import", "import", "--samples", DEMO / "calibration.npz", "--samples-per-file", 128, "--output", OUT / "shards")
    shards = sorted((OUT / "shards").glob("*.avro"))
    for i, shard in enumerate(shards[:3]):
        (OUT / "days" / f"2026-11-2{i}").mkdir(parents=True)
        shutil.copy(shard, OUT / "days" / f"2026-11-2{i}" / "part.avro")
    model = DEMO / "model.pt2"
    succeeds("local: Avro", "quantize", "--model", model, "--samples", OUT / "shards" / "*.avro", "--output", OUT / "avro")
    succeeds("local: npz", "quantize", "--model", model, "--samples", DEMO / "calibration.npz", "--output", OUT / "npz")
    return shards


def there(files, shards):
    name, root, beam = files.name, files.root, files.beam
    files.put(DEMO / "model.pt2", "in/model.pt2")
    files.put(DEMO / "calibration.npz", "in/calibration.npz")
    for i, shard in enumerate(shards):
        files.put(shard, f"in/shards/{shard.name}")

    def quantize(kind, samples, *more):
        return succeeds(f"{name}: {kind}", "quantize", "--overwrite", "--model", f"{root}/in/model.pt2", "--samples", f"{root}/in/{samples}",
                        "--output", f"{root}/{kind}", *more, beam=beam)

    for kind, samples in (("avro", "shards/*.avro"), ("npz", "*.npz")):
        quantize(kind, samples, *(["--state", f"{root}/state"] if kind == "avro" else []))
        for file in SAME:
            check(f"{name}: {kind}, same {file}", files.get(f"{kind}/{file}") == (OUT / kind / file).read_bytes(), "other bytes")
    quantize("avro", "shards/*.avro", "--state", f"{root}/state")
    kept = json.loads(files.get("avro/manifest.json"))["state"]
    check(f"{name}: again with its state, no file is run", (kept["kept"], kept["run"]) == (len(shards), 0), kept)
    check(f"{name}: again with its state, same model", files.get("avro/model.pt2") == (OUT / "avro" / "model.pt2").read_bytes(), "other bytes")

    model, samples = ("--model", DEMO / "model.pt2"), ("--samples", DEMO / "calibration.npz")
    refused(f"{name}: no such model", "no-model.pt2: there is no such file", "quantize", "--model", f"{root}/no-model.pt2", *samples, beam=beam)
    refused(f"{name}: no such samples", "no file matches", "quantize", *model, "--samples", f"{root}/nothing/*.avro", beam=beam)
    refused(f"{name}: samples elsewhere", "no file matches", "quantize", *model, "--samples", f"{files.elsewhere}/*.avro", beam=beam)
    elsewhere, options = files.unreachable
    refused(f"{name}: nobody answers", "model.pt2", "quantize", "--model", f"{elsewhere}/in/model.pt2", *samples, beam=options)

    for night in (0, 1, 2):
        files.put(OUT / "days" / f"2026-11-2{night}" / "part.avro", f"days/2026-11-2{night}/part.avro")
        if night:
            succeeds(f"{name}: night {night}", "requantize", "--job", job(name, DEMO / "model.pt2", f"{root}/days", f"{root}/store"), beam=beam)
    succeeds("local: the same night", "requantize", "--job", job(f"{name}-local", DEMO / "model.pt2", OUT / "days", OUT / f"{name}-store"))
    here = current(lambda path: (OUT / f"{name}-store" / path).read_bytes())
    check(f"{name}: the night's model is the local one", current(lambda path: files.get(f"store/{path}")) == here, "other bytes")


def main(names):
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir()
    shards = local()
    for kind in (S3, Hdfs):
        if not names or kind.name in names:
            with kind() as files:
                there(files, shards)
    print(f"{passed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
