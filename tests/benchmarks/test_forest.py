"""How long a person waits for a classifier, against scikit-learn in the same run."""

import time

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier

import annotat_nb as an
from annotat_nb.classify import TrainingData
from annotat_nb.classify.model import train

FEATURES = (an.Identity(), *(an.Gaussian(radii=(radius,)) for radius in range(1, 27)))
SHORT = 200
SIZES = [(SHORT, 5000), pytest.param(500, 50_000, marks=pytest.mark.bench)]


def superpixels(count):
    """Return 27 features of so many superpixels, which resemble each other, and their classes."""
    rng = np.random.default_rng(0)
    causes = rng.normal(0, 1, (count, 5))
    rows = causes @ rng.normal(0, 1, (5, 27)) + rng.normal(0, 0.5, (count, 27))
    return rows.astype("float32"), np.digitize(causes[:, 0] + causes[:, 1] ** 2, [0.5, 2])


def silent(*_):
    pass


@pytest.mark.parametrize(("kind", "peer", "floor"), [
    (an.RandomForest, RandomForestClassifier, 4),
    (an.ExtraTrees, ExtraTreesClassifier, 2.5),
])  # fmt: skip
@pytest.mark.parametrize(("samples", "count"), SIZES)
def test_a_forest_against_that_of_scikit_learn(compare, kind, peer, floor, samples, count):
    rows, classes = superpixels(samples + count)
    known, targets, new = rows[:samples], classes[:samples], rows[samples:]
    weights = np.random.default_rng(1).uniform(0.5, 2, samples)
    given = {"weights": weights, "seed": 0, "progress": silent}
    held = 0.5 if samples == SHORT else 1  # milliseconds hang on what else the machine does
    grown, forest = peer(200, random_state=0), kind().fit(known, targets, **given)
    fit = compare(
        lambda: grown.fit(known, targets, weights),
        lambda: kind().fit(known, targets, **given),
        clock=time.process_time,
        least=held * floor,
    )
    vote = compare(
        lambda: grown.predict_proba(new),
        lambda: forest.predict_proba(new, silent),
        clock=time.process_time,
        least=held * 1.5,
    )
    print(
        f"\n{kind.__name__}, {samples} samples: fit {1000 * fit.seconds:.0f} ms, "
        f"{fit.times:.1f} ×; {count} rows: {1000 * vote.seconds:.0f} ms, {vote.times:.1f} × "
        "(processor time)"
    )
    assert fit.times >= held * floor
    assert vote.times >= held * 1.5
    shares, expected = forest.predict_proba(new, silent), grown.predict_proba(new)
    assert (shares.argmax(axis=1) == expected.argmax(axis=1)).mean() > 0.9


@pytest.mark.parametrize(("samples", "count"), SIZES)
def test_the_next_apply_without_new_features(samples, count):
    pipeline = an.Pipeline(features=FEATURES)
    names = pipeline.channels()
    listed = tuple(name for own in names.values() for name in own)
    rows, classes = superpixels(samples + count)
    data = TrainingData(pipeline, listed, rows[:samples], classes[:samples], np.ones(samples))

    def apply():
        model = train(pipeline, data, names, silent)
        return model, model.predict_proba(rows[samples:], silent)

    model, shares = apply()
    times = []
    for _ in range(5):
        begun = time.perf_counter()
        apply()
        times.append(time.perf_counter() - begun)
    seconds = np.median(times)
    right = (shares.argmax(axis=1) == classes[samples:]).mean()
    print(
        f"\nselect, fit and assess {samples} samples, classify {count}: {seconds:.2f} s; "
        f"{right:.1%} right, said {model.accuracy.overall:.1%}"
    )
    assert seconds <= 1
    assert right == pytest.approx(model.accuracy.overall, abs=0.06)
