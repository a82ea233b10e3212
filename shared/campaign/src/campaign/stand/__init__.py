"""The platform under test: its servers, its services as processes of their own, and the faults they can be given."""

from campaign.stand.proxy import Direction, Proxy
from campaign.stand.shim import Shim, ShimUnavailable
from campaign.stand.stand import MemberUnknown, NotReady, Stand, standing

__all__ = ["Direction", "MemberUnknown", "NotReady", "Proxy", "Shim", "ShimUnavailable", "Stand", "standing"]
