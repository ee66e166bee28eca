"""Training: settings, models, devices, LoRA fine-tuning."""
