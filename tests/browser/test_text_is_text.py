"""Names from files and users are text on every screen: they never act, nor become elements."""

import h5py
import numpy as np
import pytest
import tifffile

IMAGE = "<img src=x onerror=window.hacked=1>"
PAYLOADS = (
    IMAGE,
    '"><script>window.hacked=1</script>',
    "</textarea><svg onload=window.hacked=1>",
    "javascript:window.hacked=1",
    r"$\href{javascript:window.hacked=1}{x}$",
    "\u202egnp.exe",
    "two\nlines",
    "' onmouseover='window.hacked=1",
)
SHOWN = tuple(name.replace("\u202e", "\\u202e").replace("\n", "\\n") for name in PAYLOADS)
CELL = "import numpy as np, annotat_nb as an\napp = an.Annotator()\napp"


@pytest.fixture(scope="module")
def book(lab, new_page):
    page = new_page()
    path = lab.write(CELL)
    lab.open(page, path)
    lab.run_all(page)
    page.locator(".annotat-root").wait_for(timeout=60_000)
    yield page
    lab.stop_kernels([path])


@pytest.fixture
def page(book):
    return book


@pytest.fixture
def app(page, kernel):
    kernel("app.session and app._close_image(); app.dialogs.dismiss(); app.message.say('')")
    root = page.locator(".annotat-root")
    root.get_by_role("button", name="Open sample").wait_for()
    yield root
    # Every name on the page is text, whatever this test has shown.
    assert page.evaluate("window.hacked") is None
    strange = "img, script, svg[onload], a, iframe, mjx-container, [onerror], [onmouseover], [href]"
    assert root.locator(strange).count() == 0


@pytest.fixture
def folder(lab):
    """Files and folders of those names, in the home of the server's user."""
    folder = lab.root.parent / "home" / "odd"
    folder.mkdir(exist_ok=True)
    image = np.arange(2 * 40 * 50, dtype="uint16").reshape(2, 40, 50)
    for name in PAYLOADS:
        name = as_file(name)
        tifffile.imwrite(folder / f"{name}.tif", image, photometric="minisblack")
        (folder / f"{name} folder").mkdir(exist_ok=True)
    return folder


def as_file(name):
    """Make a payload the name of a file."""
    return name.replace("/", "_")


def see(root, text):
    root.get_by_text(text, exact=False).first.wait_for()


def hover_over_all(root):
    """Make every tooltip appear that there is."""
    for element in root.locator("[title]:visible").all()[:40]:
        element.hover(force=True, timeout=2000)


def test_names_of_files_and_folders(app, page, folder):
    app.get_by_role("button", name="Open image…").click()
    page.get_by_label("Path").fill("~/odd/")
    for name in SHOWN:
        see(app, f"{as_file(name)}.tif")
        see(app, f"{as_file(name)} folder")


def test_the_name_of_an_image_and_of_its_workspace(app, page, folder, kernel):
    for name, expected in zip(PAYLOADS, SHOWN, strict=True):
        path = folder / f"{as_file(name)}.tif"
        kernel(f"app.begin_opening({str(path)!r})")
        see(app.locator(".annotat-status"), f"{as_file(expected)}.tif")
    kernel("""
session = app.session
def refuse(): raise OSError(28, session.volume.name)
session.recorder.workspace.journal.flush = refuse
session.paint([(5, 5)], label=0)
""")
    see(app.locator(".annotat-banner"), as_file(SHOWN[-1]))
    kernel("app.panels.dialogs.save_annotation()")
    app.get_by_label("Path").wait_for()
    hover_over_all(app)


def test_the_names_of_a_classifier_and_its_classes(app, page, folder, kernel):
    for name, expected in zip(PAYLOADS, SHOWN, strict=True):
        path = folder / f"{as_file(name)}.classifier"
        kernel(f"""
session = an.Session(an.Volume(np.arange(64.0).reshape(1, 8, 8), name="ramp"))
session.classes.add({name!r})
session.paint([(1, 1)], label=0, radius=1); session.paint([(6, 6)], label=1, radius=1)
session.pipeline = an.Pipeline(
    superpixels=None, selection=None, classifier=an.RandomForest(n_estimators=2)
)
session.apply()
session.save_classifier({str(path)!r})
session.load_classifier({str(path)!r})
app.attach(session)
""")
        shown = f"{as_file(expected)}.classifier"
        see(app, f"With classifier {shown}")
        kernel("app.menu.run('Classification', 'Change classifier parameters…')")
        see(app, f"What is grey here belongs to {shown}")
        app.get_by_role("button", name=f"Let go of {shown}").wait_for()
        kernel("app.menu.run('Classification', 'Classify another image…')")
        see(app, f"The present one tells apart Background, {expected}")
    hover_over_all(app)


def test_files_that_cannot_be_read(app, page, folder, kernel):
    bad = folder / f"{IMAGE}-bad.tif"
    bad.write_bytes(b"II*\0nonsense")
    kernel(f"app.begin_opening({str(bad)!r})")
    see(app.locator(".annotat-error"), f"{IMAGE}-bad.tif")
    app.get_by_role("button", name="Details").click()
    see(app.locator("pre"), "ReadError")


def test_what_runs_and_what_is_asked(app, page, folder, kernel):
    image = str(folder / f"{as_file(IMAGE)}.tif")
    kernel(f"""
import threading
from annotat_nb.io import Candidate, ChoiceNeeded
from annotat_nb.widgets import opening
gate, read = threading.Event(), opening.io.read
names = {PAYLOADS!r}
def ask(path, dataset=None):
    gate.wait(30)
    if dataset is None:
        raise ChoiceNeeded("several", "dataset", [Candidate(name, name) for name in names])
    raise ChoiceNeeded("times", "time", [Candidate(0, names[0]), Candidate(1, "late")])
opening.io.read = ask
app.begin_opening({image!r})
""")
    see(app.locator(".annotat-cover"), f"Opening {IMAGE}.tif")
    see(app.locator(".annotat-job"), f"Reading {IMAGE}.tif")
    kernel("gate.set()")
    for name in SHOWN:
        see(app.locator(".annotat-rows"), name)
    hover_over_all(app)
    app.locator(".annotat-rows").get_by_role("button", name=SHOWN[3], exact=True).click()
    see(app.locator(".annotat-question"), f"Dataset: {SHOWN[3]}")
    kernel("opening.io.read = read; app.dialogs.dismiss()")
    kernel("app.dialogs.ask(f'{names[0]} goes', **{names[1]: print})")
    see(app.locator(".annotat-dialogs"), f"{IMAGE} goes")
    app.get_by_role("button", name=SHOWN[1], exact=True).click()


def test_names_of_datasets(app, folder, kernel):
    """HDF5 knows folders of its own, so that names end at a slash there."""
    path = folder / "datasets.h5"
    with h5py.File(path, "w") as file:
        for name in PAYLOADS:
            file[as_file(name)] = np.zeros((2, 40, 50), "uint8")
    kernel(f"app.begin_opening({str(path)!r})")
    for name in SHOWN:
        see(app.locator(".annotat-rows"), as_file(name))
    hover_over_all(app)
    app.locator(".annotat-rows").get_by_role("button").first.click()
    see(app.locator(".annotat-status"), "2×40×50 uint8")


def test_names_of_classes_and_units(app, kernel):
    kernel(f"""
names = {PAYLOADS!r}
volume = an.Volume(np.zeros((2, 40, 50), "uint8"), (1, 1, 1), names[0], names[4])
session = an.Session(volume)
app.attach(session)
[session.classes.add(name) for name in names]
[session.paint([(4 * n, 5), (4 * n, 20)], index=0, label=n, radius=1) for n in range(1, 9)]
session.show(z=0)
""")
    for name in SHOWN:
        see(app.locator(".annotat-classes"), name)
    see(app.locator(".annotat-status"), f"{SHOWN[4]} · 2×40×50 uint8 · 1 {IMAGE}")
    hover_over_all(app)
    app.get_by_role("menuitem", name="File", exact=True).click()
    app.get_by_role("menuitem", name="Close image").click()
    see(app, "strokes on this image are in memory only")
    app.get_by_role("button", name="Save annotation…").click()
    app.get_by_label("Path").wait_for()
