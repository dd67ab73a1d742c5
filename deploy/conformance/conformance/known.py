"""What is known to be missed: case, words of the check, why. It is printed as missed wherever it shows; all else fails."""

MISSES = [
    ("segmenter", "points within 1.03 in scale", "the reference's range search stops at a rise of 0.08 % that its resampling made, see range-search.md"),
    ("small_cnn_partial_names", "SQNR ", "scales within 0.4 % of the reference's; the outputs are a softmax over ten classes"),
]


def why(findings, text):
    """Why a check that does not hold is borne, None if it is not."""
    return next((because for case, words, because in MISSES if case == findings.case and words in text), None)
