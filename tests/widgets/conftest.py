import time

import numpy as np
import pytest
import tifffile

import annotat_nb as an
from annotat_nb.kernels.preparing import Preparation
from annotat_nb.widgets.job_watch import JobWatch

SHAPE = (4, 30, 40)


@pytest.fixture(autouse=True)
def begin_preparing(monkeypatch):
    """Keep pages of these tests from compiling every kernel; returns what would do so."""
    begin = Preparation.begin
    monkeypatch.setattr(Preparation, "begin", lambda self: None)
    return begin


@pytest.fixture
def volume():
    image = np.random.default_rng(0).integers(0, 90, SHAPE).astype("uint8")
    image[:, 8:20, 10:30] += 120
    return an.Volume(image, voxel_size=(2, 1, 1), unit="µm", name="block.tif")


@pytest.fixture
def session(volume):
    with an.Session(volume) as session:
        yield session


@pytest.fixture
def painted(session):
    """A session with two painted classes."""
    session.classes.add("block")
    session.paint([(14, 14), (14, 26)], index=2, label=1, radius=2)
    session.paint([(3, 3), (3, 36)], index=2, label=0, radius=2)
    return session


@pytest.fixture
def app(painted):
    app = an.Annotator(painted)
    yield app
    app.close()


@pytest.fixture
def wait(monkeypatch):
    """Wait until the page has taken note that the last job ended, and return that job."""
    followed = []
    follow = JobWatch.follow

    def note(self, job, *arguments, **named):
        followed.append(job)
        follow(self, job, *arguments, **named)

    monkeypatch.setattr(JobWatch, "follow", note)

    def wait(app):
        if not followed:
            return None
        job = followed[-1]
        assert job.wait(30)
        deadline = time.monotonic() + 30
        while any(item.job is job for item in app.jobs._watched) or app.jobs.looks:
            assert time.monotonic() < deadline
            time.sleep(0.005)
        return job

    return wait


@pytest.fixture
def choose(wait):
    """Choose a file in the dialog that is open, and wait for what is done with it."""

    def choose(app, path):
        app.dialogs.shown.path.value = str(path)
        app.dialogs.shown.ok.click()
        return wait(app)

    return choose


@pytest.fixture
def on_disk(volume, tmp_path):
    """The image in a file."""
    path = tmp_path / "scan.tif"
    tifffile.imwrite(path, volume.data, photometric="minisblack")
    return path
