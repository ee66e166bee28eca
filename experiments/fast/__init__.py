"""Train and score at the speed of the machine: the same rows, order, loss and schedule as trl, without the waste.

Only rows' own tokens are computed (no padding outside attention), logits only where there is loss, activations are kept
where memory allows, and the adapters of several runs share the passes over one frozen base. `experiments.training.sft`
is the other way: trl as published.
"""
