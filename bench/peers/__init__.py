"""The systems that ``bench/train.py`` compares: one file each, all with the same question and answer."""
