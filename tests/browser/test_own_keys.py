"""Keys pressed in the Annotator never reach the notebook around it."""

import pytest

CELL = """
import numpy as np, annotat_nb as an
image = np.random.default_rng(0).integers(0, 90, (4, 60, 80)).astype("uint8")
image[:, 20:40, 20:60] += 120
session = an.Session(an.Volume(image, name="block"))
session.classes.add("block")
app = an.Annotator(session)
app
"""
KEYS = ("b", "m", "x", "d", "a", "z", "Shift+Enter", "0")


def press_everywhere(page, place, keys=KEYS):
    """Press the letters that edit a notebook on every control below `place`."""
    page.locator(".annotat-pen").first.wait_for(timeout=60_000)
    page.evaluate("jupyterapp.commands.execute('notebook:enter-command-mode')")
    before = page.evaluate(_CELLS)
    names = page.evaluate(_CONTROLS, place)
    for number, name in enumerate(names):
        for key in keys:
            page.evaluate("(n) => window.controls[n].focus()", number)
            page.keyboard.press(key)
            # After each key: "z" would undo what "a" has done.
            assert page.evaluate(_CELLS) == before, f"{name} let {key} through"
    return names


@pytest.fixture
def in_lab(notebook, page):
    notebook(CELL, "'a cell below'")
    page.locator(".annotat-pen").first.wait_for(timeout=60_000)
    page.get_by_role("button", name="Generate superpixels").wait_for()
    return page


def test_letters_pressed_on_a_control_leave_the_cells_alone(in_lab):
    names = press_everywhere(in_lab, ".annotat-root")
    kinds = {name.split()[0] for name in names}
    assert {"INPUT", "SELECT", "BUTTON", "radio", "slider", "menuitem"} <= kinds


def test_letters_pressed_in_a_dialog_leave_the_cells_alone(in_lab, kernel):
    kernel("app.panels.dialogs.change_parameters()")
    in_lab.locator(".annotat-dialogs select:visible").first.wait_for()
    letters = [key for key in KEYS if key != "Shift+Enter"]  # which presses OK
    assert len(press_everywhere(in_lab, ".annotat-dialogs", letters)) > 5


def test_letters_on_any_control_are_shortcuts_of_the_annotator(in_lab, kernel, canvas_on_page):
    canvas = canvas_on_page(in_lab)
    for place in (".annotat-choice[tabindex='0']", "[type=checkbox]", "select", "[role=slider]"):
        for key, tool in (("m", "move"), ("d", "paint")):
            in_lab.locator(f".annotat-root {place} >> visible=true").first.focus()
            in_lab.keyboard.press(key)
            canvas.until(lambda tool=tool: kernel("print(session.view.tool)").strip() == tool)


def test_letters_leave_the_cells_of_notebook_7_alone(notebook7, page):
    path = notebook7.write(CELL, "'a cell below'")
    notebook7.open(page, path)
    notebook7.run_all(page)
    press_everywhere(page, ".annotat-side")
    notebook7.stop_kernels([path])


_CELLS = """() => [...jupyterapp.shell.currentWidget.content.model.cells].map(
    (cell) => [cell.type, cell.sharedModel.source])"""

# Kept in the page: a control that is drawn anew while keys come is found again by its number.
_CONTROLS = """(place) => {
    const kinds = 'button, select, input, [role=slider], [role=menuitem], [tabindex="0"]';
    const found = [...document.querySelector(place).querySelectorAll(kinds)]
        .filter((e) => e.checkVisibility() && !e.disabled);
    window.controls = found;
    return found.map((e) => `${e.role ?? e.tagName} ${e.type ?? ''} ${e.ariaLabel ?? ''}`);
}"""
