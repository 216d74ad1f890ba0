"""Grow decision trees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from annotat_nb.kernels.compiling import helper, kernel

if TYPE_CHECKING:
    from annotat_nb.operation import Array

SHORT = 40
"""Lists up to this long are sorted by insertion, longer ones digit by digit."""


@helper
def _random(state: Array) -> Any:
    """Return the next of 2⁶⁴ random numbers (SplitMix64 of Steele, Lea and Flood, 2014)."""
    state[0] += np.uint64(0x9E3779B97F4A7C15)
    mixed = state[0]
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


@helper
def _below(state: Array, count: int) -> Any:
    """Return a random number from 0 up to, not including, `count`, which is below 2³²."""
    return np.int64(((_random(state) >> np.uint64(32)) * np.uint64(count)) >> np.uint64(32))


@helper
def _sorted_keys(keys: Array, spare: Array, count: int, largest: Any) -> Array:
    """Sort keys by the number in their upper half, which is up to `largest`.

    The result is in one of the two arrays.
    """
    if count <= SHORT:
        for i in range(1, count):
            key, j = keys[i], i
            while j > 0 and keys[j - 1] > key:
                keys[j] = keys[j - 1]
                j -= 1
            keys[j] = key
        return keys
    places = np.empty(257, np.int64)
    shift = 0
    while largest >> shift > 0:
        places[:] = 0
        for i in range(count):
            places[((keys[i] >> (32 + shift)) & 255) + 1] += 1
        for digit in range(256):
            places[digit + 1] += places[digit]
        for i in range(count):
            digit = (keys[i] >> (32 + shift)) & 255
            spare[places[digit]] = keys[i]
            places[digit] += 1
        keys, spare = spare, keys
        shift += 8
    return keys


@helper
def _best_cut(
    column: Array, ranks: Array, kinds: Array, bag: Array, members: Array, total: Array, room: Array
) -> tuple[Any, Any]:
    """Return how purely the best threshold of a feature parts the members, and this threshold.

    The purity is the sum over both sides of the squared weights of the classes over the weight of
    the side: where it is largest, the Gini impurity is smallest. It is −1 if all values are equal.
    """
    count, largest = members.size, np.int64(0)
    for i in range(count):
        rank = ranks[members[i]]
        room[0, i] = np.int64(rank) << 32 | np.int64(members[i])
        largest = max(largest, np.int64(rank))
    keys = _sorted_keys(room[0], room[1], count, largest)
    seen = np.zeros(total.size)
    weight = left = left_squares = 0.0
    right_squares = 0.0
    for label in range(total.size):
        weight += total[label]
        right_squares += total[label] * total[label]
    best, threshold = -1.0, 0.0
    for i in range(count - 1):
        sample = keys[i] & 0xFFFFFFFF
        own, label = bag[sample], kinds[sample]
        left_squares += own * (2 * seen[label] + own)
        right_squares -= own * (2 * (total[label] - seen[label]) - own)
        seen[label] += own
        left += own
        if keys[i] >> 32 != keys[i + 1] >> 32:
            purity = left_squares / left + right_squares / (weight - left)
            if purity > best:
                best = purity
                threshold = _between(column[sample], column[keys[i + 1] & 0xFFFFFFFF])
    return best, threshold


@helper
def _between(low: Any, high: Any) -> Any:
    """Return a float32 from `low` up to, not including, `high`: their mean if there is one."""
    middle = np.float32(0.5 * np.float64(low) + 0.5 * np.float64(high))
    return low if middle >= high else middle


@helper
def _random_cut(
    column: Array, kinds: Array, bag: Array, members: Array, total: Array, state: Array
) -> tuple[Any, Any]:
    """Return how purely a random threshold of a feature parts the members, and this threshold."""
    low = high = column[members[0]]
    for sample in members:
        low, high = min(low, column[sample]), max(high, column[sample])
    if low == high:
        return -1.0, 0.0
    part = np.float64(_random(state) >> np.uint64(11)) / 2.0**53
    threshold = np.float32(low + part * (np.float64(high) - low))
    if threshold >= high:
        threshold = low
    seen = np.zeros(total.size)
    for sample in members:
        if column[sample] <= threshold:
            seen[kinds[sample]] += bag[sample]
    left = right = left_squares = right_squares = 0.0
    for label in range(total.size):
        rest = total[label] - seen[label]
        left, right = left + seen[label], right + rest
        left_squares, right_squares = (
            left_squares + seen[label] * seen[label],
            right_squares + rest * rest,
        )
    return left_squares / left + right_squares / right, threshold


@helper
def _part(column: Array, threshold: Any, members: Array, spare: Array) -> int:
    """Move the members up to the threshold to the front; return how many they are."""
    low = high = 0
    for i in range(members.size):
        sample = members[i]
        if column[sample] <= threshold:
            members[low] = sample
            low += 1
        else:
            spare[high] = sample
            high += 1
    for i in range(high):
        members[low + i] = spare[i]
    return low


@helper
def _weigh(kinds: Array, bag: Array, members: Array, total: Array) -> tuple[float, float, bool]:
    """Add up the weight of each class into `total`; return the sum, purity, and if all are one."""
    total[:] = 0
    for sample in members:
        total[kinds[sample]] += bag[sample]
    weight = squares = 0.0
    for label in range(total.size):
        weight += total[label]
        squares += total[label] * total[label]
    present = 0
    for label in range(total.size):
        present += total[label] > 0
    return weight, squares / weight, present == 1


@helper
def _shuffled(order: Array, first: int, state: Array) -> Any:
    """Bring a random one of the features from place `first` on to this place, and return it."""
    other = first + _below(state, order.size - first)
    feature = order[other]
    order[other], order[first] = order[first], feature
    return feature


@kernel(
    (
        "const float32[:,::1]",
        "const int32[:,::1]",
        "const int32[::1]",
        "const float64[::1]",
        "int32[::1]",
        "int64",
        "uint64",
        "boolean",
        "int32[:,::1]",
        "float32[::1]",
        "float32[:,::1]",
        "float64[::1]",
    )
)
def grow(
    columns: Array,
    ranks: Array,
    kinds: Array,
    bag: Array,
    everyone: Array,
    tries: int,
    seed: Any,
    is_random: bool,
    nodes: Array,
    thresholds: Array,
    votes: Array,
    gains: Array,
) -> int:
    """Grow one tree until its leaves are pure, and return its number of nodes.

    Parameters
    ----------
    columns
        Features of the samples, (features, samples).
    ranks
        How many distinct smaller values each feature has; not read if `is_random`.
    kinds
        The class of each sample, from 0.
    bag
        How much each sample counts in this tree.
    everyone
        The samples that count more than 0; their order is changed.
    tries
        How many features, drawn anew at each node, are compared.
    seed
        Start of the random numbers.
    is_random
        Whether a random threshold of each feature is tried instead of all.
    nodes
        Receives feature, left and right child of each node, (3, 2 · samples); −1 at a leaf.
    thresholds
        Receives the largest value that goes left.
    votes
        Receives the shares of the classes, (2 · samples, classes).
    gains
        Receives by how much splits at each feature lessen the weighted Gini impurity.
    """
    state = np.empty(1, np.uint64)
    state[0] = seed
    spare = np.empty(everyone.size, np.int32)
    room = np.empty((2, everyone.size), np.int64)
    order = np.arange(len(columns))
    total = np.empty(votes.shape[1])
    stack = np.empty((everyone.size + 1, 3), np.int64)
    stack[0, 0], stack[0, 1], stack[0, 2] = 0, everyone.size, -1
    waiting, node = 1, 0
    while waiting:
        waiting -= 1
        start, stop, parent = stack[waiting, 0], stack[waiting, 1], stack[waiting, 2]
        members = everyone[start:stop]
        if parent >= 0:
            nodes[2, parent] = node
        weight, purity, is_pure = _weigh(kinds, bag, members, total)
        for label in range(total.size):
            votes[node, label] = total[label] / weight
        best, chosen, threshold, tried = -1.0, -1, np.float32(0), 0
        while not is_pure and tried < order.size and (tried < tries or chosen < 0):
            feature = _shuffled(order, tried, state)
            column = columns[feature]
            if is_random:
                found, cut = _random_cut(column, kinds, bag, members, total, state)
            else:
                found, cut = _best_cut(column, ranks[feature], kinds, bag, members, total, room)
            if found > best:
                best, chosen, threshold = found, feature, np.float32(cut)
            tried += 1
        nodes[0, node], nodes[1, node], nodes[2, node] = chosen, -1, -1
        thresholds[node] = threshold
        if chosen >= 0:
            gains[chosen] += best - purity
            middle = start + _part(columns[chosen], threshold, members, spare)
            nodes[1, node] = node + 1
            stack[waiting, 0], stack[waiting, 1], stack[waiting, 2] = middle, stop, node
            stack[waiting + 1, 0], stack[waiting + 1, 1] = start, middle
            stack[waiting + 1, 2] = -1
            waiting += 2
        node += 1
    return node
