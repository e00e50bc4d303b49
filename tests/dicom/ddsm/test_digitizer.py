from __future__ import annotations

import numpy as np
import pytest

from mammo_monai.dicom.ddsm import digitizer

# Step wedge scanned on the DBA: (measured density, mean grey level), USF, "Mapping Grey Levels to Optical Density for
# the DBA Scanner".
DBA_WEDGE = [
    *((0.04, 55722), (0.21, 37201), (0.34, 26986), (0.50, 18445), (0.69, 12569), (0.82, 8296), (0.96, 5648)),
    *((1.13, 3797), (1.28, 2603), (1.44, 1772), (1.59, 1217), (1.74, 847), (1.89, 581), (2.07, 393), (2.21, 271)),
    *((2.37, 185), (2.52, 132), (2.68, 94), (2.84, 65), (2.99, 47), (3.13, 34)),
]


def density(letter: str, named: str, level: float) -> float:
    found = digitizer.find(letter, named)
    assert found is not None
    return float(found.density(np.array([level]))[0])


@pytest.mark.parametrize(("measured", "level"), DBA_WEDGE)
def test_dba_agrees_with_the_step_wedge(measured: float, level: int) -> None:
    # The published regression leaves up to 0.09 itself; a natural logarithm would be off by 2 and more.
    assert density("A", "DBA", level) == pytest.approx(measured, abs=0.1)


@pytest.mark.parametrize("level", [495, 2478, 4000])
def test_lumisys_agrees_with_its_nominal_scale(level: int) -> None:
    """USF's page: 3600 levels from 4095 downwards, one for each 0.001 of density."""
    assert density("B", "LUMISYS", level) == pytest.approx(3.6 - (level - 495) / 1000, abs=0.04)


def test_howtek_differs_by_site() -> None:
    assert density("A", "HOWTEK", 0) == pytest.approx(3.789)
    assert density("D", "HOWTEK", 0) == pytest.approx(3.96604096240593)
    assert density("A", "HOWTEK", 2000) == pytest.approx(1.89764)
    assert density("D", "HOWTEK", 2000) == pytest.approx(1.98492, abs=1e-4)


@pytest.mark.parametrize(
    ("letter", "named", "site"),
    [
        ("A", "DBA", "MGH"),
        ("A", "dba m2100 imageclear", "MGH"),
        ("A", "HOWTEK", "MGH"),
        ("B", "LUMISYS LASER", "WFU"),
        ("C", "LUMISYS", "WFU"),
        ("D", "HOWTEK", "ISMD"),
    ],
)
def test_letter_and_name_tell_the_digitizer(letter: str, named: str, site: str) -> None:
    found = digitizer.find(letter, named)
    assert found is not None and found.site == site


@pytest.mark.parametrize(("letter", "named"), [("B", "DBA"), ("D", "LUMISYS"), ("A", ""), ("E", "HOWTEK"), ("A", "X")])
def test_other_pairs_are_unknown(letter: str, named: str) -> None:
    assert digitizer.find(letter, named) is None


@pytest.mark.parametrize("one", digitizer.DIGITIZERS)
def test_brighter_levels_are_brighter_and_ends_saturate(one: digitizer.Digitizer) -> None:
    table = digitizer.brightness(one)
    assert table.shape == (65536,) and table.dtype == np.uint16
    assert np.all(np.diff(table.astype(int)) >= 0)
    assert table[65535] == 65535  # less than clear film
    level = 3000
    assert table[level] == pytest.approx((4 - float(one.density(np.array([float(level)]))[0])) / 4 * 65535, abs=0.5)


def test_level_0_of_the_logarithmic_scanner_is_black() -> None:
    dba = digitizer.find("A", "DBA")
    assert dba is not None
    table = digitizer.brightness(dba)
    assert table[0] == table[1] == table[3] == 0  # densities 4 and more
    assert table[4] > 0
