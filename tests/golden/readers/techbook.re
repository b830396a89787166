= 夜の会 2018 に行った

#@# 見えない
2018年1月15日の@<href>{https://example.com/yoru, 夜の会}に行った。
楽しかった。

=={kagi} 【A】19:00~19:30: 鍵の話

@<href>{https://speakerdeck.com/x/kagi}

 * @<b>{鍵}は借りる
   続きの行
 ** 錠は@<code>{貸す}
 *** 三段目@<fn>{a}
 1. 一つ目
 2. 二つ目

//list[a][名前][python]{
 * これはコード
//}

//quote{
引用の言葉
//}

//note[囲み]{
 * 囲みの中
//}

//footnote[a][脚注の言葉]
==[column] コラム
//image[a][写真]
言葉
==[/column]
