"""The rows of the plan: what `--rows` names, each measured by itself, its figures kept under its name.

row        what a row is
ratios     runs side by side, and ratios of their figures
single     one connection: latency, and what the disk takes of it
tails      latency at half of the highest throughput, at rest and while the server does more
starts     start to first answer, idle memory
views      YCSB, and all peers beside each other; not judged
growth     ten thousand to ten million items, and deleting them
registry   all of them
"""
