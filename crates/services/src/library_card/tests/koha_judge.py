"""Judges JSON by JSON Schema, made of a list of fields and their kinds: "string? date" is a text in the form of a day, or null.

Reads {"fields": {definition: {required, fields}}, "said": [[definition, value], ...]} and answers with the faults as a list of texts.
"""

import datetime
import json
import sys

import jsonschema

ORDER = json.loads(sys.stdin.buffer.read())
FORMATS = jsonschema.FormatChecker(formats=[])


@FORMATS.checks("date", ValueError)
def is_date(value):
    return not isinstance(value, str) or (len(value) == 10 and bool(datetime.date.fromisoformat(value)))


@FORMATS.checks("date-time", ValueError)
def is_date_time(value):
    return not isinstance(value, str) or datetime.datetime.fromisoformat(value).tzinfo is not None


def schema(definition):
    def kind(said):
        name, _, form = said.partition(" ")
        may_be_null = name.endswith("?")
        one = {"type": [name.rstrip("?"), "null"] if may_be_null else name}
        return {**one, "format": form} if form else one

    return {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "type": "object",
        "properties": {name: kind(said) for name, said in definition["fields"].items()},
        **({"required": definition["required"]} if definition["required"] else {}),
        "additionalProperties": False,
    }


faults = []
for name, value in ORDER["said"]:
    described = schema(ORDER["fields"][name])
    jsonschema.Draft4Validator.check_schema(described)
    judge = jsonschema.Draft4Validator(described, format_checker=FORMATS)
    faults += [f"{name}.{'.'.join(map(str, fault.path))}: {fault.message}" for fault in judge.iter_errors(value)]
print(json.dumps(faults))
