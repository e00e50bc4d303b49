from __future__ import annotations

import numpy as np
import pytest

from mammo_monai.phantom.breast import draw_outline, lay_out, smoothstep


def breast(view, seed=0, rows=256, cols=208):
    outline = draw_outline(view, cols / rows, np.random.default_rng(seed))
    return outline, lay_out(outline, rows, cols)


@pytest.mark.parametrize("view", ["CC", "MLO"])
@pytest.mark.parametrize("seed", range(5))
def test_breast_stands_on_the_chest_wall_and_leaves_air_around_it(view, seed):
    outline, laid = breast(view, seed)
    inside = laid.thickness > 0
    assert 0.25 < inside.mean() < 0.75
    assert inside[round(outline.nipple * 256), 0]
    assert not inside[:, -1].any()
    assert not inside[-1].any()
    assert inside[0].any() == (view == "MLO")  # the axilla leaves the image, nothing else does
    # Every row is one run that starts at the chest wall.
    assert (np.diff(inside.astype(int), axis=1) <= 0).all()


def test_half_superellipse_has_the_area_of_the_formula():
    outline, laid = breast("CC", rows=512, cols=416)
    x = np.linspace(0, 1, 20001)
    profile = (1 - x**outline.power) ** (1 / outline.power)
    area = np.trapezoid(profile, x) * outline.depth * (outline.up + outline.down) * 512**2
    assert (laid.thickness > 0).sum() == pytest.approx(area, rel=0.01)  # the nipple adds a little


def test_thickness_falls_off_to_the_skin_and_never_rises():
    outline, laid = breast("CC")
    along = laid.thickness[round(outline.nipple * 256), : int(0.9 * outline.depth * 256)]
    assert along[0] == pytest.approx(1) and (np.diff(along) <= 1e-6).all()
    assert 0 < laid.thickness[laid.thickness > 0].min() < 0.3
    # The skin line stands at the edge only.
    assert laid.thickness[laid.skin > 0.5].max() < 0.6


def test_pectoral_muscle_is_a_corner_of_the_mlo_alone():
    assert not breast("CC")[1].pectoral.any()
    for seed in range(5):
        muscle = breast("MLO", seed)[1].pectoral > 0.5
        assert muscle[0, 0] and not muscle[-1].any() and not muscle[:, 120:].any()
        assert 0.03 < muscle.mean() < 0.2
        assert (np.diff(muscle.sum(axis=1)) <= 0).all()  # narrower from row to row
        assert muscle.sum(axis=0)[0] > muscle.sum(axis=1)[0]  # taller than wide


def test_smoothstep_has_compact_support():
    assert smoothstep(np.array([-1.0, 0.0, 0.5, 1.0, 7.0])).tolist() == [0, 0, 0.5, 1, 1]
