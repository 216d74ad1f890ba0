import imagecodecs
import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st

from annotat_nb.io import ReadError, read
from annotat_nb.io.lzw import is_sound


def stream(*codes):
    bits = "".join(format(code, "09b") for code in codes)
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits), 8))


@given(st.integers(0, 20_000), st.integers(1, 256), st.integers(0, 2**32))
def test_whatever_the_encoder_writes_is_sound(size, values, seed):
    data = np.random.default_rng(seed).integers(0, values, size, dtype="uint16").astype("u1")
    assert is_sound(imagecodecs.lzw_encode(data.tobytes()))


@pytest.mark.parametrize(
    ("codes", "sound"),
    [
        ((256, 65, 66, 257), True),
        ((256, 256, 65, 257), True),
        ((256, 257), True),
        ((256, 439, 257), False),
        ((256, 256, 439, 257), False),
        ((256, 65, 66, 256, 300, 257), False),
        ((256, 65, 257, 256, 300), True),
        ((65, 66, 257), False),
    ],
)
def test_a_cleared_table_must_be_followed_by_a_byte(codes, sound):
    assert is_sound(stream(*codes)) is sound


ENCODED = imagecodecs.lzw_encode(np.random.default_rng(0).bytes(15_000))


@pytest.mark.parametrize("which", range(4))
@pytest.mark.parametrize("bad", [258, 300, 511])
def test_a_bad_code_after_any_clearing_is_found(which, bad):
    bits, length = int.from_bytes(ENCODED, "big"), 8 * len(ENCODED)
    shift = length - (clearings_of(bits, length)[which] + 9)
    bits = bits & ~(511 << shift) | bad << shift
    assert not is_sound(bits.to_bytes(len(ENCODED), "big"))


def clearings_of(bits, length):
    """Where the bits of the clear codes end, found one code at a time."""
    found, at, entries = [], 0, 0
    while at + 9 <= length:
        width = 9 + (entries >= 511) + (entries >= 1023) + (entries >= 2047)
        code = bits >> (length - at - width) & ((1 << width) - 1)
        if code == 257:
            break
        if code == 256:
            found.append(at + width)
            entries = 256  # the next code makes no entry
        entries += 1
        at += width
    return found


def test_a_file_that_would_crash_the_decoder_is_refused(tmp_path):
    path = tmp_path / "a.tif"
    image = np.random.default_rng(0).integers(0, 256, (40, 40), dtype="uint8")
    tifffile.imwrite(path, image, compression="lzw", metadata=None)
    with tifffile.TiffFile(path) as tif:
        at = tif.pages[0].dataoffsets[0]
    content = bytearray(path.read_bytes())
    content[at : at + 3] = bytes([0b10000000, 0b01101101, 0b11100000])
    path.write_bytes(content)
    with pytest.raises(ReadError, match=r"^a\.tif: has damaged LZW data"):
        read(path)
