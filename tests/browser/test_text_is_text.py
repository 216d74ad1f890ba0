"""Names from files and users are text on every screen: they never act, nor become elements."""

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
        path = folder / f"{name.replace('/', '∕')}.tif"
        tifffile.imwrite(path, image, photometric="minisblack")
        (folder / f"{path.stem} folder").mkdir(exist_ok=True)
    return folder


def shown(name):
    """How the name of a file with `name` in it is shown."""
    return name.replace("/", "∕")


def see(root, text):
    root.get_by_text(text, exact=False).first.wait_for()


def hover_over_all(page, root):
    """Make every tooltip appear that there is."""
    for element in root.locator("[title]:visible").all()[:40]:
        element.hover(force=True, timeout=2000)


def test_names_of_files_and_folders(app, page, folder):
    app.get_by_role("button", name="Open image…").click()
    page.get_by_label("Path").fill("~/odd/")
    for name in SHOWN:
        see(app, f"{shown(name)}.tif")
        see(app, f"{shown(name)} folder")


@pytest.mark.parametrize("name", SHOWN)
def test_the_name_of_an_image_and_its_workspace(app, page, folder, kernel, name):
    file = folder / f"{PAYLOADS[SHOWN.index(name)].replace('/', '∕')}.tif"
    kernel(f"app.begin_opening({str(file)!r})")
    see(app.locator(".annotat-status"), f"{shown(name)}.tif")
    kernel("app.menu.run('Classification', 'Save annotation…')") if False else None
    app.get_by_role("menuitem", name="File", exact=True).click()
    app.get_by_role("menuitem", name="Open visualization image…").click()
    see(app, "Open visualization image")
    page.keyboard.press("Escape")


def test_files_that_cannot_be_read(app, page, folder, kernel):
    bad = folder / f"{IMAGE}-bad.tif"
    bad.write_bytes(b"II*\0nonsense")
    kernel(f"app.begin_opening({str(bad)!r})")
    see(app.locator(".annotat-error"), f"{IMAGE}-bad.tif")
    app.get_by_role("button", name="Details").click()
    see(app.locator("pre"), "ReadError")


def test_names_of_classes_and_units(app, page, kernel):
    kernel(f"""
names = {PAYLOADS!r}
for n in names: app.close if False else None
volume = an.Volume(np.zeros((2, 40, 50), "uint8"), (1, 1, 1), names[0], names[4])
app.attach(an.Session(volume))
session = app.session
[session.classes.add(name) for name in names]
[session.paint([(4 * n, 5), (4 * n, 20)], index=1, label=n, radius=1) for n in range(1, 9)]
""")
    for name in SHOWN:
        see(app.locator(".annotat-classes"), name)
    see(app.locator(".annotat-status"), f"{SHOWN[4]} · 2×40×50 uint8 · 1 {IMAGE}")
    hover_over_all(page, app)
