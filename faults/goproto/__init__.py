"""Go's module protocols as data: URLs, versions, module zips, signed notes."""
