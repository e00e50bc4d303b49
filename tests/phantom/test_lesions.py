from __future__ import annotations

import numpy as np
import pytest

from mammo_monai.phantom import lesions
from mammo_monai.phantom.lesions import choose

STAMPS = [
    "smooth_mass",
    "calcified_mass",
    "irregular_mass",
    "pleomorphic_cluster",
    "spiculated_mass",
    "dense_node",
    "coarse_cluster",
    "stellate_mass",
]


def stamp(name, radius=48.0, seed=0):
    return getattr(lesions, name)(np.random.default_rng(seed), radius)


def roughness(image):
    """Perimeter^2 / (4 pi area) of what is clearly lit: 1 for a disc, larger the more irregular."""
    lit = image > 0.05
    padded = np.pad(lit, 1)
    perimeter = sum(np.count_nonzero(np.diff(padded.astype(int), axis=axis)) for axis in (0, 1)) * np.pi / 4
    return perimeter**2 / (4 * np.pi * lit.sum())


@pytest.mark.parametrize("name", STAMPS)
@pytest.mark.parametrize("radius", [3.3, 12.0, 48.0])
def test_stamps_add_light_within_a_dark_border(name, radius):
    image = stamp(name, radius)
    assert image.dtype == np.float32 and image.shape[0] == image.shape[1] and image.shape[0] % 2 == 1
    assert image.min() == 0 and 0.12 < image.max() < 2
    border = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
    assert border.max() < 0.05


@pytest.mark.parametrize("seed", range(4))
def test_benign_masses_are_smooth_and_malignant_ones_are_not(seed):
    smooth = [roughness(stamp(name, seed=seed)) for name in ("smooth_mass", "calcified_mass", "dense_node")]
    rough = [roughness(stamp(name, seed=seed)) for name in ("irregular_mass", "spiculated_mass")]
    assert max(smooth) < 1.3
    assert rough[0] > 1.6 and rough[1] > 3


@pytest.mark.parametrize("seed", range(4))
def test_spicules_reach_further_the_more_suspicious(seed):
    def reach(name):
        lit = stamp(name, seed=seed) > 0.05
        y, x = np.nonzero(lit) - np.array([[lit.shape[0] // 2]] * 2)
        return np.hypot(y, x).max() / 48

    assert reach("smooth_mass") < 1.3 < 1.5 < reach("irregular_mass") < 2 < reach("spiculated_mass")


@pytest.mark.parametrize("seed", range(4))
def test_malignant_calcifications_are_finer_and_more_than_benign_ones(seed):
    def grains(image):
        """Connected bright spots above their surround: (count, mean area)."""
        import cv2

        spots = (image > 0.30).astype(np.uint8)
        count, _, stats, _ = cv2.connectedComponentsWithStats(spots)
        return count - 1, stats[1:, cv2.CC_STAT_AREA].mean()

    fine, coarse = grains(stamp("pleomorphic_cluster", seed=seed)), grains(stamp("calcified_mass", seed=seed))
    assert fine[0] > 2 * coarse[0] and fine[1] < coarse[1] / 3


def test_the_category_decides_the_kind():
    def kinds(birads):
        chosen = [choose(birads, np.random.default_rng(seed)) for seed in range(40)]
        return {lesion.stamp.__name__ if lesion else None for lesion in chosen}

    assert kinds(1) == {None}
    assert kinds(2) == {"calcified_mass"}
    assert kinds(3) == {"smooth_mass"}
    assert kinds(4) == {"irregular_mass", "pleomorphic_cluster"}
    assert kinds(5) == {"spiculated_mass"}


@pytest.mark.parametrize(("birads", "grains"), [(2, "coarse_cluster"), (5, "pleomorphic_cluster")])
def test_a_mass_with_calcifications_is_two_lesions_where_they_lie_apart(birads, grains):
    mass, cluster = lesions.apart(choose(birads, np.random.default_rng(0)))
    assert mass.categories == ("Mass",) and "Calcification" in cluster.categories[0]
    assert cluster.stamp.__name__ == grains
    body = mass.stamp(np.random.default_rng(0), 48.0)
    both = choose(birads, np.random.default_rng(0)).stamp(np.random.default_rng(0), 48.0)
    assert body.max() < both.max() - 0.1  # the grains are gone
    for alone in (3, 4):
        lesion = choose(alone, np.random.default_rng(0))
        assert lesions.apart(lesion) == (lesion,)


def test_stamps_repeat_for_a_seed():
    assert np.array_equal(stamp("spiculated_mass"), stamp("spiculated_mass"))
    assert not np.array_equal(stamp("spiculated_mass"), stamp("spiculated_mass", seed=1))
