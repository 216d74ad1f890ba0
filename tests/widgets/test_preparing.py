"""What the page says while kernels are compiled for the first time."""

import threading

import pytest

import annotat_nb as an
from annotat_nb.kernels import compiling
from annotat_nb.kernels.preparing import Preparation
from annotat_nb.session import working
from annotat_nb.widgets import preparing_line


@pytest.fixture
def held(monkeypatch, begin_preparing):
    """A preparation of four kernels, of which two are ready, that is held until the gate is set."""
    gate, reached = threading.Event(), threading.Event()

    class Kernel:
        was_compiled = False

        def __init__(self, number):
            self.number = number

        def compile(self):
            if self.number == 2:
                reached.set()
                assert gate.wait(20)

    found = Preparation()
    monkeypatch.setattr(Preparation, "begin", begin_preparing)
    monkeypatch.setattr(compiling, "all_kernels", lambda: [Kernel(n) for n in range(4)])
    for module in (working, preparing_line):
        monkeypatch.setattr(module, "preparation", lambda: found)
    found.gate, found.reached = gate, reached
    yield found
    gate.set()
    found.stop()


def test_it_begins_with_the_first_page_and_is_told_until_it_is_over(app, held):
    assert not held.is_running
    app.canvas.ready.emit()
    assert held.reached.wait(20)
    app.canvas.ready.emit()
    assert app.preparing.value == "Preparing fast filters · 50%"
    assert app.preparing.layout.display == ""
    held.gate.set()
    held.wait()
    held.stop()
    assert app.preparing.value == ""
    assert app.preparing.layout.display == "none"


def test_where_all_is_ready_nothing_is_said(app, held):
    held.gate.set()
    held.begin()
    held.stop()
    app.canvas.ready.emit()
    assert app.preparing.value == ""


def test_a_job_that_starts_meanwhile_says_what_it_waits_for(app, painted, held, wait):
    app.canvas.ready.emit()
    assert held.reached.wait(20)
    steps = []
    painted.runner.started.connect(
        lambda job: job.changed.connect(lambda: steps.append((job.step, job.share)))
    )
    told = threading.Event()
    painted.runner.started.connect(
        lambda job: job.changed.connect(lambda: job.step.startswith("Preparing") and told.set())
    )
    painted.pipeline = an.Pipeline(superpixels=None, classifier=an.RandomForest(n_estimators=5))
    app.panels.segmentation.buttons["apply"].click()
    assert told.wait(20)
    assert steps[-1] == ("Preparing fast filters", 0.5)
    assert app.jobs.bar.text.value == app.preparing.value == "Preparing fast filters · 50%"
    assert app.jobs.bar.bar.value == 0.5
    painted.paint([(25, 5)], label=0, index=2)  # the app is usable
    held.gate.set()
    assert wait(app).state == "done"
    assert painted.segmentation is not None


def test_a_job_that_waits_for_it_can_be_cancelled(app, painted, held, wait):
    app.canvas.ready.emit()
    assert held.reached.wait(20)
    painted.pipeline = an.Pipeline(superpixels=None)
    app.panels.segmentation.buttons["apply"].click()
    app.jobs.bar.cancel.click()
    assert wait(app).state == "cancelled"


def test_a_live_update_that_waits_for_it_says_so_until_it_goes_on(app, painted, held):
    app.canvas.ready.emit()
    assert held.reached.wait(20)
    painted.pipeline = an.Pipeline(superpixels=None, classifier=an.RandomForest(n_estimators=5))
    told, heard = threading.Event(), []
    news = app.panels.segmentation.live.news
    news.observe(lambda change: heard.append(change["new"]), "value")
    news.observe(lambda change: "Preparing" in change["new"] and told.set(), "value")
    painted.live = True
    assert told.wait(20)
    assert news.value == "Waiting. Preparing fast filters · 50%"
    held.gate.set()
    assert painted.live_update.wait(20)
    assert painted.live_update.preparing is None
    assert "Updating this slice …" in heard[heard.index("Waiting. Preparing fast filters · 50%") :]
