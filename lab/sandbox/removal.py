from __future__ import annotations

import os
import shutil


def remove_tree(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        for folder, _, _ in os.walk(path):
            os.chmod(folder, 0o755)
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)
