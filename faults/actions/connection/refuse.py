"""Refuses connections."""

from faults.model.action import Action, Example


class Refuse(Action):
    """Stop listening: the kernel answers every SYN with RST."""

    slot = "answer"
    closes_port = True
    order = 10

    examples = (
        Example(
            "{where: {port: 443}, do: {refuse: true}}",
            "`connection refused`, before any byte, until the rule is off.",
            "The real thing, for a whole port: TCP knows no names. For one name, point it with"
            " `dns` at an address where nothing listens. Attempts never reach user space, so a hit"
            " is the port being closed, not an attempt.",
        ),
    )
