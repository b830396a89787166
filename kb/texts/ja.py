"""The Japanese words for what notes, tags and searches are: kinds, facets, what a search did."""

KINDS = {
    "advice": "助言",
    "problem": "課題",
    "question": "質問",
    "statement": "事実・事例",
    "impression": "感想",
    "label": "見出し",
}
VIAS = {"explicit": "明示", "inherited": "継承"}
STEPS = {
    "keyboard": "「{text}」を「{instead}」として探しました",
    "sound": "「{text}」を「{instead}」として探しました",
    "spelling": "「{text}」を「{instead}」として探しました",
    "function": "「{text}」を除いて探しました",
    "parts": "「{text}」は語の一部でも探しました",
    "related": "「{text}」は近い意味の語でも探しました",
    "likeness": "語を含まなくても意味が近いメモも示します",
    "some": "すべての語を含むメモは少ないので、一部の語を含むメモも示します",
}
NOTICES = {
    "cut": "長すぎるので「{text}」からあとは使いませんでした",
    "too many words": "語が多すぎるので「{text}」からあとは使いませんでした",
    "too deep": "括弧が深すぎるので一部を無視しました",
    "unclosed": "対になっていない「{text}」を無視しました",
    "as words": "「{text}」は普通の語として探しました",
    "no likeness": "意味の近さでは探せませんでした: {text}",
    "literally": "「{text}」をそのままの文字として探しました",
}
NO_EVENT = "イベント不明"
UNDATED = "日付不明"
OUTSIDE_TALKS = "(セッション外)"
SAMPLES_SHOWN = "見本を表示中"
