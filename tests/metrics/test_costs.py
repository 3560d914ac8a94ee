"""Seconds and megabytes."""

import time

import torch

from mmtutor.attention import scaled_dot_product_attention
from mmtutor.metrics import costs


def test_the_median_of_several_calls():
    calls = []

    def work():
        calls.append(1)
        time.sleep(0.001)

    assert costs.seconds(work, repeats=3) >= 0.001
    assert len(calls) == 4  # one to warm up


def test_peak_counts_what_lives_at_one_time():
    megabyte = torch.ones(250_000)

    def work():
        a = megabyte * 2  # 1 MB
        b = a + 1  # 2 MB
        del a
        c = b.view(500, 500)  # a view: nothing
        return c * 3  # 2 MB

    assert costs.peak_megabytes(work) == 2.0
    assert costs.peak_megabytes(lambda: megabyte.view(500, 500)) == 0.0


def test_the_open_path_holds_two_tables():
    x = torch.randn(1, 1, 512, 16)
    table = 512 * 512 * 4 / 1e6
    peak = costs.peak_megabytes(lambda: scaled_dot_product_attention(x, x, x))
    assert 2 * table <= peak < 2.2 * table
