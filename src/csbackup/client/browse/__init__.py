"""Looks into what was backed up: snapshots, folders, versions of a file. Changes nothing."""
