import gc
import signal
import threading
import weakref

import pytest

from annotat_nb.jobs import Cancelled, ThreadRunner, wait_with_bar


@pytest.fixture
def runner():
    runner = ThreadRunner()
    yield runner
    runner.close()


def test_a_job_gives_its_result_and_every_state_it_went_through(runner):
    go, states = threading.Event(), []

    def work(job):
        job.changed.connect(lambda: states.append((job.state, job.step, job.share)))
        go.wait(5)
        job.report("halfway", 0.5)
        return 42

    job = runner.submit("Answer", work)
    go.set()
    assert job.result() == 42
    assert states == [("running", "halfway", 0.5), ("done", "halfway", 1.0)]


def test_commit_gets_the_result_on_the_compute_thread(runner):
    seen = []
    runner.submit("x", lambda job: 1, lambda r: seen.append((r, threading.current_thread()))).wait()
    assert seen[0][0] == 1
    assert seen[0][1] is not threading.main_thread()


def test_a_failure_is_kept_with_the_job_and_the_next_job_runs(runner):
    def fail(job):
        raise MemoryError("not enough memory")

    job = runner.submit("Fail", fail)
    with pytest.raises(MemoryError, match="not enough memory"):
        job.result()
    assert job.state == "failed"
    assert runner.submit("Next", lambda job: "fine").result() == "fine"


def test_a_runner_keeps_nothing_of_jobs_that_are_over(runner):
    def work(job):
        large = Large()
        held.append(weakref.ref(large))
        inside.set()
        while how != "done":
            job.report("Working", 0.5)
            if how == "failed":
                raise ValueError(large)

    def begin(name):
        nonlocal how
        how = name
        inside.clear()
        return runner.submit("Work", work)

    class Large:
        pass

    how, held, inside = "", [], threading.Event()
    assert begin("done").wait(5)
    assert begin("failed").wait(5)
    cancelled = begin("cancelled")
    assert inside.wait(5)
    cancelled.cancel()
    assert cancelled.wait(5)
    runner.submit("Next", lambda job: None).result()  # all is tidied up by then
    gc.collect()
    assert [large() for large in held] == [None] * 3
    with pytest.raises(Cancelled, match="Work was cancelled"):
        cancelled.result()


def test_cancel_stops_at_the_next_report_and_commits_nothing(runner):
    committed, reached = [], threading.Event()

    def work(job):
        while True:
            job.report("working", 0.1)
            reached.set()

    job = runner.submit("Endless", work, committed.append)
    assert reached.wait(5)
    job.cancel()
    assert job.wait(2)
    assert job.state == "cancelled"
    assert committed == []
    with pytest.raises(Cancelled, match="Endless was cancelled"):
        job.result()


def test_a_job_cancelled_while_it_waits_never_works(runner):
    gate, worked = threading.Event(), []
    runner.submit("First", lambda job: gate.wait(5))
    job = runner.submit("Second", lambda job: worked.append(1))
    job.cancel()
    gate.set()
    assert job.wait(5)
    assert (job.state, worked) == ("cancelled", [])


def test_a_pause_ends_as_soon_as_the_job_is_cancelled(runner):
    paused = threading.Event()

    def work(job):
        job.pause(0)
        paused.set()
        job.pause(200)

    job = runner.submit("Pausing", work, is_quiet=True)
    assert paused.wait(5)
    job.cancel()
    assert job.wait(5)
    assert (job.state, job.is_quiet) == ("cancelled", True)


def test_reports_reach_listeners_a_few_times_a_second_only(runner):
    emitted = []

    def work(job):
        job.changed.connect(lambda: emitted.append(job.share))
        for share in range(1000):
            job.report("loop", share / 1000)

    runner.submit("Loop", work).wait()
    assert len(emitted) < 30


def test_jobs_run_one_after_another(runner):
    running, most = [], []

    def work(job):
        running.append(1)
        most.append(len(running))
        running.pop()

    jobs = [runner.submit("x", work) for _ in range(20)]
    for job in jobs:
        job.wait()
    assert max(most) == 1


def test_waiting_with_a_bar_returns_or_raises_what_the_job_did(runner, capsys):
    assert wait_with_bar(runner.submit("Slow", lambda job: threading.Event().wait(0.7) or 7)) == 7
    with pytest.raises(ZeroDivisionError):
        wait_with_bar(runner.submit("Bad", lambda job: 1 / 0))


def test_ctrl_c_cancels_the_job_that_is_waited_for(runner):
    def endless(job):
        while True:
            job.report("working", 0.1)

    job = runner.submit("Endless", endless)
    alarm = threading.Timer(0.8, lambda: signal.raise_signal(signal.SIGINT))
    alarm.start()
    with pytest.raises(KeyboardInterrupt):
        wait_with_bar(job)
    alarm.join()
    assert job.state == "cancelled"


def test_what_is_noted_comes_one_sentence_after_the_other(runner):
    def work(job):
        job.note("The card was full")
        job.note("The processor helped")

    job = runner.submit("Apply", work)
    with pytest.warns(UserWarning, match=r"The card was full\. The processor helped"):
        wait_with_bar(job)
