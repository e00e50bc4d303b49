from __future__ import annotations

import math
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mammo_monai.datasets.icy_regions import read
from mammo_monai.errors import MammoError

KIND = "plugins.kernel.roi.roi2d.ROI2D"


def at(x: object, y: object) -> str:
    return f"<color>-1</color><pos_x>{x}</pos_x><pos_y>{y}</pos_y><ray>6</ray>"


def roi(kind: str, shape: str, name: str = "BI-RADS 4") -> str:
    return f"<roi><classname>{kind}</classname><id>3</id><name>{name}</name><selected>true</selected>{shape}</roi>"


def corners(left: object, top: object, right: object, bottom: object) -> str:
    return f"<top_left>{at(left, top)}</top_left><bottom_right>{at(right, bottom)}</bottom_right>"


POINTS = "<points>" + "".join(f"<point>{at(x, y)}</point>" for x, y in ((1, 2), (9.5, 2), (5, 8))) + "</points>"
AREA = "".join(f"<bounds{key}>{size}</bounds{key}>" for key, size in zip("XYWH", (3, 4, 10, 20), strict=True))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "L-CC.xml"


def document(*rois: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n<root>{"".join(rois)}</root>'.encode()


def test_an_export_of_regions_and_the_file_beside_an_image_are_read(file: Path) -> None:
    rectangle = roi("icy.roi.ROI2DRectangle", corners(10, 20, 30.5, 60))
    for content in (document(rectangle), document("<name>L-CC.png</name><meta/><rois>", rectangle, "</rois>")):
        file.write_bytes(content)
        (region,) = read(file)
        assert region.name == "BI-RADS 4" and region.closed
        assert region.corners == ((20, 10), (20, 30.5), (60, 30.5), (60, 10))


def test_no_region(file: Path) -> None:
    file.write_bytes(document("<rois/>"))
    assert read(file) == []


def test_a_polygon_and_an_open_line_keep_their_corners(file: Path) -> None:
    file.write_bytes(document(roi(KIND + "Polygon", POINTS), roi(KIND + "PolyLine", POINTS)))
    for region in read(file):
        assert region.corners == ((2, 1), (2, 9.5), (8, 5))


def test_an_ellipse_is_a_polygon_that_touches_its_four_sides(file: Path) -> None:
    file.write_bytes(document(roi(KIND + "Ellipse", corners(10, 20, 30, 60))))
    (region,) = read(file)
    rows, cols = zip(*region.corners, strict=True)
    assert (min(rows), min(cols), max(rows), max(cols)) == pytest.approx((20, 10, 60, 30))
    assert all(math.isclose(((r - 40) / 20) ** 2 + ((c - 20) / 10) ** 2, 1) for r, c in region.corners)


def test_a_painted_area_gives_its_bounds_only(file: Path) -> None:
    file.write_bytes(document(roi(KIND + "Area", AREA)))
    (region,) = read(file)
    assert region.corners == ((4, 3), (24, 13)) and not region.closed


def test_a_point(file: Path) -> None:
    file.write_bytes(document(roi(KIND + "Point", f"<position>{at(5, 6)}</position>")))
    assert read(file)[0].corners == ((6, 5),)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (document(roi(KIND + "Line", "")), "region 1: expected a 2D Rectangle, Ellipse, .* found 'Line'"),
        (document(roi("plugins.kernel.roi.roi3d.ROI3DArea", AREA)), "found 'ROI3DArea'"),
        (document("<roi/>"), "region 1: expected a 2D"),
        (document(roi(KIND + "Area", AREA), roi(KIND + "Rectangle", "")), "region 2: .*'top_left/pos_y'"),
        (document(roi(KIND + "Rectangle", corners("a", 0, 1, 1))), "expected a number in 'top_left/pos_x'"),
        (document(roi(KIND + "Rectangle", corners("nan", 0, 1, 1))), "expected a number"),
        (document(roi(KIND + "Polygon", "<points><point/></points>")), "expected a number in 'pos_y'"),
        (b"", "not an Icy region file"),
        (document(roi(KIND + "Area", AREA))[:90], "not an Icy region file"),
        (b"<plist/>", "expected the element 'root'"),
        (b'<?xml version="1.0" encoding="nonsense"?><root/>', "not an Icy region file"),
        (b"<root>&undefined;</root>", "not an Icy region file"),
        (b"\xff\xfe\x00", "not an Icy region file"),
    ],
)
def test_what_cannot_be_is_named(file: Path, content: bytes, problem: str) -> None:
    file.write_bytes(content)
    with pytest.raises(MammoError, match=problem) as error:
        read(file)
    assert str(file) in str(error.value) and "\n" not in str(error.value) and error.value.reason == "bad-regions"


@pytest.mark.parametrize(
    "declarations",
    [
        "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10 if i else "lol"}">' for i in range(10)),
        f'<!ENTITY e9 "{"x" * 50_000}">',
        '<!ENTITY e9 SYSTEM "file:///etc/passwd">',
    ],
)
def test_a_document_type_is_refused_before_an_entity_grows(file: Path, declarations: str) -> None:
    file.write_text(f"<!DOCTYPE root [{declarations}]><root>{'&e9;' * 1000}</root>")
    before = time.perf_counter()
    with pytest.raises(MammoError, match="declares a document type"):
        read(file)
    assert time.perf_counter() - before < 2


def test_a_deep_file_is_read_without_harm(file: Path) -> None:
    file.write_bytes(document("<a>" * 100_000 + "</a>" * 100_000))
    assert read(file) == []


WHOLE = document(roi(KIND + "Polygon", POINTS), roi(KIND + "Area", AREA), roi(KIND + "Ellipse", corners(1, 2, 3, 4)))


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.integers(0, len(WHOLE)), st.integers(0, 40), st.binary(max_size=12))
def test_any_damage_is_read_or_one_line(file: Path, start: int, length: int, instead: bytes) -> None:
    file.write_bytes(WHOLE[:start] + instead + WHOLE[start + length :])
    try:
        read(file)
    except MammoError as error:
        assert "\n" not in str(error)
