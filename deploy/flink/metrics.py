"""What Calibeam's running jobs say in Flink's own metrics: metrics.py HOST:PORT [--follow] prints a line per metric, summed over the
tasks of each job; with --follow again and again until it is stopped."""

import json
import sys
import time
import urllib.parse
import urllib.request


def get(master, path):
    with urllib.request.urlopen(f"http://{master}/{path}", timeout=20) as answer:
        return json.load(answer)


def of_job(master, job):
    sums = {}
    for vertex in get(master, f"jobs/{job}")["vertices"]:
        metrics = f"jobs/{job}/vertices/{vertex['id']}/subtasks/metrics"
        names = [m["id"] for m in get(master, metrics) if m["id"].startswith("calibeam.")]
        if names:
            for metric in get(master, f"{metrics}?agg=sum&get={urllib.parse.quote(','.join(names), safe=',')}"):
                sums[metric["id"]] = sums.get(metric["id"], 0) + metric["sum"]
    return sums


def show(master):
    for job in get(master, "jobs/overview")["jobs"]:
        if job["state"] == "RUNNING":
            for name, value in sorted(of_job(master, job["jid"]).items()):
                print(f"{job['name']} {name} {value:g}", flush=True)


show(sys.argv[1])
while "--follow" in sys.argv:
    time.sleep(0.5)
    show(sys.argv[1])
