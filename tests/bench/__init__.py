"""Benchmarks: figures and ratios against named baselines of the same run; nothing here asserts."""
