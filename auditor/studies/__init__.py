"""Documents made from runs: the drafted write-up, the calibration, the retraction."""
