"""Reading images, reading and writing labels."""

from annotat_nb.io.errors import (
    Candidate,
    ChoiceNeeded,
    ReadError,
    WriteError,
    check_place,
    name_of,
)
from annotat_nb.io.harm import harm_of_writing
from annotat_nb.io.label_files import WRITERS
from annotat_nb.io.labels import (
    label_path,
    read_labels,
    read_superpixels,
    write_labels,
    write_superpixels,
)
from annotat_nb.io.layout import PagedImage, paged, reads_everything
from annotat_nb.io.markers import MARKER_SUFFIXES, read_markers, write_markers
from annotat_nb.io.probabilities import write_probabilities
from annotat_nb.io.raw import RawGuess, fitting_sizes, parse_raw_name
from annotat_nb.io.reader import FOLDER_MARKS, READERS, datasets, read

__all__ = [
    "FOLDER_MARKS",
    "MARKER_SUFFIXES",
    "READERS",
    "WRITERS",
    "Candidate",
    "ChoiceNeeded",
    "PagedImage",
    "RawGuess",
    "ReadError",
    "WriteError",
    "check_place",
    "datasets",
    "fitting_sizes",
    "harm_of_writing",
    "label_path",
    "name_of",
    "paged",
    "parse_raw_name",
    "read",
    "read_labels",
    "read_markers",
    "read_superpixels",
    "reads_everything",
    "write_labels",
    "write_markers",
    "write_probabilities",
    "write_superpixels",
]
