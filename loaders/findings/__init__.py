"""Findings of GuardDuty and Security Hub as alerts."""
