"""python -m conformance check|parity|cases, called by ./run in its virtual environment."""

import argparse
import multiprocessing
import os
import sys
import warnings
from concurrent.futures import ProcessPoolExecutor


def main():
    parser = argparse.ArgumentParser(prog="deploy/conformance/run", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    check = verbs.add_parser("check", help="hold Calibeam's artifacts of the project's own cases against torch and Arm's toolchain")
    parity = verbs.add_parser("parity", help="hold them against the reference's, case by case, and write the table")
    parity.add_argument("--output", help="Markdown file to write the table to")
    parity.add_argument("--calibrator", action="append", choices=["histogram", "reference"], help="both when not given; the first is lowered")
    cases = verbs.add_parser("cases", help="make the models and samples under cases/ anew")
    for verb in (check, parity):
        verb.add_argument("--jobs", type=int, default=os.cpu_count(), help="cases looked at side by side")
    for verb in (check, parity, cases):
        verb.add_argument("case", nargs="*", help="only these")
    arguments = parser.parse_args()
    if arguments.verb == "cases":
        from . import cases as own, models

        for name in arguments.case or models.KEPT:
            own.write(own.HERE / name, models.KEPT[name]())
        return 0
    from . import check as checking, examine, parity as table

    with ProcessPoolExecutor(arguments.jobs, mp_context=multiprocessing.get_context("spawn"), initializer=examine.prepare) as pool:
        return (checking if arguments.verb == "check" else table).run(arguments, pool)


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    sys.exit(main())
