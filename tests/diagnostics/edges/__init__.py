"""Each number of the rule-set at its edge: what a diagnosis says just within it, and just beyond.

Used by the tests, and by `tests.diagnostics.mutation`, which moves every number and looks for the edge that notices.
"""

from __future__ import annotations

from tests.diagnostics.edges.beyond import beyond
from tests.diagnostics.edges.classes import ceilings, classes
from tests.diagnostics.edges.exactly import exactly
from tests.diagnostics.edges.levels import hygiene, optics_
from tests.diagnostics.edges.making import Edge
from tests.diagnostics.edges.scans import scans
from tests.diagnostics.edges.slow import slow
from tests.diagnostics.edges.together import together

EDGES: tuple[Edge, ...] = (
    *hygiene(),
    *optics_(),
    *exactly(),
    *beyond(),
    *classes(),
    *ceilings(),
    *together(),
    *slow(),
    *scans(),
)
