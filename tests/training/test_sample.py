from __future__ import annotations

from collections import Counter

from mammo_monai.training.sample import Sample


def test_every_one_is_as_likely_as_another():
    """Of 12 4 are kept and 2 taken: each in a sixth of 3,000 draws, within four standard deviations."""
    counted = Counter()
    for seed in range(3000):
        sample = Sample(4, seed)
        for number in range(12):
            sample.offer(number)
        assert (len(sample), sample.seen) == (4, 12)
        counted.update(sample.take(2))
    expected, deviation = 3000 / 6, (3000 / 6 * 5 / 6) ** 0.5
    assert all(abs(counted[number] - expected) < 4 * deviation for number in range(12))


def test_the_order_is_that_of_the_stream_and_the_seed_decides():
    def taken(seed):
        sample = Sample(8, seed)
        for number in range(100):
            sample.offer([number])  # what is kept need not be comparable by anything but its turn
        return sample.take(5)

    assert taken(1) == sorted(taken(1)) == taken(1) != taken(2) and len(taken(1)) == 5
