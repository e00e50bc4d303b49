from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mammo_monai.phantom.film import expose, marks
from mammo_monai.phantom.plan import plan_exams

ROWS, COLS = 512, 416
VIEWS = [("L", "CC"), ("L", "MLO"), ("R", "CC"), ("R", "MLO")]


def exam(birads, seed=0, density="B", off_edge=False):
    sides = {"L": birads, "R": birads}
    return replace(plan_exams(1, seed)[0], birads=sides, density=density, off_edge=off_edge)


def difference(planned, laterality, view):
    with_lesion = expose(planned, laterality, view, ROWS, COLS)
    without = expose(planned, laterality, view, ROWS, COLS, lesions=False)
    assert not without.findings
    return with_lesion, with_lesion.brightness - without.brightness


@pytest.mark.parametrize(("laterality", "view"), VIEWS)
@pytest.mark.parametrize("birads", [2, 3, 4, 5])
@pytest.mark.parametrize("off_edge", [False, True])
def test_boxes_hold_exactly_what_the_lesion_changes(laterality, view, birads, off_edge):
    for seed in range(3):
        film, changed = difference(exam(birads, seed, off_edge=off_edge), laterality, view)
        outside = np.abs(changed)
        for marked in film.findings:
            xmin, ymin, xmax, ymax = marked.box
            inside = changed[max(ymin, 0) : ymax, max(xmin, 0) : xmax]
            assert inside.max() > 0.1 and inside.min() > -0.02
            outside[max(ymin, 0) : ymax, max(xmin, 0) : xmax] = 0
            rows, cols = (
                np.flatnonzero(np.abs(inside).max(axis=1)),
                np.flatnonzero(np.abs(inside).max(axis=0)),
            )
            if off_edge and view == "CC":
                continue  # part of what would be its extent lies outside
            # Tight: at most two faint pixels to spare on each side.
            assert rows[0] <= 2 and cols[0] <= 2
            assert inside.shape[0] - rows[-1] <= 3 and inside.shape[1] - cols[-1] <= 3
        assert not outside.any()


def test_lesions_at_the_chest_wall_reach_past_the_edge():
    left = expose(exam(4, off_edge=True), "L", "CC", ROWS, COLS).findings[0].box
    right = expose(exam(4, off_edge=True), "R", "CC", ROWS, COLS).findings[0].box
    assert left[0] < 0 < left[2] and right[0] < COLS < right[2]
    assert min(expose(exam(4, off_edge=True), "L", "MLO", ROWS, COLS).findings[0].box) >= 0


@pytest.mark.parametrize(("laterality", "view"), VIEWS)
def test_healthy_breasts_show_nothing(laterality, view):
    film, changed = difference(exam(1), laterality, view)
    assert film.findings == () and not changed.any()


@pytest.mark.parametrize("birads", [2, 3, 4, 5])
def test_lesions_raise_local_contrast_and_survive_downsampling(birads):
    """At 128 rows the lesion adds more than the standard deviation of the texture it lies in."""
    gains = []
    for seed in range(3):
        for laterality, view in VIEWS:
            film, changed = difference(exam(birads, seed), laterality, view)
            small = changed.reshape(128, 4, 104, 4).mean(axis=(1, 3))
            texture = (film.brightness - changed).reshape(128, 4, 104, 4).mean(axis=(1, 3))
            xmin, ymin, xmax, ymax = (round(edge / 4) for edge in film.findings[0].box)
            place = np.s_[max(ymin, 0) : ymax, max(xmin, 0) : xmax]
            gains.append(np.percentile(small[place], 90) / texture[place].std())
    assert np.median(gains) > 1.5


def test_each_breast_faces_as_equipment_shows_it():
    for view in ("CC", "MLO"):
        for laterality, wall, air in (("L", 0, -1), ("R", -1, 0)):
            image = expose(exam(1), laterality, view, ROWS, COLS, lesions=False).brightness
            below_label = image[60:]
            assert (below_label[:, wall] > 0).mean() > 0.5 and not below_label[:, air].any()


def test_label_is_the_only_full_white_and_lies_in_air():
    for laterality, view in VIEWS:
        image = expose(exam(5, density="D"), laterality, view, ROWS, COLS).brightness
        assert image.min() == 0 and image.max() == 1
        rows, cols = np.nonzero(image == 1)
        around = image[rows.min() - 6 : rows.max() + 7, cols.min() - 6 : cols.max() + 7]
        assert set(np.unique(around)) == {0, 1}


def test_node_without_category_is_marked_on_the_mlo_of_birads_5_only():
    def marks(birads, view):
        return expose(exam(birads), "L", view, ROWS, COLS).findings

    assert [m.birads for m in marks(5, "MLO")] == [5, None]
    assert marks(5, "MLO")[1].categories == ("Suspicious Lymph Node",)
    assert [m.birads for m in marks(5, "CC")] == [5] and [m.birads for m in marks(4, "MLO")] == [4]


@pytest.mark.parametrize(("laterality", "view"), VIEWS)
@pytest.mark.parametrize("off_edge", [False, True])
def test_masks_cover_what_the_lesions_change_and_fill_their_boxes(laterality, view, off_edge):
    film, changed = difference(exam(5, 1, off_edge=off_edge), laterality, view)
    covered = np.zeros((ROWS, COLS), bool)
    for marked in film.findings:
        rows, cols = np.flatnonzero(marked.mask.any(axis=1)), np.flatnonzero(marked.mask.any(axis=0))
        xmin, ymin, xmax, ymax = marked.box
        assert xmin <= cols[0] and ymin <= rows[0] and cols[-1] < xmax and rows[-1] < ymax
        if xmin >= 0 and xmax <= COLS:  # else what reaches farthest up or down may lie off the film
            assert (cols[0], rows[0], cols[-1] + 1, rows[-1] + 1) == marked.box
        covered |= marked.mask
    assert not changed[~covered].any() and (changed[covered] != 0).mean() > 0.9


@pytest.mark.parametrize("birads", [1, 2, 3, 4, 5])
def test_marks_are_known_without_drawing(birads):
    for laterality, view in VIEWS:
        drawn = expose(exam(birads, 2), laterality, view, 128, 104).findings
        assert marks(exam(birads, 2), laterality, view) == [(marked.categories, marked.birads) for marked in drawn]
