"""What the shipped definitions say, in English and Japanese: {shipped_as: {language: (subject, body)}}."""

CREATED = """\
{{actor}} created this ticket.

Queue: {{ticket.queue}}
State: {{ticket.state}}
Priority: {{ticket.priority}}
Owner: {{owner}}

{{article.body:30}}"""

CREATED_JA = """\
{{actor}} さんがこのチケットを作成しました。

キュー: {{ticket.queue}}
状態: {{ticket.state}}
優先度: {{ticket.priority}}
担当者: {{owner}}

{{article.body:30}}"""

ARTICLE = """\
{{article.from}} wrote:

{{article.body:60}}"""

ARTICLE_JA = """\
{{article.from}} さんの記事:

{{article.body:60}}"""

SITUATION = """\


Queue: {{ticket.queue}}
State: {{ticket.state}}
Priority: {{ticket.priority}}
Owner: {{owner}}
Customer: {{customer}}"""

SITUATION_JA = """\


キュー: {{ticket.queue}}
状態: {{ticket.state}}
優先度: {{ticket.priority}}
担当者: {{owner}}
顧客: {{customer}}"""

PROMISED = """

First response due: {{ticket.first_response_due}}
Update due: {{ticket.update_due}}
Solution due: {{ticket.solution_due}}"""

PROMISED_JA = """

初回回答期限: {{ticket.first_response_due}}
更新期限: {{ticket.update_due}}
解決期限: {{ticket.solution_due}}"""

CHANGED = "{{actor}} changed this ticket ({{event.time}}).\n\n{{event.change}}"
CHANGED_JA = "{{actor}} さんがこのチケットを変更しました ({{event.time}})。\n\n{{event.change}}"

TEXTS = {
    "ticket-created": {
        "en": ("[{{ticket.number}}] New ticket: {{ticket.title}}", CREATED),
        "ja": ("[{{ticket.number}}] 新しいチケット: {{ticket.title}}", CREATED_JA),
    },
    "informed-of-note": {
        "en": (
            "[{{ticket.number}}] {{actor}} informs you: {{ticket.title}}",
            "{{actor}} wants you to know of this.\n\n{{article.body:60}}",
        ),
        "ja": (
            "[{{ticket.number}}] {{actor}} さんからのお知らせ: {{ticket.title}}",
            "{{actor}} さんがあなたに知らせています。\n\n{{article.body:60}}",
        ),
    },
    "new-article": {
        "en": ("[{{ticket.number}}] New article: {{ticket.title}}", ARTICLE),
        "ja": ("[{{ticket.number}}] 新しい記事: {{ticket.title}}", ARTICLE_JA),
    },
    "answer-to-customer": {
        "en": ("[{{ticket.number}}] New message: {{ticket.title}}", ARTICLE),
        "ja": ("[{{ticket.number}}] 新しいメッセージ: {{ticket.title}}", ARTICLE_JA),
    },
    "follow-up-unlocked": {
        "en": ("[{{ticket.number}}] Follow-up nobody works on: {{ticket.title}}", ARTICLE),
        "ja": ("[{{ticket.number}}] 未対応チケットへの追加連絡: {{ticket.title}}", ARTICLE_JA),
    },
    "state-changed": {
        "en": ("[{{ticket.number}}] {{event.old}} → {{event.new}}: {{ticket.title}}", CHANGED),
        "ja": ("[{{ticket.number}}] {{event.old}} → {{event.new}}: {{ticket.title}}", CHANGED_JA),
    },
    "assignment-changed": {
        "en": (
            "[{{ticket.number}}] {{event.change}}: {{ticket.title}}",
            f"{CHANGED}\n\nOwner: {{{{owner}}}}\nResponsible: {{{{responsible}}}}\nGroup: {{{{assignment_group}}}}",
        ),
        "ja": (
            "[{{ticket.number}}] {{event.change}}: {{ticket.title}}",
            f"{CHANGED_JA}\n\n担当者: {{{{owner}}}}\n責任者: {{{{responsible}}}}\nグループ: {{{{assignment_group}}}}",
        ),
    },
    "ticket-changed": {
        "en": ("[{{ticket.number}}] {{event.label}}: {{ticket.title}}", CHANGED),
        "ja": ("[{{ticket.number}}] {{event.label}}: {{ticket.title}}", CHANGED_JA),
    },
    "ticket-merged": {
        "en": (
            "[{{ticket.number}}] Merged into {{event.new}}: {{ticket.title}}",
            "{{actor}} merged this ticket into {{event.new}}, where it goes on with all its articles and watchers.",
        ),
        "ja": (
            "[{{ticket.number}}] {{event.new}} に統合: {{ticket.title}}",
            "{{actor}} さんがこのチケットを {{event.new}} に統合しました。記事とウォッチャーは統合先に引き継がれます。",
        ),
    },
    "ticket-deleted": {
        "en": ("[{{ticket.number}}] Deleted: {{ticket.title}}", "{{actor}} deleted this ticket ({{event.time}})."),
        "ja": (
            "[{{ticket.number}}] 削除: {{ticket.title}}",
            "{{actor}} さんがこのチケットを削除しました ({{event.time}})。",
        ),
    },
    "pending-reminder": {
        "en": (
            "[{{ticket.number}}] Reminder: {{ticket.title}}",
            f"This ticket was pending until {{{{event.due}}}}. That time has come.{SITUATION}",
        ),
        "ja": (
            "[{{ticket.number}}] リマインダー: {{ticket.title}}",
            f"このチケットの保留期限 {{{{event.due}}}} を過ぎました。ご対応をお願いします。{SITUATION_JA}",
        ),
    },
    "escalation-warning": {
        "en": (
            "[{{ticket.number}}] {{event.clock}} due soon: {{ticket.title}}",
            f"{{{{event.clock}}}} is due by {{{{event.due}}}}. After that this ticket escalates.{SITUATION}{PROMISED}",
        ),
        "ja": (
            "[{{ticket.number}}] まもなく期限（{{event.clock}}）: {{ticket.title}}",
            f"{{{{event.clock}}}}の期限は {{{{event.due}}}} です。"
            "期限を過ぎるとこのチケットはエスカレーションされます。"
            f"{SITUATION_JA}{PROMISED_JA}",
        ),
    },
    "escalation": {
        "en": (
            "[{{ticket.number}}] Escalated, {{event.clock}} overdue: {{ticket.title}}",
            f"{{{{event.clock}}}} was due by {{{{event.due}}}} and is overdue.{SITUATION}{PROMISED}",
        ),
        "ja": (
            "[{{ticket.number}}] エスカレーション（{{event.clock}}の期限超過）: {{ticket.title}}",
            f"{{{{event.clock}}}}の期限 {{{{event.due}}}} を過ぎています。至急ご対応をお願いします。"
            f"{SITUATION_JA}{PROMISED_JA}",
        ),
    },
    "lock-timeout": {
        "en": (
            "[{{ticket.number}}] Unlocked after its time: {{ticket.title}}",
            "This ticket was locked for as long as its queue allows, and has been unlocked: others can take it over."
            f"{SITUATION}",
        ),
        "ja": (
            "[{{ticket.number}}] ロックが自動解除されました: {{ticket.title}}",
            "キューで認められたロック時間を過ぎたため、このチケットのロックを解除しました。"
            f"ほかの担当者も対応できます。{SITUATION_JA}",
        ),
    },
    "watcher-added": {
        "en": (
            "[{{ticket.number}}] You now watch: {{ticket.title}}",
            "{{actor}} added you as a watcher of this ticket: from now on you are told what happens to it.\n\n"
            "If you do not want this, open the ticket and stop watching it.",
        ),
        "ja": (
            "[{{ticket.number}}] ウォッチャーに追加されました: {{ticket.title}}",
            "{{actor}} さんがあなたをこのチケットのウォッチャーに追加しました。"
            "今後、このチケットの動きをお知らせします。\n\n"
            "不要な場合は、チケットを開いてウォッチをやめてください。",
        ),
    },
    "watcher-removed": {
        "en": (
            "[{{ticket.number}}] You no longer watch: {{ticket.title}}",
            "{{event.end}}",
        ),
        "ja": (
            "[{{ticket.number}}] ウォッチャーから外されました: {{ticket.title}}",
            "{{event.end}}",
        ),
    },
    "delivery-failed": {
        "en": (
            "[{{ticket.number}}] An e-mail could not be delivered: {{ticket.title}}",
            "A mail about this ticket could not be delivered.\n\nWhose mail it was: {{event.new}}\n\n"
            "The delivery log in the administration says why.",
        ),
        "ja": (
            "[{{ticket.number}}] メールを配信できませんでした: {{ticket.title}}",
            "このチケットに関するメールを配信できませんでした。\n\n宛先: {{event.new}}\n\n"
            "理由は管理画面の配信ログをご覧ください。",
        ),
    },
    "system-health": {
        "en": (
            "[{{ticket.number}}] Notifications: {{event.new}}",
            "{{event.new}}.\n\nNotification health in the administration says what waits, since when, and what to do:\n"
            "{{base.url}}/admin/notifications/mail/health/",
        ),
        "ja": (
            "[{{ticket.number}}] 通知の状態: {{event.new}}",
            "{{event.new}}。\n\n何がいつから待っているか、どうすればよいかは、管理画面の「通知の状態」をご覧ください:\n"
            "{{base.url}}/admin/notifications/mail/health/",
        ),
    },
}  # fmt: skip
