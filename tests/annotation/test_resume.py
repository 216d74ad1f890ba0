import numpy as np
import pytest
from pydantic import ValidationError

from annotat_nb.annotation import Annotation, LabelEditing, LabelForest, LabelImage, Runs, Stroke
from annotat_nb.annotation import resume as resume_module
from annotat_nb.annotation import trees as trees_module
from annotat_nb.annotation.document import LabelOnDisk
from annotat_nb.annotation.trees import BOX_BITS, SEED_BITS, Trees
from annotat_nb.volume import Volume

SIDE = 40


def ball(center, radius, side=SIDE):
    places = np.indices((side,) * 3)
    return sum((p - c) ** 2 for p, c in zip(places, center, strict=True)) <= radius**2


def noisy(truth, noise=10, seed=0):
    """Return an image of 8 bits with some noise, whose range is all of them."""
    rng = np.random.default_rng(seed)
    image = np.clip(truth + noise * rng.normal(size=truth.shape), 0, 255).astype("uint8")
    image.flat[:2] = 0, 255
    return image


@pytest.fixture(scope="module")
def two_cells():
    """Two bright cells, 1 and 2, on a dark background; and the label of them."""
    label = (ball((20, 20, 10), 9) + 2 * ball((20, 20, 30), 9)).astype("uint8")
    return Volume(noisy(50.0 + 100 * (label > 0))), label


def stroke(shape, *boxes):
    """Return the voxels of some boxes, as flat indices, and the class of each."""
    marked = np.full(shape, -1)
    for value, box in boxes:
        marked[box] = value
    voxels = np.flatnonzero(marked >= 0)
    return voxels, marked.flat[voxels]


def line(value, x, y=20, z=20):
    return value, np.s_[z, y, x]


def forest_of(volume, label, **parameters):
    return LabelForest(volume, LabelImage(label), LabelEditing(**parameters))


def result(label, change):
    found = label.copy()
    found.flat[change.voxels] = change.labels
    return found


def touched(forest, voxels):
    """Return the voxels of the trees in which `voxels` lie."""
    every = np.arange(np.prod(forest._trees.shape))
    trees = forest._trees.trees_of(every, lambda share: None)
    return every[np.isin(trees, trees[voxels])]


def test_the_parameters_are_those_of_annotat3d():
    editing = LabelEditing()
    assert editing.background_seed_spacing == 10
    assert editing.compactness == 128
    assert editing.beta == 6
    assert editing.presegmentation_weight == 12
    assert editing.object_seed_spacing == 0.25
    assert LabelEditing.model_validate_json(LabelEditing(beta=3).model_dump_json()).beta == 3
    assert editing.weights.tolist() == [0.5, 6, 12]


@pytest.mark.parametrize(
    "wrong",
    [
        {"background_seed_spacing": 1},
        {"background_seed_spacing": 101},
        {"compactness": 0},
        {"beta": 0.5},
        {"beta": 17},
        {"presegmentation_weight": 0.5},
        {"object_seed_spacing": 0},
        {"object_seed_spacing": 1.5},
    ],
)
def test_parameters_out_of_bounds_are_refused(wrong):
    with pytest.raises(ValidationError):
        LabelEditing(**wrong)


def test_every_parameter_tells_what_it_does():
    fields = LabelEditing.model_fields.values()
    assert all(len(field.description) > 60 for field in fields)


def test_without_strokes_the_label_is_as_it_was(two_cells):
    volume, label = two_cells
    forest = forest_of(volume, label)
    assert len(forest.correct(*stroke(label.shape)).voxels) == 0
    assert forest.edit(LabelImage(label)).writes == ()
    assert forest.nbytes == 0  # nothing was grown


def test_the_trees_reproduce_the_label(two_cells):
    volume, label = two_cells
    trees = Trees(volume, label, LabelEditing())
    names = trees.trees_of(np.arange(label.size), lambda share: None)
    np.testing.assert_array_equal(names >> SEED_BITS + BOX_BITS, label.ravel())
    per_label = [len(np.unique(names[label.ravel() == value])) for value in (0, 1, 2)]
    assert per_label[0] >= 4**3 - 8  # one for each cell of 10 voxels that is not inside an object
    assert 40 <= per_label[1] <= 64  # a box divided by 4, whose corners are not in the ball
    assert trees.nbytes < 24 * label.size + 5000


def test_a_stroke_of_another_class_takes_a_neighbourhood(two_cells):
    volume, label = two_cells
    forest = forest_of(volume, label)
    voxels, classes = stroke(label.shape, line(2, slice(6, 14)))
    change = forest.correct(voxels, classes)
    assert np.isin(voxels, change.voxels).all()
    assert (change.labels == 2).all()
    assert 3 * len(voxels) < len(change.voxels) < (label == 1).sum() / 2
    assert (label.flat[change.voxels] == 1).all()


def test_nothing_changes_outside_the_touched_trees(two_cells):
    volume, label = two_cells
    for boxes in (
        [line(2, slice(6, 14))],
        [line(3, slice(0, 40))],
        [line(0, slice(5, 9)), line(4, slice(25, 27), y=3)],
    ):
        forest = forest_of(volume, label, beta=2, presegmentation_weight=1)
        voxels, classes = stroke(label.shape, *boxes)
        change = forest.correct(voxels, classes)
        assert len(change.voxels) > len(voxels) / 2
        assert np.isin(change.voxels, touched(forest, voxels)).all()
        assert np.isin(change.labels, classes).all()


def test_a_stroke_in_one_object_leaves_the_others_uncomputed(two_cells):
    volume, label = two_cells
    forest = forest_of(volume, label)
    forest.correct(*stroke(label.shape, line(3, slice(6, 14))))
    assert forest.nbytes < 24 * (label == 1).sum() + 5000


class Watched:
    """An image that notes which voxels are read."""

    def __init__(self, image):
        self.image, self.shape, self.dtype = image, image.shape, image.dtype
        self.ndim = image.ndim
        self.read = np.zeros(image.shape, bool)

    def __getitem__(self, box):
        self.read[box] = True
        return self.image[box]


def test_only_the_image_of_the_touched_object_is_read(two_cells):
    volume, label = two_cells
    watched = Watched(volume.data)
    forest = forest_of(Volume(watched), label)
    watched.read[:] = False
    forest.correct(*stroke(label.shape, line(3, slice(6, 14))))
    inside = np.stack(np.nonzero(watched.read))
    around = np.stack(np.nonzero(label == 1))
    assert inside.min(1).tolist() == around.min(1).tolist()
    assert inside.max(1).tolist() == around.max(1).tolist()


def test_a_stroke_on_the_background_adds_what_was_missed():
    truth = ball((20, 20, 16), 9) | ball((20, 20, 27), 5)
    label = ball((20, 20, 16), 9).astype("uint16")
    volume = Volume(noisy(50.0 + 100 * truth, 5))
    forest = forest_of(volume, label)
    found = result(label, forest.correct(*stroke(label.shape, (1, np.s_[20, 18:23, 26:31]))))
    assert found.dtype == label.dtype
    missed = truth & (label == 0)
    assert (found[missed] == 1).mean() > 0.9
    assert (found[~truth] == 1).sum() < 0.02 * missed.sum()
    np.testing.assert_array_equal(found[label == 1], 1)


def test_a_stroke_takes_what_is_wrong_and_unlike_the_rest():
    wrong = ball((20, 20, 12), 6)
    label = ball((20, 20, 20), 17).astype("uint8")
    volume = Volume(noisy(50.0 + 100 * label - 50 * wrong, 5))
    forest = forest_of(volume, label)
    marked = stroke(label.shape, (7, np.s_[20, 18:23, 8:17]))  # a class that there was not yet
    found = result(label, forest.correct(*marked))
    assert (found[wrong] == 7).mean() > 0.6
    assert (found[~wrong] == 7).sum() == 0


def taken(volume, label, marked, **parameters):
    return len(forest_of(volume, label, **parameters).correct(*marked).voxels)


def test_a_larger_beta_reaches_farther_into_what_is_unlike_the_rest():
    wrong = ball((20, 20, 12), 7)
    label = ball((20, 20, 20), 17).astype("uint8")
    marked = stroke(label.shape, line(2, slice(10, 15)))
    sums = np.zeros(4)
    for seed in range(5):
        volume = Volume(noisy(50.0 + 100 * label - 40 * wrong, 15, seed))
        sums += [taken(volume, label, marked, beta=beta) for beta in (1, 3, 6, 12)]
    assert np.all(np.diff(sums) > 0.05 * sums[:-1])


@pytest.mark.parametrize("beta", [1, 2, 6, 12])
def test_with_a_larger_weight_fewer_voxels_change_across_a_border(beta):
    label = ball((20, 20, 14), 12).astype("uint8")
    missed = ball((20, 20, 28), 6) & (label == 0)
    marked = stroke(label.shape, line(2, slice(18, 27)), line(3, slice(27, 31)))
    across = np.zeros(4, int)
    for seed in range(5):
        volume = Volume(noisy(50.0 + 100 * (label | missed), 15, seed))
        for rank, weight in enumerate((1, 2, 6, 50)):
            forest = forest_of(volume, label, beta=beta, presegmentation_weight=weight)
            voxels, labels = forest.correct(*marked)
            across[rank] += (label.flat[voxels] != (labels == 2)).sum()
    assert across[0] > 2 * across[1] > 4 * across[2] >= 4 * across[3]
    assert across[2] < 0.05 * across[0]


def test_the_weight_does_not_matter_inside_an_object(two_cells):
    volume, label = two_cells
    marked = stroke(label.shape, line(3, slice(8, 12)))
    found = [
        forest_of(volume, label, presegmentation_weight=weight).correct(*marked).voxels.tolist()
        for weight in (1, 100)
    ]
    assert found[0] == found[1]


def test_larger_pieces_let_a_stroke_reach_farther(two_cells):
    volume, label = two_cells
    inside = stroke(label.shape, line(3, slice(8, 12)))
    reach = [
        taken(volume, label, inside, object_seed_spacing=share) for share in (0.1, 0.25, 0.5, 1)
    ]
    assert reach == sorted(set(reach))
    outside = stroke(label.shape, line(3, slice(8, 12), z=4))
    reach = [taken(volume, label, outside, background_seed_spacing=step) for step in (4, 10, 20)]
    assert reach == sorted(set(reach))


def test_a_larger_compactness_keeps_a_stroke_closer():
    wrong = ball((20, 20, 12), 7)
    label = ball((20, 20, 20), 17).astype("uint8")
    marked = stroke(label.shape, line(2, slice(10, 15)))
    sums = np.zeros(2)
    for seed in range(5):
        volume = Volume(noisy(50.0 + 100 * label - 40 * wrong, 15, seed))
        sums += [taken(volume, label, marked, compactness=c) for c in (128, 2000)]
    assert sums[1] < 0.8 * sums[0]


def test_undoing_a_stroke_gives_back_what_was_there(two_cells):
    volume, label = two_cells
    forest = forest_of(volume, label)
    first = line(2, slice(6, 14))
    one = result(label, forest.correct(*stroke(label.shape, first)))
    both = result(one, forest.correct(*stroke(label.shape, first, line(3, slice(8, 33), y=23))))
    assert (both != one).sum() > 25
    np.testing.assert_array_equal(result(both, forest.correct(*stroke(label.shape, first))), one)
    np.testing.assert_array_equal(result(one, forest.correct(*stroke(label.shape))), label)
    assert forest.edit(LabelImage(label)).writes == ()


def random_strokes(shape, rng):
    places = [
        (int(rng.integers(5)), np.s_[z, y : y + 2, x : x + 9])
        for z, y, x in rng.integers(2, 36, (rng.integers(1, 6), 3))
    ]
    return stroke(shape, *places)


def test_the_label_depends_on_the_strokes_not_on_their_history(two_cells, monkeypatch):
    volume, label = two_cells
    rng = np.random.default_rng(0)
    forest, shown = forest_of(volume, label), label
    monkeypatch.setattr(trees_module, "MAX_BYTES", 1_400_000)  # some forests are dropped
    for _ in range(15):
        marked = random_strokes(label.shape, rng)
        shown = result(shown, forest.correct(*marked))
        fresh = forest_of(volume, label).correct(*marked)
        np.testing.assert_array_equal(shown, result(label, fresh))
        assert forest.nbytes <= 1_400_000
    assert (shown != label).sum() > 50


def test_only_what_hangs_together_with_a_new_stroke_is_grown_again(two_cells, monkeypatch):
    volume, label = two_cells
    forest = forest_of(volume, label)
    first, far = line(3, slice(8, 12)), line(4, slice(28, 32))
    forest.correct(*stroke(label.shape, first))
    grown = []
    regrow = resume_module.regrow
    monkeypatch.setattr(
        resume_module,
        "regrow",
        lambda trees, strokes: grown.append(strokes) or regrow(trees, strokes),
    )
    forest.correct(*stroke(label.shape, first, far))
    assert grown[0].classes.tolist() == [4] * 4


def test_what_is_marked_alike_already_changes_nothing(two_cells):
    volume, label = two_cells
    forest = forest_of(volume, label)
    marked = stroke(label.shape, line(1, slice(6, 14)))
    assert len(forest.correct(*marked).voxels) == 0
    other = stroke(label.shape, line(1, slice(6, 14)), line(3, slice(6, 14), y=22))
    alone = stroke(label.shape, line(3, slice(6, 14), y=22))
    guarded = forest.correct(*other).voxels
    assert not np.isin(marked[0], guarded).any()
    assert len(guarded) < len(forest_of(volume, label).correct(*alone).voxels)


def test_a_stroke_whose_class_changes_is_drawn_anew(two_cells):
    volume, label = two_cells
    forest = forest_of(volume, label)
    box = np.s_[20, 20, 6:14]
    first = forest.correct(*stroke(label.shape, (3, box)))
    second = forest.correct(*stroke(label.shape, (4, box)))
    assert first.voxels.tolist() == second.voxels.tolist()
    assert set(second.labels.tolist()) == {4}


def test_a_stroke_over_several_objects_changes_them_all(two_cells):
    volume, label = two_cells
    change = forest_of(volume, label).correct(*stroke(label.shape, line(5, slice(None))))
    below = label.flat[change.voxels]
    assert all((below == value).sum() > 30 for value in (0, 1, 2))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32"])
def test_every_type_of_label_gives_the_same(two_cells, dtype):
    volume, label = two_cells
    marked = stroke(label.shape, line(5, slice(None)))
    found = forest_of(volume, label.astype(dtype)).correct(*marked)
    expected = forest_of(volume, label).correct(*marked)
    np.testing.assert_array_equal(found.voxels, expected.voxels)
    np.testing.assert_array_equal(found.labels, expected.labels)


@pytest.mark.parametrize("shape", [(1, 60, 70), (3, 200, 50), (1, 1, 90), (70, 2, 80)])
def test_flat_and_long_images_are_corrected_too(shape):
    rng = np.random.default_rng(0)
    label = np.zeros(shape, "uint16")
    label[..., 20:45] = 300
    image = (100 * (label > 0) + rng.normal(50, 8, shape)).astype("float32")
    marked = stroke(shape, (9, np.s_[0, -1, 30:34]), (300, np.s_[-1, 0, 44:48]))
    forest = forest_of(Volume(image), label)
    change = forest.correct(*marked)
    assert len(change.voxels) >= 7
    assert np.isin(change.voxels, touched(forest, marked[0])).all()
    assert result(label, change)[0, -1, 31] == 9


def test_a_slice_is_corrected_alone_when_it_is_all_there_is(two_cells):
    volume, label = two_cells
    image, plane = volume.data[20:21], label[20:21]
    change = forest_of(Volume(image), plane).correct(
        *stroke(plane.shape, line(5, slice(6, 14), z=0))
    )
    assert 16 < len(change.voxels) < 200
    assert (plane.flat[change.voxels] == 1).all()


@pytest.mark.parametrize("scale", [1e-300, 1e300])
def test_intensities_may_be_huge_tiny_or_missing(two_cells, scale):
    volume, label = two_cells
    marked = stroke(label.shape, line(5, slice(6, 14)))
    plain = volume.data.astype(float)
    expected = forest_of(Volume(plain), label).correct(*marked)
    image = (plain - 128) * scale
    found = forest_of(Volume(image), label).correct(*marked)
    assert len(np.setxor1d(found.voxels, expected.voxels)) < 0.01 * len(expected.voxels)
    image[20, 18, 8], image[20, 22, 8], image[20, 20, 13] = np.nan, np.inf, -np.inf
    lowest = plain.copy()
    lowest[image != (plain - 128) * scale] = plain.min()
    expected = forest_of(Volume(lowest), label).correct(*marked)
    found = forest_of(Volume(image), label).correct(*marked)
    assert len(np.setxor1d(found.voxels, expected.voxels)) < 0.01 * len(expected.voxels)


@pytest.mark.parametrize("value", [0, 7, np.nan])
def test_an_image_without_contrast_is_divided_by_distance(two_cells, value):
    _, label = two_cells
    image = np.full(label.shape, value, "float32")
    change = forest_of(Volume(image), label).correct(*stroke(label.shape, line(5, slice(6, 14))))
    assert 8 < len(change.voxels) < 600


def test_a_large_object_is_divided_and_stays_local(two_cells, monkeypatch):
    volume, label = two_cells
    monkeypatch.setattr(trees_module, "LARGEST_OBJECT", 1000)
    monkeypatch.setattr(trees_module, "SIDE", {2: 10, 3: 10})
    forest = forest_of(volume, label, background_seed_spacing=5)
    names = forest._trees.regions_of(np.arange(label.size)).reshape(label.shape)
    for value in (0, 1, 2):
        for number in np.unique(names[label == value]):
            places = np.nonzero(names == number)
            assert (label[places] == value).all()
            assert all(np.ptp(along) < 10 for along in places)
    voxels, classes = stroke(label.shape, line(5, slice(3, 20)))
    change = forest.correct(voxels, classes)
    assert len(change.voxels) > 2 * 17
    assert forest.nbytes < 24 * 10**3 * 8
    assert np.isin(change.voxels, touched(forest, voxels)).all()


class Stopped(Exception):
    pass


def test_progress_never_falls_and_ends_at_one(two_cells):
    volume, label = two_cells
    heard = []
    forest = LabelForest(
        Volume(volume.data), LabelImage(label), LabelEditing(), report=heard.append
    )
    assert heard == sorted(heard)
    assert heard[-1] == 1
    heard.clear()
    forest.correct(*stroke(label.shape, line(5, slice(None))), report=heard.append)
    assert heard == sorted(heard)
    assert heard[-1] == 1
    assert len(heard) >= 3  # two objects and the background


def test_what_is_cancelled_leaves_all_as_it_was(two_cells):
    volume, label = two_cells

    def stop(share):
        raise Stopped

    with pytest.raises(Stopped):
        LabelForest(volume, LabelImage(label), LabelEditing(), report=stop)
    forest = forest_of(volume, label)
    first = stroke(label.shape, line(3, slice(6, 14)))
    forest.correct(*first)
    second = stroke(label.shape, line(4, slice(20, 40)))
    for least in (0, 0.9):
        with pytest.raises(Stopped):
            forest.correct(*second, report=lambda share, least=least: share < least or stop(share))
    found = result(result(label, forest_of(volume, label).correct(*first)), forest.correct(*second))
    expected = result(label, forest_of(volume, label).correct(*second))
    np.testing.assert_array_equal(found, expected)


def test_a_correction_is_one_step_that_can_be_undone_and_made_again(two_cells):
    volume, label = two_cells
    annotation = Annotation(label.shape)
    annotation.set_labels(LabelImage(label.copy()))
    forest = LabelForest(volume, annotation.labels, LabelEditing())
    voxels, classes = stroke(label.shape, line(5, slice(None)), line(6, slice(25, 35), y=23))
    for value in (5, 6):
        number = annotation.new_stroke()
        annotation.markers.strokes[number] = Stroke(number, value)
        annotation.markers.write(Runs.from_flat(voxels[classes == value]), number)
        annotation._next_stroke += 1
    expected = result(label, forest.correct(*annotation.markers.marked()))
    annotation.make(forest.edit(annotation.labels))
    np.testing.assert_array_equal(annotation.labels.data, expected)
    assert forest.edit(annotation.labels).writes == ()
    assert annotation.undo().name == "edit label"
    np.testing.assert_array_equal(annotation.labels.data, label)
    # What undo took back is made again, though no stroke has changed.
    assert len(forest.correct(*annotation.markers.marked()).voxels) == 0
    annotation.make(forest.edit(annotation.labels, "Apply"))
    np.testing.assert_array_equal(annotation.labels.data, expected)


def test_a_class_that_does_not_fit_the_label_is_refused(two_cells):
    volume, label = two_cells
    forest = forest_of(volume, label)
    with pytest.raises(ValueError, match=r"0 to 255, got 300; use .*astype\('uint16'\)"):
        forest.correct(np.array([5]), np.array([300]))
    with pytest.raises(ValueError, match="0 or more, got -1"):
        forest.correct(np.array([5]), np.array([-1]))
    with pytest.raises(ValueError, match="ascending"):
        forest.correct(np.array([5, 5]), np.array([3, 3]))
    with pytest.raises(ValueError, match="out of bounds"):
        forest.correct(np.array([label.size]), np.array([3]))


def test_a_label_of_another_shape_or_on_disk_is_refused(two_cells):
    volume, label = two_cells
    with pytest.raises(ValueError, match=r"\(39, 40, 40\) voxels .*, the image \(40, 40, 40\)"):
        forest_of(volume, label[1:])
    with pytest.raises(LabelOnDisk, match="memory_budget"):
        forest_of(volume, Watched(label))


def test_labels_too_many_for_classes_are_refused(two_cells):
    volume, label = two_cells
    with pytest.raises(ValueError, match="up to 65535, got 70000"):
        forest_of(volume, label * np.uint32(35000))
