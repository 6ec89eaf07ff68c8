"""Every file that datakit reads or writes: bytes to record and back, pure, without input or output of its own."""
