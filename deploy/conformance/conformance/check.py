"""The conformance check: every case examined, a line per check, the count at the end."""

from . import cases, determinism, examine, refusals


def run(arguments, pool):
    chosen = [case for case in cases.own_cases() if not arguments.case or case.name in arguments.case]
    unknown = set(arguments.case) - {case.name for case in chosen} - {"determinism", "refusals"}
    if unknown:
        print(f"No such case: {', '.join(sorted(unknown))}")
        return 2
    waiting = [pool.submit(examine.examine, case) for case in chosen]
    if not arguments.case or "determinism" in arguments.case:
        waiting.append(pool.submit(determinism.examine))
    if not arguments.case or "refusals" in arguments.case:
        waiting.append(pool.submit(refusals.examine))
    passed = failed = 0
    for future in waiting:
        findings = future.result()
        for holds, text in findings.checks:
            print(f"{'passed' if holds else 'FAILED'}  {findings.case}: {text}", flush=True)
            passed, failed = passed + holds, failed + (not holds)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0
