"""HTTP interface, web page, and the composition root: the one package that knows all the others."""
