"""Ring 1: the same stations under a seeded network, clock, disk and people."""
