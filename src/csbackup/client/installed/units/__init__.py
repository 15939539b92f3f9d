"""The units, as files with `@NAMES@` in them."""
