"""fhirkit-rs: the number of errors in each of the resources on standard input."""

import json
import sys

import fhirkit


def errors(resource):
    try:
        issues = fhirkit.validate(json.dumps(resource))
    except fhirkit.ParseError:
        return 1
    except fhirkit.ValidationError as refused:
        issues = refused.issues
    return len([one for one in issues if str(one.severity).lower().endswith(("error", "fatal"))])


print(json.dumps([[errors(one)] for one in json.load(sys.stdin)]))
