"""Two threads do anything in any order; in the end the session is whole and tells the truth."""

import faulthandler
import random
import threading
import time

import numpy as np
import pytest

import annotat_nb as an
from annotat_nb.annotation.document import LabelOnDisk
from annotat_nb.classify import TrainingError
from annotat_nb.jobs import Cancelled
from annotat_nb.session import SessionError

SHAPE = (3, 14, 16)
STEPS = 150
QUICK = {
    "features": (an.Identity(), an.Gaussian(radii=(1,))),
    "classifier": an.RandomForest(n_estimators=3),
}
PIPELINES = [
    an.Pipeline(superpixels=superpixels, mask=mask, selection=selection, **QUICK)
    for superpixels in (an.Waterpixels(seed_spacing=3), an.Slic(seed_spacing=4), None)
    for mask in (None, (0, 1), (2,))
    for selection in (None, an.FeatureSelection(threshold=0.01))
]
DOCUMENTED = (SessionError, TrainingError, Cancelled, LabelOnDisk, KeyError)
"""What may be answered: something is missing, changed meanwhile, was cancelled, or is gone."""


def image():
    rng = np.random.default_rng(0)
    return an.Volume(rng.integers(0, 100, SHAPE).astype("u1") + np.arange(16, dtype="u1") * 8)


def begin(session):
    session.classes.add("bone")
    session.paint([(2, 2), (2, 12)], label=0, index=1, radius=1)
    session.paint([(10, 2), (10, 12)], label=1, index=1, radius=1)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """What each verb that loads loads: all of the same image."""
    folder = tmp_path_factory.mktemp("files")
    with an.Session(image()) as session:
        session.pipeline = PIPELINES[0]
        begin(session)
        session.generate_superpixels()
        session.apply()
        return {
            "load_classifier": session.save_classifier(folder / "a.classifier"),
            "load_training_data": session.save_training_data(folder / "a.training"),
            "load_superpixels": session.save_superpixels(folder / "superpixels.tif"),
            "load_label": session.save_label(folder / "label.tif"),
        }


class User(threading.Thread):
    """Does one thing after the other, as chance will have it."""

    def __init__(self, session, files, folder, seed):
        super().__init__(daemon=True)
        self.session, self.files, self.folder, self.seed = session, files, folder, seed
        self.chance, self.did, self.failed = random.Random(seed), [], None

    def run(self):
        things = self.things()
        weights = [weight for weight, _ in things.values()]
        for _ in range(STEPS):
            self.did += self.chance.choices([*things], weights)
            try:
                things[self.did[-1]][1]()
            except DOCUMENTED:
                self.did[-1] += " (refused)"
            except Exception as error:
                self.failed = error
                return

    def things(self):
        """Return what can be done, each with how often."""
        session, chance = self.session, self.chance
        training, classifier = (
            self.folder / f"{self.seed}.{kind}" for kind in ("training", "classifier")
        )
        return {
            "paint": (16, lambda: session.paint(**self.place(), label=self.label())),
            "erase": (3, lambda: session.erase(**self.place())),
            "erase all": (1, session.erase_all),
            "correct": (6, self.correct),
            "undo": (4, session.undo),
            "redo": (4, session.redo),
            "add": (3, lambda: session.classes.add(f"{self.seed} {len(self.did)}")),
            "remove": (1, lambda: session.classes.remove(chance.randrange(1, 4))),
            "hide": (1, lambda: session.classes.show(self.label(), self.is_so(0.5))),
            "choose": (4, lambda: setattr(session, "pipeline", chance.choice(PIPELINES))),
            "budget": (0.3, lambda: setattr(session, "memory_budget", chance.choice([None, 0]))),
            "live": (3, lambda: setattr(session, "live", self.is_so(0.6))),
            "scroll": (3, lambda: session.show(axis=chance.choice("zyx"), z=chance.randrange(3))),
            "look": (3, lambda: session.probe((1, chance.randrange(14), 3))),
            "wait": (8, lambda: time.sleep(chance.random() / 20)),
            "generate": (3, lambda: session.generate_superpixels(block=self.is_so(0.3))),
            "preview": (2, lambda: session.preview(block=self.is_so(0.3))),
            "apply": (5, lambda: session.apply(block=self.is_so(0.3))),
            "cancel": (2, session.runner.cancel_all),
            "save": (2, lambda: session.save_training_data(training, block=self.is_so(0.3))),
            "save classifier": (1, lambda: session.save_classifier(classifier)),
            "load": (3, self.load),
            "let go": (3, self.forget_loaded),
        }

    def place(self):
        return {
            "points": [(self.chance.randrange(14), self.chance.randrange(16)) for _ in range(2)],
            "index": self.chance.randrange(3),
            "radius": self.chance.randrange(3),
        }

    def label(self):
        return self.chance.choice([item.id for item in self.session.classes])

    def is_so(self, share):
        return self.chance.random() < share

    def correct(self):
        """Use one of the tools that look at the label, or the superpixels."""
        label = self.label()
        tool = self.chance.choice(
            [
                an.Extend(**self.place()),
                an.SuperpixelBrush(**self.place(), label=label),
                an.SequentialPaint(**self.place()),
                an.Merge(**self.place()),
                an.MergeClasses(classes=(self.label(), label)),
                an.Morphology(label=max(1, label), operation="close"),
                an.Relabel(label=max(1, label), minimum_size=40),
            ]
        )
        try:
            self.session.edit(tool)
        except ValueError:
            self.did[-1] += " (refused)"

    def load(self):
        verb = self.chance.choice([*self.files])
        getattr(self.session, verb)(self.files[verb])

    def forget_loaded(self):
        self.session.forget_classifier()
        self.session.forget_training_data()


@pytest.mark.filterwarnings("ignore:Apply trains anew", "ignore:.* lie outside the mask")
@pytest.mark.parametrize("seed", range(3))
def test_whatever_two_threads_do_the_session_is_whole(files, tmp_path, seed):
    jobs, path = [], tmp_path / "a.annotat"
    with an.Session(image(), path) as session:
        session.runner.started.connect(jobs.append)
        begin(session)
        together(*(User(session, files, tmp_path, 2 * seed + number) for number in (0, 1)))
        session.live = False
        finish(session)
        errors = [job.error for job in jobs if job.state == "failed"]
        assert [error for error in errors if not isinstance(error, DOCUMENTED)] == []
        check_live(session)
        assert session.recorder.state == "saved"
        before = state_of(session)
    with an.open(path) as again:
        assert again.notices == ()
        after = state_of(again)
    for name, expected in before.items():
        np.testing.assert_equal(after[name], expected, err_msg=name)


def together(*users):
    for user in users:
        user.start()
    for user in users:
        user.join(60)
    if any(user.is_alive() for user in users):
        faulthandler.dump_traceback()
        pytest.fail(f"nothing moves any more after {[user.did[-3:] for user in users]}")
    for error in [user.failed for user in users if user.failed is not None]:
        raise error


def finish(session):
    """Wait until no job is left."""
    session.runner.submit("Last", lambda job: None, is_quiet=True).result()


def check_live(session):
    """See that live update says the truth, and shows what Apply would give."""
    session.live = True
    is_current = session.live_update.wait(20)
    state, error = session.live_update.state, session.live_update.error
    former, preview = data_of(session.segmentation), session.previewed
    session.live = False
    finish(session)
    assert is_current == (state == "current")
    if state == "waiting":
        assert session.live_obstacle() is not None
    elif state == "failed":
        with pytest.raises(type(error)):
            session.apply()
    else:
        assert is_current
        session.apply()
        check_same(session.segmentation.data, former, preview)


def check_same(found, former, preview):
    """See that a label is what was shown before: a preview, or else the former label."""
    if preview is None:
        np.testing.assert_array_equal(found, former)
    else:
        known = preview.labels >= 0
        np.testing.assert_array_equal(found[preview.box][known], preview.labels[known])


def state_of(session):
    loaded, history = session.loaded, session.annotation.history
    return {
        "markers": np.asarray(session.markers.data),
        "classes": list(session.classes),
        "pipeline": session.pipeline,
        "superpixels": data_of(session.superpixels),
        "segmentation": data_of(session.segmentation),
        "mask": data_of(session.results.mask),
        "loaded": loaded and (loaded.name, loaded.key, loaded.position),
        "changes": session.changes_since_apply,
        "is older": (session.parameters_changed, session.grounds_changed),
        "fractions": session.fractions,
        "caution": session.caution,
        "obstacle": session.obstacle("apply"),
        "view": session.view,
        "undo": [step.edit.name for step in history.done],
        "redo": [step.edit.name for step in history.undone],
    }


def data_of(image):
    return None if image is None else np.array(image.data)
