"""Views of one result tree, one file per format. They read results and nothing else."""
