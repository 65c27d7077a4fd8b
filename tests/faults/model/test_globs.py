"""Globs."""

from __future__ import annotations

import fnmatch
import itertools
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from faults.model.globs import overlap

GLOBS = st.lists(
    st.sampled_from(["*", "?", "a", "b", "[ab]", "[!a]", "/"]), min_size=1, max_size=4
).map("".join)


@given(GLOBS, GLOBS)
@settings(max_examples=300, deadline=None)
def test_globs_overlap_exactly_if_a_text_matches_both(one: str, other: str) -> None:
    texts = ["".join(text) for size in range(7) for text in itertools.product("ab/", repeat=size)]
    both = re.compile(f"(?={fnmatch.translate(one)}){fnmatch.translate(other)}")
    witnessed = any(both.match(text) for text in texts)
    assert not witnessed or overlap(one, other)
    if "[" not in one or "[" not in other:
        assert overlap(one, other) is witnessed
