"""The steps of a scenario, as commands, and what came of them, in a trader's words.

A step is a function in a module of this package, registered by its first word: see `registry`. Every module here is
loaded, so that more steps are one more file.
"""

from importlib import import_module
from pkgutil import iter_modules

from simulations.scenario_steps.market import Market, bits
from simulations.scenario_steps.registry import StepError, is_view, known_steps, stated, told

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")

__all__ = ["Market", "StepError", "bits", "is_view", "known_steps", "stated", "told"]
