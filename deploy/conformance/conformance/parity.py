"""The parity table: Calibeam's artifacts beside the reference's, for every case there is."""

import fcntl
import math
import pathlib
from concurrent.futures import as_completed

from . import cases, examine, known, models, reference, zoo

HEADER = """# Parity with the Python quantizer

Made by `deploy/conformance/run parity --output deploy/conformance/parity.md` with {versions}: every case of the check, every
operator family and large model, none left out. *Ours* is Calibeam, *theirs* the Python quantizer with the same configuration over
the same samples, run for this table.

{summaries}

| column | holds |
| --- | --- |
| structure | whether both archives, walked in lockstep from their outputs, are the same operators on the same operands with the same markers and integer ranges, and how many nodes |
| constants | integer weights and other constants that are equal, of those compared; biases and their scales follow the activations |
| scale, zp | largest ratio of two scales and largest difference of two zero points, over all tensors |
| within | tensors within the calibrator's bound: {bounds} |
| SQNR | against the float model over the evaluation samples, in dB; *ref* is ours with `--calibrator reference` |
| outside | what `VgfPartitioner` leaves to the CPU |
| TOSA | operators inside the delegates; same: with the same types and counts |
| device | how far Calibeam's own run is from TOSA's reference model, in steps of the output, at most over all evaluation samples; where a program becomes one delegate |

| case | structure | constants | scale, zp | within | scale, zp (reference) | within (reference) | SQNR ours | SQNR ref | SQNR theirs | outside ours | outside theirs | TOSA | device | |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
"""

COLUMNS = 15
WITHIN, WITHIN_REFERENCE, SQNR, SQNR_REFERENCE, SQNR_THEIRS = 4, 6, 7, 8, 9
SLACK = 0.05  # dB that all cases together may lose on average


def run(arguments, pool):
    names = [*models.LARGE, *zoo.FAMILIES]
    own = list(cases.own_cases())
    listed = {case.name for case in own} | set(names)
    unknown = set(arguments.case) - listed
    if unknown:
        print(f"No such case: {', '.join(sorted(unknown))}")
        return 2
    chosen = arguments.case or listed
    # The large models first, so that no worker is left with one at the end.
    everything = [*cases.made_cases([n for n in names if n in chosen]), *(case for case in own if case.name in chosen)]
    calibrators = arguments.calibrator or list(examine.CLOSENESS)
    waiting = [pool.submit(examine.examine_each, case, calibrators) for case in everything]
    lines, verdicts = {}, []
    for future in as_completed(waiting):
        each = {findings.calibrator: findings for findings in future.result()}
        name = next(iter(each.values())).case
        lines[name] = row(each)
        print(lines[name], flush=True)
        for findings in each.values():
            verdicts.append(not failed(findings))
            for what, texts in (("missed ", missed(findings)), ("FAILED ", failed(findings))):
                for text in texts:
                    print(f"{what} {name} ({findings.calibrator}): {text}", flush=True)
        if arguments.output:
            update(pathlib.Path(arguments.output), {name: lines[name]})
    for holds, text in summaries(lines):
        borne = None if holds else known.why("all", text)
        print(f"{'passed' if holds else 'missed' if borne else 'FAILED'}  {text}" + (f"; known: {borne}" if borne else ""))
        verdicts.append(holds or borne)
    print(f"{sum(map(bool, verdicts))} passed, {sum(not v for v in verdicts)} failed")
    return 0 if all(verdicts) else 1


def update(path, lines):
    """Puts lines into the table at path, in place of those of the same cases; the others stay. Several runs may share a table."""
    with open(path, "a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        lines = {case: line for line in file.read().splitlines() if (case := line[2:].split(" ")[0]) and len(cells(line)) == COLUMNS} | lines
        lines = {case: line for case, line in lines.items() if case not in ("case", "---")}
        versions = ", ".join(f"{package} {version}" for package, version in reference.versions().items())
        bounds = "; ".join(f"{name}: {c.scale_ratio:g} and {c.zero_point}" for name, c in examine.CLOSENESS.items())
        text = "\n".join(f"- {text}" for _, text in summaries(lines))
        file.truncate(0)
        file.write(HEADER.format(versions=versions, bounds=bounds, summaries=text))
        file.writelines(f"{lines[case]}\n" for case in sorted(lines))


def cells(line):
    return [cell.strip() for cell in line.split("|")[1:-1]]


def summaries(lines):
    """(holds, text) of the table as a whole: single cases hold few tensors, and their accuracy is noisy."""
    table = [cells(line) for line in lines.values()]
    for calibrator, (within, sqnr) in zip(examine.CLOSENESS, ((WITHIN, SQNR), (WITHIN_REFERENCE, SQNR_REFERENCE))):
        wanted = examine.CLOSENESS[calibrator]
        counts = [tuple(map(int, line[within].split("/"))) for line in table if "/" in line[within]]
        good, points = sum(c[0] for c in counts), sum(c[1] for c in counts)
        if not points:
            continue
        yield (
            good >= wanted.share * points,
            f"{calibrator}: {good} of {points} tensors ({good / points:.2%}) within {wanted.scale_ratio:g} in scale and"
            f" {wanted.zero_point} in zero point, at least {wanted.share:.0%} wanted",
        )
        leads = [float(line[sqnr]) - float(line[SQNR_THEIRS]) for line in table if "–" not in (line[sqnr], line[SQNR_THEIRS])]
        leads = [lead for lead in leads if math.isfinite(lead)]
        mean = sum(leads) / len(leads)
        yield (
            mean >= -SLACK,
            f"{calibrator}: SQNR {mean:+.3f} dB against the reference's on average over {len(leads)} cases, at least -{SLACK} wanted",
        )


def missed(findings):
    return [text for holds, text in findings.checks if not holds and known.why(findings.case, text)]


def failed(findings):
    return [text for holds, text in findings.checks if not holds and not known.why(findings.case, text)]


def row(each):
    """One line of the table.

    each: the findings of a case by calibrator
    """
    main = next(iter(each.values()))
    line = [main.case, structure(main)]
    compared = main.comparison
    line.append(f"{compared.equal_weights}/{compared.equal_weights + len(compared.different_weights)}" if compared else "–")
    for calibrator, bounds in examine.CLOSENESS.items():
        one = each[calibrator].comparison if calibrator in each else None
        line += [f"{one.scale_ratio:.4f}, {one.zero_point_difference}", f"{one.within(bounds.scale_ratio, bounds.zero_point)}/{one.points}"] if one else ["–"] * 2
    line += [number(each[c].sqnr) if c in each else "–" for c in examine.CLOSENESS]
    line.append(number(main.reference_sqnr))
    line += [outside(main.lowered), outside(main.reference_lowered), tosa(main)]
    line.append("–" if main.device_steps is None else f"{main.device_steps:.2g}")
    line.append(remarks(each))
    return "| " + " | ".join(line) + " |"


def structure(findings):
    if findings.comparison is None:
        return "–"
    return f"same, {findings.comparison.nodes}" if findings.comparison.same_structure else "**differs**"


def remarks(each):
    said = []
    for findings in each.values():
        said += [f"**{findings.calibrator}: {text}**" for text in failed(findings)]
        said += [f"{findings.calibrator} misses: {text}" for text in missed(findings)]
    said += [f"the reference fails: {error}" for error in {f.reference_error for f in each.values()} - {None}]
    said += [why for why in {f.differs for f in each.values()} - {None}]
    return "; ".join(said).replace("|", "/")


def number(value):
    return "–" if value is None else f"{value:.2f}"


def outside(lowered):
    if lowered is None:
        return "–"
    return ", ".join(f"{n} {name}" for name, n in lowered.outside.items()) or "nothing"


def tosa(findings):
    if findings.lowered is None or findings.reference_lowered is None:
        return "–"
    count = sum(findings.lowered.tosa.values())
    return f"same, {count}" if findings.lowered.tosa == findings.reference_lowered.tosa else "**differs**"
