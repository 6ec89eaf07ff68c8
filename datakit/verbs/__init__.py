"""The verbs: the only room that knows all the others; plain values in, records out, no printing and no prompting."""
