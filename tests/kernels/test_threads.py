import os

import pytest

from annotat_nb.kernels import over, processors


@pytest.mark.parametrize("limit", ["max 100000", "400000000 100000", "nonsense", ""])
def test_without_a_limit_all_processors_of_this_process_count(tmp_path, limit):
    (tmp_path / "cpu.max").write_text(limit)
    assert processors(tmp_path / "cpu.max") == len(os.sched_getaffinity(0))
    assert processors(tmp_path / "missing") == len(os.sched_getaffinity(0))


@pytest.mark.parametrize("limit", ["100000 100000", "50000 100000"])
def test_the_share_of_a_container_counts(tmp_path, limit):
    (tmp_path / "cpu.max").write_text(limit)
    assert processors(tmp_path / "cpu.max") == 1


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("count", [0, 1, 3, 100])
def test_every_item_is_done_once(threads, count):
    done = [0] * count

    def work(start, stop):
        for item in range(start, stop):
            done[item] += 1

    over(count, work, threads=threads)
    assert done == [1] * count


def test_what_fails_in_a_thread_fails_for_the_caller():
    def fail(start, stop):
        raise ZeroDivisionError(start)

    with pytest.raises(ZeroDivisionError):
        over(8, fail, threads=2)


def test_after_a_failure_no_further_range_is_begun():
    begun = []

    def fail(start, stop):
        begun.append(start)
        raise ZeroDivisionError(start)

    with pytest.raises(ZeroDivisionError):
        over(100, fail, threads=2)
    assert len(begun) <= 2
