"""Fixtures that find Chromium and open its windows."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# A GPU played by software makes every picture of the page take ten times as long.
WITHOUT_GPU = ["--disable-gpu"]
# Notebook 7 throws these with an empty notebook too.
NOT_OURS = ("reading 'schema'", "'filebrowser:open-path' not registered")
WITH_WEBGL = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]


# Finding it


@pytest.fixture(scope="session")
def chromium_path():
    """Path of a Chromium; installed once if the machine has none."""
    path = _known_chromium() or _playwright_chromium() or _install_chromium()
    if path is None:
        pytest.fail(
            "Browser tests need Chromium: install it (apt install chromium, or playwright install "
            "chromium) or name it in ANNOTAT_NB_CHROMIUM."
        )
    return path


def _known_chromium():
    if named := os.environ.get("ANNOTAT_NB_CHROMIUM"):
        return named
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


def _playwright_chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def _install_chromium():
    if _succeeds(sys.executable, "-m", "playwright", "install", "chromium"):
        return _playwright_chromium()
    if hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        _succeeds("apt-get", "update")
        _succeeds("apt-get", "install", "-y", "chromium")
    return _known_chromium()


def _succeeds(*command):
    try:
        return (
            subprocess.run(command, capture_output=True, timeout=280, check=False).returncode == 0
        )
    except (OSError, subprocess.TimeoutExpired):
        return False


# Windows


@pytest.fixture(scope="module")
def webgl():
    """Whether the pages of a module draw in 3D; such a module overrides this with True."""
    return False


@pytest.fixture(scope="module")
def browser(chromium_path, webgl):
    """One Chromium a module.

    Playwright's event loop stays in the thread for as long as the browser does, so a browser for
    the whole run would be in the way of later tests that use asyncio.
    """
    from playwright.sync_api import sync_playwright

    graphics = WITH_WEBGL if webgl else WITHOUT_GPU
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=chromium_path, headless=False, args=FLAGS + graphics
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def new_page(browser):
    """Open browser windows of a given device pixel ratio; the list `page.errors` fills itself."""
    contexts = []

    def new_page(device_scale_factor=1, **options):
        options = {"viewport": {"width": 1400, "height": 1000}, **options}
        context = browser.new_context(device_scale_factor=device_scale_factor, **options)
        contexts.append(context)
        page = context.new_page()
        page.errors = []
        page.on("pageerror", lambda error: _note_exception(error, page.errors))
        page.on("console", lambda message: _note_error(message, page.errors))
        return page

    yield new_page
    for context in contexts:
        context.close()


def _note_exception(error, errors):
    if not any(known in str(error) for known in NOT_OURS):
        errors.append(str(error))


def _note_error(message, errors):
    signs = ("annotat", "anywidget", "Could not create a view", "SyntaxError")
    if message.type == "error" and any(sign in message.text for sign in signs):
        errors.append(message.text)


@pytest.fixture
def page(new_page):
    """A browser window."""
    page = new_page()
    yield page
    page.context.close()


@pytest.fixture(autouse=True)
def _no_page_errors(request):
    """An uncaught error in the page fails the test."""
    # Asked for before the test, the page is still there after it.
    page = request.getfixturevalue("page") if "page" in request.fixturenames else None
    yield
    if page is not None:
        errors, page.errors[:] = list(page.errors), []
        assert not errors, f"the page had errors: {errors}"
