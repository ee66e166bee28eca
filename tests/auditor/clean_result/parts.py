"""Parts of a draft."""

import re


def section(text, title):
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    assert found, title
    return found.group(1)


def prose(text):
    return re.sub(r"^(```+)text\n.*?^\1$", "", text, flags=re.M | re.S)
