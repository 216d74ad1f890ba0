"""Fixtures for tests in a real JupyterLab: a server, a browser, notebooks and their kernels."""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import nbformat
import pytest

CHROMIUM_FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]
SCREENSHOTS = Path(__file__).with_name("screenshots")


# Finding Chromium


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


# Server and browser


class Lab:
    """A JupyterLab server of its own, in an empty folder."""

    def __init__(self, folder):
        self.root = folder / "root"
        self.root.mkdir()
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
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
            "ServerApp.root_dir": self.root,
            "ServerApp.open_browser": False,
            "ServerApp.allow_root": True,
            "ServerApp.password": "",
            "ServerApp.disable_check_xsrf": True,
            "IdentityProvider.token": "",
            "LabApp.expose_app_in_browser": True,
            "LabApp.news_url": "",
            "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
        }
        arguments = [f"--{name}={value}" for name, value in options.items()]
        return [sys.executable, "-m", "jupyter", "lab", *arguments]

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
        pytest.fail(f"JupyterLab did not start:\n{self.log.read_text()[-3000:]}")

    def request(self, path, method="GET"):
        return urllib.request.urlopen(
            urllib.request.Request(self.url + path, method=method), timeout=10
        )

    def stop_kernels(self):
        import json

        with self.request("/api/sessions") as answer:
            sessions = json.load(answer)
        for session in sessions:
            with contextlib.suppress(urllib.error.URLError):
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


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """One JupyterLab server for the whole run."""
    server = Lab(tmp_path_factory.mktemp("lab"))
    try:
        server.wait_until_up()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="module")
def browser(chromium_path):
    """One Chromium a module.

    Playwright's event loop stays in the thread for as long as the browser does, so a browser for
    the whole run would be in the way of later tests that use asyncio.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=chromium_path, headless=False, args=CHROMIUM_FLAGS
        )
        yield chromium
        chromium.close()


@pytest.fixture
def new_page(browser):
    """Open browser windows of a given device pixel ratio; page errors fail the test."""
    contexts, errors = [], []

    def new_page(device_scale_factor=1, **options):
        options = {"viewport": {"width": 1400, "height": 1000}, **options}
        context = browser.new_context(device_scale_factor=device_scale_factor, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: _note_error(message, errors))
        return page

    yield new_page
    for context in contexts:
        context.close()
    assert not errors, f"the page had errors: {errors}"


def _note_error(message, errors):
    signs = ("annotat", "anywidget", "Could not create a view", "SyntaxError")
    if message.type == "error" and any(sign in message.text for sign in signs):
        errors.append(message.text)


@pytest.fixture
def page(new_page):
    """A browser window."""
    return new_page()


# Notebooks


@pytest.fixture
def open_notebook(lab, page):
    """Open a notebook file of the server's folder and return the page once its kernel answers."""

    def open_notebook(path, page=page, url=lab.url):
        page.goto(f"{url}/lab/workspaces/w{time.time_ns()}/tree/{path}")
        _wait_for_kernel(page)
        return page

    yield open_notebook
    lab.stop_kernels()


def _wait_for_kernel(page):
    page.wait_for_function("window.jupyterapp?.shell.currentWidget?.sessionContext", timeout=30_000)
    page.evaluate(
        """async () => {
            const panel = jupyterapp.shell.currentWidget;
            await panel.context.ready;
            await panel.sessionContext.ready;
            await panel.sessionContext.session.kernel.info;
            jupyterapp.shell.collapseLeft();
        }"""
    )


@pytest.fixture
def notebook(lab, open_notebook):
    """Write a notebook with the given cells, open it, run it, and return the page."""

    def notebook(*cells, **options):
        path = f"test-{time.time_ns()}.ipynb"
        book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
        nbformat.write(book, lab.root / path)
        page = open_notebook(path, **options)
        page.evaluate("jupyterapp.commands.execute('notebook:run-all-cells')")
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


# A slow network


class DelayProxy:
    """A TCP proxy to `port` that holds everything back for a while, in both directions."""

    def __init__(self, port, milliseconds):
        self.target = port
        self.delay = milliseconds / 2000
        self.port = _free_port()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.started = threading.Event()

    def __enter__(self):
        self.thread.start()
        self.started.wait(10)
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def _run(self):
        asyncio.set_event_loop(self.loop)
        serve = asyncio.start_server(self._join, "127.0.0.1", self.port)
        server = self.loop.run_until_complete(serve)
        self.started.set()
        self.loop.run_forever()
        server.close()
        for task in (tasks := asyncio.all_tasks(self.loop)):
            task.cancel()
        self.loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self.loop.close()

    async def _join(self, reader, writer):
        there, back = await asyncio.open_connection("127.0.0.1", self.target)
        try:
            await asyncio.gather(self._pump(reader, back), self._pump(there, writer))
        except OSError:
            pass  # the other end has hung up
        finally:
            for end in (writer, back):
                end.close()

    async def _pump(self, source, sink):
        queue = asyncio.Queue()
        sender = asyncio.create_task(self._send(queue, sink))
        try:
            while data := await source.read(65536):
                queue.put_nowait((self.loop.time() + self.delay, data))
            queue.put_nowait((self.loop.time() + self.delay, b""))
            await sender
        finally:
            sender.cancel()

    async def _send(self, queue, sink):
        while True:
            due, data = await queue.get()
            await asyncio.sleep(max(0, due - self.loop.time()))
            if not data:
                return sink.close()
            sink.write(data)
            await sink.drain()


@pytest.fixture
def delay_proxy(lab):
    """Reach the server through a network with a round trip of some milliseconds."""
    with contextlib.ExitStack() as stack:
        yield lambda milliseconds: stack.enter_context(DelayProxy(lab.port, milliseconds))
