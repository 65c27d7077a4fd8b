"""What mitmdump loads: `mitmdump -s "$(golab faults path)" --set golab_rules=rules.yaml`."""

from faults.addon import Faults

addons = [Faults()]
