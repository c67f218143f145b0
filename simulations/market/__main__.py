"""`python -m simulations.market --url URL --operator FILE --state FOLDER`."""

import sys

from simulations.market.run import run
from simulations.market.settings import parse_settings

sys.exit(run(parse_settings()))
