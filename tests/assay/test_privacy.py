import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.assay.privacy import RECOGNISERS, Recogniser, find_personal_data, shape_of

RESIDENT_ID = "11010519491231002X"
CARD = "6222021234567890128"


def kinds(text: str) -> list[str]:
    return [finding.kind for finding in find_personal_data(text, 0)]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"身份证号{RESIDENT_ID}，请核对", "cn_resident_id"),
        (f"id={RESIDENT_ID.lower()}.", "cn_resident_id"),
        (f"银行卡号：{CARD}", "bank_card"),
        ("my card is 6222 0212 3456 7890 128, thanks", "bank_card"),
        ("Visa 4539-5787-6362-1486", "bank_card"),
        ("联系电话：13812345678。", "cn_mobile"),
        ("电话13812345678找王医生", "cn_mobile"),
        ("call +86 138-1234-5678", "cn_mobile"),
        ("+8613812345678", "cn_mobile"),
        ("write to li.wei@hospital.org.cn.", "email"),
        ("邮箱wang@qq.com联系", "email"),
        ("login from ip 8.8.8.8", "ipv4"),
        ("IBAN GB82 WEST 1234 5698 7654 32", "iban"),
        ("NO9386011117947", "iban"),
        ("IBAN BE68 5390 0754 7034 BIC KREDBEBB", "iban"),
        ("card 4539 5787 6362 1486 123", "bank_card"),
        ("Amex card 3742 454554 00126", "bank_card"),
        ("信用卡3566111111111113", "bank_card"),
        ("身份证１１０１０５１９４９１２３１００２Ｘ", "cn_resident_id"),
        ("手机号：１３８１２３４５６７８", "cn_mobile"),
        ("电话008613812345678", "cn_mobile"),
        ("邮箱ｗａｎｇ＠ｑｑ．ｃｏｍ", "email"),
        ("P<UTO\nL898902C36UTO7408122F1204159ZE184226B<<<<<10\n", "passport_mrz"),
        ("统一社会信用代码：91110000600037341L", "cn_uscc"),
    ],
)
def test_planted_personal_data_is_found(text: str, kind: str) -> None:
    assert kinds(text) == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "身份证号110105194912310021",
        f"x = 9{RESIDENT_ID}",
        "银行卡号：6222021234567890127",
        f"assert primes[9] == {CARD}",
        "card 4111111111111111 is the scheme's test number",
        "sum(13812345678, 2)",
        "手机 12812345678",
        "电话号码 138123456789",
        "phone: 0.13812345678",
        "mail me at someone@example.com or a@b.test",
        "icon@2x.png",
        "y = X.T@W.T",
        "self.weights@inputs.data",
        "git@github",
        "version 8.8.8.8",
        "ip 192.168.0.1",
        "ip 8.8.8.888",
        "IBAN GB82 WEST 1234 5698 7654 33",
        "AB71 1234 5678 9012",  # 1 mod 97, of no country
        "DE52 1234 5678",
        "统一社会信用代码：91110000600037341M",
        "123456789012345678",
    ],
)
def test_what_only_looks_like_personal_data_is_not(text: str) -> None:
    assert kinds(text) == []


def test_a_finding_says_where_and_never_what() -> None:
    (finding,) = find_personal_data(f"身份证 {RESIDENT_ID}", 7)
    assert (finding.document, finding.offset, finding.length) == (7, 4, 18)
    assert finding.masked == "11***************X"
    assert finding.category == "personal"
    assert finding.sensitive


def test_an_address_is_masked_but_for_its_first_letter_and_last_label() -> None:
    (finding,) = find_personal_data("<li.wei@hospital.org.cn>", 0)
    assert finding.masked == "l***@***.cn"
    assert not finding.sensitive


def test_an_organisations_code_is_no_personal_data() -> None:
    (finding,) = find_personal_data("信用代码 91110000600037341L", 0)
    assert finding.category == "organisation"


def test_several_findings_come_in_order_of_place() -> None:
    text = f"tel 13812345678, {RESIDENT_ID}, a@qq.com, 卡号 {CARD}"
    findings = find_personal_data(text, 0)
    assert [finding.kind for finding in findings] == ["cn_mobile", "cn_resident_id", "email", "bank_card"]
    assert [finding.offset for finding in findings] == sorted(finding.offset for finding in findings)


@given(st.text("0123456789 -.@xXaZ手机卡号电", max_size=120))
def test_findings_lie_inside_the_text_and_do_not_overlap(text: str) -> None:
    end = 0
    for finding in find_personal_data(text, 0):
        assert end <= finding.offset
        end = finding.offset + finding.length
        assert end <= len(text)
        assert text[finding.offset : end] not in finding.masked


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_resident_id_is_found_in_any_surroundings_that_leave_it_whole(before: str, after: str) -> None:
    findings = find_personal_data(f"{before} {RESIDENT_ID} {after}", 0)
    assert any(f.kind == "cn_resident_id" and f.offset == len(before) + 1 for f in findings)


@pytest.mark.parametrize("recogniser", RECOGNISERS, ids=lambda each: each.kind)
@settings(max_examples=15)
@given(st.data())
def test_what_a_pattern_matches_passes_its_gate(recogniser: Recogniser, data: st.DataObject) -> None:
    text = data.draw(st.from_regex(recogniser.pattern))
    assert any(gate in (shape_of(text) or gate) for gate in recogniser.gates)
