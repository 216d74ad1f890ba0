"""Cells, callbacks of the page and jobs run on threads of their own, and none stops another."""

import threading

import pytest

import annotat_nb as an

QUICK = an.Pipeline(
    superpixels=an.Waterpixels(seed_spacing=4), classifier=an.RandomForest(n_estimators=3)
)


@pytest.fixture
def ready(painted):
    painted.pipeline = QUICK
    painted.generate_superpixels()
    return painted


@pytest.mark.parametrize(
    ("signal", "emit"),
    [
        ("view_changed", lambda session, path: session.show(z=1)),
        ("started", lambda session, path: session.generate_superpixels(block=False)),
        ("started", lambda session, path: session.preview(block=False)),
        ("started", lambda session, path: session.save_training_data(path, block=False)),
    ],
    ids=["show", "generate_superpixels", "preview", "save_training_data"],
)
def test_who_is_told_of_something_may_use_the_session(ready, tmp_path, signal, emit):
    """A listener needs the session while another thread has it and emits the same signal."""
    inside, taken = threading.Event(), threading.Event()

    def listen(*_):
        if not inside.is_set():
            inside.set()
            taken.wait(0.5)
            with ready.lock:
                pass

    getattr(ready if signal == "view_changed" else ready.runner, signal).connect(listen)

    def meanwhile():
        assert inside.wait(5)
        with ready.lock:
            taken.set()
            ready.show(radius=7)
            ready.live = True

    threads = [
        threading.Thread(target=emit, args=(ready, tmp_path / "a"), daemon=True),
        threading.Thread(target=meanwhile, daemon=True),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert not any(thread.is_alive() for thread in threads)
