"""The closed sets that pages offer are those of the API."""

import msgspec
import pytest

from portals.kit.make_vocabulary import DESCRIPTION, MODULE, SetMissing, members, module_of


def test_the_module_is_what_the_api_says():
    # To renew it: python -m portals.kit.make_vocabulary
    assert MODULE.read_text() == module_of(DESCRIPTION.read_bytes())


def test_a_set_that_the_api_lost_is_refused_by_name():
    with pytest.raises(SetMissing, match="ALERT_KINDS"):
        members({"RuleTerms": {"properties": {"kind": {"type": "string"}}}}, "ALERT_KINDS", "RuleTerms.kind")


def test_sets_are_found_in_lists_and_in_properties_that_may_be_missing():
    document = msgspec.json.decode(DESCRIPTION.read_bytes())["components"]["schemas"]
    assert members(document, "DOCUMENT_KINDS", "DocumentsAnswers.wanted")[-1] == "other"
    assert members(document, "FIGURES", "TransactionQuery.figure")[0] == "payments"
