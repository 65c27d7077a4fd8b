"""Writes what was measured into scenario files: `golab record`.

measured     what an arm must do, from what it did
edits        where in a file that stands, and what is to change
text         changes a YAML file and leaves alone what is not changed
files        reads the file, checks that nothing is lost, writes it
"""
