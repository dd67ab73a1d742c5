"""The parity table: Calibeam's artifacts beside the reference's, for every case and calibrator."""

import pathlib

from . import cases, examine, models, reference, zoo

HEADER = """# Parity with the Python quantizer

Made by `deploy/conformance/run parity` with {versions}. One line per case and calibrator; *ours* is Calibeam, *theirs* the
Python quantizer with the same configuration over the same samples, on its own.

Structure: whether both archives, walked in lockstep from their outputs, are the same operators on the same operands with the
same markers and integer ranges. Weights: integer weights and other constants that are equal, of those compared. Scale and zero
point: the largest ratio and the largest difference over all points, and the share of the points within the bounds
({bounds}). SQNR: against the float model, in dB over the evaluation samples. Outside: what `VgfPartitioner` leaves
to the CPU. TOSA: whether the same operators with the same types come out.

| case | calibrator | structure | weights | scale | zero point | within | SQNR ours | SQNR theirs | outside ours | outside theirs | TOSA | |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
"""


def run(arguments, pool):
    names = [*models.LARGE, *zoo.FAMILIES]
    own = [case for case in cases.own_cases() if not case.conditional]
    known = {case.name for case in own} | set(names)
    unknown = set(arguments.case) - known
    if unknown:
        print(f"No such case: {', '.join(sorted(unknown))}")
        return 2
    chosen = arguments.case or known
    everything = [*cases.made_cases([n for n in names if n in chosen]), *(case for case in own if case.name in chosen)]
    waiting = [pool.submit(examine.examine, case, c) for case in everything for c in arguments.calibrator or examine.CLOSENESS]
    rows, failed = [], 0
    for future in waiting:
        findings = future.result()
        rows.append(row(findings))
        print(rows[-1], flush=True)
        failed += not findings.passed
        for holds, text in findings.checks:
            if not holds:
                print(f"FAILED  {findings.case} ({findings.calibrator}): {text}", flush=True)
    if arguments.output:
        bounds = "; ".join(f"{name}: scale {c.scale_ratio:g}, zero point {c.zero_point}" for name, c in examine.CLOSENESS.items())
        versions = ", ".join(f"{package} {version}" for package, version in reference.versions().items())
        text = HEADER.format(versions=versions, bounds=bounds) + "\n".join(sorted(rows)) + "\n"
        pathlib.Path(arguments.output).write_text(text)
    print(f"{len(rows) - failed} passed, {failed} failed")
    return 1 if failed else 0


def row(findings):
    compared = findings.comparison
    cells = [findings.case, findings.calibrator]
    if compared:
        bounds = examine.CLOSENESS[findings.calibrator]
        weights = compared.equal_weights + len(compared.different_weights)
        cells += ["same" if compared.same_structure else "**differs**", f"{compared.equal_weights}/{weights}"]
        cells += [f"{compared.scale_ratio:.5f}", str(compared.zero_point_difference)]
        cells += [f"{compared.share_within(bounds.scale_ratio, bounds.zero_point):.1%}"]
    else:
        cells += ["–"] * 5
    cells += [number(findings.sqnr), number(findings.reference_sqnr)]
    cells += [outside(findings.lowered), outside(findings.reference_lowered), tosa(findings)]
    cells.append("passed" if findings.passed else "**failed**")
    if findings.reference_error:
        cells[-1] += f"; the reference fails: {findings.reference_error.replace('|', '/')}"
    return "| " + " | ".join(cells) + " |"


def number(value):
    return "–" if value is None else f"{value:.2f}"


def outside(lowered):
    if lowered is None:
        return "–"
    return ", ".join(f"{n} {name}" for name, n in lowered.outside.items()) or "nothing"


def tosa(findings):
    if findings.lowered is None or findings.reference_lowered is None:
        return "–"
    return "same" if findings.lowered.tosa == findings.reference_lowered.tosa else "**differs**"
