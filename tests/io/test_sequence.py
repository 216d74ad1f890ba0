import imagecodecs
import numpy as np
import pytest
import tifffile

from annotat_nb.io import ReadError, read

ZYX = np.random.default_rng(0).integers(0, 256, (12, 6, 7), dtype="uint8")


def write(path, image):
    if path.suffix == ".tif":
        tifffile.imwrite(path, image, photometric="rgb" if image.ndim == 3 else "minisblack")
    elif path.suffix == ".png":
        path.write_bytes(imagecodecs.png_encode(image))
    else:
        path.write_bytes(imagecodecs.jpeg_encode(image, level=100))


def folder_of(folder, images, suffix):
    for number, image in enumerate(images):
        write(folder / f"slice{number}{suffix}", image)
    return folder


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("suffix", [".tif", ".png"])
def test_a_folder_is_a_stack_in_natural_order(tmp_path, suffix, dtype):
    data = ZYX.astype(dtype) * (257 if dtype == "uint16" else 1)
    volume = read(folder_of(tmp_path, data, suffix))
    assert (volume.shape, volume.dtype, volume.source) == (ZYX.shape, data.dtype, tmp_path)
    np.testing.assert_array_equal(np.asarray(volume.data), data)


def test_jpeg_slices_have_the_pixels_of_the_decoder(tmp_path):
    volume = read(folder_of(tmp_path, ZYX, ".jpg"))
    for z in range(len(ZYX)):
        expected = imagecodecs.jpeg_decode((tmp_path / f"slice{z}.jpg").read_bytes())
        np.testing.assert_array_equal(volume.slice("z", z), expected)


def test_a_pattern_picks_files_and_opens_them_again(tmp_path, monkeypatch):
    folder_of(tmp_path, ZYX, ".png")
    write(tmp_path / "overview.png", ZYX[0, :2, :2])
    monkeypatch.chdir(tmp_path)
    volume = read("slice*.png")
    assert volume.shape == ZYX.shape
    assert read(volume.source, **volume.how).shape == ZYX.shape


def test_other_and_hidden_files_are_left_out(tmp_path):
    folder_of(tmp_path, ZYX, ".png")
    (tmp_path / "notes.txt").write_text("beam 3")
    write(tmp_path / ".thumb.png", ZYX[0, :2, :2])
    assert read(tmp_path).shape == ZYX.shape


def test_one_picture_is_one_slice(tmp_path):
    write(tmp_path / "a.png", ZYX[0])
    assert read(tmp_path / "a.png").shape == (1, 6, 7)


def test_slices_are_decoded_when_they_are_asked_for(tmp_path, monkeypatch):
    decoded = []
    decode = imagecodecs.png_decode

    def counted(data):
        decoded.append(len(data))
        return decode(data)

    monkeypatch.setattr(imagecodecs, "png_decode", counted)
    volume = read(folder_of(tmp_path, ZYX, ".png"))
    assert len(decoded) == 1
    volume.slice("z", 11)
    assert len(decoded) == 2


def test_compressed_tiff_slices_are_not_decoded_to_open_them(tmp_path, monkeypatch):
    for z in range(5):
        tifffile.imwrite(tmp_path / f"{z}.tif", ZYX[z], compression="zlib")
    decoded = []
    asarray = tifffile.TiffPage.asarray

    def counted(page, **how):
        decoded.append(page.parent.filename)
        return asarray(page, **how)

    monkeypatch.setattr(tifffile.TiffPage, "asarray", counted)
    np.testing.assert_array_equal(read(tmp_path).slice("z", 3), ZYX[3])
    assert decoded == ["0.tif", "3.tif"]


@pytest.mark.parametrize("suffix", [".tif", ".png"])
@pytest.mark.parametrize(
    ("odd", "said"), [(ZYX[0, :3], "3 x 7 uint8"), (ZYX[0].astype("uint16"), "6 x 7 uint16")]
)
def test_the_slice_that_differs_is_named(tmp_path, suffix, odd, said):
    folder_of(tmp_path, ZYX, suffix)
    write(tmp_path / f"slice0{suffix}", odd)
    with pytest.raises(ReadError) as error:
        read(tmp_path)
    expected = f"{tmp_path.name}: slice0{suffix} is {said}, the others are 6 x 7 uint8"
    assert str(error.value).startswith(expected)


@pytest.mark.parametrize("suffix", [".tif", ".png"])
def test_colours_need_a_choice(tmp_path, suffix):
    rgb = np.random.default_rng(0).integers(0, 256, (3, 6, 7, 3), dtype="uint8")
    folder_of(tmp_path, rgb, suffix)
    with pytest.raises(ReadError, match=r"^slice0.*has 3 values a pixel.*rgb="):
        read(tmp_path)
    np.testing.assert_array_equal(np.asarray(read(tmp_path, rgb=2).data), rgb[..., 2])
    assert read(tmp_path, rgb="luminance").dtype == np.uint8


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_a_picture_cut_short_is_refused(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    write(path, ZYX[0])
    whole = path.read_bytes()
    for kept in (1, 10, 30, len(whole) // 2, len(whole) - 20):
        path.write_bytes(whole[:kept])
        with pytest.raises(ReadError, match=rf"^a\{suffix}: "):
            read(path)


def test_a_png_header_that_lies_is_refused(tmp_path):
    write(tmp_path / "a.png", ZYX[0])
    content = bytearray((tmp_path / "a.png").read_bytes())
    content[16:24] = (2_000_000).to_bytes(4, "big") * 2
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(ReadError, match=r"^a\.png: declares 4 TB of pixels but stores only"):
        read(tmp_path / "a.png")


def test_a_slice_that_vanishes_later_is_a_sentence(tmp_path):
    volume = read(folder_of(tmp_path, ZYX, ".png"))
    (tmp_path / "slice5.png").unlink()
    with pytest.raises(ReadError, match=r"^slice5\.png: "):
        volume.slice("z", 5)


def test_an_empty_folder_and_a_pattern_without_files_are_refused(tmp_path):
    with pytest.raises(ReadError, match="holds no slice images"):
        read(tmp_path)
    with pytest.raises(ReadError, match="matches no slice images"):
        read(tmp_path / "*.png")


def test_a_folder_of_several_kinds_is_refused(tmp_path):
    write(tmp_path / "a.png", ZYX[0])
    write(tmp_path / "b.tif", ZYX[0])
    with pytest.raises(ReadError, match=r"several kinds \(\.png, \.tif\); give a pattern"):
        read(tmp_path)


def test_a_stack_in_a_folder_of_slices_is_refused(tmp_path):
    write(tmp_path / "a.tif", ZYX[0])
    tifffile.imwrite(tmp_path / "b.tif", ZYX, photometric="minisblack")
    with pytest.raises(ReadError, match=r"^b\.tif: holds 12 slices"):
        read(tmp_path)


def test_the_voxel_size_is_that_of_the_first_slice(tmp_path):
    metadata = {"unit": "um", "spacing": 3.0}
    for name in ("a.tif", "b.tif"):
        tifffile.imwrite(tmp_path / name, ZYX[0], imagej=True, resolution=(2, 2), metadata=metadata)
    volume = read(tmp_path)
    assert (volume.voxel_size[1:], volume.unit) == ((0.5, 0.5), "µm")


def test_real_pictures_are_read(shared_data):
    from PIL import Image

    folder = shared_data / "medaka_heartbeat"
    pictures = sorted(folder.rglob("*.jp*g"))
    volume = read(pictures[0].parent / f"*{pictures[0].suffix}", rgb=None)
    assert volume.shape[0] == len(pictures)
    with Image.open(pictures[3]) as picture:
        expected = np.asarray(picture).astype(int)
    assert abs(volume.slice("z", 3).astype(int) - expected).max() <= 2


@pytest.mark.parametrize("pattern", ["", "*.tif", "s?.tif"])
def test_slices_are_links_within_the_allowed_folders_only(tmp_path, monkeypatch, pattern):
    secret, scan = tmp_path / "elsewhere" / "s1.tif", tmp_path / "day" / "scan"
    secret.parent.mkdir()
    scan.mkdir(parents=True)
    write(secret, np.zeros((3, 4), "uint8"))
    write(scan / "s0.tif", np.zeros((3, 4), "uint8"))
    (scan / "s1.tif").symlink_to(secret)
    with pytest.raises(ReadError, match=r"draws on .* outside its folder; .*ANNOTAT_NB_DATA_ROOTS"):
        read(scan / pattern)
    monkeypatch.setenv("ANNOTAT_NB_DATA_ROOTS", str(secret.parent))
    assert read(scan / pattern).shape == (2, 3, 4)


def test_a_selection_of_slices_may_be_links_into_the_folder_beside_it(tmp_path):
    (tmp_path / "all").mkdir()
    folder_of(tmp_path / "all", np.zeros((3, 3, 4), "uint8"), ".tif")
    (tmp_path / "picked").mkdir()
    for file in sorted((tmp_path / "all").iterdir())[:2]:
        (tmp_path / "picked" / file.name).symlink_to(file)
    assert read(tmp_path / "picked").shape == (2, 3, 4)
