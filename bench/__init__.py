"""Measures this program beside restic and borg, on the same data, in the same run."""
