"""Healthy -> broken -> repaired -> verdict.

arms         what the three arms are, and how a client is set up in one
replay       goes through them in a running lab
diagnose     has the diagnostics look, as the client of an arm
scoring      what a diagnostic is worth, from what it said in the three arms
verdict      what a run has come to, from what was seen; both from plain data
"""
