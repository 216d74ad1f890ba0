import numpy as np

from annotat_nb.superpixels.repair import reconnect


def test_a_cut_off_part_joins_the_neighbour_it_touches_most():
    labels = np.array([[[1, 1, 1, 2], [3, 3, 3, 1], [3, 3, 3, 3]]], "uint32")
    np.testing.assert_array_equal(
        reconnect(labels, 2), [[[1, 1, 1, 2], [3, 3, 3, 3], [3, 3, 3, 3]]]
    )


def test_among_equal_neighbours_the_smallest_id_counts():
    labels = np.array([[[3, 3, 3, 2, 3, 4, 4, 4]]], "uint32")
    np.testing.assert_array_equal(reconnect(labels, 2), [[[3, 3, 3, 2, 2, 4, 4, 4]]])


def test_a_part_within_a_cut_off_part_joins_the_same_superpixel():
    labels = np.ones((1, 7, 7), "uint32")
    labels[0, 0] = 2
    labels[0, 3:5, 3:5] = 2
    labels[0, 6] = 3
    labels[0, 4, 4] = 3
    expected = np.ones((1, 7, 7))
    expected[0, 0], expected[0, 6] = 2, 3
    np.testing.assert_array_equal(reconnect(labels, 2), expected)


def test_connected_superpixels_stay_as_they_are():
    labels = np.repeat(np.arange(1, 5, dtype="uint32"), 6).reshape(2, 3, 4)
    np.testing.assert_array_equal(reconnect(labels, 3), labels)


def test_two_dimensional_parts_join_within_their_slice():
    labels = np.array([[[1, 1, 2, 1]], [[3, 3, 3, 3]]], "uint32")
    np.testing.assert_array_equal(reconnect(labels, 2), [[[1, 1, 2, 2]], [[3, 3, 3, 3]]])
