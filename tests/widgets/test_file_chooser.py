import os
from pathlib import Path

import pytest
from ipywidgets.widgets.widget import _instances

from annotat_nb import io
from annotat_nb.widgets.file_chooser import FileChooser
from annotat_nb.widgets.folder import MOST_ROWS, holds_any, list_folder, natural
from annotat_nb.widgets.housekeeping import close_tree


@pytest.fixture
def folder(tmp_path):
    for name in ("slice10.tif", "slice9.tif", "notes.txt", "Slice2.TIF", ".hidden.tif"):
        (tmp_path / name).touch()
    for name in ("zeta", "alpha", ".cache", "stack.zarr"):
        (tmp_path / name).mkdir()
    (tmp_path / "alpha" / "inner.tif").touch()
    return tmp_path


class Host:
    """What opened the chooser."""

    def __init__(self, start, **options):
        self.chosen, self.cancelled = [], 0
        self.chooser = FileChooser(
            "Open image", start=start, on_choose=self.chosen.append, **options
        )

    def rows(self):
        return [row.description for row in self.chooser.rows.children]

    def click(self, name):
        rows = {row.description: row for row in self.chooser.rows.children}
        rows[name].click()

    def type(self, text):
        self.chooser.path.value = str(text)

    def press_enter(self):
        content = {"event": "submit", "value": self.chooser.path.value}
        self.chooser.path._handle_custom_msg(content, [])

    @property
    def status(self):
        return self.chooser.status.value


def test_folders_come_first_and_numbers_in_their_order(folder):
    assert Host(folder).rows() == [
        *("alpha/", "stack.zarr/", "zeta/"),
        *("notes.txt", "Slice2.TIF", "slice9.tif", "slice10.tif"),
    ]


def test_only_files_with_the_right_ending_are_listed(folder):
    rows = Host(folder, suffixes=(".tif",)).rows()
    assert "notes.txt" not in rows
    assert {"alpha/", "Slice2.TIF", "slice9.tif"} <= set(rows)


def test_typing_narrows_the_list_whatever_the_case(folder):
    host = Host(folder)
    host.type(folder / "SLICE")
    assert host.rows() == ["Slice2.TIF", "slice9.tif", "slice10.tif"]
    host.type(folder / "slice1")
    assert host.rows() == ["slice10.tif"]


def test_hidden_files_appear_once_a_dot_is_typed(folder):
    host = Host(folder)
    host.type(f"{folder}/.")
    assert host.rows() == [".cache/", ".hidden.tif"]
    host.type(f"{folder}/.h")
    assert host.rows() == [".hidden.tif"]


def test_a_click_on_a_folder_goes_into_it_and_up_comes_back(folder):
    host = Host(folder)
    host.click("alpha/")
    assert host.chooser.path.value == f"{folder}/alpha/"
    assert host.rows() == ["inner.tif"]
    host.chooser.up.click()
    assert host.chooser.path.value == f"{folder}/"
    assert "alpha/" in host.rows()


def test_a_click_on_a_file_takes_its_path_and_keeps_the_list(folder):
    host = Host(folder)
    before = host.rows()
    host.click("slice9.tif")
    assert host.rows() == before
    assert host.chosen == []
    host.chooser.ok.click()
    assert host.chosen == [folder / "slice9.tif"]


def test_enter_chooses_what_stands_in_the_line(folder):
    host = Host(folder)
    host.type(folder / "slice9.tif")
    host.press_enter()
    assert host.chosen == [folder / "slice9.tif"]


def test_enter_brings_along_what_the_kernel_has_not_heard_yet(folder):
    host = Host(folder)
    host.type(folder / "sl")
    typed = {"event": "submit", "value": str(folder / "slice9.tif")}
    host.chooser.path._handle_custom_msg(typed, [])
    assert host.chosen == [folder / "slice9.tif"]


def test_enter_on_a_folder_goes_into_it(folder):
    host = Host(folder)
    host.type(folder / "alpha")
    host.press_enter()
    assert host.rows() == ["inner.tif"]
    assert host.chosen == []


def test_up_ends_at_the_root():
    host = Host("/")
    host.chooser.up.click()
    assert host.chooser.path.value == "/"


def test_the_tilde_is_the_home_folder(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder))
    host = Host(folder / "zeta")
    host.type("~/slice9")
    assert host.rows() == ["slice9.tif"]
    host.type("~/slice9.tif")
    host.chooser.ok.click()
    assert host.chosen == [folder / "slice9.tif"]
    host.type("~nobody-of-that-name/x")
    host.chooser.ok.click()
    assert "does not exist" in host.status


def test_a_relative_path_starts_at_the_current_folder(folder, monkeypatch):
    monkeypatch.chdir(folder)
    host = Host(None)
    assert host.chooser.path.value == f"{folder}/"
    host.type("notes.txt")
    host.chooser.ok.click()
    assert host.chosen == [folder / "notes.txt"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("none.tif", "none.tif does not exist in {}; check the path"),
        ("nowhere/x.tif", "x.tif does not exist in {}/nowhere; check the path"),
        ("notes.txt", "notes.txt cannot be opened here; choose a file ending in .tif or .raw"),
        ("x" * 300, "cannot be looked at (File name too long); choose another path"),
        ("a\0b", "a\\x00b does not exist"),
    ],
)
def test_what_cannot_be_opened_is_explained(folder, text, sentence):
    host = Host(folder, suffixes=(".tif", ".raw"))
    host.type(f"{folder}/{text}")
    host.chooser.ok.click()
    assert host.chosen == []
    assert sentence.format(folder) in host.status


def test_a_folder_that_does_not_exist_is_explained_while_typing(folder):
    host = Host(folder)
    host.type(f"{folder}/nowhere/x")
    assert host.status == f"{folder}/nowhere does not exist; check the path"
    assert host.rows() == []
    host.type(f"{folder}/notes.txt/")
    assert (
        host.status == f"{folder}/notes.txt is a file, not a folder; remove what follows its name"
    )
    host.type(f"{folder}/")
    assert host.status == ""


def test_a_folder_that_may_not_be_read_is_explained(folder, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    host = Host(folder)
    monkeypatch.setattr(os, "scandir", refuse)
    host.click("alpha/")
    assert host.status == f"{folder}/alpha may not be read; ask its owner for permission"


def test_saving_gives_the_first_ending(folder):
    host = Host(folder, save=True, suffixes=(".tif", ".raw"))
    host.type(folder / "labels")
    host.chooser.ok.click()
    assert host.chosen == [folder / "labels.tif"]


def test_the_endings_to_save_with_are_said_before_anything_is_wrong(folder):
    host = Host(folder, save=True, suffixes=(".tif", ".ome.zarr"))
    assert host.chooser.endings in host.chooser.children
    assert host.chooser.endings.value == "Ending: .tif, .ome.zarr"
    assert Host(folder, suffixes=(".tif",)).chooser.endings.value == ""


def test_saving_over_a_file_asks_and_names_the_consequence(folder):
    host = Host(folder / "slice9.tif", save=True, suffixes=(".tif",))
    host.chooser.ok.click()
    assert host.chosen == []
    assert host.status == "slice9.tif exists: save again to replace it"
    host.chooser.ok.click()
    assert host.chosen == [folder / "slice9.tif"]


def test_the_question_is_asked_anew_for_another_file(folder):
    host = Host(folder / "slice9.tif", save=True)
    host.chooser.ok.click()
    host.type(folder / "slice10.tif")
    host.chooser.ok.click()
    host.type(folder / "slice9.tif")
    host.chooser.ok.click()
    assert host.chosen == []


def test_a_completed_name_that_exists_is_asked_about_too(folder):
    host = Host(folder, save=True, suffixes=(".tif",))
    host.type(folder / "slice9")
    host.chooser.ok.click()
    assert host.status == "slice9.tif exists: save again to replace it"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("labels.png", "labels.png cannot be saved with that ending; use .tif or .raw"),
        ("nowhere/labels.tif", "{}/nowhere is no folder; make it or choose another"),
    ],
)
def test_what_cannot_be_saved_is_explained(folder, text, sentence):
    host = Host(folder, save=True, suffixes=(".tif", ".raw"))
    host.type(folder / text)
    host.chooser.ok.click()
    assert host.chosen == []
    assert host.status == sentence.format(folder)


def test_a_folder_with_the_right_ending_is_chosen_like_a_file(folder):
    host = Host(folder, folders=(".tif",), suffixes=(".zarr",))
    assert host.rows() == ["alpha/", "zeta/", "stack.zarr"]
    host.click("stack.zarr")
    assert host.chooser.path.value == f"{folder}/stack.zarr"
    assert host.rows() == ["alpha/", "zeta/", "stack.zarr"]
    assert host.chooser.ok.description == "Open"
    host.chooser.ok.click()
    assert host.chosen == [folder / "stack.zarr"]


def test_the_button_says_when_a_folder_itself_is_opened(folder):
    host = Host(folder, folders=(".tif",), suffixes=(".tif",))
    assert host.chooser.ok.description == "Open folder as slices"
    host.click("slice9.tif")
    assert host.chooser.ok.description == "Open"


def test_a_folder_without_slices_is_a_place_to_go_into(folder):
    host = Host(folder, folders=(".tif",), suffixes=(".tif",))
    host.type(folder / "zeta")
    assert host.chooser.ok.description == "Open"
    assert not host.chooser.ok.disabled
    host.press_enter()
    assert host.chooser.path.value == f"{folder}/zeta/"
    assert host.chooser.ok.disabled
    host.press_enter()
    assert host.chosen == []
    assert host.status == "Choose a file first: this folder holds no slice images"
    host.chooser.up.click()
    assert not host.chooser.ok.disabled


@pytest.mark.parametrize(
    ("name", "is_image"),
    [("a.TIF", True), ("IM010.dcm", True), (".zgroup", True), ("a.h5", False), ("x.png/", False)],
)
def test_files_that_make_an_image_of_their_folder_are_known(tmp_path, name, is_image):
    if name.endswith("/"):
        (tmp_path / name).mkdir()
    else:
        (tmp_path / name).touch()
    host = Host(tmp_path, folders=io.FOLDER_MARKS)
    assert (host.chooser.ok.description == "Open folder as slices") is is_image
    assert host.chooser.ok.disabled is not is_image


def test_a_folder_too_large_to_be_looked_through_may_be_chosen(folder, monkeypatch):
    monkeypatch.setattr("annotat_nb.widgets.folder._SECONDS", -1)
    assert holds_any(folder, (".none",))


def test_a_folder_of_slices_and_a_pattern_may_be_chosen_where_asked_for(folder):
    host = Host(folder, folders=(".tif",), suffixes=(".tif",))
    host.click("alpha/")
    host.chooser.ok.click()
    host.type(folder / "slice*.tif")
    host.chooser.ok.click()
    assert host.chosen == [folder / "alpha", folder / "slice*.tif"]
    host.type(folder / "none*.tif")
    host.chooser.ok.click()
    assert "none*.tif does not exist" in host.status


ODD = [
    "<img src=x onerror=alert(1)>.tif",
    "a\nb.tif",
    "\u202efit.exe",
    "-rf",
    "$x$.tif",
    "שלום.tif",
]


@pytest.mark.parametrize("name", ODD)
def test_odd_names_are_shown_on_one_line_and_still_chosen(tmp_path, name):
    (tmp_path / name).touch()
    host = Host(tmp_path)
    (shown,) = host.rows()
    assert shown.isprintable()
    host.click(shown)
    assert host.chooser.path.value.isprintable()
    host.chooser.ok.click()
    assert host.chosen == [tmp_path / name]


def test_a_name_that_is_no_text_can_be_shown_and_chosen(tmp_path):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/bad\xff.tif"))
    path.touch()
    host = Host(tmp_path)
    (shown,) = host.rows()
    assert shown.encode("utf-8") == b"bad\\udcff.tif"
    host.click(shown)
    host.chooser.ok.click()
    assert host.chosen == [path]


def test_a_full_folder_shows_its_first_rows_and_says_so(tmp_path):
    for number in range(MOST_ROWS + 1034):
        (tmp_path / f"{number}.tif").touch()
    host = Host(tmp_path)
    assert host.rows() == [f"{number}.tif" for number in range(MOST_ROWS)]
    assert host.chooser._more.value == "and 1,034 more: type to narrow"
    host.type(tmp_path / "1233")
    assert host.rows() == ["1233.tif"]
    assert host.chooser._more.value == ""


def test_a_huge_folder_is_not_read_to_its_end(folder, monkeypatch):
    monkeypatch.setattr("annotat_nb.widgets.folder._MOST_LOOKED_AT", 3)
    listing = list_folder(folder)
    assert not listing.complete
    assert listing.total <= 3
    assert "too large" in Host(folder).chooser._more.value


def test_rows_are_used_again(folder):
    host = Host(folder)
    rows = host.chooser.rows.children
    host.click("alpha/")
    assert host.chooser.rows.children[0] is rows[0]


def test_closing_leaves_no_row_behind(folder):
    before = set(_instances)
    host = Host(folder)
    host.click("alpha/")
    assert len(set(_instances) - before) > 20
    close_tree(host.chooser)
    assert set(_instances) == before


def test_an_empty_list_says_why(folder):
    host = Host(folder / "zeta")
    assert host.chooser._more.value == "Nothing to choose here"
    host.type(folder / "qq")
    assert host.chooser._more.value == "Nothing here begins with qq"


def test_cancel_is_offered_only_where_somebody_listens(folder):
    assert Host(folder).chooser.cancel.layout.display == "none"
    given_up = []
    host = Host(folder, on_cancel=lambda: given_up.append(1))
    assert host.chooser.cancel.layout.display != "none"
    host.chooser.cancel.click()
    assert given_up == [1]
    assert host.chosen == []


ORDERED = [
    ["a1", "a2", "a10"],
    ["slice9", "slice10"],
    ["2", "10", "a"],
    ["a", "a1b", "a1c", "a2"],
    ["B1", "b2"],
]


@pytest.mark.parametrize("names", ORDERED)
def test_natural_order_compares_numbers_by_value(names):
    backwards = names[::-1]
    assert sorted(backwards, key=natural) == names


def test_a_broken_link_is_listed_as_a_file(tmp_path):
    (tmp_path / "gone.tif").symlink_to(tmp_path / "nowhere")
    host = Host(tmp_path)
    assert host.rows() == ["gone.tif"]
    host.click("gone.tif")
    host.chooser.ok.click()
    assert "gone.tif does not exist" in host.status
