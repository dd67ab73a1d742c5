"""The conformance check: every case examined, a line per check, the count at the end."""

from . import avro, cases, controls, determinism, examine, known, nightly, paths, refusals

BESIDES = {"avro": avro.examine, "controls": controls.examine, "determinism": determinism.examine, "nightly": nightly.examine, "refusals": refusals.examine}


def run(arguments, pool):
    chosen = [case for case in cases.own_cases() if not arguments.case or case.name in arguments.case]
    ways = [case for case in paths.all_cases() if not arguments.case or {"paths", f"paths/{case.name}"} & set(arguments.case)]
    unknown = set(arguments.case) - {case.name for case in chosen} - set(BESIDES) - {"paths"} - {f"paths/{case.name}" for case in ways}
    if unknown:
        print(f"No such case: {', '.join(sorted(unknown))}")
        return 2
    waiting = [pool.submit(examine.examine, case) for case in chosen]
    waiting += [pool.submit(paths.examine, case) for case in ways]
    waiting += [pool.submit(f) for name, f in BESIDES.items() if not arguments.case or name in arguments.case]
    passed = failed = missed = 0
    for future in waiting:
        findings = future.result()
        for holds, text in findings.checks:
            why = None if holds else known.why(findings.case, text)
            if why:
                missed += 1
                print(f"missed  {findings.case}: {text}; known: {why}", flush=True)
                continue
            print(f"{'passed' if holds else 'FAILED'}  {findings.case}: {text}", flush=True)
            passed, failed = passed + holds, failed + (not holds)
    print(f"{passed} passed, {failed} failed, {missed} skipped")
    return 1 if failed else 0
