import numpy as np
import pytest

from annotat_nb.rendering import PALETTE, class_color, rgba_table


def _distance(first, second):
    return np.linalg.norm(np.subtract(_rgb(first), _rgb(second)))


def _rgb(color):
    return list(bytes.fromhex(color[1:]))


def test_background_is_pale_but_is_seen_on_grey():
    spread = [max(_rgb(class_color(n))) - min(_rgb(class_color(n))) for n in range(8)]
    assert spread[0] >= 40
    assert spread[0] < min(spread[1:])


def test_the_first_classes_are_those_of_okabe_and_ito():
    assert [class_color(n) for n in (1, 2, 3)] == ["#e69f00", "#56b4e9", "#009e73"]


def test_a_thousand_classes_have_a_thousand_colours():
    assert len({class_color(n) for n in range(1000)}) == 1000


def test_colours_are_well_formed_and_never_as_dark_as_the_image():
    colors = [class_color(n) for n in range(300)]
    assert all(len(color) == 7 and max(_rgb(color)) >= 80 for color in colors)


@pytest.mark.parametrize("n", range(len(PALETTE), 60))
def test_generated_neighbours_are_easily_told_apart(n):
    assert _distance(class_color(n), class_color(n + 1)) > 60


def test_a_negative_class_is_refused():
    with pytest.raises(ValueError, match="class numbers start at 0, got -1"):
        class_color(-1)


def test_the_table_holds_colours_and_one_opacity():
    table = rgba_table(["#010203", "#ffffff"], opacity=0.35)
    assert table.dtype == np.uint8
    assert table.tolist() == [[1, 2, 3, 89], [255, 255, 255, 89]]


def test_hidden_classes_are_transparent():
    assert rgba_table(["#010203"] * 3, visible=[True, False, True])[:, 3].tolist() == [255, 0, 255]


@pytest.mark.parametrize("color", ["red", "#12345", "#1234567", "#gggggg", "1234567", ""])
def test_a_malformed_colour_is_refused(color):
    with pytest.raises(ValueError, match=f"a colour is written '#rrggbb', got '{color}'"):
        rgba_table([color])


def test_an_opacity_out_of_range_is_refused():
    with pytest.raises(ValueError, match=r"between 0 and 1, got 1\.5"):
        rgba_table([], opacity=1.5)


def test_visibility_of_another_number_of_classes_is_refused():
    with pytest.raises(ValueError, match=r"one entry a colour \(2\), got 1"):
        rgba_table(["#000000", "#ffffff"], visible=[True])
