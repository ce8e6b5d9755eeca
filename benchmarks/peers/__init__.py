"""What is measured: `registry` has a row per peer, `process` starts, watches and stops one."""
