"""What is said in the long tickets of the demo data; `notifications.demo.threads` puts it in order and on the clock."""

# ruff: noqa: E501  (a sentence somebody says is read whole)

OUTAGE_OPENING = """\
Both controllers of the storage in the Leeds data centre restarted at 12:58 and did not come back. File shares, profiles and
the scan folders of Acme are not reachable. Bridge call open, all notes of the call go into this ticket.

Roles: lead Mika, technology Uma, communication Mika, log: everyone for what they do."""

# when a phase begins, minutes from note to note; what the customer is told at its end, who writes in it, what they write
OUTAGE_PHASES = [
    (
        (13, 5),
        (2, 5),
        (
            "First information: the file shares in Leeds are down since 12:58. We work on it with the manufacturer. Mail, ERP and "
            "telephones are not affected. Next information at 14:00.",
            ["uma", "mika", "aiko"],
            [
                "On the bridge: Mika, Uma, Aiko. Ada informed by telephone.",
                "Monitoring shows both controllers in state 'booting' since 12:58, no ping on either management address.",
                "Checked power: both feeds of the rack are up, PDU shows {percent} % load, nothing tripped.",
                "Name resolution and the network in Leeds are fine: other machines of the same rack answer.",
                "Reception in Leeds asked to put a notice at the entrance.",
                "Serial console of controller A: stops at 'importing pools', no error.",
                "Serial console of controller B: reboots in a loop, roughly every 90 seconds.",
                "Case opened with the manufacturer, severity 1. They call back within 15 minutes.",
                "Web shop, ERP and mail do not use this storage: confirmed by test.",
                "Users in Leeds: about {count} sessions hang on the profile share. Logging off does not work.",
                "Status page: 'File shares Leeds: outage' published.",
                "Room temperature {celsius} degrees, air conditioning runs normally.",
                "Last change on this storage: firmware of the shelves, four weeks ago. Nothing since.",
                "Backup of the night is complete and readable: tested with one folder of {gb} GB.",
                "The scan folders write into a local spool meanwhile; room for about six hours.",
                "The manufacturer's engineer is on the line. Asks for the boot log of both controllers.",
                "Boot logs uploaded to the case.",
            ],
        ),
    ),
    (
        (14, 20),
        (1, 4),
        (
            "The cause has been found: a faulty shelf keeps both controllers from starting. We separate the shelf now. We expect "
            "the shares back in the late afternoon, in the order: scan folders, departments, profiles.",
            ["uma", "aiko"],
            [
                "Engineer: pool import waits for shelf {node}. Both controllers see the same thing.",
                "Shelf 3 answers only on one of two paths. SAS errors: {count} in ten minutes.",
                "Pulled the first cable of shelf 3: no change.",
                "Pulled the second one: controller A goes on with the import.",
                "Import of pool 'archive': 2 disks missing, pool degraded but complete.",
                "Import of pool 'home': waits. Disk {disk} in shelf 3 belongs to it as well.",
                "Controller B left switched off on the advice of the engineer.",
                "Question on the bridge: can we start with shelf 3 missing? Engineer: yes for archive and scan, not for home.",
                "Decision (Mika): archive and scan first, home after the exchange of the interface module.",
                "Courier with the interface module left the depot; arrival in about two hours.",
                "Pool 'scan' is online. Reading test with {count} files: fine.",
                "Write test on 'scan': latency {ms} ms at the start, falling.",
                "Called reception in Leeds: they may scan again, the spool empties by itself.",
                "Spool is at {percent} % and shrinking.",
                "Checksum run over 'scan' started in the background.",
                "Two users report that their scans are twice there. Expected: spool plus repeat. Will clean up later.",
                "Snapshot of 'archive' before we write to it: done.",
                "Access to 'archive' opened, read only for now.",
            ],
        ),
    ),
    (
        (15, 20),
        (5, 11),
        (
            "The scan folders and the archive work again. For the departments' folders and the profiles we need a spare part that "
            "is on its way. Please do not save anything important on the desktop until then.",
            ["uma", "mika", "aiko"],
            [
                "Courier stuck in traffic: thirty minutes later than planned.",
                "Prepared the place: access for the technician, tools, anti-static mat.",
                "Asked for the list of people who must work tonight: eleven in accounting.",
                "For those eleven: local profile by policy, tested with one of them.",
                "The local profile works, but printers are missing. Added by script.",
                "Hotline: {count} calls since 13:00, most of them ask only 'when'. Recorded message put up.",
                "Recorded message shortened: people hung up before the end.",
                "Checked the second storage in York for the same shelf firmware: it has it. Planned change stopped!",
                "Manufacturer confirms: the firmware of these shelves has a known fault with one of the module revisions.",
                "Why were we not told? The advisory came to the address of somebody who has left. Noted for the review.",
                "Courier is at the gate.",
                "Technician on site, module unpacked, revision number checked by two people: the right one.",
                "Old module out, new one in. Light is green on both paths.",
                "Shelf 3: all 24 disks are seen, no error since ten minutes.",
                "Temperature of shelf 3: {celsius} degrees, normal.",
                "Second person check of the cabling: A to A, B to B. Photograph taken.",
            ],
        ),
    ),
    (
        (17, 58),
        (4, 7),
        (
            "The spare part is built in and works. We bring the departments' folders back one by one and check each of them first.",
            ["uma", "aiko"],
            [
                "Controller A restarted with shelf 3: import takes its time.",
                "Pool 'home' imported: no disk missing, resilvering of disk {disk}.",
                "Resilver: {percent} % after twenty minutes. Performance limited to 30 % to keep latency low.",
                "Consistency check of the file system: no errors in the first pass.",
                "Mounted 'home' read only on the test server, compared {count} files with the backup: identical.",
                "Opened for accounting first.",
                "Accounting confirms: all there, the ledger of today as well.",
                "Opened for purchasing and sales.",
                "Sales misses an offer of noon. It was never saved: the program had it in memory.",
                "Found the temporary file of that offer on the laptop. Restored by hand, saved the day.",
                "Opened for all departments.",
                "Load: {percent} %, latency {ms} ms. Better than before the incident.",
                "Profiles switched back from local to server for the eleven.",
                "Printers of the eleven: script undone.",
                "One profile does not load: two versions of the same file. Kept the newer one, told the user.",
                "Controller B started for the first time: joins as standby.",
                "Fail-over test is postponed to the weekend; tonight is for resting.",
            ],
        ),
    ),
    (
        (19, 50),
        (22, 44),
        (
            "All file shares and profiles are back. Some desktops need a restart. We watch the storage through the night.",
            ["uma", "aiko", "mika"],
            [
                "Status page: 'restored, under observation'.",
                "Recorded message of the hotline taken off.",
                "Open calls: {count}. Each gets a call back tomorrow morning.",
                "Double scans removed: compared by checksum, only identical ones.",
                "Resilver finished, pool 'home' is healthy.",
                "Checksum run over 'scan' finished without errors.",
                "Backup of tonight starts two hours later because of the load.",
                "Watch plan: Uma until 22:00, Aiko (morning in Tokyo) from then on.",
                "引き継ぎました。東京側で監視を継続します。",
                "夜間の負荷は低く、レイテンシ {ms}ms、エラーなし。",
                "コントローラBの待機状態も正常です。",
                "バックアップ開始を確認しました。進捗 {percent}%。",
                "ディスク{disk}の温度がやや高め({celsius}℃)ですが、しきい値以下です。",
                "バックアップ完了、エラーなし。",
                "朝の負荷が始まりました。{count}セッション、応答は正常です。",
                "日本時間の夕方まで異常なし。リーズ側に引き継ぎます。",
                "Took over from Tokyo. Thank you Aiko! A quiet night.",
                "First logins in Leeds: {count}, no complaints.",
                "Desktops that still show the red cross: restarted from here, {percent} of them.",
                "Calls back to yesterday's callers: all done but two, these are on leave.",
                "Spare interface module ordered for stock, two pieces.",
                "Advisory address corrected with the manufacturer: goes to the team now, not to a person.",
                "York: firmware of the shelves goes back one version, change is being written.",
                "Timeline for the report is drafted from this log.",
                "Review meeting fixed: everybody on this bridge and the manufacturer.",
                "Left over: fail-over test, review, York. Each has a ticket of its own.",
                "Closing the bridge call. Thank you all.",
            ],
        ),
    ),
]

OUTAGE_THANKS = """\
On behalf of all of Leeds: thank you. The clear messages helped more than anything. I would like to take part in the review.

Carl"""

OUTAGE_REPORT = """\
Report in short.

12:58 both controllers stop because a module of shelf 3 fails. 14:10 cause found. 15:05 scan folders and archive back.
17:50 spare part built in. 19:40 all shares back.

Nothing was lost but one unsaved offer, which could be restored. The manufacturer knows the fault; its warning had gone to an
address that no longer exists. Spare modules are in stock now, and the second site gets the older firmware."""

ALARMS = [
    "backup-store-1/disk is {level}: {used} % used (warning 80, critical 88).",
    "backup-store-1/disk is {level}: {used} % used, {gb} GB free, growth of the last day {percent} GB.",
    "backup-store-1/load: {count} jobs in the queue, oldest waits for {percent} minutes.",
    "backup-store-1/latency: {ms} ms average over five minutes ({level} by disk: {used} %).",
    "backup-store-1/smart: disk {disk} reports {percent} reallocated sectors.",
    "backup-store-1/temperature: bay {node}, disk {disk}, {celsius} degrees.",
    "backup-store-1/jobs: {count} of {count} finished; disk {used} % used.",
    "backup-store-1/replication: lag {percent} minutes to the second site; disk {used} %.",
]

REMARKS = [
    "Growth is not normal: the new photo archive of Borealis is in the full backup AND in the daily one. Changing the plan.",
    "ERPのダンプが圧縮されていないようです。設定を確認します。",
    "Expired sets of last year removed: six per cent gained. That buys us about a week.",
    "Disk 11 is on the list for exchange, the spare lies in the cupboard. No hurry while there is only one.",
    "Compression of the ERP dumps is on since last night. Ratio 3.1.",
    "Replication lag at night is the new firewall rule; it inspects the stream. Exception asked for.",
    "交換用ディスクを装着しました。再構築は約9時間の見込みです。",
    "Rebuild done. The SMART warning must stop now.",
    "Who needs hourly backups of the training system? Nobody. Set to weekly.",
    "Offer for two more shelves asked from two suppliers.",
    "レプリケーションの遅延は解消しました。しきい値を元に戻します。",
    "Two offers are in. The cheaper one takes six weeks, the other one ten days.",
]
SHELVES_ORDERED = "Shelves ordered, ten days. Until then the weekly clean-up runs twice. Threshold for the pager set to 92 %."

MIGRATION_OPENING = """\
All twenty sites of Borealis move to the new telephone system, one site a day. On each day: numbers ported in the early morning,
telephones exchanged during the day, old line kept for a week as a way back.

Bo is the contact for the dates; Aiko leads the exchange."""

SITES = [
    ("Stockholm Centre", 42), ("Uppsala", 18), ("Västerås", 12), ("Örebro", 9), ("Linköping", 16), ("Norrköping", 11),
    ("Jönköping", 8), ("Göteborg Harbour", 37), ("Göteborg West", 14), ("Borås", 7), ("Malmö", 29), ("Lund", 15),
    ("Helsingborg", 10), ("Karlstad", 6), ("Gävle", 9), ("Sundsvall", 8), ("Umeå", 13), ("Luleå", 11), ("Visby", 4),
    ("Kalmar", 5),
]  # fmt: skip

MIGRATION_STEPS = [
    ("aiko", "{site}: today is your day. {phones} telephones will be exchanged; calls are possible all day, except for about two "
             "minutes at each desk."),
    ("uma", "{site}: numbers ported, incoming test call from a mobile and from a landline fine."),
    ("aiko", "{site}: first half of the telephones exchanged. {fault}"),
    ("uma", "{site}: emergency call tested with the control room, location shown correctly."),
    ("aiko", "{site}: finished, {done} of {phones} telephones in use. What is missing follows by parcel. The old line stays "
             "for seven days."),
]  # fmt: skip

MISHAPS = [
    "No surprises.",
    "The door intercom was on the old line: moved to an adapter.",
    "Two desks had no network socket, small switch put in.",
    "The fax of the legal department lives! It gets an adapter as well.",
    "The voice menu announced the opening hours of last summer; new recording by the reception.",
    "Somebody had hidden a second telephone in a drawer. Counted as a spare.",
    "The lift's emergency telephone needs the lift company; date agreed, stays on the old line until then.",
    "Headsets of the hotline want another cable. Borrowed from Uppsala.",
    "Power over the network was off on one switch: ten telephones dark for a quarter of an hour.",
    "Speed dials of the management were not in the export; typed in by hand.",
    "The alarm system dials out over this line, forgotten in the plan: stays on the old line, new date with the alarm company.",
]

MIGRATION_FEEDBACK = """\
All twenty sites are done, on the planned days! Please keep the old lines of the sites with a lift or an alarm until these are
moved as well."""
MIGRATION_ANSWER = """\
Thank you, Bo, for all the keys and all the coffee. The old lines of the five sites with a lift or an alarm stay; I report here
as each of them moves."""

TOKYO_OPENING = """\
サーバー室の点検結果を1日3回(朝・昼・夕)この記録に残します。
しきい値:室温 26℃以下、湿度 35〜60%、UPS負荷 60%以下。
異常があった場合は別途インシデントを起票し、ここに番号を記載します。"""

TOKYO_FINDINGS = [
    "空調2号機のフィルターを清掃しました。",
    "ラック3の配線ラベルが1枚剥がれていたため貼り直し。",
    "ビル管理会社の立ち会いで消火設備を点検、異常なし。",
    "ディスク予備品の在庫は4本。来月2本発注予定。",
    "KVMの画面が点かず、ケーブル差し直しで復旧。",
    "入退室記録を確認、未登録者の入室なし。",
    "UPSの自己診断を実施、バッテリー残寿命は14か月の表示。",
    "テープ交換を実施、保管庫へ移送済み。",
    "床下の漏水センサーを試験、正常に発報しました。",
    "台風接近のため、止水板の位置を確認しました。",
    "スイッチ2台のファン音がやや大きい。次回も確認します。",
    "前回気になったファン音は収まっています。",
    "予備電源の燃料残量は92%です。",
    "空調の設定温度を23℃から24℃に変更、様子を見ます。",
]
