"""The write-up of a study, drafted from its run folders: every number is read or computed, none is typed.

The draft is held to the checks that `audit writeup` makes of anybody's, and tests hold it to the lint that the
published write-up of issue 100 failed.
"""

from auditor.studies.clean_result.document import clean_result
from auditor.studies.clean_result.material import Material, gather
from auditor.studies.clean_result.page import page, page_of
from auditor.studies.clean_result.writing import write_draft, write_page

__all__ = ["Material", "clean_result", "gather", "page", "page_of", "write_draft", "write_page"]
