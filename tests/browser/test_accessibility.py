"""axe-core finds nothing serious in the Annotator, whatever it shows and in both themes."""

from importlib.resources import files

import pytest

SETUP = """
import numpy as np, annotat_nb as an
image = np.random.default_rng(0).integers(0, 90, (4, 60, 80)).astype("uint8")
image[:, 20:40, 20:60] += 120
session = an.Session(an.Volume(image, name="block"))
session.classes.add("block")
session.paint([(5, 5), (5, 70)], index=2, label=0)
session.paint([(30, 30), (30, 50)], index=2, label=1)
session.generate_superpixels()
session.apply()
app = an.Annotator(session)
app
"""
THEMES = ("JupyterLab Light", "JupyterLab Dark")
DIALOGS = {
    "open image": "app.menu.run('File', 'Open image…')",
    "save label": "app.menu.run('File', 'Save label…')",
    "parameters": "app.panels.dialogs.change_parameters()",
    "colour map": "app.panels.dialogs.change_colormap()",
    "erase all": "app.panels.dialogs.erase_all()",
    "keys": "app.menu.run('Help', 'Keys and mouse…')",
}


@pytest.fixture(scope="module")
def page(new_page):
    return new_page()


@pytest.fixture(scope="module", autouse=True)
def _one_notebook(module_notebook, page):
    module_notebook(SETUP)
    page.add_script_tag(content=(files("axe_playwright_python") / "axe.min.js").read_text())


@pytest.fixture
def annotator(page, kernel):
    """The Annotator at rest."""
    kernel("app.attach(session)")
    page.get_by_role("button", name="Generate superpixels").wait_for()
    return page.locator(".annotat-root")


@pytest.fixture(scope="module", params=THEMES)
def theme(request, page):
    change_theme(page, request.param)
    yield
    change_theme(page, THEMES[0])  # the server keeps it for the pages of other tests


def change_theme(page, theme):
    change = "(theme) => jupyterapp.commands.execute('apputils:change-theme', {theme})"
    page.evaluate(change, theme)
    is_light = str(theme == THEMES[0]).lower()
    page.locator(f"body[data-jp-theme-light={is_light}]").wait_for(state="attached")


def findings(page):
    """What axe-core finds serious or critical within the Annotator, as one line each."""
    found = page.evaluate("axe.run('.annotat-root', {resultTypes: ['violations']})")
    return [
        f"{rule['id']} ({rule['help']}): {node['target'][-1]} {node['html'][:90]} "
        f"{node['any'][0]['message'] if node['any'] else ''}"
        for rule in found["violations"]
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]


def test_axe_finds_nothing_serious_in_the_annotator(theme, annotator, page):
    assert not (found := findings(page)), "\n".join(found)


def test_axe_finds_nothing_serious_in_the_legend_of_the_uncertainty(theme, annotator, page, kernel):
    kernel("session.show(show_uncertainty=True)")
    page.get_by_role("img", name="Uncertainty from 0, sure").wait_for()
    assert not (found := findings(page)), "\n".join(found)
    kernel("session.show(show_uncertainty=False)")


def test_axe_finds_nothing_serious_while_nothing_is_open(theme, annotator, page, kernel):
    kernel("app.attach(None)")
    page.get_by_text("Open an image to begin").first.wait_for()
    assert not (found := findings(page)), "\n".join(found)


@pytest.mark.parametrize("dialog", DIALOGS)
def test_axe_finds_nothing_serious_in_a_dialog(theme, annotator, page, kernel, dialog):
    kernel(DIALOGS[dialog])
    page.wait_for_function("document.activeElement.closest('[role=dialog][aria-label]') !== null")
    assert not (found := findings(page)), "\n".join(found)


# The keyboard


def test_tab_visits_every_control_in_reading_order_and_shows_where_it_is(annotator, page):
    annotator.get_by_role("menuitem", name="File", exact=True).focus()
    stops = [page.evaluate(_STOP)]
    while len(stops) < 100:
        page.keyboard.press("Tab")
        if (stop := page.evaluate(_STOP)) is None:
            break
        stops.append(stop)
    assert [stop for stop in stops if not stop["name"]] == []
    assert [stop["name"] for stop in stops if not stop["shown"]] == []
    reached = [stop["at"] for stop in stops]
    assert reached == sorted(reached)
    assert page.evaluate(_UNREACHED) == []
    areas = list(dict.fromkeys(stop["area"] for stop in stops))
    assert areas == ["top", "toolbar", "stage", "slices", "side"]


# The list of all elements is the order of reading; where a stop is in it must only grow.
_STOP = """() => {
    const e = document.activeElement;
    const root = document.querySelector('.annotat-root');
    if (!root.contains(e)) return null;
    e.dataset.reached = true;
    const labels = [...(e.labels ?? [])].map((label) => label.textContent).join(' ');
    const look = () => {
        const signs = [e, e.parentElement].map((node) => getComputedStyle(node));
        const after = getComputedStyle(e, '::after');
        return [...signs, after].map((s) => [s.outline, s.boxShadow, s.borderColor, s.content,
                                             s.border].join()).join();
    };
    const focused = look();
    e.blur();
    const shown = focused !== look();
    e.focus();
    const area = e.closest('.annotat-top, .annotat-toolbar, .annotat-stage, .annotat-slices, ' +
                           '.annotat-side');
    return {
        name: e.ariaLabel || labels || e.textContent.trim(), shown,
        at: [...root.querySelectorAll('*')].indexOf(e),
        area: area?.className.match(/annotat-(top|toolbar|stage|slices|side)/)[1],
    };
}"""

# Controls that can be seen and used but were not visited. Within menus and the list of classes
# the arrow keys move.
_UNREACHED = """() => {
    const kinds = 'button, select, input, textarea, .noUi-handle, [role=application]';
    const root = document.querySelector('.annotat-root');
    return [...root.querySelectorAll(kinds)]
        .filter((e) => e.checkVisibility() && !e.disabled && !e.dataset.reached)
        .filter((e) => !e.closest('[role=menubar]') && !e.closest('[disabled]'))
        .map((e) => e.ariaLabel || e.textContent.trim() || e.outerHTML.slice(0, 120));
}"""


def test_menus_work_by_keyboard_and_give_the_focus_back(annotator, page):
    annotator.get_by_role("menuitem", name="File", exact=True).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    focused = page.locator(":focus")
    assert focused.get_attribute("role").startswith("menuitem")
    page.keyboard.press("Escape")
    assert focused.inner_text() == "Annotate"
    for _ in ("View", "Classification", "Help"):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.get_by_role("dialog").wait_for()
    page.wait_for_function("document.activeElement.closest('[role=dialog]') !== null")
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="detached")
    page.wait_for_function("document.activeElement.textContent === 'Help'")
