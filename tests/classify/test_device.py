"""Graphics cards whose memory is full: the work is done all the same, and the user is told."""

import weakref

import numpy as np
import pytest

from annotat_nb.annotation import LabelClass
from annotat_nb.classify import Pipeline, RandomForest, Segmenter, TrainedClassifier
from annotat_nb.classify import device as module
from annotat_nb.classify.device import Device, lending
from annotat_nb.features import Gaussian, Identity, Maximum, Median
from annotat_nb.jobs import Cancelled
from annotat_nb.kernels.cuda import devices

FEATURES = (Identity(), Gaussian(radii=(1, 2), ndim=3), Maximum(radii=(2,)), Median(radii=(1,)))
QUICK = {"features": FEATURES, "classifier": RandomForest(n_estimators=10), "device": "cuda:0"}
PER_SUPERPIXEL = Pipeline(pooling=("mean", "std", "max"), **QUICK)
PER_VOXEL = Pipeline(superpixels=None, **QUICK)
OUT_OF_MEMORY = "The graphics card ran out of memory, so "


@pytest.fixture(autouse=True)
def small_boxes(monkeypatch):
    monkeypatch.setattr(module, "SMALLEST", 400)


@pytest.fixture
def freed(monkeypatch):
    """How often memory was given back."""
    made = []
    monkeypatch.setattr(devices, "release", lambda: made.append(None))
    return made


@pytest.fixture(params=["superpixels", "voxels"])
def segment(request, volume, superpixels, marks):
    """Return what segments on a device and returns rows, labels, the steps and the segmenter."""
    pipeline = PER_SUPERPIXEL if request.param == "superpixels" else PER_VOXEL

    def segment(device):
        segmenter = Segmenter(volume, superpixels if request.param == "superpixels" else None)
        asked, steps = pipeline.model_copy(update={"device": device}), []
        model = segmenter.fit(asked, marks, lambda *step: steps.append(step))
        found = segmenter.predict(model, lambda *step: steps.append(step))
        return segmenter.collect(asked, marks).rows, found.labels, steps, segmenter.device

    return segment


def class_of(number):
    return LabelClass(id=number, name=str(number), color="#123456")


def check_same(found, expected):
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-6, atol=1e-4)
    np.testing.assert_array_equal(found[1], expected[1])


def test_a_graphics_card_finds_what_the_processor_finds(segment, card):
    expected = segment("cpu")
    assert card.calls == 0
    found = segment("auto")
    assert card.calls > 0
    check_same(found, expected)
    assert found[3].notice == ""


def test_memory_may_run_out_at_any_moment(segment, card, freed):
    expected = segment("cpu")
    segment("cuda:0")
    for number in range(1, card.calls + 1):
        card.calls, card.fails = 0, lambda call, number=number: call == number
        found = segment("cuda:0")
        check_same(found, expected)
        assert found[3].notice.startswith(OUT_OF_MEMORY + "this was computed in smaller blocks")
        assert (found[3].name, len(freed)) == ("cuda:0", number)


@pytest.mark.parametrize("room", [12_000, 6_000])
def test_blocks_become_as_small_as_it_takes(segment, card, freed, room):
    expected = segment("cpu")
    card.room = room
    found = segment("cuda:0")
    check_same(found, expected)
    assert found[3].name == "cuda:0"
    assert room / 8 < card.largest <= room
    assert 0 < len(freed) <= 5  # what did not fit once is not tried again


def test_the_processor_helps_when_even_small_blocks_do_not_fit(segment, card, freed):
    expected = segment("cpu")
    card.room = 0
    found = segment("cuda:0")
    check_same(found, expected)
    assert found[3].name == "cpu"
    assert found[3].notice == OUT_OF_MEMORY + "the processor computed the rest"
    assert "Computing features on the processor: the graphics card ran out of memory" in {
        step for step, _ in found[2]
    }


def test_steps_say_that_blocks_are_smaller_and_shares_never_fall(segment, card):
    card.fails = lambda call: call == 3
    steps = segment("cuda:0")[2]
    names = {step for step, _ in steps}
    assert "Computing features in smaller blocks: the graphics card is short of memory" in names
    assert "Computing features" in names
    fit = steps[: 1 + [share for _, share in steps].index(1.0)]
    shares = [share for _, share in fit]
    assert shares == sorted(shares)


def test_what_else_a_graphics_card_fails_with_is_said(segment, card, freed):
    expected = segment("cpu")
    card.error = RuntimeError("no kernel image is available\nfor execution")
    card.fails = lambda call: call == 2
    found = segment("cuda:0")
    check_same(found, expected)
    assert found[3].notice == (
        "The graphics card failed (no kernel image is available), so the processor computed the "
        "rest"
    )
    assert not freed


def test_errors_of_the_driver_may_be_for_lack_of_memory_too(segment, card):
    card.error = RuntimeError("CUDA error: out of memory")
    card.fails = lambda call: call == 1
    assert segment("cuda:0")[3].notice.startswith(OUT_OF_MEMORY + "this was")


def test_what_fails_on_the_processor_fails(volume):
    def begin(box):
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        Device("cpu").compute(FEATURES, volume, (slice(0, 1),) * 3, begin, lambda *step: None)


def test_what_fails_wherever_it_is_done_fails(card, volume):
    def begin(box):
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        Device("auto").compute(FEATURES, volume, (slice(0, 1),) * 3, begin, lambda *step: None)


def test_a_graphics_card_is_tried_again_when_its_memory_may_be_free(card, volume, marks):
    segmenter = Segmenter(volume)
    card.room = 0
    segmenter.fit(PER_VOXEL, marks)
    assert segmenter.device.name == "cpu"
    card.room, card.calls = float("inf"), 0
    segmenter.device = Device(PER_VOXEL.device)
    segmenter.predict(segmenter.fit(PER_VOXEL, marks))
    assert card.calls > 0
    assert segmenter.device.notice == ""


def test_a_device_that_is_not_there_is_refused(card):
    with pytest.raises(ValueError, match="the only graphics card here is cuda:0"):
        Device("cuda:1")


def test_who_classifies_another_image_is_warned(card, volume, marks):
    model = Segmenter(volume).fit(PER_VOXEL, marks)
    trained = TrainedClassifier(model, tuple(map(class_of, (0, 1))))
    expected = trained.segment(volume, device="cpu").labels
    card.room = 0
    with pytest.warns(UserWarning, match=OUT_OF_MEMORY + "the processor computed the rest"):
        found = trained.segment(volume)
    np.testing.assert_array_equal(found.labels, expected)


def test_who_classifies_another_image_gives_memory_back_in_the_end(card, freed, volume, marks):
    model = Segmenter(volume).fit(PER_VOXEL, marks)
    trained = TrainedClassifier(model, tuple(map(class_of, (0, 1))))
    trained.segment(volume)
    assert len(freed) == 1
    card.calls, card.error = 0, Cancelled()
    card.fails = lambda call: call == 2
    with pytest.raises(Cancelled):
        trained.segment(volume)
    assert (len(freed), card.calls) == (2, 2)


def test_reading_probabilities_gives_memory_back(card, freed, volume, marks):
    segmenter = Segmenter(volume)
    prediction = segmenter.predict(segmenter.fit(PER_VOXEL, marks))
    card.calls = 0
    np.asarray(prediction.probabilities[:, 0])
    assert card.calls > 0
    assert len(freed) == 1


def test_what_an_error_keeps_alive_is_given_back_too(card, monkeypatch):
    held, alive = [], []
    monkeypatch.setattr(devices, "release", lambda: alive.append(held[0]() is not None))

    def work():
        tensor = Device("cpu")  # as good as any object
        held.append(weakref.ref(tensor))
        raise Cancelled

    with pytest.raises(Cancelled), lending("cuda:0"):
        work()
    assert alive == [False]


@pytest.mark.gpu
def test_a_real_graphics_card_finds_what_the_processor_finds(segment):
    import torch

    if not torch.cuda.is_available():
        pytest.skip("there is no graphics card")
    expected, found = segment("cpu"), segment("cuda:0")
    check_same(found, expected)
    assert (found[3].name, found[3].notice) == ("cuda:0", "")
