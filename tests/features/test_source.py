"""What the features of one block have in common, and where they are computed."""

import subprocess
import sys

import numpy as np
import pytest

from annotat_nb.features import (
    DifferenceOfGaussians,
    Gaussian,
    GradientMagnitude,
    HessianEigenvalues,
    Identity,
    LaplacianOfGaussian,
    Maximum,
    Median,
    Minimum,
    ShapeIndex,
    Source,
    bank,
    device_of,
    stream,
)
from annotat_nb.kernels.cpu import filters

IMAGE = np.random.default_rng(0).integers(0, 200, (4, 12, 11)).astype("uint8")
INNER = (slice(1, 3), slice(2, 9), slice(0, 11))


@pytest.fixture
def calls(monkeypatch):
    """Which filters of the table were called, and with what size."""
    made = []
    for name in ("gaussian", "extremes"):
        own = getattr(filters, name)

        def counted(image, size, ndim, box, *, name=name, own=own):
            made.append((name, size))
            return own(image, size, ndim, box)

        monkeypatch.setattr(filters, name, counted)
    return made


def test_features_of_one_block_share_what_they_need(calls):
    features = (
        *(Gaussian(radii=(1, 2)), DifferenceOfGaussians(radii=(1, 2, 4))),
        *(Minimum(radii=(2,)), Maximum(radii=(2, 3))),
    )
    for _ in stream(features, Source(IMAGE)):
        pass
    assert calls == [
        *(("gaussian", 1), ("gaussian", 2), ("gaussian", 4)),
        *(("extremes", 2), ("extremes", 3)),
    ]


def test_derivatives_share_the_smoothed_image(calls):
    features = (
        *(GradientMagnitude(radii=(1, 2)), HessianEigenvalues(radii=(1,)), ShapeIndex(radii=(2,))),
        LaplacianOfGaussian(radii=(2,), ndim=3),
    )
    for _ in stream(features, Source(IMAGE, INNER)):
        pass
    assert calls == [("gaussian", 1), ("gaussian", 2), ("gaussian", 2)]


def test_only_the_latest_results_are_remembered(calls):
    source = Source(IMAGE)
    for radius in range(1, 12):
        source.smallest(radius, ndim=2)
    source.smallest(11, ndim=2)
    assert len(calls) == 11
    source.smallest(1, ndim=2)
    assert calls[11:] == [("extremes", 1)]
    assert len(source._known) == 4


def test_features_of_many_radii_share_what_they_have_in_common(calls):
    many = {"radii": (1, 2, 3, 4, 5, 6), "ndim": 2}
    for _ in stream((Minimum(**many), Maximum(**many)), Source(IMAGE)):
        pass
    assert calls == [("extremes", radius) for radius in many["radii"]]


def test_of_a_whole_image_the_gradient_shares_the_smoothed_one(calls):
    for _ in stream((Gaussian(radii=(1,)), GradientMagnitude(radii=(1,))), Source(IMAGE)):
        pass
    assert calls == [("gaussian", 1)]


def test_channels_come_cropped_one_feature_after_the_other():
    features = (Identity(), Gaussian(radii=(1, 2), ndim=3), Median(radii=(1,)))
    streamed = list(stream(features, Source(IMAGE, INNER)))
    assert [feature for feature, _ in streamed] == list(features)
    for feature, channels in streamed:
        expected = feature(IMAGE)[(slice(None), *INNER)]
        np.testing.assert_array_equal(np.stack(channels), expected)


@pytest.mark.parametrize(
    ("kind", "integral"),
    [("uint8", True), ("int16", True), ("bool", True), ("int32", False), ("float32", False)],
)
def test_it_knows_whether_its_values_have_few_bits(kind, integral):
    assert Source(IMAGE.astype(kind)).integral is integral


@pytest.mark.parametrize("is_there", [False, True])
def test_without_a_driver_auto_is_the_processor_and_torch_stays_away(tmp_path, is_there):
    driver = tmp_path / "driver"
    if is_there:
        driver.touch()
    code = f"""
import sys
from annotat_nb.features import bank
bank._DRIVERS = {{sys.platform: ("/missing", {str(driver)!r})}}
print(bank.device_of("auto"), "torch" in sys.modules)
"""
    run = [sys.executable, "-c", code]
    found = subprocess.run(run, capture_output=True, text=True, check=True)
    device, asked_torch = found.stdout.split()
    assert asked_torch == str(is_there)
    assert is_there or device == "cpu"


@pytest.mark.parametrize(
    ("cards", "name", "device"),
    [(2, "auto", "cuda:0"), (2, "cuda", "cuda:0"), (2, "cuda:1", "cuda:1"), (0, "auto", "cpu")],
)
def test_names_of_devices(monkeypatch, cards, name, device):
    monkeypatch.setattr(bank, "_count_cards", lambda: cards)
    assert device_of(name) == device


@pytest.mark.parametrize(
    ("cards", "name", "words"),
    [
        (0, "cuda", "no graphics card"),
        (1, "cuda:1", "only graphics card here is cuda:0"),
        (2, "cuda:2", "cuda:0 to cuda:1"),
        (1, "tpu", "must be 'auto', 'cpu' or"),
        (1, "cuda:x", "must be 'auto', 'cpu' or"),
    ],
)
def test_a_device_that_is_not_there_is_refused(monkeypatch, cards, name, words):
    monkeypatch.setattr(bank, "_count_cards", lambda: cards)
    with pytest.raises(ValueError, match=words):
        device_of(name)
