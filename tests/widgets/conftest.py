import numpy as np
import pytest

import annotat_nb as an

SHAPE = (4, 30, 40)


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
