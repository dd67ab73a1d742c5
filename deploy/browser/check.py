"""Holds report.html and analysis.html to what a person expects of them, in a real browser."""

import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

DEPLOY = pathlib.Path(__file__).parents[1]
DESK, PHONE = (1100, 1400), (390, 844)

counts = {"passed": 0, "failed": 0}


def check(what, holds, found=""):
    counts["passed" if holds else "failed"] += 1
    print(f"{'passed' if holds else 'FAILED'}  {what}{'' if holds or found == '' else f': {found}'}", flush=True)


def browser(size, dark=False):
    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-device-scale-factor=1"):
        options.add_argument(argument)
    if dark:
        options.add_argument("--blink-settings=preferredColorScheme=0")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": size is PHONE})
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]})
    driver.execute_cdp_cmd("Network.enable", {})
    return driver


def rows(driver, label):
    """Texts of the shown rows of a table, cell by cell."""
    # Figures and their units are kept together by spaces that do not break.
    script = "return [...document.querySelectorAll('table[aria-label=\"' + arguments[0] + '\"] tbody tr')].filter(r => !r.hidden).map(r => [...r.cells].map(c => c.textContent.replaceAll('\\u00a0', ' ')))"
    return driver.execute_script(script, label)


def shown(element):
    return element.text.replace("\u00a0", " ")


def focused(driver):
    return driver.switch_to.active_element


def tab_to(driver, wanted, most=200):
    """Moves on with the tab key until the element in focus reads `wanted`."""
    for _ in range(most):
        focused(driver).send_keys(Keys.TAB)
        if focused(driver).text.strip() == wanted or focused(driver).get_attribute("id") == wanted:
            return True
    return False


def numbers(column):
    return [float(text.split()[0].rstrip("%")) for text in column if text and "channels" not in text and text != "no noise"]


def renders(driver, report):
    check("every code path is a row", [r[0] for r in rows(driver, "Code paths")] == [p["path"] for p in report["codePaths"]])
    check("every tensor is a row", len(rows(driver, "Tensors")) == len(report["observers"]))
    check("what is not quantized is listed with its reason", [r[2] for r in rows(driver, "Not quantized")] == [u["reason"] for u in report["unquantized"]])
    check("warnings stand before everything else", not report["warnings"] or driver.find_element(By.CSS_SELECTOR, "h1 ~ ul").get_attribute("class") == "warnings")
    verdict = shown(driver.find_element(By.CSS_SELECTOR, ".verdict"))
    check("the verdict tells how good it is", f"{report['evaluation']['sqnrDb']:.2f} dB" in verdict and f"{100 * report['evaluation']['top1Agreement']:.1f} %" in verdict, verdict)
    outputs = [[p["path"], o["name"]] for p in report["evaluation"]["codePaths"] for o in p["outputs"]]
    check("every output on every path has its accuracy", [r[:2] for r in rows(driver, "Accuracy")] == outputs)
    whole(driver)


def whole(driver):
    # A configuration may well say null.
    text = driver.execute_script("const b = document.querySelector('main').cloneNode(true); b.querySelectorAll('pre').forEach(e => e.remove()); return b.textContent")
    check("no figure is broken", not any(bad in text for bad in ("NaN", "undefined", "null", "[object")), text[:200])


def jumps(driver):
    names = [e.text for e in driver.find_elements(By.CSS_SELECTOR, "h2")]
    check("the contents list every section", [e.text for e in driver.find_elements(By.CSS_SELECTOR, "nav a")] == names, names)
    check("the tab key reaches the contents", tab_to(driver, "Tensors"))
    focused(driver).send_keys(Keys.ENTER)
    top = driver.execute_script("return document.getElementById('tensors').getBoundingClientRect().top")
    check("the enter key jumps to a section", -5 < top < 100, top)
    driver.execute_script("scrollTo(0, 0)")


def repaired(driver, report):
    repairs = report["repairs"]
    check("every corrected bias is a row", [r[0] for r in rows(driver, "Corrected biases")] == [b["layer"] for b in repairs["correctedBiases"]])
    check("what each repair brings is a row", [r[1] for r in rows(driver, "Effect of repairs")] == [f"{s['sqnrDb']['value']:.2f} dB" for s in repairs["effect"]["steps"]])
    moved = rows(driver, "What moved")
    check("every tensor that moved is a row", len(moved) == len(report["since"]["moved"]) and [r[0] for r in moved] == [m["observer"] for m in report["since"]["moved"]])
    whole(driver)


def night(driver, report):
    decision = report["decision"]
    check("the verdict is the decision", shown(driver.find_element(By.CSS_SELECTOR, ".verdict")).lower().startswith(decision["decision"]))
    check("every gate is a row", [r[1:] for r in rows(driver, "Gates")] == [[g["status"], g["text"]] for g in decision["gates"]])
    check("what moved since the published run is shown", len(rows(driver, "What moved")) == len(report["since"]["moved"]) > 0)
    whole(driver)


def analysis(driver, found):
    dots = driver.execute_script("return [...document.querySelectorAll('svg circle')].map(c => c.textContent.replaceAll('\u00a0', ' '))")
    check("the curve has a point for each mix", dots == [f"{p['sqnrDb']:.2f} dB with {100 * p['a8w8Share']:.1f} %" for p in found["curve"] if p["sqnrDb"] is not None], dots)
    high = driver.execute_script("return [...document.querySelectorAll('svg circle')].map(c => [Number(c.getAttribute('cx')), Number(c.getAttribute('cy'))])")
    across, up = [p[0] for p in high], [-p[1] for p in high]
    check("more int8 is further to the right", across == sorted(across, reverse=True), across)
    values = [p["sqnrDb"] for p in found["curve"] if p["sqnrDb"] is not None]
    check("a better mix is higher", sorted(range(len(up)), key=up.__getitem__) == sorted(range(len(values)), key=values.__getitem__), high)
    check("every mix and the proposal are told", [r[2] for r in rows(driver, "The choices")] == [f"{p['sqnrDb']:.2f} dB" for p in found["curve"]] and len(driver.find_elements(By.CSS_SELECTOR, "tr.proposed")) == 1)
    check("every module is a row", [r[0] for r in rows(driver, "By module")] == [u["module"] or "(the model itself)" for u in found["units"]])
    check("the tab key reaches a module's cost", tab_to(driver, "only it in int8"))
    focused(driver).send_keys(Keys.ENTER)
    column = numbers(r[3] for r in rows(driver, "By module"))
    check("the enter key sorts the modules", column == sorted(column) and len(column) > 3, column)
    whole(driver)


def sorts(driver):
    check("the tab key reaches a column's head", tab_to(driver, "SQNR"))
    for direction, reverse in (("descending", True), ("ascending", False)):
        focused(driver).send_keys(Keys.ENTER)
        column = numbers(r[7] for r in rows(driver, "Tensors"))
        check(f"the enter key sorts {direction}", column == sorted(column, reverse=reverse) and len(column) > 3, column)
        head = driver.execute_script("return document.activeElement.closest('th').getAttribute('aria-sort')")
        check(f"and says so to a screen reader, {direction}", head == direction, head)


def filters(driver, report):
    check("the tab key reaches the filter", tab_to(driver, "filter-text"))
    focused(driver).send_keys("true_graph")
    shown = rows(driver, "Tensors")
    check("a name filters", 0 < len(shown) < len(report["observers"]) and all("true_graph" in " ".join(r) for r in shown))
    check("the number of tensors shown follows", f"{len(shown)} of {len(report['observers'])}" in driver.find_element(By.TAG_NAME, "output").text)
    for _ in "true_graph":
        focused(driver).send_keys(Keys.BACKSPACE)
    check("and comes back", len(rows(driver, "Tensors")) == len(report["observers"]))
    driver.find_element(By.CSS_SELECTOR, "#filter-kind option[value=weight]").click()
    kinds = {r[2] for r in rows(driver, "Tensors")}
    check("a kind filters", kinds == {"weight"}, kinds)
    driver.find_element(By.CSS_SELECTOR, "#filter-kind option[value='']").click()


def opens(driver, kind):
    button = driver.execute_script("return [...document.querySelectorAll('table[aria-label=Tensors] tbody tr')].find(r => r.cells.length > 2 && r.cells[2].textContent === arguments[0] && (arguments[0] !== 'weight' || r.cells[5].textContent.includes('channels'))).querySelector('button')", kind)
    driver.execute_script("arguments[0].focus()", button)
    button.send_keys(Keys.ENTER)
    drawn = driver.execute_script("const r = arguments[0].closest('tr').nextSibling; const s = r.querySelector('svg'); return r.hidden ? null : [s.querySelectorAll('rect').length, s.getAttribute('aria-label'), s.getBoundingClientRect().width]", button)
    check(f"a row of kind {kind} opens onto a picture", drawn and drawn[0] > 5 and drawn[1] and drawn[2] > 100, drawn)
    check(f"and says that it is open, {kind}", button.get_attribute("aria-expanded") == "true")
    return button


def accessible(driver):
    nameless = driver.execute_script("return [...document.querySelectorAll('button, input, select, svg[role=img], table')].filter(e => !(e.textContent.trim() || e.getAttribute('aria-label') || (e.labels && e.labels.length))).map(e => e.outerHTML.slice(0, 80))")
    check("every control, picture and table has a name", nameless == [], nameless)
    contrast = driver.execute_script("""
      const channel = (c) => { c /= 255; return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
      const light = (rgb) => { const [r, g, b] = rgb.match(/[\\d.]+/g).map(Number); return 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b); };
      const behind = (e) => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if (!/, 0\\)$/.test(c)) return c; } return 'rgb(255,255,255)'; };
      return Math.min(...[...document.querySelectorAll('p, td, th, h1, h2, b, li, label, button, span.soft')].filter(e => e.textContent.trim()).map(e => { const [a, b] = [light(getComputedStyle(e).color), light(behind(e))].sort((x, y) => y - x); return (a + 0.05) / (b + 0.05); }));""")
    check("text stands out from its ground at least 4.5 to 1", contrast >= 4.5, contrast)


def quiet(driver, name):
    log = [entry["message"] for entry in driver.get_log("browser")]
    check(f"nothing is logged, {name}", log == [], log)


def loads_nothing(driver, page):
    fetched = driver.execute_script("return performance.getEntriesByType('resource').map(e => e.name)")
    check("nothing is loaded from anywhere", fetched == [], fetched)
    html = page.read_text()
    check("one file, no address in its markup", "src=" not in html.split('id="report"')[0] and "<link rel=\"stylesheet\"" not in html)


def shot(driver, folder, name):
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        # A picture in the documentation names no machine.
        driver.execute_script("document.querySelectorAll('code').forEach(e => { e.textContent = e.textContent.replace(arguments[0], ''); })", f"{DEPLOY.parent}/")
        driver.save_screenshot(str(folder / f"report-{name}.png"))


def calibeam(*arguments):
    # From the top, so that the paths in the report name no machine.
    subprocess.run(["deploy/calibeam", *arguments], check=True, cwd=DEPLOY.parent, stdout=subprocess.DEVNULL)


def demo(made):
    """The reports of the demo: a first run, one with repairs after it, a second night, an analysis."""
    model, calibration, held = (f"deploy/demo/{name}" for name in ("model.pt2", "calibration.npz", "heldout.npz"))
    first, second, found = made / "out", made / "repaired", made / "analysis"
    calibeam("quantize", "--model", model, "--samples", calibration, "--evaluate", held, "--output", first)
    calibeam("quantize", "--model", model, "--samples", held, "--evaluate", calibration, "--repair", "bias", "--baseline", first, "--output", second)
    for day, samples in (("2026-11-01", "calibration.npz"), ("2026-11-02", "heldout.npz")):
        (made / "samples" / day).mkdir(parents=True)
        shutil.copy(DEPLOY / "demo" / samples, made / "samples" / day)
    job = {"model": str(DEPLOY / "demo" / "model.pt2"), "samples": "samples/{date}/*.npz", "store": "store", "heldOut": {"share": 0.2, "samples": 100}}
    (made / "job.json").write_text(json.dumps(job))
    for day in ("2026-11-01", "2026-11-02"):
        calibeam("requantize", "--job", made / "job.json", "--until", day)
    calibeam("analyze", "--model", model, "--samples", held, "--screening", "8", "--output", found)
    return {"report": first / "report.html", "repaired": second / "report.html", "night": made / "store" / "current" / "report.html", "analysis": found / "analysis.html"}


def look(name, page, kind, size, dark, screenshots):
    """One page in one of the looks; what it says is checked in the first."""
    data = json.loads(page.with_suffix(".json").read_text())
    what = f"{kind}, {name}"
    driver = browser(size, dark)
    try:
        driver.get(page.resolve().as_uri())
        if name == "light":
            loads_nothing(driver, page)
            if kind == "report":
                renders(driver, data)
                jumps(driver)
                sorts(driver)
                filters(driver, data)
                opens(driver, "weight")
            else:
                {"repaired": repaired, "night": night, "analysis": analysis}[kind](driver, data)
        ground = driver.execute_script("return getComputedStyle(document.body).backgroundColor")
        check(f"the ground is {'dark' if dark else 'light'}, {what}", (sum(map(float, ground.strip("rgba()").split(",")[:3])) < 384) == dark, ground)
        if kind != "analysis":
            opens(driver, "activation")
        accessible(driver)
        wide = driver.execute_script("return document.documentElement.scrollWidth - document.documentElement.clientWidth")
        check(f"nothing sticks out to the side, {what}", wide <= 0, wide)
        driver.execute_script("scrollTo(0, 0)")
        if kind == "report":
            shot(driver, screenshots, name)
        quiet(driver, what)
    finally:
        driver.quit()


def main():
    parser = argparse.ArgumentParser(prog="deploy/browser/run", description=__doc__)
    parser.add_argument("--screenshots", type=pathlib.Path, help="folder to put screenshots into")
    parser.add_argument("report", nargs="?", type=pathlib.Path, help="one of a model with branches that was evaluated; the demo's, made now, when not given")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        pages = {"report": arguments.report} if arguments.report else demo(pathlib.Path(made))
        for kind, page in pages.items():
            for name, size, dark in (("light", DESK, False), ("dark", DESK, True), ("phone", PHONE, False)):
                look(name, page, kind, size, dark, arguments.screenshots)
    print(f"{counts['passed']} passed, {counts['failed']} failed")
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
