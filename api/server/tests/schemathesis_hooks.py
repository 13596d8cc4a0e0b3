"""What schemathesis does not make up, and what it cannot know.

JSON Schema takes 3.0 for an integer. The API does not: units and minor units of money are written
without a fraction, and a 3.0 is a sign of somebody's floats.
"""

import schemathesis


def has_whole_float(value):
    if isinstance(value, float):
        return value.is_integer()
    if isinstance(value, dict):
        return any(has_whole_float(inner) for inner in value.values())
    return isinstance(value, list) and any(has_whole_float(inner) for inner in value)


@schemathesis.hook
def filter_body(context, body):
    return not has_whole_float(body)


@schemathesis.hook
def before_call(context, case, kwargs):
    """A good token names positions of this cluster: others are refused as too stale (503)."""
    mode = case.meta.generation.mode if case.meta else None
    if mode == schemathesis.GenerationMode.POSITIVE and "Stoa-Min-Token" in (case.headers or {}):
        case.headers["Stoa-Min-Token"] = "1:1"
