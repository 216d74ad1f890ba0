import asyncio
import threading

import h5py
import numpy as np
import pytest
import tifffile
from PIL import Image

import annotat_nb as an
from annotat_nb.widgets import opening

STACKS = np.arange(2 * 3 * 4 * 6 * 5).reshape(2, 3, 4, 6, 5).astype("uint16")


@pytest.fixture
def empty():
    app = an.Annotator()
    yield app
    if app.session is not None:
        app.session.close()
    app.close()


@pytest.fixture
def movie(tmp_path):
    """Two times, each four slices of three channels."""
    path = tmp_path / "movie.tif"
    tifffile.imwrite(path, STACKS.swapaxes(1, 2), imagej=True, metadata={"axes": "TZCYX"})
    return path


@pytest.fixture
def held(monkeypatch):
    """Reading waits until the event is set."""
    gate, read = threading.Event(), opening.io.read

    def read_later(*arguments, **named):
        assert gate.wait(20)
        return read(*arguments, **named)

    monkeypatch.setattr(opening.io, "read", read_later)
    yield gate
    gate.set()


def answer(app, label, wait):
    """Choose a row of the question that is asked."""
    rows = {row.description: row for row in app.dialogs.shown.rows}
    rows[label].click()
    wait(app)


def words(app):
    """The sentences of the dialog that is open."""
    return [part.value for part in app.dialogs.shown.children if hasattr(part, "value")]


def test_what_a_file_leaves_open_is_asked_one_after_the_other(empty, movie, choose, wait):
    empty.menu.run("File", "Open image…")
    choose(empty, movie)
    assert words(empty)[0] == "movie.tif is a time series: which time point is to be opened?"
    answer(empty, "time 1", wait)
    assert words(empty)[:2] == [
        "movie.tif has several channels: which one is to be opened?",
        "Time point: 1",
    ]
    answer(empty, "channel 2", wait)
    assert empty.dialogs.shown is None
    np.testing.assert_array_equal(empty.session.volume.data[:], STACKS[1, 2])
    assert empty.session.volume.how == {"time": 1, "channel": 2}


def test_the_answer_is_remembered_in_the_workspace(empty, movie, wait):
    empty.begin_opening(movie, time=1, channel=2)
    wait(empty)
    workspace = empty.session.recorder.workspace.path
    empty.menu.run("File", "Close image")
    empty.begin_opening(workspace)
    wait(empty)
    np.testing.assert_array_equal(empty.session.volume.data[:], STACKS[1, 2])


def test_giving_up_a_choice_opens_nothing(empty, movie, wait):
    empty.begin_opening(movie)
    wait(empty)
    empty.dialogs.shown.cancel.click()
    assert empty.dialogs.shown is empty.session is None
    assert "Open an image to begin" in empty.canvas.pen.notice


def test_many_time_points_are_chosen_by_number(empty, tmp_path, wait):
    frames = np.arange(40 * 30, dtype="uint8").reshape(40, 5, 6)
    tifffile.imwrite(tmp_path / "m.tif", frames, imagej=True, metadata={"axes": "TYX"})
    empty.begin_opening(tmp_path / "m.tif")
    wait(empty)
    panel = empty.dialogs.shown
    assert (panel.number.min, panel.number.max) == (0, 39)
    panel.number.value = 17
    panel.ok.click()
    wait(empty)
    np.testing.assert_array_equal(empty.session.volume.data[0], frames[17])


def test_a_visualization_image_is_asked_about_too(app, painted, tmp_path, choose, wait):
    other = np.random.default_rng(1).integers(0, 9, (2, *painted.volume.shape)).astype("uint8")
    path = tmp_path / "channels.tif"
    tifffile.imwrite(path, other.swapaxes(0, 1), imagej=True, metadata={"axes": "ZCYX"})
    app.menu.run("File", "Open visualization image…")
    choose(app, path)
    answer(app, "channel 1", wait)
    np.testing.assert_array_equal(painted.visualization.data[:], other[1])
    assert painted.view.image == "alternative"


@pytest.fixture
def datasets(tmp_path):
    """A file of three images, two of them of one shape."""
    path = tmp_path / "scan.h5"
    with h5py.File(path, "w") as file:
        file["a/raw"] = STACKS[0, 0]
        file["a/labels"] = (STACKS[0, 0] % 3).astype("uint8")
        file["dark"] = STACKS[0, 0, 0]
    return path


def test_datasets_are_chosen_by_name_shape_and_type(empty, datasets, wait):
    empty.begin_opening(datasets)
    wait(empty)
    assert words(empty)[0] == "Which image of scan.h5 is to be opened?"
    rows = [row.description for row in empty.dialogs.shown.rows]
    assert len(rows) == 3
    (raw,) = [row for row in rows if "a/raw: 4 x 6 x 5 uint16" in row]
    answer(empty, raw, wait)
    np.testing.assert_array_equal(empty.session.volume.data[:], STACKS[0, 0])
    assert empty.session.recorder.workspace.path == datasets.with_suffix(".annotat")
    assert empty.panels.status.image.value == "scan.h5 › a/raw · 4×6×5 uint16 · 1 px"


def test_each_dataset_keeps_a_workspace_that_says_which_it_is(empty, datasets):
    def workspace(dataset):
        empty.open_image(datasets, dataset=dataset)
        return empty.session.recorder.workspace.path.name

    assert workspace("a/raw") == "scan.annotat"
    assert workspace("a/labels") == "scan_labels.annotat"
    empty.menu.run("File", "Close image")
    datasets.with_name("scan_labels.annotat").rename(datasets.with_name("scan-3.annotat"))
    assert workspace("a/labels") == "scan-3.annotat"  # found under whichever name
    assert workspace("a/raw") == "scan.annotat"


def test_names_to_save_under_say_the_channel_and_hold_no_slash(empty, movie, datasets):
    empty.open_image(movie, time=1, channel=2)
    empty.panels.dialogs.save_annotation()
    assert empty.dialogs.shown.chosen.name == "movie_time1_channel2_markers.tif"
    empty.open_image(datasets, dataset="a/raw")
    empty.panels.dialogs.save_annotation()
    assert empty.dialogs.shown.chosen.name == "scan_raw_markers.tif"


def test_an_image_that_cannot_be_opened_is_asked_for_again(empty, tmp_path, choose, wait):
    (tmp_path / "bad.tif").write_bytes(b"II*\0nonsense")
    empty.menu.run("File", "Open image…")
    choose(empty, tmp_path / "bad.tif")
    dialog = empty.dialogs.shown
    assert dialog.chosen == tmp_path / "bad.tif"
    assert dialog.status.value.startswith("bad.tif: ")
    assert empty.session is None
    tifffile.imwrite(tmp_path / "bad.tif", STACKS[0, 0], photometric="minisblack")
    dialog.ok.click()
    wait(empty)
    assert empty.dialogs.shown is None
    assert empty.session.volume.shape == (4, 6, 5)


def test_a_workspace_that_cannot_be_opened_brings_the_dialog_back(empty, tmp_path, choose):
    (tmp_path / "old.annotat").mkdir()
    empty.menu.run("File", "Open image…")
    choose(empty, tmp_path / "old.annotat")
    assert empty.dialogs.shown.chosen == tmp_path / "old.annotat"
    assert empty.dialogs.shown.status.value


def test_a_label_that_does_not_fit_is_asked_for_again(app, tmp_path, choose):
    small = np.zeros((2, 3, 4), "uint8")
    tifffile.imwrite(tmp_path / "small.tif", small, photometric="minisblack")
    app.menu.run("File", "Load label…")
    choose(app, tmp_path / "small.tif")
    assert app.dialogs.shown.chosen == tmp_path / "small.tif"
    assert app.dialogs.shown.status.value.startswith("small.tif: ")


def test_many_channels_with_names_are_chosen_by_them(empty, tmp_path, wait):
    names = [f"marker {number}" for number in range(40)]
    data = np.zeros((40, 8, 9), "uint8")
    data[7] = 7
    said = {"axes": "CYX", "Channel": {"Name": names}}
    tifffile.imwrite(tmp_path / "a.ome.tif", data, photometric="minisblack", metadata=said)
    empty.begin_opening(tmp_path / "a.ome.tif")
    wait(empty)
    answer(empty, "7: marker 7", wait)
    assert empty.session.volume.data[0].min() == 7


def test_the_dataset_of_a_label_is_asked_about_too(empty, datasets, choose, wait):
    empty.open_image(datasets, dataset="a/raw")
    empty.menu.run("File", "Load label…")
    choose(empty, datasets)
    (labels,) = [r.description for r in empty.dialogs.shown.rows if "a/labels" in r.description]
    answer(empty, labels, wait)
    np.testing.assert_array_equal(empty.session.segmentation.data, STACKS[0, 0] % 3)
    assert empty.message.text == f"Loaded {datasets}"


def test_a_workspace_is_opened_like_an_image(empty, on_disk, choose):
    with an.Session(an.read(on_disk), workspace=on_disk.with_name("work.annotat")) as session:
        session.paint([(5, 5)], label=0)
    empty.menu.run("File", "Open image…")
    choose(empty, on_disk.with_name("work.annotat"))
    assert empty.session.markers.stroke_count() == 1
    assert empty.session.recorder.state == "saved"


def test_while_an_image_opens_the_page_says_so_and_nothing_else_is_opened(
    app, session, on_disk, held, wait
):
    app.begin_opening(on_disk)
    assert app.jobs.bar.job.name == "Opening scan.tif"
    assert app.canvas.pen.notice == "Opening scan.tif"  # the pen paints nothing meanwhile
    assert app.cover.layout.display == ""
    assert app.session is session
    lines = {line["label"]: line for line in app.menu.menus[0]["items"]}
    assert "scan.tif is being opened" in lines["Open image…"]["reason"]
    app.begin_opening(on_disk)
    assert "scan.tif is being opened: wait for it" in app.message.text
    held.set()
    wait(app)
    assert app.session.volume.name == "scan.tif"
    assert app.canvas.pen.notice == ""
    assert app.cover.layout.display == "none"
    assert app.session.recorder.is_open


def test_what_is_open_already_keeps_its_workspace(empty, on_disk):
    empty.open_image(on_disk)
    session = empty.session
    for path in (on_disk, on_disk.with_suffix(".annotat")):
        empty.begin_opening(path)
        assert empty.message.text == f"{path.name} is open already"
    session.paint([(1, 1)], label=0)
    assert empty.session is session
    assert session.recorder.state == "saved"


def test_colours_are_asked_about(empty, tmp_path, wait):
    picture = np.random.default_rng(0).integers(0, 255, (8, 9, 3)).astype("uint8")
    Image.fromarray(picture).save(tmp_path / "stain.png")
    empty.begin_opening(tmp_path / "stain.png")
    wait(empty)
    assert "stain.png is a colour image" in words(empty)[0]
    answer(empty, empty.dialogs.shown.rows[1].description, wait)
    np.testing.assert_array_equal(empty.session.volume.data[0], picture[..., 0])


def test_cancelling_leaves_the_former_image_and_no_lock(app, session, on_disk, held, wait):
    app.begin_opening(on_disk)
    app.jobs.bar.cancel.click()
    held.set()
    assert wait(app).state == "cancelled"
    assert app.session is session
    assert app.canvas.pen.notice == ""
    assert "Opening scan.tif was cancelled" in app.message.text
    assert not on_disk.with_suffix(".annotat").exists()


def test_a_widget_closed_meanwhile_closes_what_was_opened_for_it(on_disk, held, monkeypatch):
    opened, session_for = [], opening.session_for

    def note(volume):
        opened.append(session_for(volume))
        app._is_closed = True  # the user runs the cell again at the worst moment
        return opened[0]

    monkeypatch.setattr(opening, "session_for", note)
    app = an.Annotator()
    app.begin_opening(on_disk)
    held.set()
    app.jobs.bar.job.wait(20)
    app.close()
    assert not opened[0].recorder.is_open


def test_the_sample_is_one_click_away_and_its_folder_stays_clean(
    empty, tmp_path, wait, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    empty.cover.open_sample.click()
    wait(empty)
    assert empty.session.volume.shape == (200, 200, 200)
    assert empty.session.recorder.workspace.path == tmp_path / "trabecular_bone.annotat"


def test_the_button_on_the_empty_page_asks_for_an_image(empty):
    empty.cover.open_image.click()
    assert empty.dialogs.shown.children[0].value == "Open image"


def test_an_image_is_shown_from_the_event_loop(on_disk, held):
    """What a job found is drawn where the page is drawn, while the loop went on."""
    shown = []

    async def open_it():
        app = an.Annotator()
        app.jobs.changed.connect(lambda: shown.append(threading.current_thread()))
        app.begin_opening(on_disk)
        for _ in range(3):
            await asyncio.sleep(0)  # the loop is free
        assert app.session is None
        held.set()
        while app.session is None:
            await asyncio.sleep(0.005)
        app.session.close()
        app.close()

    asyncio.run(asyncio.wait_for(open_it(), 20))
    assert shown
    assert set(shown) == {threading.main_thread()}


def test_a_raw_file_that_does_not_fit_is_offered_sizes_that_do(empty, tmp_path, choose, wait):
    data = np.arange(4 * 30 * 40, dtype="uint16").reshape(4, 30, 40)
    path = tmp_path / "scan_40x30x9_16bits.raw"
    path.write_bytes(data.tobytes())
    empty.menu.run("File", "Open image…")
    choose(empty, path)
    panel = empty.dialogs.shown
    assert panel.ok.disabled
    panel.sizes["x"].value = panel.sizes["y"].value = panel.sizes["z"].value = 1
    panel.dtype.value = "uint8"
    assert panel.fit.value == "Size and type make 1 byte, but the file has 9,600"
    panel.sizes["x"].value, panel.sizes["y"].value = 40, 30
    offered = dict(panel.fitting.options)
    panel.fitting.value = offered["4 × 30 × 40 uint16"]
    assert panel.shape == (4, 30, 40)
    assert panel.fitting.layout.display == "none"
    panel.edges["z"].value = 2.5
    panel.ok.click()
    wait(empty)
    np.testing.assert_array_equal(empty.session.volume.data[:], data)
    assert empty.session.volume.voxel_size == (2.5, 1.0, 1.0)


def test_saving_goes_on_beside_the_page(app, painted, tmp_path, monkeypatch, wait):
    painted.pipeline = an.Pipeline(superpixels=None, classifier=an.RandomForest(n_estimators=10))
    painted.apply()
    gate, save = threading.Event(), painted.save_label
    monkeypatch.setattr(painted, "save_label", lambda *a, **k: gate.wait(20) and save(*a, **k))
    app.menu.run("File", "Save label…")
    app.dialogs.shown.path.value = str(tmp_path / "labels.tif")
    app.dialogs.shown.ok.click()
    assert app.jobs.bar.job.name == "Saving labels.tif"
    painted.paint([(1, 1)], index=0, label=0)
    gate.set()
    wait(app)
    assert app.message.text == f"Saved {tmp_path / 'labels.tif'}"
    np.testing.assert_array_equal(
        tifffile.imread(tmp_path / "labels.tif"), painted.segmentation.data
    )
