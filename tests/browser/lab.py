"""Fixtures for tests in real notebooks: a server, a browser, notebooks and their kernels."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest

SCREENSHOTS = Path(__file__).with_name("screenshots")
APPS = {"lab": "LabApp", "notebook": "JupyterNotebookApp"}


# Server and browser


class Lab:
    """A Jupyter server of its own, in an empty folder, which opens notebooks in `app`.

    JupyterHub gives each of its users a `base` under the address of the hub.
    """

    def __init__(self, folder, app="lab", base=""):
        self.app, self.base = app, base
        self.root = folder / "root"
        self.root.mkdir(parents=True)
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}{base}"
        self.log = folder / "log"
        _silence_news(folder / "settings")
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                self._command(),
                env=self._environment(folder),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _command(self):
        options = {
            "ServerApp.ip": "127.0.0.1",
            "ServerApp.port": self.port,
            "ServerApp.port_retries": 0,
            "ServerApp.base_url": f"{self.base}/",
            "ServerApp.root_dir": self.root,
            "ServerApp.open_browser": False,
            "ServerApp.allow_root": True,
            "ServerApp.password": "",
            "ServerApp.disable_check_xsrf": True,
            "IdentityProvider.token": "",
            f"{APPS[self.app]}.expose_app_in_browser": True,
            "LabApp.news_url": "",
            "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
        }
        arguments = [f"--{name}={value}" for name, value in options.items()]
        return [sys.executable, "-m", "jupyter", self.app, *arguments]

    def _environment(self, folder):
        own = {
            "HOME": "home",
            "JUPYTER_CONFIG_DIR": "config",
            "JUPYTER_DATA_DIR": "data",
            "JUPYTER_RUNTIME_DIR": "runtime",
            "JUPYTERLAB_SETTINGS_DIR": "settings",
            "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
            "IPYTHONDIR": "ipython",
        }
        return {**os.environ, **{name: str(folder / sub) for name, sub in own.items()}}

    def wait_until_up(self, seconds=60):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.process.poll() is None:
            with contextlib.suppress(OSError), self.request("/api/status"):
                return
            time.sleep(0.1)
        pytest.fail(f"Jupyter did not start:\n{self.log.read_text()[-3000:]}")

    def request(self, path, method="GET"):
        return urllib.request.urlopen(
            urllib.request.Request(self.url + path, method=method), timeout=10
        )

    def write(self, *cells):
        """Write a notebook of code cells into the server's folder and return its path there."""
        path = f"test-{time.time_ns()}.ipynb"
        book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
        nbformat.write(book, self.root / path)
        return path

    def open(self, page, path, url=None):
        """Open a notebook of the server's folder in `page` and wait until its kernel answers."""
        place = "notebooks" if self.app == "notebook" else f"lab/workspaces/w{time.time_ns()}/tree"
        page.goto(f"{url or self.url}/{place}/{path}")
        self.wait_for_kernel(page)

    def wait_for_kernel(self, page):
        """Wait until the notebook in `page` is there and its kernel answers."""
        page.wait_for_function(
            "Boolean(window.jupyterapp?.shell?.currentWidget?.sessionContext)", timeout=60_000
        )
        page.evaluate(_WAIT_FOR_KERNEL)

    def run_all(self, page):
        """Run all cells of the open notebook."""
        page.evaluate("jupyterapp.commands.execute('notebook:run-all-cells')")

    def stop_kernels(self, paths):
        """Stop the kernels of notebooks."""
        with self.request("/api/sessions") as answer:
            sessions = json.load(answer)
        for session in sessions:
            if session["path"] in paths:
                self.request(f"/api/sessions/{session['id']}", "DELETE").close()

    def stop(self):
        _end_group(self.process, signal.SIGTERM)
        try:
            self.process.wait(8)
        except subprocess.TimeoutExpired:
            _end_group(self.process, signal.SIGKILL)
            self.process.wait(8)


def _silence_news(settings):
    """Keep JupyterLab from asking, over the notebook, whether it may show news."""
    path = settings / "@jupyterlab/apputils-extension/notification.jupyterlab-settings"
    path.parent.mkdir(parents=True)
    path.write_text('{"fetchNews": "false", "checkForUpdates": false}')


def _end_group(process, number):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def serve(*arguments, **options):
    """Run a server of one's own."""
    server = Lab(*arguments, **options)
    try:
        server.wait_until_up()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """One JupyterLab server for the whole run."""
    with serve(tmp_path_factory.mktemp("lab")) as server:
        yield server


@pytest.fixture(scope="session")
def notebook7(tmp_path_factory):
    """One server of Notebook 7, at an address as JupyterHub gives it."""
    folder = tmp_path_factory.mktemp("notebook7")
    with serve(folder, app="notebook", base="/user/marie") as server:
        yield server


# Notebooks


@pytest.fixture(scope="module")
def module_notebook(lab, page):
    """Run a notebook for all tests of a module, whose page has that scope too."""
    paths = []

    def module_notebook(*cells):
        paths.append(lab.write(*cells))
        lab.open(page, paths[-1])
        lab.run_all(page)
        page.locator(".annotat-pen").first.wait_for(timeout=60_000)

    yield module_notebook
    lab.stop_kernels(paths)


@pytest.fixture
def open_notebook(lab, page):
    """Open a notebook file of the server's folder and return the page once its kernel answers."""
    paths = []

    def open_notebook(path, page=page, url=None):
        paths.append(path)
        lab.open(page, path, url)
        return page

    yield open_notebook
    lab.stop_kernels(paths)


@pytest.fixture
def notebook(lab, open_notebook):
    """Write a notebook with the given cells, open it, run it, and return the page."""

    def notebook(*cells, **options):
        page = open_notebook(lab.write(*cells), **options)
        lab.run_all(page)
        return page

    return notebook


@pytest.fixture
def kernel(page):
    """Run code silently in the kernel of the open notebook and return what it prints or is.

    An error of the code is an error of the test, so that `kernel("assert …")` is an assertion.
    """

    def kernel(code, page=page):
        error, text = page.evaluate(_RUN_IN_KERNEL, code)
        assert not error, error
        return text

    return kernel


_WAIT_FOR_KERNEL = """async () => {
    const panel = jupyterapp.shell.currentWidget;
    await panel.context.ready;
    await panel.sessionContext.ready;
    await panel.sessionContext.session.kernel.info;
    jupyterapp.shell.collapseLeft?.();
}"""

_RUN_IN_KERNEL = """async (code) => {
    const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    const request = kernel.requestExecute({code, store_history: false, stop_on_error: false});
    let text = '', error = '';
    request.onIOPub = ({header, content}) => {
        if (header.msg_type === 'stream') text += content.text;
        if (header.msg_type === 'execute_result') text += content.data['text/plain'];
        if (header.msg_type === 'error') error = `${content.ename}: ${content.evalue}`;
    };
    await request.done;
    return [error, text];
}"""


@pytest.fixture
def screenshot(page):
    """Save a picture of the page under tests/browser/screenshots, to be looked at."""

    def screenshot(name, page=page):
        SCREENSHOTS.mkdir(exist_ok=True)
        path = SCREENSHOTS / f"{name}.png"
        page.screenshot(path=path)
        return path

    return screenshot
