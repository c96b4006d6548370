"""Explains a verdict: the whole reasoning as a tree in French, from what was asked of each source to the headline.

`trace` shows what a rule looked at, `tree` builds the tree, `words` holds the French names of what rules look at. The
normal path knows nothing of this: rules are judged again, on a case that notes what is asked of it.
"""
