"""Findings of GuardDuty and Security Hub, and single events, as alerts."""
