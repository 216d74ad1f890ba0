"""Every state in which a person meets the Annotator: it says what is so, and nothing is cut off."""

import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
import tifffile

WIDTH = 1000
CELL = """
import threading, time
import numpy as np, annotat_nb as an
from annotat_nb.widgets import opening
gate, read = threading.Event(), opening.io.read
gate.set()
opening.io.read = lambda *path, **how: gate.wait(60) and read(*path, **how)
app = an.Annotator()
app
"""
PAINT = """
session = app.session
session.classes.add("bone")
session.show(z=100, label=1)
session.paint([(96, 80), (76, 101), (60, 128)], index=100, label=1, radius=2)
session.paint([(118, 112), (140, 128)], index=100, label=1, radius=2)
session.paint([(40, 120), (60, 110)], index=100, label=0, radius=4)
session.paint([(118, 150), (124, 170)], index=100, label=0, radius=3)
"""
SEGMENT = """
session.pipeline = an.Pipeline(features=(an.Identity(), an.Gaussian(radii=(1, 2))),
    superpixels=None, classifier=an.RandomForest(n_estimators=20))
session.apply()
"""
HOLD = """
from annotat_nb.jobs import Job
report = Job.report
def report_and_wait(job, step, share):
    report(job, step, share)
    while share > 0.35 and not gate.wait(0.02):
        report(job, step, share)
gate.clear()
Job.report = report_and_wait
"""


@pytest.fixture(scope="module")
def book(lab, new_page):
    """One notebook for all states, wide enough for an Annotator of 1000 pixels."""
    page = new_page(viewport={"width": 1200, "height": 900})
    path = lab.write(CELL)
    lab.open(page, path)
    lab.run_all(page)
    root = page.locator(".annotat-root")
    root.wait_for(timeout=60_000)
    surplus = round(root.bounding_box()["width"]) - WIDTH
    page.set_viewport_size({"width": 1200 - surplus, "height": 900})
    yield page
    lab.stop_kernels([path])


@pytest.fixture
def page(book):
    return book


@pytest.fixture
def root(page):
    return page.locator(".annotat-root")


@pytest.fixture
def app(page, root, kernel, lab):
    """The Annotator, with nothing open."""
    kernel("gate.set(); app.session and app._close_image(); app.dialogs.dismiss()")
    shutil.rmtree(lab.root / "trabecular_bone.annotat", ignore_errors=True)
    root.get_by_role("button", name="Open sample").wait_for()
    page.mouse.move(0, 0)
    return root


@pytest.fixture
def sample(app, page, kernel):
    """The Annotator with the sample, painted on in two classes."""
    app.get_by_role("button", name="Open sample").click()
    page.get_by_text("200×200×200 uint8").wait_for()
    kernel(PAINT)
    app.get_by_text("4 strokes saved").wait_for()
    page.evaluate("document.activeElement.blur()")
    return app


@pytest.fixture
def dark(page):
    """JupyterLab's dark theme, for one test."""
    change = "(theme) => jupyterapp.commands.execute('apputils:change-theme', {theme})"
    page.evaluate(change, "JupyterLab Dark")
    page.wait_for_selector("body[data-jp-theme-light=false]", state="attached")
    yield
    page.evaluate(change, "JupyterLab Light")
    page.wait_for_selector("body[data-jp-theme-light=true]", state="attached")


@pytest.fixture
def take(page, root, stable_screenshot, to_gallery):
    """Take a picture of the Annotator as it is, once nothing is cut off and it is not blank."""

    def take(name, *, for_gallery=True):
        picture = stable_screenshot(root)
        cut = root.evaluate(_CUT_OFF)
        if for_gallery:
            to_gallery(name, picture)
        assert not cut, f"wider than its place: {cut}"
        assert picture.shape[1] == WIDTH
        assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 20, "the picture is blank"
        return picture

    return take


_CUT_OFF = """(root) => [...root.querySelectorAll('*')]
    .filter((node) => node.checkVisibility() && node.clientWidth > 0)
    .filter((node) => node.scrollWidth > node.clientWidth + 1)
    .filter((node) => !node.closest('.annotat-stack, .widget-slider, .annotat-details'))
    .filter((node) => !node.matches('select, input'))
    .map((node) => `${node.className || node.tagName}: ${node.textContent.slice(0, 40)}`)"""


def test_empty_it_shows_the_way_in(app, take):
    assert app.get_by_role("button", name="Open image…").is_visible()
    take("empty")


def test_ready_it_names_the_next_step(sample, take, kernel):
    kernel(SEGMENT)
    sample.get_by_text("Scroll through the slices").wait_for()
    sample.get_by_text("4 strokes saved").wait_for()
    take("ready")


def test_unsure_it_shows_where_and_what_the_colours_mean(sample, take, kernel):
    kernel(SEGMENT + "session.show(show_uncertainty=True)")
    sample.get_by_role("img", name="Uncertainty from 0, sure, to 1, undecided").wait_for()
    sample.get_by_text("4 strokes saved").wait_for()
    picture = take("uncertainty")
    red, green, blue = np.moveaxis(picture.astype(int), -1, 0)
    magenta = (red > green + 60) & (blue > green + 60)
    assert 0.005 < magenta.mean() < 0.1
    kernel("session.show(show_uncertainty=False)")


def test_in_the_dark_it_follows_the_theme(sample, dark, take):
    picture = take("dark")
    assert np.median(picture) < 80


def test_loading_it_names_the_image_and_can_be_cancelled(app, page, take, kernel):
    kernel("gate.clear()")
    app.get_by_role("button", name="Open sample").click()
    app.get_by_text("Opening trabecular_bone.tif …").wait_for()
    app.get_by_text("Reading trabecular_bone.tif · 10%").wait_for()
    take("loading")
    app.get_by_role("button", name="Cancel").click()
    app.get_by_text("Stopping").wait_for()
    kernel("gate.set()")
    app.get_by_text("Opening trabecular_bone.tif was cancelled").wait_for()
    app.get_by_role("button", name="Open sample").wait_for()


def test_busy_it_says_how_far_it_is_and_stops_when_told(sample, take, kernel):
    kernel(HOLD + SEGMENT.replace("apply()", "apply(block=False)"))
    sample.get_by_text(re.compile(r"^\w.* · 3\d% · \d+ s left$")).wait_for()
    assert sample.get_by_role("button", name="Apply").is_disabled()
    assert sample.get_by_role("button", name="Apply").get_attribute("title") == "Apply is running"
    take("busy")
    sample.get_by_role("button", name="Cancel").click()
    sample.get_by_text("Apply was cancelled: all is as it was before").wait_for()
    kernel("Job.report = report")


def test_failed_it_says_why_in_a_sentence_with_details_a_click_away(sample, take, kernel):
    kernel(
        "session.pipeline = an.Pipeline(superpixels=None,"
        "selection=an.FeatureSelection(threshold=0.99))"
    )
    sample.get_by_role("button", name="Apply").click()
    sample.get_by_text("Feature selection leaves no feature").first.wait_for()
    take("failed")
    sample.get_by_role("button", name="Details").click()
    sample.get_by_text("TrainingError").wait_for()
    take("failed-details", for_gallery=False)  # it names folders of this machine
    assert sample.get_by_role("button", name="Apply").is_enabled()


def test_not_saved_it_warns_until_the_disk_has_room_again(sample, take, kernel):
    kernel("""
journal = session.recorder.workspace.journal
is_full, flush = [True], journal.flush
def flush_if_possible():
    if is_full:
        raise OSError(28, "No space left on device")
    flush()
journal.flush = flush_if_possible
session.paint([(20, 20)], index=100, label=0)
""")
    warning = sample.get_by_text("cannot be written (No space left on device)")
    warning.wait_for()
    take("not-saved")
    kernel("is_full.clear(); session.recorder.retry()")
    warning.wait_for(state="hidden")
    sample.get_by_text("5 strokes saved").wait_for()


def test_saving_it_claims_nothing_yet(sample, take, kernel):
    kernel(
        """
save = session.recorder.workspace.results.save
session.recorder.workspace.results.save = lambda *a: gate.wait(60) and save(*a)
gate.clear()
"""
        + SEGMENT.replace("apply()", "apply(block=False)")
    )
    sample.get_by_text("saving …").wait_for()
    take("saving")
    assert sample.get_by_text("saving …").is_visible()
    kernel("gate.set(); session.recorder.workspace.results.save = save")
    sample.get_by_text("4 strokes saved").wait_for()


@pytest.fixture
def scans(lab):
    """A folder in the home of the server's user, with something of everything."""
    folder = lab.root.parent / "home" / "scans"
    (folder / "2026-03 mouse").mkdir(parents=True, exist_ok=True)
    (folder / "femur.zarr").mkdir(exist_ok=True)
    (folder / "femur.annotat").mkdir(exist_ok=True)
    for name in ("femur.tif", "femur-9.tif", "femur-10.tif", "tibia_64x64x20_16bits.raw"):
        (folder / name).write_bytes(bytes(64 * 64 * 30 * 2))
    frames = np.zeros((5, 2, 32, 32), "uint16")
    tifffile.imwrite(folder / "growth.tif", frames, imagej=True, metadata={"axes": "TCYX"})
    return folder


@pytest.fixture
def dialog(app, page, scans):
    """Open the dialog for an image, type a path, and choose it if told to."""

    def dialog(path):
        app.get_by_role("button", name="Open image…").click()
        page.get_by_label("Path").fill("")
        page.keyboard.type(path)
        page.mouse.move(0, 0)
        return app.locator(".annotat-dialogs")

    return dialog


def test_choosing_it_lists_what_can_be_opened(dialog, take):
    shown = dialog("~/scans/")
    shown.get_by_role("button", name="femur-10.tif").wait_for()
    rows = [row.strip() for row in shown.get_by_role("button").all_inner_texts()]
    assert rows[1] == "2026-03 mouse/"
    assert rows.index("femur-9.tif") < rows.index("femur-10.tif") < rows.index("femur.annotat")
    take("open")


def test_asking_it_offers_what_a_file_holds(dialog, page, take):
    shown = dialog("~/scans/growth.tif")
    page.keyboard.press("Enter")
    shown.get_by_text("growth.tif is a time series: which time point").wait_for()
    page.wait_for_function("document.activeElement.textContent === 'time 0'")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    shown.get_by_text("growth.tif has several channels").wait_for()
    shown.get_by_text("Time point: 1").wait_for()
    page.wait_for_function("document.activeElement.textContent === 'channel 0'")
    take("choice")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Open sample").wait_for()
    shown.wait_for(state="hidden")


def test_a_raw_file_that_does_not_fit_comes_with_sizes_that_do(dialog, page, take):
    shown = dialog("~/scans/tibia_64x64x20_16bits.raw")
    page.keyboard.press("Enter")
    shown.get_by_text("Size and type make 163,840 bytes, but the file has 245,760").wait_for()
    take("raw")
    shown.get_by_label("These fit").select_option("30 × 64 × 64 uint16")
    shown.get_by_text("this fits the file").wait_for()
    shown.get_by_label("Voxels z").press("Enter")
    page.get_by_text("30×64×64 uint16").wait_for()


@pytest.fixture
def elsewhere(lab):
    """An image in the server's folder, with strokes, that another process has open."""
    image = np.fromfunction(
        lambda z, y, x: 90 + 60 * np.sin(y / 9) * np.cos(x / 14 + z), (4, 180, 240)
    )
    path = lab.root / "waves.tif"
    tifffile.imwrite(path, image.astype("uint8"), photometric="minisblack")
    code = f"""
import os, socket, annotat_nb as an
os.environ["LOGNAME"], socket.gethostname = "ann", lambda: "beamline-7"
with an.Session(an.read({str(path)!r}), workspace={str(path.with_suffix(".annotat"))!r}) as s:
    s.classes.add("crest")
    s.paint([(60, 40), (60, 200)], index=2, label=0, radius=3)
    s.paint([(120, 40), (120, 200)], index=2, label=1, radius=3)
    print("open", flush=True)
    input()
"""
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"open\n"
        yield path, process
        process.kill()


def test_read_only_it_names_who_works_on_the_image(app, elsewhere, page, take, kernel):
    path, process = elsewhere
    kernel(f"app.begin_opening({str(path)!r})")
    app.get_by_text(f"(process {process.pid})").wait_for()
    app.get_by_text("2 strokes, read-only").wait_for()
    app.get_by_text("Look around").wait_for()
    take("read-only")
    process.kill()
    process.wait()
    app.get_by_role("button", name="Try again").click()
    app.get_by_text("2 strokes saved").wait_for()
    assert not app.get_by_text("Read-only").is_visible()


def test_disconnected_it_says_that_the_strokes_are_on_disk(sample, page, take):
    page.evaluate("jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    sample.get_by_text("Kernel is gone: your strokes are on disk; run the cell again").wait_for()
    take("disconnected")
