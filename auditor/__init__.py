"""The public face of `confound-auditor`."""

from pathlib import Path

from auditor._shadow import refuse_shadows

refuse_shadows(Path(__file__).parent.parent)
