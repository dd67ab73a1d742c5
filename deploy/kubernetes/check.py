"""Checks the manifests beside this file against the schemas of their resources: unknown fields and wrong types are refused.

Run it with deploy/conformance/run python deploy/kubernetes/check.py."""

import copy
import json
import pathlib
import sys

import jsonschema
import yaml

HERE = pathlib.Path(__file__).parent


def complaints(resource):
    schema = json.loads((HERE / "schemas" / f"{resource['kind']}.json").read_text())
    found = jsonschema.Draft7Validator(schema).iter_errors(resource)
    return [f"{'.'.join(map(str, error.absolute_path))}: {error.message[:200]}" for error in found]


def misspelt(resource):
    """The same with a field that no schema knows: it must be noticed, or the check is worth nothing."""
    wrong = copy.deepcopy(resource)
    wrong["spec"]["noSuchField"] = 1
    return wrong


def main():
    passed = failed = 0
    for path in sorted(HERE.glob("*.yaml")):
        for resource in yaml.safe_load_all(path.read_text()):
            what = f"{path.name} {resource['kind']} {resource['metadata']['name']}"
            found = complaints(resource) + ([] if complaints(misspelt(resource)) else ["a misspelt field is not noticed"])
            print(f"{'FAILED ' if found else 'ok     '} {what}", *found, sep="\n        " if found else "")
            passed, failed = passed + (not found), failed + bool(found)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
