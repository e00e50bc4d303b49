from __future__ import annotations

import plistlib
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mammo_monai.datasets.plist_regions import read
from mammo_monai.errors import MammoError

# As OsiriX writes it: Apple's document type, further keys, points with decimals.
OSIRIX = b"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple Computer//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict><key>Images</key><array><dict>
<key>ImageIndex</key><integer>0</integer><key>NumberOfROIs</key><integer>2</integer>
<key>ROIs</key><array>
<dict><key>Area</key><real>0.5</real><key>Name</key><string>Mass </string><key>NumberOfPoints</key><integer>3</integer>
<key>Point_mm</key><array/>
<key>Point_px</key><array><string>(1540.5, 911.0)</string><string>(1560,912.25)</string>
<string>( 1.55e3, 950.000000 )</string></array></dict>
<dict><key>NumberOfPoints</key><integer>1</integer><key>Point_px</key><array><string>(-3, 7, 0)</string></array></dict>
</array></dict></array></dict></plist>
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "1.xml").write_bytes(OSIRIX)
    return tmp_path / "1.xml"


def write(file: Path, roi: object) -> Path:
    file.write_bytes(plistlib.dumps({"Images": [{"ROIs": [roi]}]}))
    return file


def test_points_are_rows_and_columns_in_order(file: Path) -> None:
    mass, point = read(file)
    assert mass.name == "Mass" and mass.corners == ((911, 1540.5), (912.25, 1560), (950, 1550)) and mass.closed
    assert point.name == "" and point.corners == ((7, -3),)
    assert mass.where == f"{file}, region 1"


def test_no_region_is_no_region(file: Path) -> None:
    file.write_bytes(plistlib.dumps({"Images": [{"ROIs": []}, {"ROIs": []}]}))
    assert read(file) == []


@pytest.mark.parametrize(
    ("roi", "problem"),
    [
        ({"Name": "Mass"}, "region 1: expected a list 'Point_px'"),
        ("Mass", "region 1: expected a list 'Point_px'"),
        ({"NumberOfPoints": 3, "Point_px": ["(1, 2)"]}, "region 1: 1 points where 'NumberOfPoints' is 3"),
        ({"Point_px": ["(1, 2)", "1, 2"]}, r"region 1: expected points such as .* found '1, 2'"),
        ({"Point_px": ["(nan, 2)"]}, "expected points"),
        ({"Point_px": ["(1e999, 2)"]}, "expected points"),
        ({"Point_px": ["(__import__('os'), 2)"]}, "expected points"),
        ({"Point_px": [{}]}, "expected points"),
    ],
)
def test_a_spoiled_region_is_named(file: Path, roi: object, problem: str) -> None:
    with pytest.raises(MammoError, match=problem) as error:
        read(write(file, roi))
    assert str(file) in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no xml",
        OSIRIX[: len(OSIRIX) // 2],
        b"<plist/>",
        b"<foo/>",
        b"bplist00" + bytes(40),
        b"<plist><dict><key>Images</key><string>x</string></dict></plist>",
        b"<plist><dict><key>Images</key><array><string>x</string></array></dict></plist>",
        b"<plist><key>a</key></plist>",
        b"<plist><date>9</date></plist>",
        b"<plist><integer>" + b"9" * 5000 + b"</integer></plist>",
        b'<?xml version="1.0" encoding="nonsense"?><plist/>',
        b"<plist>" + b"<array>" * 100_000 + b"</array>" * 100_000 + b"</plist>",
    ],
)
def test_a_file_that_is_none_is_one_line(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(MammoError) as error:
        read(file)
    assert str(file) in str(error.value) and "\n" not in str(error.value) and len(str(error.value)) < 400


@pytest.mark.parametrize(
    "declaration",
    [
        b'<!ENTITY a "' + b"x" * 1000 + b'">' + b"".join(b'<!ENTITY b%d "&a;&a;&a;&a;">' % i for i in range(9)),
        b'<!ENTITY a SYSTEM "file:///etc/passwd">',
        b'<!ENTITY % p SYSTEM "http://127.0.0.1:1/x.dtd"> %p;',
    ],
)
def test_entities_are_refused_and_nothing_is_fetched(file: Path, declaration: bytes) -> None:
    file.write_bytes(b"<!DOCTYPE plist [" + declaration + b"]><plist><string>&a;</string></plist>")
    before = time.perf_counter()
    with pytest.raises(MammoError, match="entity declarations are not supported"):
        read(file)
    assert time.perf_counter() - before < 1


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.integers(0, len(OSIRIX)), st.integers(0, 40), st.binary(max_size=12))
def test_any_damage_is_read_or_one_line(file: Path, start: int, length: int, instead: bytes) -> None:
    file.write_bytes(OSIRIX[:start] + instead + OSIRIX[start + length :])
    try:
        read(file)
    except MammoError as error:
        assert "\n" not in str(error)
