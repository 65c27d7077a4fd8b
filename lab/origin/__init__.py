"""The hermetic Internet of a lab: module proxies, checksum database and repositories of a world."""
