"""The environments of samconfig.toml, read as SAM reads them: each is a stack of its own,
gives parameters that the template has, and does not build from SAM's cache."""

import re
import sys

from samcli.cli.types import CfnParameterOverridesType
from samcli.lib.config.samconfig import SamConfig
from samcli.yamlhelper import parse_yaml_file

parameters = parse_yaml_file("template.yaml")["Parameters"]
config = SamConfig(".")
wrong, stacks = [], set()


def takes(p, value):
    """Whether CloudFormation would take a value for a parameter."""
    if p["Type"] == "Number":
        value = float(value)
        return p.get("MinValue", value) <= value <= p.get("MaxValue", value) and value in p.get("AllowedValues", [value])
    return value in p.get("AllowedValues", [value]) and re.search(p.get("AllowedPattern", ""), value)


for name in ("default", "dev", "staging", "prod"):
    deploy = config.get_all(["deploy"], "parameters", name)
    try:
        build = config.get_all(["build"], "parameters", name)
    except KeyError:
        build = {}
    given = CfnParameterOverridesType().convert(deploy.get("parameter_overrides", []), None, None) or {}
    wrong += [f"{name}: {k}={v}" for k, v in given.items() if k not in parameters or not takes(parameters[k], v)]
    if name != "default" and given.get("Environment") != name:
        wrong.append(f"{name}: Environment is {given.get('Environment')}")
    if deploy["stack_name"] in stacks:
        wrong.append(f"{name}: the stack {deploy['stack_name']} is another's")
    if build.get("cached"):
        wrong.append(f"{name}: builds from SAM's cache, which does not see changes in pkg/")
    stacks.add(deploy["stack_name"])

sys.exit("samconfig.toml: " + "; ".join(wrong) if wrong else 0)
