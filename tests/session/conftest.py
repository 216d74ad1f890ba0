import numpy as np
import pytest

import annotat_nb as an

SHAPE = (6, 40, 48)


@pytest.fixture
def volume():
    """Two materials with noise; the bright one is a ball."""
    rng = np.random.default_rng(0)
    z, y, x = np.ogrid[: SHAPE[0], : SHAPE[1], : SHAPE[2]]
    ball = (z - 3) ** 2 * 9 + (y - 20) ** 2 + (x - 24) ** 2 < 150
    image = np.where(ball, 160, 60) + rng.normal(0, 12, SHAPE)
    return an.Volume(image.clip(0, 255).astype("uint8"), name="ball")


@pytest.fixture
def truth(volume):
    from scipy.ndimage import gaussian_filter

    return gaussian_filter(volume.data.astype("f4"), 2) > 110


@pytest.fixture
def session(volume):
    with an.Session(volume) as session:
        yield session


@pytest.fixture
def painted(session):
    """A session with two painted classes."""
    paint_both(session)
    return session


def paint_both(session):
    session.classes.add("ball")
    session.paint([(20, 20), (20, 28)], index=3, label=1, radius=2)
    session.paint([(4, 4), (4, 40)], index=3, label=0, radius=2)
