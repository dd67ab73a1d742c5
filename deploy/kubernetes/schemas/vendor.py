"""Makes the schemas beside this file anew: vendor.py flinkdeployments.flink.apache.org-v1.yml FOLDER-OF-KUBERNETES-JSON-SCHEMAS

The first is the operator's own (apache/flink-kubernetes-operator, helm/flink-kubernetes-operator/crds), the second that of Kubernetes
1.30 as the package kubernetes-validate has it (v1.30.0-local-strict). Unknown fields are refused in both, as the API server does."""

import json
import pathlib
import sys

import yaml

HERE = pathlib.Path(__file__).parent


def strict(schema):
    if isinstance(schema, dict):
        if "properties" in schema and not schema.get("x-kubernetes-preserve-unknown-fields"):
            schema.setdefault("additionalProperties", False)
        schema.pop("description", None) if isinstance(schema.get("description"), str) else None
        return {key: strict(value) for key, value in schema.items()}
    return [strict(value) for value in schema] if isinstance(schema, list) else schema


def deployment(path):
    resource = yaml.safe_load(pathlib.Path(path).read_text())
    schema = resource["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    schema["properties"].pop("status")
    spec = schema["properties"]["spec"]["properties"]
    pod = spec["podTemplate"]
    for holder in (spec, spec["jobManager"]["properties"], spec["taskManager"]["properties"]):
        assert holder["podTemplate"] == pod
        holder["podTemplate"] = {"$ref": "#/definitions/pod"}
    schema["definitions"] = {"pod": pod}
    for field in ("apiVersion", "kind", "metadata"):
        schema["properties"].setdefault(field, {"type": "object"} if field == "metadata" else {"type": "string"})
    schema["required"] = ["apiVersion", "kind", "metadata", "spec"]
    return strict(schema)


def kubernetes(folder, name):
    folder = pathlib.Path(folder)
    every = json.loads((folder / "_definitions.json").read_text())["$defs"]
    used = {}

    def resolve(schema):
        if isinstance(schema, dict):
            for key, value in schema.items():
                if key == "$ref":
                    definition = value.rsplit("/", 1)[1]
                    schema[key] = "#/definitions/" + definition
                    if definition not in used:
                        used[definition] = None
                        used[definition] = resolve(every[definition])
                else:
                    resolve(value)
        elif isinstance(schema, list):
            for value in schema:
                resolve(value)
        return schema

    schema = resolve(json.loads((folder / f"{name}.json").read_text()))
    schema["definitions"] = dict(sorted(used.items()))
    return strict(schema)


def main(crd, folder):
    for name, schema in (
        ("FlinkDeployment", deployment(crd)),
        ("CronJob", kubernetes(folder, "cronjob-batch-v1")),
        ("PersistentVolumeClaim", kubernetes(folder, "persistentvolumeclaim-v1")),
    ):
        (HERE / f"{name}.json").write_text(json.dumps(schema, sort_keys=True, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
