"""Answers made visible: tables and trees for people, JSON and CSV for programs."""
