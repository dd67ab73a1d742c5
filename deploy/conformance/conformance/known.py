"""What is known to be missed: case, words of the check, why. It is printed as missed wherever it shows; all else fails."""

MISSES = [
    ("segmenter", "points within 1.03 in scale", "the reference's range search stops at a rise of 0.08 % that its resampling made, see range-search.md"),
    ("small_cnn_partial_names", "SQNR ", "scales within 0.4 % of the reference's; the outputs are a softmax over ten classes"),
    ("max_pool", "SQNR ", "scales within 0.9 % of the reference's: which values lie near the middle of a step is chance"),
    ("relu_sigmoid_tanh", "SQNR ", "scales within 0.06 % of the reference's: which values lie near the middle of a step is chance"),
    ("minilm", "constants equal", "weights of norms are int8 with an activation's scale, and scales differ within their bound"),
    ("minilm", "torch and Calibeam compute the same", "600 roundings in a row: floats of two releases of torch that differ in the last bit end on either side of a middle"),
    ("minilm", "points within 1.001 in scale", "the reference's observer sees floats of another release of torch, and resamples its histogram after each sample"),
    ("all", "within 1.001 in scale", "the three of minilm, see there"),
    ("paths loop", "--control-flow tosa", "ExecuTorch 1.5.1 stops in a pass of its own; loops of convolutions lower"),
    ("paths loop_in_branch", "--control-flow tosa", "ExecuTorch 1.5.1 does not find the graphs of a loop within a branch"),
    ("paths loop_in_branch", "SQNR ", "one scale per tensor for all rounds of the loop, where the straight model has one for each round"),
    ("paths early_exit_digits_norm", "go the way of the float model", "what int8 features decide: 5 of 397 samples otherwise, with mse as many; 1.6 % lie within one step of the threshold"),
    ("paths several_outputs", "one after the other", "a product between two integers rounds to even in torch, up on the device: one step, of which the last layer makes two"),
    ("paths without_operands", "--control-flow tosa", "ExecuTorch 1.5.1 delegates no branch that only gives back operands"),
]


def why(case, text):
    """Why a check that does not hold is borne, None if it is not."""
    return next((because for named, words, because in MISSES if named == case and words in text), None)
