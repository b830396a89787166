"""Notes with outdated claims, and similar notes without any."""

import pytest

from kb.readers.formats import read_outline
from kb.report.model import MetadataOverride
from kb.services import domain
from kb.services.tagger import tag
from kb.talks import report_of

DOMAIN = domain()

CLAIMS = """
lambda: 処理は5分以内に終わらせないといけない
lambda: 実行時間の上限は5分
lambda: 5分の壁がある
lambda: 5分しか動かないのでバッチには向かない
lambda: 300秒でタイムアウトする
lambda: 300sec max
lambda: 5min上限
eventbridge: 256Kで弾かれる
lambda: VPCに入れると起動が遅くなる
lambda: メモリは最大1.5GB
lambda: /tmpは512MBまで
lambda: 課金は100ms単位
lambda: FIFOキューはトリガーにできない
lambda: SQSをトリガーにできないので定期実行する
lambda: デプロイパッケージの制限に引っかかる
lambda: 定期的に叩いて温めておく
s3: 書き込み直後は古いデータが読めることがあり、結果整合性に注意
s3: キーのプレフィックスにハッシュを付けて分散させる
s3: バケットは100個までしか作れない
sqs: メッセージサイズは最大256KB
sqs: FIFOは300TPSまで
dynamodb: トランザクションは使えない
dynamodb: 空文字は入れられない
dynamodb: キャパシティは手動で変える
api-gateway: 29秒の制限がある
step-functions: ペイロードは32KBまで
kinesis: データの保持は最大7日
ecs: コンテナの中にSSHで入れない
fargate: GPUは使えないがスポットも使えない
cloudformation: 既存のリソースは取り込めない
elb: NLBにはセキュリティグループを付けられない
eventbridge: イベントのサイズは256KBが上限
eks: ワーカーノードは自分で管理する
"""

SIMILAR_NOTES = """
lambda: 5分後に再試行する
lambda: 起動に最大5分待つことがあった
lambda: 5分おきに関数を呼び出す
lambda: 5分で終わるデモを見た
lambda: 発表は5分まで
lambda: 実行時間が5分を超えても問題なかった
lambda: 5分以内に終わったので十分だった
lambda: タイムアウトは5分に設定した
lambda: 最大15分まで動く
lambda: 5分の上限は撤廃された
lambda: 5分以上かかる処理はStep Functionsに任せる設計もあると聞いた?
lambda: 1時間に5分だけ動く処理
lambda: VPCの外に置けば速く起動する
lambda: VPCの設計から始める
lambda: VPCに入れても遅くならない
lambda: メモリを3008MBまで上げたら速くなった
lambda: メモリは512MBで足りた
lambda: 1.5GBのファイルを読み込んだ
lambda: 100ミリ秒で応答が返った
lambda: 512MBの動画を処理した
lambda: コールドスタートの仕組みを図で説明
lambda: コールドスタートは問題なし
lambda: コールドスタート対策は不要だった
lambda: ライブラリのサイズを測った
lambda: パッケージの制限には収まったので問題ない
lambda: 256KBの画像を10枚作った
lambda: SQSのメッセージを一件ずつ処理する
lambda: PHPのサイトから呼び出す
lambda: 言語に制限はない
s3: 日付ごとのプレフィックスで整理する
s3: ハッシュ値でファイルの改ざんを調べる
s3: 100個のファイルを置いた
s3: バケットが100を超えたので棚卸しした
s3: 403が返ったら権限を確かめる
s3: オンプレミスのバックアップを置く
s3: 最新のファイルを読めるようになった
s3: 結果整合性の心配はいらない
s3-glacier: 取り出しの料金に注意
sqs: 300件のメッセージを流して試した
sqs: FIFOは300個のキューで試した
sqs: 256KBの上限はなくなった
sns: 順序を問わない通知に使う
dynamodb: トランザクションの範囲を小さくする
dynamodb: トランザクションがないわけではない
dynamodb: キャパシティの消費を監視する
dynamodb: テーブルに256列ある
dynamodb: バックアップは毎晩とっている
dynamodb: 古い項目は別の表に移す
dynamodb: 空の値と値なしを区別する
api-gateway: 30秒ごとに状態を問い合わせる
api-gateway: 29秒以内に返っていて問題なかった
step-functions: 32KBのログが出た
kinesis: 7日分のデータを集計する
kinesis: シャードの中では順番が守られる
ecs: コンテナの中で一つの処理だけを動かす
ecs: GPUの空きを監視する
fargate: 4 vCPUを割り当てたら速くなった
rds: 接続数をグラフで見る
cloudformation: 既存のリソースの名前を揃える
eks: ノードの管理はいらない
"""


def marked(line: str) -> bool:
    """Return whether an old note is marked below the name of its service."""
    service, text = line.split(": ", 1)
    name = DOMAIN.catalogue.by_slug[service].name
    outline = read_outline(f"# 勉強会のメモ\n\n- {name}\n  - {text}\n".encode(), "report.md")
    return bool(DOMAIN.changes_for(tag(report_of(outline, MetadataOverride(held_on="2016")), DOMAIN).notes[-1]))


@pytest.mark.parametrize("line", CLAIMS.strip().splitlines())
def test_every_wording_of_a_claim_is_marked(line: str) -> None:
    assert marked(line)


def test_of_sixty_similar_notes_at_most_three_are_marked() -> None:
    lines = SIMILAR_NOTES.strip().splitlines()

    assert len(lines) == 60
    assert len([line for line in lines if marked(line)]) <= 3


def test_a_note_that_mentions_the_end_of_a_service_is_not_marked_with_it() -> None:
    assert marked("app-mesh: App Meshで通信を見える化する")
    assert not marked("app-mesh: App Meshのサポート終了が告知された")
    assert not marked("s3: S3 SelectをやめてDuckDBで読む")
