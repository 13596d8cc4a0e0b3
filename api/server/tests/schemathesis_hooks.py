"""What schemathesis does not make up.

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
