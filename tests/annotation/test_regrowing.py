"""Corrections, beside a plain and slow way to find the same."""

import heapq
import math
from collections import defaultdict
from itertools import product

import numpy as np
import pytest

from annotat_nb.annotation import LabelEditing, LabelForest, LabelImage
from annotat_nb.annotation.regrowing import connected
from annotat_nb.volume import Volume


def near(place, among):
    """Return the voxels of `among` that share a face with `place`, along z, y and x."""
    z, y, x = place
    all_six = (
        (z - 1, y, x),
        (z + 1, y, x),
        (z, y - 1, x),
        (z, y + 1, x),
        (z, y, x - 1),
        (z, y, x + 1),
    )
    return [other for other in all_six if other in among]


def look(place, among, values):
    """Return the mean of a voxel and its neighbours, and of theirs."""
    ring = near(place, among)
    reach = [place, *ring, *(far for other in ring for far in near(other, among))]
    return np.float32(sum(float(values[other]) for other in reach) / len(reach))


def compete(places, values, kinds, looks, offers, parameters):
    """Return the cost and the root of each of `places`, from the (cost, root) of some."""
    alpha, beta, gamma = (
        64 / parameters.compactness,
        parameters.beta,
        parameters.presegmentation_weight,
    )
    best, done = dict(offers), set()
    heap = [(cost, place) for place, (cost, _) in offers.items()]
    heapq.heapify(heap)
    while heap:
        place = heapq.heappop(heap)[1]
        if place in done:
            continue
        done.add(place)
        cost, root = best[place]
        value, kind = looks[root]
        for other in near(place, places):
            unlike = alpha * abs(float(values[other]) - float(value))
            unlike = unlike if kinds[other] == kind else gamma * (unlike + 1)
            offer = cost + math.pow(unlike, beta) + 1, root
            if other not in done and offer < best.get(other, (math.inf,)):
                best[other] = offer
                heapq.heappush(heap, (offer[0], other))
    return best


def parts_of(places):
    """Yield what hangs together, each part in the order of its voxels."""
    left = set(places)
    for first in places:
        if first in left:
            part, waiting = [], [first]
            left.discard(first)
            while waiting:
                part.append(waiting.pop())
                more = near(part[-1], left)
                left.difference_update(more)
                waiting += more
            yield sorted(part)


def seeds_of(places, kind, values, shape, parameters):
    """Return the seeds of the voxels of a label, ascending."""
    corner = np.min(places, axis=0) if kind else np.zeros(3)
    sides = np.max(places, axis=0) + 1 - corner
    steps = np.maximum(1, parameters.object_seed_spacing * sides)
    steps = steps if kind else np.full(3, parameters.background_seed_spacing)
    image = np.zeros(shape, "float32")
    image[tuple(np.transpose(list(values)))] = list(values.values())
    axes = [axis for axis in range(3) if shape[axis] > 1]
    slopes = sum((np.gradient(image, axis=a) ** 2 for a in axes), np.zeros(shape))
    cells = defaultdict(list)
    for place in places:
        cell = np.floor((place - corner) / steps)
        offset = place - corner - ((cell + 0.5) * steps - 0.5)
        rank = (0 if kind else slopes[place], (offset**2).sum(), place)
        cells[tuple(cell)].append(rank)
    seeds = {min(ranks)[-1] for ranks in cells.values()}
    for part in parts_of(places):
        if not seeds & set(part):
            middle = np.mean(part, axis=0)
            seeds.add(min((((place - middle) ** 2).sum(), place) for place in part)[1])
    return sorted(seeds)


def slow_correction(image, label, strokes, parameters):
    """Return the label that strokes, {place: class}, make of `label`."""
    low, high = float(image.min()), float(image.max())
    every = list(product(*map(range, label.shape)))
    values = {p: np.float32(255 * ((float(image[p]) - low) / (high - low))) for p in every}
    kinds = {p: int(label[p]) for p in every}
    looks, offers, touched = {}, {}, []
    for rank, place in enumerate(sorted(strokes)):
        same = {p for p in strokes if strokes[p] == strokes[place] and kinds[p] == kinds[place]}
        looks[0, rank] = look(place, same, values), kinds[place]
        offers[place] = 0, (0, rank)
    for kind in sorted(set(kinds.values())):
        places = [p for p in every if kinds[p] == kind]
        among, seeds = set(places), seeds_of(places, kind, values, label.shape, parameters)
        names = {seed: (1, kind, rank) for rank, seed in enumerate(seeds)}
        looks |= {names[seed]: (look(seed, among, values), kind) for seed in seeds}
        starts = {seed: (0, names[seed]) for seed in seeds}
        forest = compete(among, values, kinds, looks, starts, parameters)
        roots = {forest[place][1] for place in strokes if kinds[place] == kind}
        inside = {p for p in places if forest[p][1] in roots}
        touched += inside
        fixed = {p: forest[p] for p in places if p not in inside and near(p, inside)}
        reached = step_inwards(fixed, inside, values, kinds, looks, parameters)
        reached |= {seed: start for seed, start in starts.items() if names[seed] in roots}
        offers = reached | offers
    found = compete(set(touched), values, kinds, looks, offers, parameters)
    result, order = label.copy(), sorted(strokes)
    for place, (_, root) in found.items():
        if root[0] == 0:
            result[place] = strokes[order[root[1]]]
    return result


def step_inwards(fixed, inside, values, kinds, looks, parameters):
    """Return what the trees round some voxels offer to the outermost of them."""
    offers = {}
    for place, start in fixed.items():
        for other in near(place, inside):
            step = compete({place, other}, values, kinds, looks, {place: start}, parameters)
            offers[other] = min(step[other], offers.get(other, (math.inf,)))
    return offers


def cells(shape, rng):
    """Return a noisy image of some cells that touch, and their label; some have islands."""
    points = rng.integers(0, shape, (6, 3))
    places = np.indices(shape).reshape(3, -1).T
    distances = ((places[:, None] - points) ** 2).sum(axis=2)
    label = np.where(distances.min(1) <= 20, distances.argmin(1) % 4 + 1, 0).reshape(shape)
    return 40.0 * label + rng.normal(0, 12, shape), label.astype("uint8")


@pytest.mark.parametrize("shape", [(1, 24, 22), (9, 10, 12), (3, 26, 7)])
@pytest.mark.parametrize(
    "parameters",
    [
        LabelEditing(background_seed_spacing=5),
        LabelEditing(background_seed_spacing=4, beta=2, presegmentation_weight=1),
        LabelEditing(background_seed_spacing=7, compactness=1000, object_seed_spacing=0.6, beta=1),
    ],
)
def test_a_correction_is_the_forest_of_the_touched_trees(shape, parameters):
    reached = 0
    for seed in range(4):
        rng = np.random.default_rng(seed)
        image, label = cells(shape, rng)
        forest = LabelForest(Volume(image), LabelImage(label), parameters)
        marked = np.sort(rng.choice(label.size, 12, replace=False))
        classes = rng.integers(0, 7, 12)
        where = zip(*(axis.tolist() for axis in np.unravel_index(marked, shape)), strict=True)
        strokes = dict(zip(where, classes.tolist(), strict=True))
        found = label.copy()
        change = forest.correct(marked, classes)
        found.flat[change.voxels] = change.labels
        expected = slow_correction(image, label, strokes, parameters)
        np.testing.assert_array_equal(found, expected)
        reached += len(change.voxels)
    assert reached > 4 * 12  # more than the strokes themselves


def test_boxes_that_touch_are_connected_and_others_are_not():
    def box(first, last):
        return [[0, 0, first], [3, 3, last]]

    boxes = np.array([box(8, 9), box(0, 2), box(3, 4), box(6, 7), box(20, 30)])
    reached = connected(boxes, np.array([False, True, False, False, False]))
    assert reached.tolist() == [False, True, True, False, False]
    reached = connected(boxes, np.array([True, False, False, False, False]))
    assert reached.tolist() == [True, False, False, True, False]
    assert not connected(boxes, np.zeros(5, bool)).any()
