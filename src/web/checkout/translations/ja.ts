// The page's words in Japanese.

import type { Translation } from './translation.ts'

export const ja: Translation = {
  'page.title': '{merchant}：お支払い',
  'page.testMode': 'テストモード：実際の請求は発生しません',
  'page.language': '言語',
  'page.wait': '読み込み中…',

  'order.label': 'ご注文内容',
  'order.amount': 'お支払い金額',
  'order.amountOf': 'ご注文金額',
  'order.reference': '注文番号',
  'order.items': '商品',
  'order.quantity': '× {count}',

  'choose.heading': 'お支払い方法を選択してください',
  'choose.headingOne': '{wallet}で支払う',
  'wallet.pay': '{wallet}で支払う',
  'wallet.qr': '{wallet}のQRコードを表示',
  'wallet.otherPhone': '別のスマートフォンで支払う',
  'wallet.thisBrowser': 'このブラウザで支払う',
  'wallet.other': '別の方法で支払う',
  'wallet.returns': '完了後、このページに戻ります。',
  'wallet.go': '続ける',
  'shared.heading': 'どのウォレットでも使えるQRコード',
  'shared.text': 'お使いのウォレットアプリでスキャンすると、そのウォレットで支払えます。',
  'shared.name': 'QRコード：スキャンしたアプリで{amount}を支払う',
  'last.text': '前回この端末では{wallet}をお使いでした。',
  'last.forget': '記憶しない',
  'inside.text': 'ブラウザではほかの支払い方法も選べます。',

  'blocked.heading': 'ブラウザでこのページを開いてください',
  'blocked.text':
    'このアプリ内では{wallet}を開けません。リンクをコピーして、ブラウザで開いてください。',
  'unavailable.heading': '現在お支払いいただけません',
  'unavailable.text':
    'このご注文に使えるお支払い方法が現在ありません。{merchant}にお問い合わせください。',

  'starting.heading': 'お支払いを準備しています…',
  'starting.text': '{wallet}に問い合わせています。少々お待ちください。',
  'startFailed.title': '{wallet}に接続できませんでした',
  'startFailed.text': 'もう一度お試しください。ご注文は保持されています。',

  'qr.heading': '{wallet}でスキャン',
  'qr.text': 'スマートフォンで{wallet}を開き、QRコードをスキャンして金額を確認してください。',
  'qr.name': 'QRコード：{wallet}で {amount} を支払う',
  'qr.valid': '有効時間 {time}',
  'qr.expired.heading': 'QRコードの有効期限が切れました',
  'qr.expired.text': 'ご注文は保持されています。新しいQRコードを取得してください。',
  'qr.new': '新しいQRコード',
  'qr.test.label': 'テストモード',
  'qr.test.open': 'サンドボックスの電話を開く',
  'time.minutes': 'お支払い期限まであと{count}分です',
  'time.minute': 'お支払い期限まであと1分です',
  'time.seconds': 'お支払い期限まであと{count}秒です',

  'address.text':
    'このアドレスへ、この金額を正確にお送りください。取引所は手数料を差し引くため、到着額が全額になるようにしてください。',
  'address.amount': '金額',
  'address.address': 'アドレス',
  'address.rate': 'レート',
  'address.open': 'ウォレットアプリを開く',
  'address.copyAmount': '金額をコピー',
  'address.copyAddress': 'アドレスをコピー',
  'address.partly.heading': '一部が届きました',
  'address.partly.text':
    '{received}が届き、あと{due}必要です。時間内に同じアドレスへ残りをお送りください。',
  'address.seen.heading': 'お支払いを検出しました',
  'address.seen.text':
    'ネットワークが{received}を受け取りました。確認が{total}回必要で、1回に10分以上かかります。このページを離れても大丈夫です。',
  'address.confirming.heading': '確認 {count}/{total}',
  'address.expired.heading': 'このレートの有効時間が過ぎました',
  'address.short.text':
    '{received}が届きましたが、金額が足りません。{merchant}に通知済みで、受け取るか返金します。',
  'address.new': '新しいレートを取得',
  'address.vanished':
    '先ほど検出した取引が置き換えられたか、ネットワークから消えました。ウォレットでご確認ください。',
  'address.held.title': '届いた金額が注文と一致しません',
  'address.held.text':
    '金額が足りないか、届くのが遅すぎたため、このご注文の支払いになりませんでした。{merchant}に通知済みで、受け取るか返金します。',
  'address.over': '請求額より多く送られました。差額については{merchant}にお問い合わせください。',

  'handoff.heading': '{wallet}でお支払いを完了してください',
  'handoff.text': '{wallet}から結果が届くと、このページは自動で更新されます。',
  'handoff.open': '{wallet}を開く',
  'noApp.text':
    'このお支払いは{wallet}のアプリ内でのみ開けます。リンクをコピーして、アプリ内で開いてください。',
  'checking.heading': 'お支払いを確認しています…',
  'checking.text': '{wallet}に結果を問い合わせています。',
  'return.paid': '支払いました',
  'return.again': 'もう一度支払う',
  'return.notYet':
    '{wallet}でのお支払いはまだ確認できていません。お支払い済みの場合は自動で更新されます。',

  'processing.heading': 'お支払いを確定しています…',
  'processing.text': '{wallet}で処理中です。重ねてお支払いにならないでください。',
  'unknown.leave':
    'このページを閉じても問題ありません。結果は{merchant}に通知され、このリンクでも確認できます。',
  'unknown.again.title': '先のお支払いがまだ確認できていません',
  'unknown.again.text':
    'もう一度お支払いいただけます。両方が成立した場合、後のお支払いは返金されます。',

  'success.heading': 'お支払いが完了しました',
  'success.text': 'ありがとうございます。{merchant}に通知しました。',
  'success.held.heading': 'お支払いが承認されました',
  'success.held.text': '金額は確保されています。ご注文の準備ができ次第、{merchant}が請求します。',
  'success.amount': 'お支払い額',
  'success.discount': '割引',
  'success.merchant': 'お支払い先',
  'success.wallet': 'お支払い方法',
  'success.transaction': '取引番号',
  'success.time': '日時',
  'success.receipt': '受領書を見る',
  'success.back': '{merchant}に戻る',

  'expired.heading': 'ご注文の有効期限が切れました',
  'expired.text': 'ここではお支払いいただけません。{merchant}でもう一度ご注文ください。',
  'expired.justPaid': '今お支払いになった場合、結果はこのページに表示されます。',
  'canceled.heading': 'ご注文はキャンセルされました',
  'canceled.text':
    'お支払いいただけません。お心当たりがない場合は{merchant}にお問い合わせください。',
  'failed.heading': 'このご注文はお支払いいただけません',
  'failed.text': '引き続きご希望の場合は{merchant}にお問い合わせください。',
  'late.heading': 'お支払いが期限後に届きました',
  'late.text':
    '{wallet}がお支払いを確認した時、ご注文はすでに終了していました。{merchant}が受領または返金します。',
  'exhausted.heading': '試行回数の上限に達しました',
  'exhausted.text': 'このご注文はここではこれ以上試せません。{merchant}にお問い合わせください。',

  'help.heading': 'お問い合わせ',
  'help.text': 'ご注文についてのご質問は{merchant}までお寄せください。',
  'help.reference': 'お支払い番号',
  'help.phone': '電話',
  'help.email': 'メール',
  'help.wechat': 'WeChat',
  'help.hours': '受付時間',
  'help.website': 'ウェブサイト',

  'button.again': 'もう一度試す',
  'button.continue': '{wallet}で続ける',
  'button.result': '結果を表示',
  'button.update': 'このページを更新',
  'button.copy': 'コピー',
  'button.copyLink': 'リンクをコピー',
  'button.copied': 'コピーしました',

  'offline.text': 'オフラインです。ご注文は失われません。接続が戻ると自動で再開します。',
  'noScript.text': 'このページは5秒ごとに自動で更新されます。',
  'notFound.heading': 'お支払いが見つかりません',
  'notFound.text': 'リンクが古いか、不完全な可能性があります。ショップからもう一度開いてください。',

  'problem.payer_action.title': 'お支払いが完了していません',
  'problem.payer_action.text':
    '{wallet}が閉じられたか、追加の操作が必要です。まだお支払いは行われていません。',
  'problem.retry_same.title': '少々お待ちください',
  'problem.retry_same.text':
    '接続が中断されました。同じリクエストを再送しています。二重に請求されることはありません。',
  'problem.retry_new.title': 'もう一度お支払いください',
  'problem.retry_new.text':
    '今回のお支払いは無効になりました。引き落としはありません。ご注文は保持されています。',
  'problem.merchant_config.title': '{wallet}は現在利用できません',
  'problem.merchant_config.text':
    'ショップ側で設定の修正が必要です。引き落としはありません。別の方法でお支払いください。',
  'problem.risk_declined.title': 'お支払いが承認されませんでした',
  'problem.risk_declined.text':
    '安全確認によりお支払いを停止しました。引き落としはありません。別のウォレットを使うか、{merchant}にお問い合わせください。',
  'problem.insufficient_funds.title': '残高が不足しています',
  'problem.insufficient_funds.text':
    '{wallet}でチャージするか支払い元を変更してください。別のウォレットも使えます。引き落としはありません。',
  'problem.unknown_outcome.title': 'お支払い結果を確認しています',
  'problem.unknown_outcome.text':
    '{wallet}からまだ結果が届いていません。重ねてお支払いにならないでください。このページは自動で更新されます。閉じても構いません。',
  'problem.provider_down.title': '{wallet}が応答していません',
  'problem.provider_down.text':
    '引き落としはありません。数分後にもう一度お試しいただくか、別の方法でお支払いください。',
  'problem.duplicate.title': 'このご注文はすでに支払い手続き中です',
  'problem.duplicate.text':
    '先のお支払いの結果を表示しています。重ねてお支払いにならないでください。',
  'problem.not_found.title': 'お支払いが見つかりません',
  'problem.not_found.text':
    'リンクが古いか、不完全な可能性があります。{merchant}からもう一度開いてください。',
  'problem.invalid_request.title': 'ご注文の内容に誤りがあります',
  'problem.invalid_request.text':
    'ショップ側で修正が必要です。引き落としはありません。{merchant}にお問い合わせください。',
}
