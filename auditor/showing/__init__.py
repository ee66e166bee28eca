"""One row or one template, shown as the trainer sees it."""
