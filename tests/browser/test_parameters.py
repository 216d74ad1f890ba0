"""What controls tell, where the keys go after them, and the dialog of the parameters."""

from contextlib import suppress

import pytest
from playwright.sync_api import TimeoutError as NotSeen

SETUP = """
import numpy as np, annotat_nb as an
image = np.random.default_rng(0).integers(0, 90, (4, 60, 80)).astype("uint8")
session = an.Session(an.Volume(image, name="block"))
session.classes.add("block")
app = an.Annotator(session)
app
"""


@pytest.fixture(scope="module")
def page(new_page):
    return new_page()


@pytest.fixture(scope="module", autouse=True)
def _one_notebook(module_notebook):
    module_notebook(SETUP)


@pytest.fixture
def dialog(page, kernel):
    """Open the dialog for some pipeline, and return it."""

    def dialog(pipeline="an.Pipeline()"):
        kernel(f"app.dialogs.dismiss(); session.pipeline = {pipeline}")
        page.get_by_role("dialog").wait_for(state="detached")
        page.get_by_role("button", name="Change classifier parameters").click()
        page.wait_for_function("document.activeElement.closest('[role=dialog]') !== null")
        return page.get_by_role("dialog")

    return dialog


def chosen(dropdown):
    return dropdown.evaluate("(e) => e.selectedOptions[0]?.textContent.replaceAll('\\xa0', ' ')")


def test_what_is_none_is_named_in_its_dropdown(dialog):
    shown = dialog("an.Pipeline(superpixels=None)")
    assert chosen(shown.get_by_label("Method").first) == "None (per voxel)"
    shown.get_by_text("Per-filter windows").click()
    own = shown.get_by_label("Dimensions").nth(1)
    own.wait_for()
    assert chosen(own) == "shared"


def test_none_chosen_by_hand_stays_named(dialog, page, kernel):
    shown = dialog()
    method = shown.get_by_label("Method").first
    method.select_option(index=len(method.locator("option").all()) - 1)
    shown.get_by_text("Pooling").wait_for(state="hidden")
    assert chosen(method) == "None (per voxel)"
    shown.get_by_role("button", name="Ok", exact=True).click()
    shown.wait_for(state="detached")
    assert kernel("print(session.pipeline.superpixels)").strip() == "None"


TIPS = """(place) => [...document.querySelector(place).querySelectorAll(
        'input:not([type=color]), select, .annotat-section .widget-button')]
    .filter((e) => e.checkVisibility())
    .map((e) => {
        const shown = [...(e.labels ?? [])].map((label) => label.textContent);
        return [e.title, [e.ariaLabel, e.textContent.trim(), ...shown]];
    })"""


def untold(page, place):
    """Controls of which resting the pointer on them tells no more than their label."""
    silent = f"(place) => ({TIPS})(place).filter(([tip, names]) => !tip || names.includes(tip))"
    assert len(page.evaluate(TIPS, place)) > 5
    with suppress(NotSeen):  # a tip may come a moment after its control
        page.wait_for_function(
            f"(place) => ({silent})(place).length === 0", arg=place, timeout=5000
        )
    return [names for _, names in page.evaluate(silent, place)]


def test_every_control_beside_the_picture_says_what_it_does(dialog, page, kernel):
    dialog()
    kernel("app.dialogs.dismiss()")
    assert untold(page, ".annotat-side") == []


def test_every_control_of_the_parameters_says_what_it_does(dialog, page):
    shown = dialog()
    for fold in ("Per-filter windows", "Advanced"):
        shown.get_by_text(fold).click()
    assert untold(page, "[role=dialog]") == []
    kinds = shown.get_by_label("Threshold")
    assert "Larger values keep fewer features" in kinds.get_attribute("title")


def test_a_tip_that_changes_is_told_anew(dialog, page, kernel):
    dialog()
    kernel("app.dialogs.dismiss(); app.panels.segmentation.live.tick.tooltip = 'Because'")
    page.locator("input[type=checkbox][title=Because]").wait_for()


def test_after_a_button_that_starts_a_job_the_keys_go_to_the_picture(
    dialog, page, kernel, canvas_on_page
):
    dialog()
    kernel("app.dialogs.dismiss()")
    page.get_by_role("button", name="Generate superpixels").click()
    page.wait_for_function("document.activeElement.matches('.annotat-pen')", timeout=15_000)
    page.keyboard.press("1")
    canvas_on_page(page).until(lambda: kernel("print(session.view.label)").strip() == "1")


def test_a_refusal_is_seen_and_leads_to_the_wrong_field(dialog, page):
    shown = dialog()
    ok = shown.get_by_role("button", name="Ok", exact=True)
    field = shown.get_by_label("Multi-scale windows")
    assert page.evaluate(IN_SIGHT, ok.element_handle())
    field.fill("abc")
    ok.click()
    refusal = shown.locator(".annotat-foot [role=alert]")
    refusal.get_by_text("must be a whole number").wait_for()
    page.wait_for_function("document.activeElement.matches('.annotat-wrong input')", timeout=5000)
    assert field.evaluate("(e) => e === document.activeElement")
    assert field.get_attribute("aria-invalid") == "true"
    assert page.evaluate(IN_SIGHT, refusal.element_handle())
    assert page.evaluate(IN_SIGHT, field.element_handle())
    field.fill("1, 2")
    field.press("Tab")
    shown.locator(".annotat-wrong").wait_for(state="detached")
    assert field.get_attribute("aria-invalid") is None


IN_SIGHT = """(e) => {
    const { left, top, width, height } = e.getBoundingClientRect();
    const found = document.elementFromPoint(left + width / 2, top + height / 2);
    return e === found || e.contains(found);
}"""
