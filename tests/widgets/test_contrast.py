import re
from xml.etree import ElementTree

import numpy as np
import pytest

from annotat_nb.rendering import auto_window
from annotat_nb.widgets.contrast import ContrastPanel, picture

RNG = np.random.default_rng(0)
SAMPLES = {
    "uint8": RNG.integers(0, 256, 1000).astype("u1"),
    "uint16": RNG.integers(30_000, 31_000, 1000).astype("u2"),
    "int16": RNG.integers(-500, 500, 1000).astype("i2"),
    "float": RNG.normal(size=1000),
    "tiny": (1 + RNG.uniform(0, 1e-6, 1000)).astype("f4"),
    "minute": RNG.uniform(0, 1e-30, 1000),
    "huge": RNG.uniform(-3e38, 3e38, 1000).astype("f4"),
    "constant": np.full(10, 7.0),
    "constant integer": np.full(10, 7, "u2"),
    "with gaps": np.array([np.nan, 1.0, 2.0, np.inf]),
    "nothing finite": np.full(4, np.nan),
    "boolean": np.array([True, False]),
}


def _heard(panel):
    heard = []
    panel.changed.connect(lambda low, high: heard.append((low, high)))
    return heard


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
def test_every_kind_of_image_has_a_window_a_slider_and_a_picture(sample):
    panel = ContrastPanel(sample)
    low, high = panel.window
    assert panel.window == pytest.approx(auto_window(sample))
    assert panel.slider.min <= low < high <= panel.slider.max
    assert panel.slider.value == (low, high)
    assert panel.slider.step > 0
    ElementTree.fromstring(panel.children[0].value)


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
def test_the_numbers_shown_are_the_window_to_a_thousandth_of_its_width(sample):
    panel = ContrastPanel(sample)
    low, high = panel.window
    shown = float(panel.low.value), float(panel.high.value)
    assert shown == pytest.approx((low, high), rel=0, abs=1e-3 * (high - low))


def test_typing_one_number_leaves_the_other_exact():
    panel = ContrastPanel(SAMPLES["float"], window=(1 / 3, 2 / 3))
    heard = _heard(panel)
    panel.high.value = "0.75"
    assert heard == [(1 / 3, 0.75)]
    assert panel.low.value == "0.3333"


def test_the_window_is_reported_while_dragging():
    panel = ContrastPanel(SAMPLES["uint8"])
    heard = _heard(panel)
    assert panel.slider.continuous_update
    for high in (200, 150, 100):
        panel.slider.value = (20, high)
    assert heard == [(20, 200), (20, 150), (20, 100)]
    assert panel.window == (20, 100)
    assert (panel.low.value, panel.high.value) == ("20", "100")


def test_the_echo_of_a_slider_that_rounds_to_its_grid_is_no_move():
    panel = ContrastPanel(SAMPLES["float"])
    heard, window = _heard(panel), panel.window
    step, start = panel.slider.step, panel.slider.min
    panel.slider.value = tuple(start + round((x - start) / step) * step for x in window)
    assert heard == []
    assert panel.window == window
    panel.slider.value = (panel.slider.value[0] + 1.5 * step, panel.slider.value[1])
    assert heard == [(panel.slider.value[0], window[1])]


def test_dragging_is_never_answered_to_the_slider():
    panel = ContrastPanel(SAMPLES["float"])
    told = []
    panel.slider.observe(lambda change: told.append(change["new"]), "value")
    panel.slider.value = (-0.5, 0.5)
    assert told == [(-0.5, 0.5)]


def test_handles_on_one_spot_change_nothing():
    panel = ContrastPanel(SAMPLES["uint8"], window=(10, 20))
    heard = _heard(panel)
    panel.slider.value = (15, 15)
    assert heard == []
    assert panel.window == (10, 20)


def test_auto_leaves_out_the_extremes_and_reset_takes_all():
    sample = SAMPLES["float"]
    panel = ContrastPanel(sample, window=(0, 1))
    heard = _heard(panel)
    panel.auto.click()
    panel.reset.click()
    assert heard == [
        pytest.approx(np.percentile(sample, [0.5, 99.5])),
        (sample.min(), sample.max()),
    ]


def test_a_typed_window_may_leave_the_range_of_the_image():
    panel = ContrastPanel(SAMPLES["uint8"])
    heard = _heard(panel)
    panel.high.value = "1000"
    assert heard == [(panel.window[0], 1000)]
    assert panel.slider.max == 1000
    panel.reset.click()
    assert panel.slider.max == SAMPLES["uint8"].max()


@pytest.mark.parametrize("text", ["abc", "", "nan", "inf", "-1e9"])
def test_a_bad_number_is_explained_and_changes_nothing(text):
    panel = ContrastPanel(SAMPLES["uint8"], window=(10, 20))
    heard = _heard(panel)
    panel.high.value = text
    assert heard == []
    assert panel.window == (10, 20)
    assert f"got '10' and '{text}'" in panel.status.value
    panel.high.value = "30"
    assert panel.status.value == ""
    assert heard == [(10, 30)]


def test_programs_move_the_window_silently():
    panel = ContrastPanel(SAMPLES["uint8"])
    heard = _heard(panel)
    panel.window = (3, 4)
    panel.show(SAMPLES["float"])
    assert heard == []
    assert panel.window == pytest.approx(auto_window(SAMPLES["float"]))


@pytest.mark.parametrize("window", [(2, 1), (1, 1), (np.nan, 1), (0, np.inf)])
def test_a_window_out_of_order_is_refused(window):
    with pytest.raises(ValueError, match="black must be less than white"):
        ContrastPanel(SAMPLES["uint8"]).window = window


def test_integers_are_moved_in_whole_steps():
    assert ContrastPanel(SAMPLES["uint8"]).slider.step == 1
    assert ContrastPanel(np.array([0, 65535], "u2")).slider.step == 66


def test_the_picture_has_a_bar_for_every_value_as_high_as_its_root():
    root = ElementTree.fromstring(
        picture(np.array([4, 0, 1]), np.array([0.0, 1, 2, 3]), (0, 1), (0, 3))
    )
    bars = root.findall(".//{*}rect")
    assert [float(bar.get("height")) for bar in bars] == [40, 20]
    assert [float(bar.get("x")) for bar in bars] == [0, 666.7]
    assert "brand" in bars[0].get("style")
    assert "brand" not in bars[1].get("style")


def test_the_axis_reads_smallest_middle_and_largest():
    root = ElementTree.fromstring(picture(np.array([1]), np.array([0.0, 1]), (0, 1), (-10, 30)))
    assert [span.text for span in root.findall(".//{*}span")] == ["-10", "10", "30"]


def test_colours_come_from_the_theme():
    html = picture(np.array([1]), np.array([0.0, 1]), (0, 1), (0, 1))
    assert not re.search(r"#[0-9a-fA-F]{3}|rgb\(", html)
    assert "var(--jp-ui-font-color1)" in html


def test_fractions_of_wide_integer_windows_are_not_shown_but_kept():
    panel = ContrastPanel(np.arange(400, dtype="uint16"))
    assert panel.window == (pytest.approx(1.995), pytest.approx(397.005))
    assert (panel.low.value, panel.high.value) == ("2", "397")
    panel.high.value = "300"
    assert panel.window == (pytest.approx(1.995), 300)
    assert ContrastPanel(np.full(9, 7, "uint8")).low.value == "6.5"
    assert ContrastPanel(np.arange(400) / 1).low.value != "2"
