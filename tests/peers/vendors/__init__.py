"""What services answer, one file each, for sinks.py. A request is held against the shape that the vendor publishes
(SCHEMA, JSON Schema), because a service that takes anything proves nothing."""
import jsonschema


def faults(schema, value):
    """What is wrong with a value, one line each."""
    return [
        "%s: %s" % ("/".join(map(str, error.absolute_path)) or "body", error.message)
        for error in jsonschema.Draft7Validator(schema).iter_errors(value)
    ]
