import numpy as np
import pytest
from skimage.color import deltaE_cie76, rgb2lab

from annotat_nb.rendering import PALETTE, uncertainty_levels, uncertainty_table


def test_the_surer_the_lower_the_level_and_nothing_known_is_none():
    values = np.array([[0.0, 1.0], [0.5, np.nan]], "float32")
    assert uncertainty_levels(values).tolist() == [[1, 255], [128, 0]]
    # A margin of float32 may miss 0 or 1 by a rounding error.
    assert uncertainty_levels(np.array([-1e-7, 1 + 1e-7])).tolist() == [1, 255]


def test_what_is_sure_or_unknown_lets_the_image_through():
    alpha = uncertainty_table()[:, 3].astype(int)
    assert alpha[:2].tolist() == [0, 0]
    np.testing.assert_allclose(alpha[1:], np.linspace(0, 255, 255), atol=0.51)


def test_equal_steps_look_equal():
    lab = rgb2lab(uncertainty_table()[1::16, :3][None] / 255)[0]
    steps = deltaE_cie76(lab[1:], lab[:-1])
    assert steps == pytest.approx(np.full(steps.size, steps.mean()), rel=0.08)
    assert np.diff(lab[:, 0]).min() > 1


def test_it_is_taken_for_no_class():
    first = np.array([list(bytes.fromhex(color[1:])) for color in PALETTE[:7]]) / 255
    most = uncertainty_table()[-1, :3] / 255
    assert deltaE_cie76(rgb2lab(first[None])[0], rgb2lab(most[None])[0]).min() > 50


def test_the_table_cannot_be_changed_for_everybody():
    with pytest.raises(ValueError, match="read-only"):
        uncertainty_table()[0] = 1
