"""The shared words of the product: values only, no I/O, no clock, nothing of the other packages."""
