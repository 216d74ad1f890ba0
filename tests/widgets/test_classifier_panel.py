from inspect import isabstract

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ipywidgets.widgets.widget import _instances

from annotat_nb.classify import (
    Classifier,
    ExtraTrees,
    FeatureSelection,
    KNearestNeighbours,
    LinearSvm,
    MultilayerPerceptron,
    Pipeline,
    RandomForest,
)
from annotat_nb.features import (
    DifferenceOfGaussians,
    Feature,
    Gaussian,
    Identity,
    Mean,
    Median,
    Sobel,
    bank,
)
from annotat_nb.operation import kinds_of
from annotat_nb.superpixels import Slic, Waterpixels
from annotat_nb.widgets.classifier_panel import ClassifierPanel
from annotat_nb.widgets.feature_choices import FLAT
from annotat_nb.widgets.housekeeping import close_tree

KINDS = [
    kind
    for kind in kinds_of(Feature)
    if not isabstract(kind) and kind.__module__.startswith("annotat_nb")
]


class Host:
    """What opened the dialog."""

    def __init__(self, pipeline=None, shape=None):
        self.accepted, self.cancelled = [], 0
        self.panel = ClassifierPanel(
            pipeline or Pipeline(), self.accepted.append, self._cancel, shape=shape
        )

    def _cancel(self):
        self.cancelled += 1


def _tick(panel, kind):
    return panel.features.choices[kind].tick


def _windows(panel, kind):
    return panel.features.choices[kind].windows.controls


radii = st.lists(st.integers(1, 64), min_size=1, max_size=5).map(tuple)
dimensions = st.sampled_from([2, 3])


def _feature(kind):
    fields = {"radii": radii, "ndim": dimensions}
    return st.builds(kind, **{k: v for k, v in fields.items() if k in kind.model_fields})


pipelines = st.builds(
    Pipeline,
    features=st.permutations(KINDS)
    .flatmap(lambda kinds: st.integers(1, len(kinds)).map(lambda n: kinds[:n]))
    .flatmap(lambda kinds: st.tuples(*map(_feature, kinds))),
    superpixels=st.none()
    | st.builds(Waterpixels, seed_spacing=st.integers(2, 256), ndim=dimensions)
    | st.builds(Slic, compactness=st.floats(1e-9, 100)),
    pooling=st.permutations(["mean", "min", "max"]).map(lambda names: tuple(names[:2])),
    selection=st.none()
    | st.builds(
        FeatureSelection,
        method=st.sampled_from(["impurity", "drop_column", "permutation"]),
        threshold=st.floats(0, 1),
    ),
    classifier=st.builds(RandomForest, n_estimators=st.integers(1, 5000), intelex=st.booleans())
    | st.builds(ExtraTrees, n_estimators=st.integers(1, 5000))
    | st.builds(LinearSvm, C=st.floats(1e-300, 1e6))
    | st.builds(KNearestNeighbours, n_neighbors=st.integers(1, 1000))
    | st.builds(
        MultilayerPerceptron,
        hidden_layer_sizes=st.lists(st.integers(1, 1000), min_size=1, max_size=5).map(tuple),
        alpha=st.floats(0, 1e3),
    ),
    balanced=st.booleans(),
    device=st.sampled_from(["auto", "cpu", "cuda:1"]),
    seed=st.integers(0, 2**32 - 1),
)

AUTO = "auto: cpu here"


@settings(max_examples=25, deadline=None)
@given(pipelines)
def test_any_pipeline_survives_the_dialog(pipeline):
    assert ClassifierPanel(Pipeline(), print, print).value == Pipeline()
    assert ClassifierPanel(pipeline, print, print).value == pipeline


def test_every_feature_has_a_tick_with_its_title_and_a_tooltip():
    panel = Host().panel
    ticks = {kind: _tick(panel, kind) for kind in KINDS}
    assert {kind: tick.description for kind, tick in ticks.items()} == {
        kind: kind.title for kind in KINDS
    }
    assert all(tick.tooltip for tick in ticks.values())
    assert [kind for kind in KINDS if ticks[kind].value] == [
        kind for kind in KINDS if kind in (Identity, Gaussian)
    ]


def test_every_classifier_is_offered_with_a_control_and_a_tooltip_for_each_parameter():
    choice = Host().panel.classifier
    offered = dict(choice.kind.options)
    assert {
        "Random forest": RandomForest,
        "Extremely randomised trees": ExtraTrees,
        "Linear SVM": LinearSvm,
        "k nearest neighbours": KNearestNeighbours,
        "Multilayer perceptron": MultilayerPerceptron,
    }.items() <= offered.items()
    for kind in offered.values():
        choice.kind.value = kind
        assert set(choice.form.controls) == set(kind.model_fields)
        assert all(control.tooltip for control in choice.form.controls.values())
        assert isinstance(choice.value, Classifier)


def test_classes_are_balanced_and_features_selected_as_chosen():
    panel = Host().panel
    assert (panel.balanced.value, panel.balanced.description) == (
        False,
        "Each class counts the same",
    )
    panel.balanced.value = True
    control = panel.selection.controls["method"]
    assert [words for words, _ in control.options] == ["impurity", "drop column", "permutation"]
    control.value = "drop_column"
    expected = Pipeline(balanced=True, selection=FeatureSelection(method="drop_column"))
    assert panel.value == expected
    panel.reset.click()
    assert panel.value == Pipeline()


def test_ok_hands_over_what_was_changed():
    host = Host()
    _tick(host.panel, Sobel).value = True
    host.panel.classifier.form.controls["n_estimators"].value = "50"
    host.panel.ok.click()
    expected = Pipeline(
        features=(Identity(), Gaussian(), Sobel()), classifier=RandomForest(n_estimators=50)
    )
    assert host.accepted == [expected]


def test_cancel_hands_over_nothing():
    host = Host()
    _tick(host.panel, Sobel).value = True
    host.panel.cancel.click()
    assert (host.accepted, host.cancelled) == ([], 1)


def test_shared_windows_serve_every_ticked_filter_that_has_radii():
    panel = Host().panel
    for kind in (Mean, Sobel, DifferenceOfGaussians):
        _tick(panel, kind).value = True
    panel.features.shared.controls["radii"].value = "2, 6"
    panel.features.shared.controls["ndim"].value = 3
    both = {"radii": (2, 6), "ndim": 3}
    assert set(panel.value.features) == {
        Identity(),
        Gaussian(**both),
        Mean(**both),
        DifferenceOfGaussians(**both),
        Sobel(ndim=3),
    }


def test_windows_of_its_own_serve_one_filter_alone():
    panel = Host().panel
    _tick(panel, Median).value = True
    _windows(panel, Median)["radii"].value = "1"
    assert panel.value.features == (Identity(), Gaussian(), Median(radii=(1,)))
    _windows(panel, Median)["radii"].value = ""
    assert panel.value.features == (Identity(), Gaussian(), Median())


def test_a_refused_window_of_one_filter_is_unfolded():
    host = Host()
    host.panel.ok.click()
    assert host.panel.features.own.selected_index is None
    _windows(host.panel, Gaussian)["radii"].value = "abc"
    host.panel.ok.click()
    assert "must be a whole number" in host.panel.status.value
    assert host.panel.features.own.selected_index == 0


def test_only_ticked_filters_offer_windows_of_their_own():
    panel = Host().panel
    details = {kind: choice.details.layout for kind, choice in panel.features.choices.items()}
    assert details[Median].display == "none"
    _tick(panel, Median).value = True
    assert details[Median].display != "none"
    assert details[Gaussian].display != "none"


def test_what_most_filters_have_is_shown_as_shared():
    same = {"radii": (3, 5), "ndim": 3}
    panel = Host(Pipeline(features=(Gaussian(), Mean(**same), Median(**same)))).panel
    assert panel.features.shared.controls["radii"].value == "3, 5"
    assert _windows(panel, Mean)["radii"].value == ""
    assert _windows(panel, Gaussian)["radii"].value == "1, 2, 4, 8"
    assert _windows(panel, Gaussian)["ndim"].value == 2


def test_features_of_a_repeated_kind_are_listed_and_kept():
    features = (Gaussian(radii=(1,)), Identity(), Gaussian(radii=(9,)))
    panel = Host(Pipeline(features=features)).panel
    (line,) = panel.features._extras.children
    assert "Gaussian(radii=(9,)" in line.value
    assert panel.value.features == features


def test_unticking_a_repeated_kind_leaves_the_listed_one():
    panel = Host(Pipeline(features=(Gaussian(radii=(1,)), Gaussian(radii=(9,))))).panel
    _tick(panel, Gaussian).value = False
    assert panel.value.features == (Gaussian(radii=(9,)),)


def _untick_all_filters(panel):
    for kind in KINDS:
        _tick(panel, kind).value = False


def _untick_all_pooling(panel):
    for tick in panel.pooling.values():
        tick.value = False


def _type(attribute, name, text):
    def act(panel):
        getattr(panel, attribute).form.controls[name].value = text

    return act


def _own_windows(panel):
    _windows(panel, Gaussian)["radii"].value = "0"


def _seed(panel):
    panel.advanced.controls["seed"].value = "-1"


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (_untick_all_filters, "tick at least one filter"),
        (_untick_all_pooling, "tick at least one pooling"),
        (_type("superpixels", "seed_spacing", "1"), "Seed spacing (voxel) must be at least 2"),
        (_type("classifier", "n_estimators", ""), "must be a whole number"),
        (_own_windows, "Gaussian (FFT Gauss): Windows (voxel) must be at least 1"),
        (_seed, "Seed must be at least 0"),
    ],
)
def test_ok_is_refused_with_a_sentence_until_it_is_mended(spoil, sentence):
    host = Host()
    spoil(host.panel)
    host.panel.ok.click()
    assert host.accepted == []
    assert sentence in host.panel.status.value
    host.panel.reset.click()
    assert host.panel.status.value == ""
    host.panel.ok.click()
    assert host.accepted == [Pipeline()]


def test_a_refusal_is_forgotten_once_something_changes():
    host = Host()
    _untick_all_filters(host.panel)
    host.panel.ok.click()
    _tick(host.panel, Sobel).value = True
    assert host.panel.status.value == ""


def test_reset_shows_the_defaults_and_changes_nothing_yet():
    pipeline = Pipeline(features=(Sobel(),), superpixels=None, selection=None, seed=7)
    host = Host(pipeline)
    host.panel.reset.click()
    assert host.panel.value == Pipeline()
    assert host.accepted == []


def test_the_expected_number_of_superpixels_follows_the_form():
    panel = Host(shape=(10, 70, 140)).panel
    assert panel.expected.value == "About 2,000 superpixels in this image"
    panel.superpixels.form.controls["ndim"].value = 3
    assert panel.expected.value == "About 200 superpixels in this image"
    panel.superpixels.form.controls["seed_spacing"].value = "0"
    assert panel.expected.value == ""
    panel.superpixels.kind.value = Slic
    assert panel.expected.value == "About 2,000 superpixels in this image"


def test_classifying_per_voxel_needs_no_pooling():
    panel = Host(shape=(10, 70, 140)).panel
    panel.superpixels.kind.value = None
    assert panel.value.superpixels is None
    assert panel._pooling_section.layout.display == "none"
    assert panel.expected.value == ""
    _untick_all_pooling(panel)
    assert panel.value.pooling == ("mean",)


def test_filters_stand_in_the_order_of_the_original():
    ticks = list(Host().panel.features.choices)
    assert ticks[:2] == [Identity, Gaussian]
    assert ticks.index(Mean) < ticks.index(Median)
    assert set(KINDS) <= set(ticks)


def test_methods_are_chosen_by_their_names():
    panel = Host().panel
    names = [label for label, _ in panel.superpixels.kind.options]
    assert names == ["SLIC", "Waterpixels", "None (per voxel)"]


def test_a_method_keeps_its_numbers_while_another_is_looked_at():
    panel = Host(Pipeline(classifier=RandomForest(n_estimators=17))).panel
    panel.classifier.kind.value = LinearSvm
    assert panel.value.classifier == LinearSvm()
    panel.classifier.kind.value = RandomForest
    assert panel.value.classifier == RandomForest(n_estimators=17)


def test_only_the_form_of_the_chosen_method_is_shown():
    panel = Host().panel
    panel.classifier.kind.value = LinearSvm
    shown = [form for form in panel.classifier._place.children if form.layout.display != "none"]
    assert shown == [panel.classifier.form]
    panel.superpixels.kind.value = None
    assert all(form.layout.display == "none" for form in panel.superpixels._place.children)


def test_closing_leaves_no_form_behind():
    before = set(_instances)
    panel = Host().panel
    panel.classifier.kind.value = LinearSvm
    panel.superpixels.kind.value = None
    close_tree(panel)
    assert set(_instances) == before


def test_feature_selection_is_a_tick_and_a_threshold():
    panel = Host().panel
    panel.selection.controls["threshold"].value = "0.05"
    assert panel.value.selection == FeatureSelection(threshold=0.05)
    panel.select.value = False
    assert panel.value.selection is None


@pytest.mark.parametrize("cards", [0, 2])
def test_the_devices_of_this_computer_can_be_chosen(monkeypatch, cards):
    monkeypatch.setattr(bank, "_count_cards", lambda: cards)
    panel = Host().panel
    panel.advanced.controls["seed"].value = "3"
    device = panel.advanced.controls["device"]
    offered = dict(device.options)
    assert list(offered.values()) == ["auto", "cpu", "cuda:0", "cuda:1"][: 2 + cards]
    assert device.label == ("auto: cuda:0 here" if cards else AUTO)
    device.value = list(offered.values())[-1]
    assert (panel.value.seed, panel.value.device) == (3, list(offered.values())[-1])


def test_a_device_of_another_computer_is_shown_and_kept():
    panel = ClassifierPanel(Pipeline(device="cuda:7"), print, print)
    assert panel.advanced.controls["device"].label == "cuda:7 (not here)"
    assert panel.value.device == "cuda:7"


def test_features_without_a_third_dimension_say_so():
    choices = Host().panel.features.choices
    for kind in KINDS:
        choices[kind].tick.value = True
    flat = {kind.title for kind in KINDS if choices[kind].details.children[1].value == FLAT}
    assert {"Gabor (FFT Gabor)", "Shape index"} <= flat
    assert choices[Gaussian].details.children[1].value == ""
