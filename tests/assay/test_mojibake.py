import pytest

from exchange.assay.mojibake import was_decoded_wrongly
from exchange.assay.quality import is_garbled

CHINESE = "村口的桥连接着一片稻田，春天最热闹。旧仓库面对着古老的城墙，已有多年历史。"


@pytest.mark.parametrize(
    "text",
    [
        CHINESE.encode().decode("cp1252", "ignore"),
        CHINESE.encode().decode("latin-1"),
        CHINESE.encode("gb18030").decode("latin-1"),
        CHINESE.encode().decode("gb18030", "ignore"),
        "{'title': '" + CHINESE[:12].encode().decode("gb18030", "ignore") + "', 'id': 77}",
    ],
)
def test_chinese_in_a_wrong_encoding_is_known(text):
    assert was_decoded_wrongly(text)
    assert is_garbled(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain",
        CHINESE,
        "鐨字与鏄字是生僻字",
        "咖啡、玫瑰、琥珀、蝴蝶、蜘蛛、葡萄、骆驼、鹦鹉",
        "jäääär, öö, Größe, « voilà », né à l’été…",
        "ÄÖÜäöüß ÀÉÈÊËÎÏÔÙÛÇ",
        "¯¯¯¯¯¯¯¯ ········ °°°°°°°° ××××××××",
        "½ ¾ ¼ ±5 °C, 3×4÷2",
        "橋の近くに古い市場があります。다리 옆에",
        "Það er langt síðan",
    ],
)
def test_letters_that_only_look_strange_are_left_alone(text):
    assert not was_decoded_wrongly(text)
