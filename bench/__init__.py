"""Measurements beside stock Rasa: `make evaluate` (understanding) and `make bench` (time)."""
