"""Scenario files: read with their line marks, validated once, and trusted from there on."""
