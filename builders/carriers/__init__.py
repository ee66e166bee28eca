"""What tells conditions apart beside the system prompt: found from the data, or said by the user."""

from builders.carriers.finding import Carriers, find_carriers
from builders.carriers.given import Given, parse_given
from builders.carriers.keying import keyed
from builders.carriers.rules import Rule

__all__ = ["Carriers", "Given", "Rule", "find_carriers", "keyed", "parse_given"]
