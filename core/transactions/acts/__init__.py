"""Acts of people that the engine carries out: recorded by the desk, judged again and ended by the engine."""
