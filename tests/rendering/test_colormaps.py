import numpy as np
import pytest

from annotat_nb.rendering import COLORMAPS, colormap
from annotat_nb.rendering.lch import lch_to_rgb

MENU = (
    "Grays, Viridis, Fire, Diverging, HSL, HUSL, SingleHue, CubeHelix, Winter, Hot, Ice, Autumn, "
    "Blues, Cool, Greens, Reds, Springs, Summer, LightBlues, Orange, Coolwarm, PuGr, GrBu, GrBu_d, "
    "RdBu, RdYeBuCy"
)


def test_the_menu_lists_the_originals_colour_maps_in_their_order():
    assert ", ".join(COLORMAPS) == MENU


@pytest.mark.parametrize("name", COLORMAPS)
def test_every_colour_map_is_a_table_of_256_colours(name):
    table = colormap(name)
    assert (table.shape, table.dtype) == ((256, 3), np.uint8)


@pytest.mark.parametrize("name", COLORMAPS)
def test_every_colour_map_changes_gradually(name):
    # Fire, RdYeBuCy: three straight lines at most, so 255 levels in 85 steps.
    steps = np.abs(np.diff(colormap(name).astype(int), axis=0))
    assert steps.max() <= 6
    assert len(np.unique(colormap(name), axis=0)) > 60


def test_no_two_colour_maps_are_the_same():
    assert len({colormap(name).tobytes() for name in COLORMAPS}) == len(COLORMAPS)


def test_a_table_cannot_be_changed_for_everybody():
    with pytest.raises(ValueError, match="read-only"):
        colormap("Hot")[0] = 1


def test_viridis_is_within_two_levels_of_the_published_table():
    published = {
        10: (71, 16, 99),
        60: (61, 78, 138),
        100: (42, 118, 142),
        150: (33, 165, 133),
        200: (112, 207, 87),
        240: (216, 226, 25),
    }
    ours = colormap("Viridis")[list(published)].astype(int)
    assert np.abs(ours - np.array(list(published.values()))).max() <= 2


@pytest.mark.parametrize("name", ["Grays", "Viridis", "CubeHelix", "Hot"])
def test_sequential_maps_grow_brighter_all_the_way(name):
    brightness = colormap(name) @ np.array([0.2126, 0.7152, 0.0722])
    assert np.diff(brightness).min() > -0.6


@pytest.mark.parametrize("name", ["Diverging", "PuGr", "GrBu", "GrBu_d", "RdBu"])
def test_diverging_maps_are_neutral_in_the_middle_and_coloured_at_both_ends(name):
    saturation = np.ptp(colormap(name).astype(int), axis=1)
    assert saturation[128] < 8
    assert min(saturation[0], saturation[255]) > 60


@pytest.mark.parametrize("name", ["HSL", "HUSL"])
def test_circular_maps_end_where_they_begin(name):
    table = colormap(name).astype(int)
    assert np.abs(table[0] - table[-1]).max() <= 1


def test_husl_stays_inside_what_a_screen_can_show():
    hues = np.arange(0.0, 360.0)
    rgb = lch_to_rgb(np.full(360, 65.0), np.full(360, 36.0), hues)
    assert rgb.min() >= 0
    assert rgb.max() <= 1


def test_lch_agrees_with_scikit_image():
    from skimage.color import lab2rgb, lch2lab

    rng = np.random.default_rng(0)
    lightness, chroma, hue = (
        rng.uniform(20, 90, 50),
        rng.uniform(0, 30, 50),
        rng.uniform(0, 360, 50),
    )
    reference = lab2rgb(lch2lab(np.stack([lightness, chroma, np.deg2rad(hue)], axis=-1)))
    np.testing.assert_allclose(
        np.clip(lch_to_rgb(lightness, chroma, hue), 0, 1), reference, atol=1e-3
    )


def test_an_unknown_name_suggests_the_nearest():
    with pytest.raises(
        ValueError, match="no colour map is called 'viridis'; did you mean 'Viridis'"
    ):
        colormap("viridis")


def test_a_hopeless_name_lists_what_there_is():
    with pytest.raises(ValueError, match="known are Grays, Viridis"):
        colormap("zzz")
